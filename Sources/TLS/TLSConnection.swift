import COpenSSL
import COpenSSLShims
import NIOCore

/// One TLS connection without a socket: ciphertext goes in and comes out as byte buffers, and every step says
/// whether it is complete, needs more from the peer, or failed.
///
/// Owns one `SSL` and the BIO it speaks through. Bound to one thread at a time, as an `SSL` is.
final class TLSConnection {
    /// What became of a step.
    enum Step: Equatable {
        case complete
        /// More ciphertext of the peer is needed.
        case incomplete
        /// The connection is of no more use. An alert for the peer may wait among the outbound ciphertext.
        case failed(TLSError)
    }

    /// What became of an attempt to read.
    enum Reading: Equatable {
        /// So many bytes were appended, at least one.
        case plaintext(bytes: Int)
        /// More ciphertext of the peer is needed.
        case incomplete
        /// The peer sent close_notify: nothing more will come.
        case closed
        /// The connection is of no more use. An alert for the peer may wait among the outbound ciphertext.
        case failed(TLSError)
    }

    private let context: TLSContext
    private let bio: ByteBufferBIO
    /// `SSL *`, owned. Of no concern to anything but this file and its tests.
    let ssl: OpaquePointer

    /// - Parameter serverName: whom a client means to reach; nil for a server.
    init(context: TLSContext, serverName: ServerName?) throws(TLSError) {
        OpenSSLErrorQueue.clear()
        guard let bio = ByteBufferBIO(), let ssl = SSL_new(context.pointer) else {
            throw .library(operation: "SSL_new", reason: OpenSSLErrorQueue.drainText())
        }
        self.context = context
        self.bio = bio
        self.ssl = ssl
        // SSL_set_bio takes over one reference where both sides are the same BIO.
        BIO_up_ref(bio.pointer)
        SSL_set_bio(ssl, bio.pointer, bio.pointer)
        switch context.role {
        case .server:
            SSL_set_accept_state(ssl)
        case .client:
            guard let serverName else { throw .missingServerName }
            SSL_set_connect_state(ssl)
            try self.expect(serverName)
        }
    }

    deinit {
        SSL_free(self.ssl)
    }

    /// Makes the handshake fail unless the server's certificate is for this name.
    private func expect(_ serverName: ServerName) throws(TLSError) {
        let succeeded: Bool
        switch serverName {
        case .host(let name):
            SSL_set_hostflags(self.ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            succeeded = ctls_ssl_set_sni(self.ssl, name) == 1 && SSL_set1_host(self.ssl, name) == 1
        case .address(let address):
            succeeded = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(self.ssl), address) == 1
        }
        guard succeeded else {
            throw .library(operation: "SSL_set1_host", reason: OpenSSLErrorQueue.drainText())
        }
    }

    // MARK: Ciphertext

    /// Takes ciphertext from the network.
    func receive(_ ciphertext: ByteBuffer) {
        self.bio.receive(ciphertext)
    }

    /// Hands over the ciphertext that waits to be sent; nil if there is none.
    func takeCiphertext() -> ByteBuffer? {
        self.bio.takeOutbound()
    }

    /// How many bytes came from the network that OpenSSL has not looked at.
    var unreadCiphertextBytes: Int { self.bio.inboundBytes }

    /// Whether anything of the peer was received that has not come out as data: records not looked at, or part of one.
    var hasUnfinishedInput: Bool {
        self.bio.inboundBytes > 0 || SSL_has_pending(self.ssl) == 1
    }

    /// How many bytes of ciphertext wait to be sent.
    var unsentCiphertextBytes: Int { self.bio.outboundBytes }

    // MARK: Steps

    /// Goes on with the handshake as far as the ciphertext at hand allows.
    func handshake() -> Step {
        OpenSSLErrorQueue.clear()
        let code = SSL_do_handshake(self.ssl)
        guard code != 1 else { return .complete }
        switch SSL_get_error(self.ssl, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return .incomplete
        default:
            return .failed(self.handshakeError())
        }
    }

