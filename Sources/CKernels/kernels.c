// Splits each kernel into parts and gives them to the pool.

#include <math.h>

#include "pool.h"

#pragma clang fp contract(off)

typedef struct {
    const ck_product *products;
    int count;
    const float *x;
    size_t x_stride;
    int tokens;
    int columns;
} matmul_context;

static int panels(int rows) { return (rows + CK_PANEL_ROWS - 1) / CK_PANEL_ROWS; }

static void matmul_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    const matmul_context *c = context;
    const ck_product *product = c->products;
    while (part >= panels(product->rows)) part -= panels((product++)->rows);
    int first = part * CK_PANEL_ROWS;
    int rows = product->rows - first < CK_PANEL_ROWS ? product->rows - first : CK_PANEL_ROWS;
    kernels->product_rows(product, first, rows, c->x, c->x_stride, c->tokens, c->columns, scratch);
}

void ck_matmul(
    ck_pool *pool, const ck_product *products, int count, const float *x, size_t x_stride, int tokens, int columns
) {
    int parts = 0;
    for (int i = 0; i < count; i++) parts += panels(products[i].rows);
    matmul_context context = {products, count, x, x_stride, tokens, columns};
    ck_pool_run(pool, parts, matmul_part, &context);
}

void ck_dequantize(ck_pool *pool, ck_type type, const void *weights, size_t row_bytes, int rows, int columns, float *out) {
    ck_pool_kernels(pool)->expand_rows(type, weights, row_bytes, rows, columns, out);
}

typedef struct {
    const float *x;
    const float *weight;
    float epsilon;
    int tokens;
    int width;
    float *out;
} row_context;

enum { ROWS_PER_PART = 8 };

static int row_parts(int tokens) { return (tokens + ROWS_PER_PART - 1) / ROWS_PER_PART; }

static void rms_norm_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    (void)scratch;
    const row_context *c = context;
    for (int t = part * ROWS_PER_PART; t < c->tokens && t < (part + 1) * ROWS_PER_PART; t++) {
        size_t offset = (size_t)t * (size_t)c->width;
        kernels->rms_norm_row(c->x + offset, c->weight, c->epsilon, c->width, c->out + offset);
    }
}

void ck_rms_norm(ck_pool *pool, const float *x, const float *weight, float epsilon, int tokens, int width, float *out) {
    row_context context = {x, weight, epsilon, tokens, width, out};
    ck_pool_run(pool, row_parts(tokens), rms_norm_part, &context);
}

static void swiglu_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    (void)scratch;
    const row_context *c = context;
    for (int t = part * ROWS_PER_PART; t < c->tokens && t < (part + 1) * ROWS_PER_PART; t++) {
        size_t offset = (size_t)t * (size_t)c->width;
        kernels->swiglu_row(c->out + offset, c->x + offset, c->width);
    }
}

void ck_swiglu(ck_pool *pool, float *gate, const float *up, int tokens, int width) {
    row_context context = {up, up, 0, tokens, width, gate};
    ck_pool_run(pool, row_parts(tokens), swiglu_part, &context);
}

void ck_silu(ck_pool *pool, float *x, size_t count) { ck_pool_kernels(pool)->silu_row(x, count); }

void ck_add(float *x, const float *y, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] += y[i];
}

int ck_argmax(const float *x, int count) {
    int best = -1;
    float greatest = -INFINITY;
    for (int i = 0; i < count; i++) {
        if (x[i] > greatest) {
            greatest = x[i];
            best = i;
        }
    }
    return best;
}

void ck_rope(
    float *x, size_t x_stride, int tokens, int heads, int head_width, int position, const float *cosines,
    const float *sines
) {
    int pairs = head_width / 2;
    for (int t = 0; t < tokens; t++) {
        const float *c = cosines + (size_t)(position + t) * (size_t)pairs;
        const float *s = sines + (size_t)(position + t) * (size_t)pairs;
        for (int h = 0; h < heads; h++) {
            float *head = x + (size_t)t * x_stride + (size_t)h * (size_t)head_width;
            for (int i = 0; i < pairs; i++) {
                float a = head[2 * i], b = head[2 * i + 1];
                head[2 * i] = a * c[i] - b * s[i];
                head[2 * i + 1] = a * s[i] + b * c[i];
            }
        }
    }
}

static void attention_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    const ck_attention_arguments *a = context;
    // Neighbouring parts share a head, and with it the keys and values in cache.
    int blocks = row_parts(a->tokens);
    int head = part / blocks, block = part % blocks;
    for (int t = block * ROWS_PER_PART; t < a->tokens && t < (block + 1) * ROWS_PER_PART; t++) {
        kernels->attention_query(a, t, head, scratch);
    }
}

void ck_attention(ck_pool *pool, const ck_attention_arguments *arguments) {
    ck_pool_run(pool, arguments->heads * row_parts(arguments->tokens), attention_part, arguments);
}
