#include "COpenSSLShims.h"

#include <limits.h>

const uint64_t ctls_op_no_compression = SSL_OP_NO_COMPRESSION;
const uint64_t ctls_op_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
const uint64_t ctls_op_cipher_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
const uint64_t ctls_op_prioritize_chacha = SSL_OP_PRIORITIZE_CHACHA;
const uint64_t ctls_op_no_ticket = SSL_OP_NO_TICKET;

int ctls_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

int ctls_ctx_set_groups(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}

long ctls_ctx_set_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_mode(context, mode);
}

long ctls_ctx_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}

int ctls_ctx_set_servername_callback(SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
    return SSL_CTX_set_tlsext_servername_callback(context, callback) != 0
        && SSL_CTX_set_tlsext_servername_arg(context, argument) != 0;
}

int ctls_ctx_set_ocsp_callback(SSL_CTX *context, int (*callback)(SSL *, void *), void *argument) {
    return SSL_CTX_set_tlsext_status_cb(context, callback) != 0
        && SSL_CTX_set_tlsext_status_arg(context, argument) != 0;
}

int ctls_ssl_set_ocsp_response(SSL *ssl, const uint8_t *bytes, size_t length) {
    if (length > LONG_MAX) {
        return 0;
    }
    unsigned char *copy = OPENSSL_memdup(bytes, length);
    if (copy == NULL) {
        return 0;
    }
    if (SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)length) != 1) {
        OPENSSL_free(copy);
        return 0;
    }
    return 1;
}

int ctls_ssl_set_sni(SSL *ssl, const char *host) {
    return (int)SSL_set_tlsext_host_name(ssl, host);
}

STACK_OF(X509) *ctls_stack_new(void) {
    return sk_X509_new_null();
}

int ctls_stack_push(STACK_OF(X509) *stack, X509 *certificate) {
    if (X509_up_ref(certificate) != 1) {
        return 0;
    }
    if (sk_X509_push(stack, certificate) <= 0) {
        X509_free(certificate);
        return 0;
    }
    return 1;
}

void ctls_stack_free(STACK_OF(X509) *stack) {
    sk_X509_pop_free(stack, X509_free);
}

void ctls_free(void *pointer) {
    OPENSSL_free(pointer);
}

void ctls_x509v3_set_ctx(X509V3_CTX *context, X509 *issuer, X509 *subject) {
    X509V3_set_ctx(context, issuer, subject, NULL, NULL, 0);
    X509V3_set_ctx_nodb(context);
}
