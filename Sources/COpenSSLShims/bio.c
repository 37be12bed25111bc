#include "COpenSSLShims.h"

#include <openssl/crypto.h>

// What a BIO of ours carries as its data. It lives exactly as long as the BIO.
typedef struct {
    void *owner;
    ctls_bio_read read;
    ctls_bio_write write;
} endpoint;

static int endpoint_read(BIO *bio, char *into, size_t length, size_t *count) {
    endpoint *end = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *count = 0;
    if (end == NULL || end->owner == NULL || into == NULL) {
        return 0;
    }
    *count = end->read(end->owner, into, length);
    if (*count == 0) {
        // "Not now" rather than "no more": the end of the stream is the business of whoever feeds the owner.
        BIO_set_retry_read(bio);
        return 0;
    }
    return 1;
}

static int endpoint_write(BIO *bio, const char *from, size_t length, size_t *count) {
    endpoint *end = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *count = 0;
    if (end == NULL || end->owner == NULL || from == NULL || end->write(end->owner, from, length) != 1) {
        return 0;
    }
    *count = length;
    return 1;
}

static long endpoint_control(BIO *bio, int command, long argument, void *pointer) {
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        // Flushing is left to the owner, who knows when a batch of records is complete.
        return 1;
    case BIO_CTRL_GET_CLOSE:
        return BIO_get_shutdown(bio);
    case BIO_CTRL_SET_CLOSE:
        BIO_set_shutdown(bio, (int)argument);
        return 1;
    default:
        // Everything else is declined, kernel TLS among it.
        return 0;
    }
}

static int endpoint_create(BIO *bio) {
    endpoint *end = OPENSSL_zalloc(sizeof(endpoint));
    if (end == NULL) {
        return 0;
    }
    BIO_set_data(bio, end);
    BIO_set_init(bio, 1);
    return 1;
}

static int endpoint_destroy(BIO *bio) {
    OPENSSL_free(BIO_get_data(bio));
    BIO_set_data(bio, NULL);
    BIO_set_init(bio, 0);
    return 1;
}

static BIO_METHOD *method = NULL;
static CRYPTO_ONCE method_once = CRYPTO_ONCE_STATIC_INIT;

static void method_create(void) {
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ByteBuffer");
    if (made == NULL) {
        return;
    }
    if (BIO_meth_set_read_ex(made, endpoint_read) != 1 || BIO_meth_set_write_ex(made, endpoint_write) != 1 ||
        BIO_meth_set_ctrl(made, endpoint_control) != 1 || BIO_meth_set_create(made, endpoint_create) != 1 ||
        BIO_meth_set_destroy(made, endpoint_destroy) != 1) {
        BIO_meth_free(made);
        return;
    }
    method = made;
}

BIO *ctls_bio_new(ctls_bio_read read, ctls_bio_write write) {
    if (CRYPTO_THREAD_run_once(&method_once, method_create) != 1 || method == NULL) {
        return NULL;
    }
    BIO *bio = BIO_new(method);
    if (bio == NULL) {
        return NULL;
    }
    endpoint *end = BIO_get_data(bio);
    end->read = read;
    end->write = write;
    return bio;
}

void ctls_bio_attach(BIO *bio, void *owner) {
    endpoint *end = BIO_get_data(bio);
    if (end != NULL) {
        end->owner = owner;
    }
}
