import Foundation
import NIOCore
import NIOEmbedded
import TLS
import Testing

@Suite("Handshake")
struct HandshakeTests {
    let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    /// Connects a client to a server and returns both ends.
    private func connect(_ client: TLSContext, _ server: TLSContext, serverName: String? = nil) throws -> EmbeddedPair {
        let pair = try EmbeddedPair(client: client, server: server, serverName: serverName)
        try pair.connectAndExchange()
        return pair
    }

    // MARK: Agreement

    @Test("Both sides hear of a complete handshake and then exchange data", arguments: TLSVersion.allCases)
    func completes(_ version: TLSVersion) throws {
        let pair = try self.connect(self.certificates.client(maximumVersion: version), self.certificates.server())
        let session = try pair.client.pipeline.syncOperations.handler(type: TLSHandler.self).session
        #expect(session?.version == version)
        #expect(pair.clientEvents.isHandshakeComplete && pair.serverEvents.isHandshakeComplete)
        pair.client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "hello")
        pair.server.writeAndFlush(ByteBuffer(string: "welcome"), promise: nil)
        try pair.exchange()
        #expect(pair.clientEvents.text == "welcome")
        #expect(pair.clientEvents.errors.isEmpty && pair.serverEvents.errors.isEmpty)
    }

    @Test("Byte by byte it comes to the same", arguments: TLSVersion.allCases)
    func byteByByte(_ version: TLSVersion) throws {
        let pair = try EmbeddedPair(
            client: self.certificates.client(maximumVersion: version),
            server: self.certificates.server()
        )
        try pair.connect()
        try pair.exchange(pieces: 1)
        #expect(pair.clientEvents.isHandshakeComplete && pair.serverEvents.isHandshakeComplete)
        pair.client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
        try pair.exchange(pieces: 1)
        #expect(pair.serverEvents.text == "hello")
    }

    @Test("A request in the same buffer as the end of the handshake is delivered after the event")
    func finishedAndRequestTogether() throws {
        let pair = try EmbeddedPair(client: self.certificates.client(), server: self.certificates.server())
        pair.client.write(ByteBuffer(string: "request"), promise: nil)
        pair.client.flush()
        try pair.connect()
        try pair.exchange()
        let events = pair.serverEvents.events.filter { $0 != .readComplete }
        #expect(events == [.active, .handshake(protocol: nil), .data(bytes: 7)])
    }

    @Test("What was agreed on is known, with the host the client asked for")
    func session() throws {
        let pair = try self.connect(
            self.certificates.client(protocols: ["http/1.1"]),
            self.certificates.server(protocols: ["http/1.1"])
        )
        let session = try #require(try pair.server.pipeline.syncOperations.handler(type: TLSHandler.self).session)
        #expect(session.version == .tls13)
        #expect(session.cipher == "TLS_AES_128_GCM_SHA256")
        #expect(session.applicationProtocol == "http/1.1")
        #expect(session.requestedHost == "localhost")
        #expect(session.peerSubject == nil)
    }

    @Test("An address is verified but not sent as a host name")
    func addresses() throws {
        for address in ["127.0.0.1", "::1", "[::1]"] {
            let pair = try self.connect(
                self.certificates.client(serverName: address),
                self.certificates.server(names: ["127.0.0.1", "::1"])
            )
            #expect(pair.clientEvents.isHandshakeComplete)
            let session = try #require(try pair.server.pipeline.syncOperations.handler(type: TLSHandler.self).session)
            #expect(session.requestedHost == nil)
        }
    }

    @Test("The handler's server name overrides the context's")
    func serverNameOfHandler() throws {
        let client = try self.certificates.client(serverName: "elsewhere.test")
        let server = try self.certificates.server()
        #expect(try self.connect(client, server, serverName: "localhost").clientEvents.isHandshakeComplete)
        #expect(try !self.connect(client, server).clientEvents.isHandshakeComplete)
    }

    @Test("A client below the server's minimum version is refused")
    func minimumVersion() throws {
        let pair = try self.connect(
            self.certificates.client(maximumVersion: .tls12),
            self.certificates.server(minimumVersion: .tls13)
        )
        #expect(pair.serverEvents.tlsErrors == [.handshakeFailed(reason: "unsupported protocol")])
        #expect(pair.clientEvents.tlsErrors == [.alertReceived("protocol version")])
    }

    // MARK: ALPN

    @Test("The server's preference decides, and the event tells the choice to both")
    func protocolChoice() throws {
        let pair = try self.connect(
            self.certificates.client(protocols: ["http/1.1", "h2"]),
            self.certificates.server(protocols: ["h2", "http/1.1"])
        )
        #expect(pair.clientEvents.events.contains(.handshake(protocol: "h2")))
        #expect(pair.serverEvents.events.contains(.handshake(protocol: "h2")))
    }

    @Test("Without a common protocol the handshake ends in no_application_protocol")
    func noCommonProtocol() throws {
        let pair = try self.connect(
            self.certificates.client(protocols: ["spdy/1"]),
            self.certificates.server(protocols: ["http/1.1"])
        )
        #expect(pair.serverEvents.tlsErrors == [.noApplicationProtocol])
        #expect(pair.clientEvents.tlsErrors == [.alertReceived("no application protocol")])
        #expect(!pair.server.isActive && !pair.client.isActive)
    }

    @Test("A client without the extension is served, and so is an offer where the server has no protocols")
    func noProtocols() throws {
        let plain = try self.connect(self.certificates.client(), self.certificates.server(protocols: ["http/1.1"]))
        #expect(plain.serverEvents.events.contains(.handshake(protocol: nil)))
        let unanswered = try self.connect(self.certificates.client(protocols: ["h2"]), self.certificates.server())
        #expect(unanswered.clientEvents.events.contains(.handshake(protocol: nil)))
    }

    // MARK: Verification

    private func expectRefusal(_ failure: PeerVerificationFailure, _ pair: EmbeddedPair) {
        #expect(pair.clientEvents.tlsErrors == [.peerVerificationFailed(failure)])
        #expect(!pair.clientEvents.isHandshakeComplete && !pair.serverEvents.isHandshakeComplete)
        // The server learns of it by an alert.
        guard case .alertReceived? = pair.serverEvents.tlsErrors.first else {
            Issue.record("the server heard \(pair.serverEvents.tlsErrors)")
            return
        }
    }

    @Test(
        "A certificate for another name or address is refused as such",
        arguments: ["elsewhere.test", "127.0.0.2", "::1"]
    )
    func wrongName(_ name: String) throws {
        let pair = try self.connect(self.certificates.client(serverName: name), self.certificates.server())
        self.expectRefusal(.nameMismatch, pair)
    }

    @Test("A wildcard stands for one label only")
    func wildcards() throws {
        let server = try self.certificates.server(names: ["*.api.test"])
        #expect(
            try self.connect(self.certificates.client(serverName: "eu.api.test"), server).clientEvents
                .isHandshakeComplete
        )
        for name in ["api.test", "a.b.api.test"] {
            self.expectRefusal(.nameMismatch, try self.connect(self.certificates.client(serverName: name), server))
        }
    }

    @Test("A self-signed certificate is refused as such")
    func selfSigned() throws {
        let issued = try CertificateAuthority.selfSigned(names: ["localhost"])
        let pair = try self.connect(self.certificates.client(), self.certificates.server(issued: issued))
        self.expectRefusal(.selfSigned, pair)
    }

    @Test("A certificate of an unknown authority is refused as such")
    func unknownAuthority() throws {
        let issued = try CertificateAuthority(commonName: "Unknown").issue(names: ["localhost"])
        let pair = try self.connect(self.certificates.client(), self.certificates.server(issued: issued))
        self.expectRefusal(.unknownAuthority, pair)
    }

    @Test("A client's certificate cannot serve")
    func wrongPurpose() throws {
        let issued = try self.certificates.authority.issue(names: ["localhost"], usage: .client)
        let pair = try self.connect(self.certificates.client(), self.certificates.server(issued: issued))
        self.expectRefusal(.wrongPurpose, pair)
    }

    @Test("A certificate that expires while the server runs is refused by clients as expired")
    func expires() throws {
        // Loaded while it is valid, however busy the machine is, and used when it is not.
        let end = CertificateTime.now.adding(seconds: 5)
        let validity = CertificateValidity(notBefore: end.adding(days: -1), notAfter: end)
        let server = try self.certificates.server(
            issued: self.certificates.authority.issue(names: ["localhost"], validity: validity)
        )
        while CertificateTime.now <= end.adding(seconds: 1) { usleep(50_000) }
        self.expectRefusal(.expired, try self.connect(self.certificates.client(), server))
    }

    // MARK: Client certificates

    @Test("A server that requires a certificate learns whose it is")
    func clientCertificate() throws {
        let identity = try self.certificates.authority.issue(names: ["agent.test"], usage: .client)
        let pair = try self.connect(
            self.certificates.client(identity: identity),
            self.certificates.server(clients: .required(authorities: self.certificates.authorityPath))
        )
        let session = try #require(try pair.server.pipeline.syncOperations.handler(type: TLSHandler.self).session)
        #expect(session.peerSubject == "/CN=agent.test")
    }

    @Test("Without one the client is refused where it is required and served where it is optional")
    func missingClientCertificate() throws {
        let path = self.certificates.authorityPath
        let refused = try self.connect(
            self.certificates.client(),
            self.certificates.server(clients: .required(authorities: path))
        )
        #expect(refused.serverEvents.tlsErrors == [.peerVerificationFailed(.noCertificate)])
        #expect(refused.clientEvents.tlsErrors == [.alertReceived("tlsv13 alert certificate required")])
        let served = try self.connect(
            self.certificates.client(),
            self.certificates.server(clients: .optional(authorities: path))
        )
        #expect(served.serverEvents.isHandshakeComplete && served.serverEvents.errors.isEmpty)
    }

    @Test("A bad one is refused even where it is optional")
    func badClientCertificate() throws {
        let stranger = try CertificateAuthority(commonName: "Unknown").issue(names: ["agent.test"], usage: .client)
        let expired = try self.certificates.authority.issue(names: ["localhost"], usage: .server)
        for (identity, failure) in [(stranger, PeerVerificationFailure.unknownAuthority), (expired, .wrongPurpose)] {
            let pair = try self.connect(
                self.certificates.client(identity: identity),
                self.certificates.server(clients: .optional(authorities: self.certificates.authorityPath))
            )
            #expect(pair.serverEvents.tlsErrors == [.peerVerificationFailed(failure)])
        }
    }

    // MARK: Peers that do not speak TLS

    private func serverAlone() throws -> (EmbeddedChannel, EventRecorder) {
        let channel = EmbeddedChannel()
        let events = EventRecorder()
        events.readsAutomatically = true
        try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: self.certificates.server()), events])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/embedded"), promise: nil)
        return (channel, events)
    }

    @Test("A plain HTTP request on the TLS port is told as not TLS")
    func plainHTTP() throws {
        let (channel, events) = try self.serverAlone()
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        #expect(events.tlsErrors == [.notTLS(reason: "http request")])
        #expect(!channel.isActive)
    }

    @Test(
        "Other first bytes end in an error and a closed channel",
        arguments: [
            [UInt8]("SSH-2.0-OpenSSH_9.2\r\n".utf8), [UInt8](repeating: 0, count: 100),
            [UInt8](repeating: 255, count: 100),
            // A record of the right type and length whose content is no ClientHello.
            [0x16, 3, 1, 0, 4, 9, 9, 9, 9],
            // A record longer than any may be.
            [0x16, 3, 1, 0xff, 0xff] + [UInt8](repeating: 1, count: 100),
            // Application data before any handshake.
            [0x17, 3, 3, 0, 3, 1, 2, 3],
        ]
    )
    func garbage(_ bytes: [UInt8]) throws {
        let (channel, events) = try self.serverAlone()
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        #expect(events.tlsErrors.count == 1)
        #expect(!channel.isActive)
        #expect(!events.isHandshakeComplete)
    }

    @Test("A client that meets a plain HTTP server is told so")
    func plainServer() throws {
        let channel = EmbeddedChannel()
        let events = EventRecorder()
        try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: self.certificates.client()), events])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/embedded"), promise: nil)
        try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"))
        guard case .notTLS? = events.tlsErrors.first else {
            Issue.record("told as \(events.tlsErrors)")
            return
        }
    }

    // MARK: Handshakes that do not end

    @Test("A peer that goes away is told as closed during the handshake, and waiting writes fail")
    func closedDuringHandshake() throws {
        let (channel, events) = try self.serverAlone()
        let write = channel.writeAndFlush(ByteBuffer(string: "never"))
        channel.pipeline.fireChannelInactive()
        #expect(events.tlsErrors == [.closedDuringHandshake])
        #expect(throws: TLSError.closedDuringHandshake) { try write.wait() }
    }

    @Test("A peer that falls silent is cut off in time, and not a moment before")
    func timeout() throws {
        let (channel, events) = try self.serverAlone()
        try channel.writeInbound(ByteBuffer(bytes: [0x16, 3, 1]))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(channel.isActive && events.errors.isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(events.tlsErrors == [.handshakeTimedOut(after: .seconds(10))])
        #expect(!channel.isActive)
    }

    @Test("A complete handshake leaves no timer behind")
    func timerIsCancelled() throws {
        let pair = try self.connect(self.certificates.client(), self.certificates.server())
        pair.server.embeddedEventLoop.advanceTime(by: .hours(1))
        pair.client.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(pair.server.isActive && pair.client.isActive)
    }

    // MARK: Hostile bytes

    @Test("A message changed in any one byte never traps and never completes the handshake twice")
    func mutatedHandshake() throws {
        let server = try self.certificates.server(protocols: ["http/1.1"])
        let client = try self.certificates.client(protocols: ["http/1.1"])
        let first = try EmbeddedPair(client: client, server: server)
        try first.connect()
        let hello = try first.takeOutbound(first.client)
        for index in 0..<hello.readableBytes {
            var changed = hello
            let byte = try #require(hello.getInteger(at: index, as: UInt8.self))
            changed.setInteger(byte ^ 0x55, at: index)
            let channel = EmbeddedChannel()
            let events = EventRecorder()
            events.readsAutomatically = true
            try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: server), events])
            channel.connect(to: try SocketAddress(unixDomainSocketPath: "/embedded"), promise: nil)
            try channel.writeInbound(changed)
            #expect(events.tlsErrors.count <= 1)
            #expect(channel.isActive == events.tlsErrors.isEmpty)
            #expect(!events.isHandshakeComplete)
            if channel.isActive { _ = try? channel.finish() }
        }
    }
}
