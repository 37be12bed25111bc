#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#include "lanes.h"
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)

CK_INLINE i16 dot16_avx512(i16 sums, int32_t word, s64 weights) {
    return (i16)_mm512_dpbusd_epi32((__m512i)sums, _mm512_set1_epi32(word), (__m512i)weights);
}
CK_INLINE v16 load_halves_avx512(const uint16_t *p) {
    return (v16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
CK_INLINE h16 to_halves_avx512(v16 v) {
    return (h16)_mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

#define CK_TABLE ck_avx512_kernels
#define CK_HALF_TO_FLOAT _cvtsh_ss
#define CK_LOAD_HALVES load_halves_avx512
#define CK_TO_HALVES to_halves_avx512
#define CK_TILE_ROWS 4
#define CK_TILE_TOKENS 6
#define CK_DOT16 dot16_avx512
#define CK_ACTIVATION_FLIP 0x80
#define CK_DOT_PANELS 2
#define CK_DOT_TOKENS 8
#define CK_ATTENTION_ROWS 6
#include "kernels.inc"
#pragma clang attribute pop
#else
typedef int ck_avx512_is_for_x86_only;
#endif
