#ifndef GUARDIAN_COPENSSLSHIMS_H
#define GUARDIAN_COPENSSLSHIMS_H

// What Swift cannot import from OpenSSL's headers: macros, and the callbacks of a BIO. No policy of any kind
// lives here; every function does one thing. Unless a comment says otherwise, nothing takes or gives ownership.

#include <stddef.h>
#include <stdint.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Options of a context (bit macros in OpenSSL 3).
extern const uint64_t ctls_op_no_compression;
extern const uint64_t ctls_op_no_renegotiation;
extern const uint64_t ctls_op_cipher_server_preference;
extern const uint64_t ctls_op_prioritize_chacha;
extern const uint64_t ctls_op_no_ticket;

// Contexts. All return 1 on success, 0 on failure, as the macros behind them do.
int ctls_ctx_set_min_proto_version(SSL_CTX *context, int version);
int ctls_ctx_set_groups(SSL_CTX *context, const char *list);
long ctls_ctx_set_mode(SSL_CTX *context, long mode);
long ctls_ctx_set_session_cache_mode(SSL_CTX *context, long mode);

// Sets the callback that a server's handshake calls when the client's names are known.
int ctls_ctx_set_servername_callback(SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument);

// Sets the callback that a server's handshake calls when the client asks for an OCSP response.
int ctls_ctx_set_ocsp_callback(SSL_CTX *context, int (*callback)(SSL *, void *), void *argument);

// Connections.

// Gives the client this OCSP response, which is copied. 1 on success.
int ctls_ssl_set_ocsp_response(SSL *ssl, const uint8_t *bytes, size_t length);
int ctls_ssl_set_sni(SSL *ssl, const char *host);

// Stacks of certificates. `ctls_stack_push` takes its own reference of the certificate.
// `ctls_stack_free` releases the stack and those references.
STACK_OF(X509) *ctls_stack_new(void);
int ctls_stack_push(STACK_OF(X509) *stack, X509 *certificate);
void ctls_stack_free(STACK_OF(X509) *stack);

// Frees memory that OpenSSL allocated.
void ctls_free(void *pointer);

// Prepares the context for X509V3_EXT_conf_nid where no configuration database is used.
void ctls_x509v3_set_ctx(X509V3_CTX *context, X509 *issuer, X509 *subject);

// A BIO whose bytes come from and go to its owner's buffers.
//
// `read` fills `into` with at most `length` bytes and returns how many; 0 stands for "none now" and becomes a retry.
// `write` takes all `length` bytes and returns 1, or 0 if it cannot.
typedef size_t (*ctls_bio_read)(void *owner, char *into, size_t length);
typedef int (*ctls_bio_write)(void *owner, const char *from, size_t length);

// Makes a BIO with one reference, owned by the caller, or NULL if memory is short. It has no owner yet.
BIO *ctls_bio_new(ctls_bio_read read, ctls_bio_write write);

// Names the owner that is given to the callbacks. It is not retained: attach NULL before it goes away.
// A BIO without an owner fails every read and write.
void ctls_bio_attach(BIO *bio, void *owner);

#endif
