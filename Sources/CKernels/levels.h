#ifndef CK_LEVELS_H
#define CK_LEVELS_H

#include "CKernels.h"

/// The kernels of one level: what a thread does with its share of the work.
typedef struct {
    void (*expand_rows)(ck_type type, const uint8_t *weights, size_t row_bytes, int rows, int columns, float *out);
    void (*product_rows)(
        const ck_product *product, int first_row, int rows, const float *x, size_t x_stride, int tokens, int columns,
        float *scratch
    );
    void (*rms_norm_row)(const float *x, const float *weight, float epsilon, int width, float *out);
    void (*swiglu_row)(float *gate, const float *up, int width);
    void (*silu_row)(float *x, size_t count);
    void (*attention_query)(const ck_attention_arguments *arguments, int token, int head, float *scratch);
} ck_kernels;

extern const ck_kernels ck_generic_kernels;
#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels;
extern const ck_kernels ck_avx512_kernels;
#endif

#endif