    /// Decrypts at most one record's worth of data and appends it to `plaintext`.
    func read(into plaintext: inout ByteBuffer) -> Reading {
        OpenSSLErrorQueue.clear()
        var code: Int32 = 0
        // What OpenSSL has decrypted already, or else what the ciphertext at hand can yield. A record that was
        // received in pieces may hold more; the rest of it is then pending for the next call.
        let room = max(Int(SSL_pending(self.ssl)), min(self.bio.inboundBytes, Self.recordLimit), 512)
        let count = plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
            var count = 0
            code = SSL_read_ex(self.ssl, space.baseAddress, space.count, &count)
            return code == 1 ? count : 0
        }
        guard code != 1 else { return .plaintext(bytes: count) }
        switch SSL_get_error(self.ssl, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return .incomplete
        case SSL_ERROR_ZERO_RETURN:
            return .closed
        default:
            return .failed(.afterHandshake(OpenSSLErrorQueue.drain()))
        }
    }

    /// Encrypts all of `plaintext`.
    func write(_ plaintext: UnsafeRawBufferPointer) -> Step {
        // Calling SSL_write with nothing to write is undefined.
        guard !plaintext.isEmpty else { return .complete }
        OpenSSLErrorQueue.clear()
        self.bio.reserveOutbound(plaintext.count + (plaintext.count / Self.recordLimit + 1) * Self.recordOverhead)
        var count = 0
        let code = SSL_write_ex(self.ssl, plaintext.baseAddress, plaintext.count, &count)
        guard code != 1 else { return .complete }
        switch SSL_get_error(self.ssl, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            // Cannot be while the BIO takes everything and renegotiation is off.
            return .incomplete
        default:
            return .failed(.afterHandshake(OpenSSLErrorQueue.drain()))
        }
    }

    /// Writes our close_notify, once. Reading stays possible.
    func sendCloseNotify() {
        guard SSL_get_shutdown(self.ssl) & SSL_SENT_SHUTDOWN == 0 else { return }
        OpenSSLErrorQueue.clear()
        _ = SSL_shutdown(self.ssl)
        // A failure means that the connection is broken, which the next step will tell; nothing may stay behind.
        OpenSSLErrorQueue.clear()
    }

    /// The largest plaintext of one record (RFC 8446, section 5.1).
    static let recordLimit = 16_384
    /// More than any cipher on offer adds to a record: header, explicit nonce, tag, content type.
    private static let recordOverhead = 64

    // MARK: Results

    /// What was agreed on; meaningful once the handshake is complete.
    var session: TLSSession {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(self.ssl, &name, &length)
        let chosen = name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self) }
        let host = SSL_get_servername(self.ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
        let peer = SSL_get1_peer_certificate(self.ssl).map { Certificate(owning: $0) }
        return TLSSession(
            version: TLSVersion(wireValue: SSL_version(self.ssl)),
            cipher: SSL_get_current_cipher(self.ssl).map { String(cString: SSL_CIPHER_get_name($0)) } ?? "",
            applicationProtocol: chosen,
            requestedHost: self.context.role == .server ? host : nil,
            peerSubject: peer?.subject,
            isResumed: SSL_session_reused(self.ssl) == 1
        )
    }

    private func handshakeError() -> TLSError {
        let errors = OpenSSLErrorQueue.drain()
        // Only where the certificate is what stopped the handshake; the result is kept for other failures too.
        if errors.contains(where: { $0.library == ERR_LIB_SSL && $0.reason == SSL_R_CERTIFICATE_VERIFY_FAILED }),
            let failure = PeerVerificationFailure(verifyResult: SSL_get_verify_result(self.ssl))
        {
            return .peerVerificationFailed(failure)
        }
        return .duringHandshake(errors)
    }
}
