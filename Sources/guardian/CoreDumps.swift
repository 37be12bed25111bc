#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What the system writes of a process that crashes: its memory, and with it prompts, answers and keys.
enum CoreDumps {
    /// Has none written from here on, nor of processes that are started from here. A system that refuses that keeps nobody from
    /// serving.
    static func turnOff() {
        var nothing = rlimit(rlim_cur: 0, rlim_max: 0)
        #if canImport(Glibc)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &nothing)
        #else
        _ = setrlimit(RLIMIT_CORE, &nothing)
        #endif
    }
}
