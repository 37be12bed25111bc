// The reference: the same source as the fast levels, compiled for the base instruction set.
#include <math.h>

#include "lanes.h"

#if defined(__x86_64__)
// The base set of x86-64 has no fused multiply-add: one function calls the library's, instead of sixteen calls in every
// place that multiplies.
static __attribute__((noinline)) v16 fma16_calls(v16 a, v16 b, v16 c) {
    for (int i = 0; i < 16; i++) c[i] = fmaf(a[i], b[i], c[i]);
    return c;
}
#define CK_FMA16 fma16_calls
#pragma clang diagnostic ignored "-Wpsabi"
#endif

#define CK_TABLE ck_generic_kernels
#define CK_TILE_ROWS 2
#define CK_TILE_TOKENS 3
#include "kernels.inc"
