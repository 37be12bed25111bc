#ifndef CKERNELS_PACKED_H
#define CKERNELS_PACKED_H

// Int8 kernels of the packed engine.
//
// Weights are int8 with a scale per row, activations int8 with a scale per token, quantised when they are computed. Sums of
// int8 products are exact in 32 bits, float steps run in a fixed order per token with no contraction by the compiler: a
// token's result is bit-equal for every instruction set, thread count and batch it is computed in.

#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

enum {
    /// Rows of a packed matrix that share a vector.
    CK_PACKED_ROWS = 16,
    /// Tokens whose activations lie interleaved, where a level has them so.
    CK_TOKEN_BLOCK = 8,
    /// Tokens of a page.
    CK_PAGE_TOKENS = 32,
    /// Columns that an int32 sum of int8 products is sure to hold.
    CK_PACKED_COLUMNS_LIMIT = 65536,
};

/// Weights: [rows / 16][columns / 4][16][4], aligned to 64 bytes; rows a multiple of 16, columns of 32.
typedef struct {
    const int8_t *weights;
    /// [rows]
    const float *scales;
    /// [rows]: -128 times the sum of the row's weights, for levels whose activations are unsigned.
    const int32_t *offsets;
    int rows;
    int columns;
} ck_packed_matrix;

/// Quantised activations: [tokens / 8][columns / 4][8][4], or [tokens][columns], as the level has it, in the level's own form;
/// and a scale per token.
typedef struct {
    uint8_t *values;
    float *scales;
} ck_activations;

/// Bytes of `values` for this many tokens.
size_t ck_activation_bytes(int tokens, int columns);

/// Quantises rows of `x`: scale = greatest magnitude / 127, halves rounded to even. A row with a number that is not finite
/// gets the scale NaN, and so do its products.
void ck_quantize(ck_pool *pool, const float *x, size_t x_stride, int tokens, int columns, ck_activations out);

/// Quantises x / rms(x) * weight.
void ck_norm_quantize(
    ck_pool *pool, const float *x, size_t x_stride, const float *weight, float epsilon, int tokens, int columns,
    ck_activations out
);

/// What becomes of a product.
typedef enum {
    /// y = product
    CK_SET = 0,
    /// y += product
    CK_ADD = 1,
    /// y = silu(gate) * up, the rows of gate and up alternating by sixteen; y has half as many columns as the product.
    CK_SWIGLU = 2,
} ck_epilogue;

/// y[t][r] = sum over c of weights[r][c] * x[t][c] * scales, with the epilogue. Padding rows are written too.
void ck_packed_matmul(
    ck_pool *pool, const ck_packed_matrix *matrix, ck_activations x, int tokens, ck_epilogue epilogue, float *y,
    size_t y_stride
);

/// One row of a packed matrix as floats.
void ck_packed_row(const ck_packed_matrix *matrix, int row, float *out);

/// Consecutive tokens of one sequence among the rows of a step.
typedef struct {
    /// Of the step's rows.
    int first_row;
    int rows;
    /// Of the first row in its sequence.
    int position;
    /// The sequence's pages from its start on, aligned to 64 bytes.
    void *_Nonnull const *_Nonnull pages;
} ck_segment;

/// One layer's attention over paged keys and values.
///
/// A page's part of a layer begins `page_offset` bytes into the page: for each key head, keys as float16 [head_width][32] and
/// then values as float16 [32][head_width].
typedef struct {
    const ck_segment *segments;
    int count;
    /// [rows][heads + 2 * kv_heads][head_width]: queries, keys, values. `ck_store` rotates queries and keys in place.
    float *queries_keys_values;
    size_t stride;
    int heads;
    int kv_heads;
    /// A multiple of 16, at most 256.
    int head_width;
    size_t page_offset;
    /// [positions][head_width / 2]
    const float *cosines;
    const float *sines;
    /// Factor of the queries.
    float scale;
    /// [rows][heads][head_width]
    float *out;
    size_t out_stride;
} ck_paged_attention;

/// Rotates queries and keys by their positions, scales the queries, and stores keys and values in the pages, as float16 held
/// to its finite range.
void ck_store(ck_pool *pool, const ck_paged_attention *attention);

/// Causal attention of every row over its sequence up to itself, page by page with a running softmax (Milakov and Gimelshein,
/// 2018), so nothing of the score matrix is kept.
void ck_attend(ck_pool *pool, const ck_paged_attention *attention);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
