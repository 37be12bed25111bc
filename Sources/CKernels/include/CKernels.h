#ifndef CKERNELS_H
#define CKERNELS_H

// Float kernels of the transformer, and the compute threads that run them.
//
// One definition of a dot product serves every kernel: sixteen lanes, lane j summing elements j, j + 16, ... in
// ascending order with fused multiply-add, then the lanes summed in a fixed tree. A token's result therefore depends
// neither on how many tokens are computed with it, nor on how rows are spread over threads, nor on the instruction set:
// every level gives bit-equal results. Contraction by the compiler is off; each fused multiply-add is written as one.
// On x86-64 without FMA the generic level calls fmaf(): correct, but slow.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// How a row of weights is stored. The values are those of the GGUF format.
typedef enum {
    CK_F32 = 0,
    CK_F16 = 1,
    CK_Q4_0 = 2,
    CK_Q4_1 = 3,
    CK_Q8_0 = 8,
} ck_type;

/// Instruction set levels, slowest first.
typedef enum {
    CK_LEVEL_GENERIC = 0,
    CK_LEVEL_AVX2 = 1,
    /// With VNNI: Ice Lake, Zen 4 and later.
    CK_LEVEL_AVX512 = 2,
    /// With matrix units for int8 beside AVX-512: Sapphire Rapids and later.
    CK_LEVEL_AMX = 3,
    /// arm64 with the dot product instructions (Armv8.2 and later).
    CK_LEVEL_NEON = 4,
} ck_level;

/// Whether this machine can run the level.
bool ck_level_is_supported(ck_level level);

/// The best level of this machine.
ck_level ck_best_level(void);

/// Compute threads: the caller of a kernel and `threads - 1` helpers. A pool runs one kernel at a time; callers from
/// several threads take turns.
typedef struct ck_pool ck_pool;

/// Starts the helpers.
///
/// - `scratch_floats`: floats of working memory per thread; see `ck_matmul` and `ck_attention`.
/// - `threads`: from 1 to 64.
/// - Returns NULL when memory or threads cannot be had, for any other number of threads, and for a level that this machine
///   does not run.
ck_pool *_Nullable ck_pool_create(int threads, ck_level level, size_t scratch_floats);

/// Stops the helpers and frees the pool. No kernel may be running.
void ck_pool_destroy(ck_pool *pool);

/// Rows of weights that are expanded to float together: a thread's scratch must hold this many rows.
enum { CK_PANEL_ROWS = 32 };

/// A weight matrix of `rows` x `columns`, row-major, and where its product goes: output row t is at `y + t * y_stride`.
typedef struct {
    ck_type type;
    const void *weights;
    size_t row_bytes;
    int rows;
    float *y;
    size_t y_stride;
    /// Add to the output instead of setting it.
    bool accumulate;
} ck_product;

/// y[t][r] (+)= sum over c of weights[r][c] * x[t][c], for every product; all share the input.
///
/// `columns` must be a multiple of 32 for quantised weights and of 16 for float ones. Scratch: `CK_PANEL_ROWS * columns`.
void ck_matmul(
    ck_pool *pool, const ck_product *products, int count, const float *x, size_t x_stride, int tokens, int columns
);

/// Expands `rows` stored rows to float: `out` is [rows][columns].
void ck_dequantize(ck_pool *pool, ck_type type, const void *weights, size_t row_bytes, int rows, int columns, float *out);

/// out[t] = x[t] / rms(x[t]) * weight; `width` must be a multiple of 16.
void ck_rms_norm(ck_pool *pool, const float *x, const float *weight, float epsilon, int tokens, int width, float *out);

/// x += y over `count` floats.
void ck_add(float *x, const float *y, size_t count);

/// gate = silu(gate) * up over `tokens` rows of `width` floats, a multiple of 16.
void ck_swiglu(ck_pool *pool, float *gate, const float *up, int tokens, int width);

/// x = silu(x) over `count` floats.
void ck_silu(ck_pool *pool, float *x, size_t count);

/// The index of the greatest of `count` floats, the lowest of equals; -1 if none is a number above minus infinity.
int ck_argmax(const float *x, int count);

/// Rotates interleaved pairs (2i, 2i + 1) of each head of `head_width` floats by the angles of its position.
///
/// `cosines` and `sines` are [positions][head_width / 2]; row t of `x`, [heads][head_width], has position `position + t`.
void ck_rope(
    float *x, size_t x_stride, int tokens, int heads, int head_width, int position, const float *cosines,
    const float *sines
);

/// Causal grouped-query attention of `tokens` queries, the first at `position`, over the cached keys and values.
typedef struct {
    /// [tokens][heads][head_width]
    const float *queries;
    /// [kv_heads][capacity][head_width]
    const float *keys;
    const float *values;
    /// [tokens][heads][head_width]
    float *out;
    int tokens;
    int position;
    int heads;
    int kv_heads;
    /// A multiple of 16, at most 256.
    int head_width;
    int capacity;
    float scale;
} ck_attention_arguments;

/// Scratch: `capacity + 16` floats.
void ck_attention(ck_pool *pool, const ck_attention_arguments *arguments);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

// The module has one header for everything; this part needs the types above.
#include "CKernelsPacked.h"
#include "CKernelsProbe.h"

#endif
