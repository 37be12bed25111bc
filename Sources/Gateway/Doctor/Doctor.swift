import Audit
import DecisionStore
import Guard
package import Logging
import Proxy

/// Looks at everything that the gateway needs, before it is started or while it runs. Changes nothing.
package struct Doctor: Sendable {
    /// A certificate that lasts for less is worth a warning: most are renewed a month before their end.
    package static let expiryMargin: Int64 = 21

    let configuration: GatewayConfiguration
    let machine: Machine
    let logger: Logger
    let unsetVariables: [String]

    /// - Parameter unsetVariables: variables that the configuration names and this environment does not have.
    package init(
        _ configuration: GatewayConfiguration,
        unsetVariables: [String] = [],
        machine: Machine,
        logger: Logger
    ) {
        self.configuration = configuration
        self.unsetVariables = unsetVariables
        self.machine = machine
        self.logger = logger
    }

    /// - Parameter asksUpstream: whether each server of the upstream and of engines is sent a request, and each collector. The
    ///   files that connections to them need are read in any case.
    package func examine(asksUpstream: Bool = true) async -> [CheckResult] {
        var results = variables + [processor, memory, openFiles]
        results += policies + [model] + certificates + keys + audit + store
        results += await addresses()
        results += await upstream(asks: asksUpstream)
        results += await engines(asks: asksUpstream)
        results += await collectors(asks: asksUpstream)
        return results
    }
}

extension Doctor {
    /// What is not set where the doctor looks may be set for the service, whose environment file is read by systemd alone.
    var variables: [CheckResult] {
        unsetVariables.map { name in
            .warning(
                "environment",
                "the variable \(name) is not set here",
                "the gateway does not start without it; a service may have it from its environment file"
            )
        }
    }

    var processor: CheckResult {
        guard let kernels = machine.kernels else {
            return .failure(
                "processor",
                "the environment names kernels that this machine does not run",
                "unset GUARDIAN_KERNELS"
            )
        }
        let found = "\(machine.processors) processors, kernels \(kernels)"
        if machine.isSlow {
            return .warning(
                "processor",
                found,
                "the model is much faster with AVX2, AVX-512 VNNI, or arm64 with the dot product instructions"
            )
        }
        if configuration.model.threads > machine.processors {
            return .warning(
                "processor",
                "\(found), and model.threads is \(configuration.model.threads)",
                "threads beyond the processors wait for one another: lower model.threads"
            )
        }
        return .ok("processor", found)
    }

    /// What the process needs beside the model's file and what it holds within limits: caches, buffers, code.
    private static let ownMemory = 128 << 20

    var memory: CheckResult {
        guard let available = machine.availableMemory else { return .ok("memory", "the system does not tell") }
        let file = FileFacts(configuration.model.file)?.size ?? 0
        let least = file + Self.ownMemory
        let kept = configuration.model.memory - GatewayConfiguration.Model.leastMemory
        let records = AuditLog.mostBytes
        let stored = configuration.store.place == .memory ? configuration.store.retention.bytesInMemory : 0
        let bodies = configuration.limits.bufferedBytes + configuration.judgingBytes
        let held = bodies + configuration.conversationLimits.bytes
        let most = least + kept + held + records + stored
        let found = "\(available >> 20) MiB can be had"
        if available < least {
            return .failure("memory", found, "the model and the gateway need about \(least >> 20) MiB")
        }
        if available < most {
            return .warning(
                "memory",
                found,
                "with limits.buffered_bytes, model.memory and conversations.bytes in use, and records waiting, the "
                    + "gateway takes up to about \(most >> 20) MiB: lower them"
            )
        }
        return .ok("memory", found)
    }

    var openFiles: CheckResult {
        guard let limit = machine.openFiles else { return .ok("open files", "no limit") }
        let wanted = configuration.limits.connections + 256
        guard limit < wanted else { return .ok("open files", "\(limit) may be open") }
        return .warning(
            "open files",
            "\(limit) may be open, and limits.connections is \(configuration.limits.connections)",
            "raise the limit (ulimit -n, LimitNOFILE) to \(wanted) or more, or lower limits.connections"
        )
    }
}
