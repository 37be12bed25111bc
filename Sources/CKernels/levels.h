#ifndef CK_LEVELS_H
#define CK_LEVELS_H

#include "CKernels.h"
#include "CKernelsPacked.h"

/// How an int8 product is cut: enough work in a part to make handing it out cheap, little enough to share evenly.
typedef struct {
    /// Multiplications of a part at full speed: some tens of microseconds.
    int multiplications;
    /// At least, where the matrix has as many pairs of panels.
    int parts;
    /// Of a part, at most: what stays in the second cache while panels pass by.
    int tokens;
} ck_part_size;

/// The kernels of one level: what a thread does with its share of the work.
typedef struct {
    ck_part_size product_part;
    void (*expand_rows)(ck_type type, const uint8_t *weights, size_t row_bytes, int rows, int columns, float *out);
    void (*product_rows)(
        const ck_product *product, int first_row, int rows, const float *x, size_t x_stride, int tokens, int columns,
        float *scratch
    );
    void (*rms_norm_row)(const float *x, const float *weight, float epsilon, int width, float *out);
    void (*swiglu_row)(float *gate, const float *up, int width);
    void (*silu_row)(float *x, size_t count);
    void (*attention_query)(const ck_attention_arguments *arguments, int token, int head, float *scratch);
    /// Quantises row `token` of an activation buffer.
    void (*quantize_row)(const float *x, int columns, ck_activations out, int token);
    /// Panels first_panel ..< first_panel + panels (an even number but at the end) for some blocks of tokens.
    void (*packed_panels)(
        const ck_packed_matrix *matrix, ck_activations x, int first_token, int tokens, int first_panel, int panels,
        ck_epilogue epilogue, float *y, size_t y_stride
    );
    /// Rows of one segment for one key head: its keys and values, and the queries that it serves.
    void (*store_rows)(const ck_paged_attention *a, const ck_segment *segment, int first, int rows, int kv_head);
    /// Queries of one segment for one key head.
    void (*attend_queries)(const ck_paged_attention *a, const ck_segment *segment, int first, int queries, int kv_head);
} ck_kernels;

extern const ck_kernels ck_generic_kernels;
#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels;
extern const ck_kernels ck_avx512_kernels;
extern const ck_kernels ck_amx_kernels;
#elif defined(__aarch64__)
extern const ck_kernels ck_neon_kernels;
#endif

#endif
