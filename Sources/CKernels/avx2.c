#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CK_TABLE ck_avx2_kernels
#define CK_HALF_TO_FLOAT _cvtsh_ss
#define CK_TILE_ROWS 2
#define CK_TILE_TOKENS 3
#include "kernels.inc"
#pragma clang attribute pop
#else
typedef int ck_avx2_is_for_x86_only;
#endif
