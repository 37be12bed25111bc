import Logging

/// Sends log lines to standard error: standard output belongs to audit records and results.
func bootstrapLogging(level: Logger.Level = .info) -> Logger {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "guardian")
    logger.logLevel = level
    return logger
}
