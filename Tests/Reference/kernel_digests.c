// Prints a digest of what the int8 kernels compute at each level that this machine can run. All lines of all machines must
// name the same digests: see check_kernels.sh, which also runs this on an emulated arm64 machine.

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "CKernelsPacked.h"

enum { WIDTH = 576, HIDDEN = 1536, HEADS = 9, KV_HEADS = 3, HEAD = 64, PAGES = 10, TOKENS = 300 };

static uint64_t state;

static float random_float(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(state >> 32) * 0x1p-31f;
}

static float *floats(size_t count, float scale) {
    float *p = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    for (size_t i = 0; i < count; i++) p[i] = random_float() * scale;
    return p;
}

static uint64_t digest(const void *bytes, size_t count) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

static ck_packed_matrix matrix(int rows, int columns) {
    size_t count = (size_t)rows * (size_t)columns;
    int8_t *weights = aligned_alloc(64, count);
    float *scales = floats((size_t)rows, 0.01f);
    int32_t *offsets = malloc((size_t)rows * sizeof *offsets);
    for (size_t i = 0; i < count; i++) weights[i] = (int8_t)(random_float() * 127.0f);
    for (int r = 0; r < rows; r++) {
        int32_t sum = 0;
        for (int c = 0; c < columns; c++) {
            sum += weights[((size_t)(r / 16) * (size_t)(columns / 4) + (size_t)(c / 4)) * 64 + (size_t)(r % 16) * 4
                + (size_t)(c % 4)];
        }
        offsets[r] = -128 * sum;
    }
    return (ck_packed_matrix){weights, scales, offsets, rows, columns};
}

/// A row of each kind: small, great, and one with a number that is not finite.
static float *inputs(int tokens, int columns) {
    float *x = floats((size_t)tokens * (size_t)columns, 3.0f);
    for (int c = 0; c < columns && tokens > 3; c++) {
        x[columns + c] *= 1e-30f;
        x[2 * columns + c] *= 1e30f;
    }
    if (tokens > 4) x[3 * columns + 7] = INFINITY;
    return x;
}

static uint64_t products(ck_pool *pool, int tokens, int rows, int columns, ck_epilogue epilogue) {
    ck_packed_matrix m = matrix(rows, columns);
    float *x = inputs(tokens, columns), *weight = floats((size_t)columns, 1.0f);
    float *y = floats((size_t)tokens * (size_t)rows, 1.0f);
    ck_activations quantised = {
        calloc(1, ck_activation_bytes(tokens, columns)), calloc((size_t)tokens, sizeof(float)),
    };
    if (columns == WIDTH) {
        ck_norm_quantize(pool, x, (size_t)columns, weight, 1e-5f, tokens, columns, quantised);
    } else {
        ck_quantize(pool, x, (size_t)columns, tokens, columns, quantised);
    }
    ck_packed_matmul(pool, &m, quantised, tokens, epilogue, y, (size_t)rows);
    // How a NaN is spelled is left to the machine.
    for (size_t i = 0; i < (size_t)tokens * (size_t)rows; i++) {
        if (isnan(y[i])) y[i] = NAN;
    }
    return digest(y, (size_t)tokens * (size_t)rows * sizeof(float));
}

static uint64_t attention(ck_pool *pool, int tokens) {
    size_t stride = (HEADS + 2 * KV_HEADS) * HEAD, page_bytes = KV_HEADS * HEAD * CK_PAGE_TOKENS * 2 * 2;
    void *pages[PAGES];
    for (int i = 0; i < PAGES; i++) pages[i] = memset(aligned_alloc(64, page_bytes), 0, page_bytes);
    ck_segment segment = {0, tokens, 0, pages};
    float *out = floats((size_t)tokens * HEADS * HEAD, 0.0f);
    ck_paged_attention a = {
        &segment, 1, floats((size_t)tokens * stride, 4.0f), stride, HEADS, KV_HEADS, HEAD, 0,
        floats(TOKENS * HEAD / 2, 1.0f), floats(TOKENS * HEAD / 2, 1.0f), 0.125f, out, HEADS * HEAD,
    };
    ck_store(pool, &a);
    ck_attend(pool, &a);
    return digest(out, (size_t)tokens * HEADS * HEAD * sizeof(float));
}

int main(void) {
    static const char *names[] = {"generic", "avx2", "avx512", "amx", "neon"};
    static const int counts[] = {1, 3, 8, 17, 131, TOKENS};
    for (int level = CK_LEVEL_GENERIC; level <= CK_LEVEL_NEON; level++) {
        if (!ck_level_is_supported((ck_level)level)) continue;
        ck_pool *pool = ck_pool_create(2, (ck_level)level, HIDDEN);
        if (pool == NULL) return 1;
        printf("%s", names[level]);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            state = i;
            uint64_t set = products(pool, counts[i], 960, WIDTH, CK_SET);
            uint64_t add = products(pool, counts[i], WIDTH, HIDDEN, CK_ADD);
            uint64_t swiglu = products(pool, counts[i], 2 * HIDDEN, WIDTH, CK_SWIGLU);
            printf(" %" PRIx64 " %" PRIx64, set ^ add * 3 ^ swiglu * 7, attention(pool, counts[i]));
        }
        printf("\n");
        ck_pool_destroy(pool);
    }
    return 0;
}
