#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#include "lanes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

// Products of a magnitude (unsigned) and a weight with the activation's sign: at most 127 * 127, so a sum of two never
// saturates sixteen bits and the result is exact.
CK_INLINE __m256i dot8_avx2(__m256i sums, __m256i x, __m256i magnitude, __m256i weights) {
    __m256i pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(weights, x));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
CK_INLINE i16 dot16_avx2(i16 sums, int32_t word, s64 weights) {
    __m256i x = _mm256_set1_epi32(word), magnitude = _mm256_abs_epi8(x), s[2], w[2];
    __builtin_memcpy(s, &sums, sizeof s);
    __builtin_memcpy(w, &weights, sizeof w);
    s[0] = dot8_avx2(s[0], x, magnitude, w[0]);
    s[1] = dot8_avx2(s[1], x, magnitude, w[1]);
    __builtin_memcpy(&sums, s, sizeof s);
    return sums;
}
CK_INLINE v16 load_halves_avx2(const uint16_t *p) {
    __m256 halves[2] = {
        _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8)))
    };
    v16 v;
    __builtin_memcpy(&v, halves, sizeof v);
    return v;
}
CK_INLINE h16 to_halves_avx2(v16 v) {
    __m256 floats[2];
    __builtin_memcpy(floats, &v, sizeof v);
    __m128i halves[2] = {
        _mm256_cvtps_ph(floats[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
        _mm256_cvtps_ph(floats[1], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
    };
    h16 h;
    __builtin_memcpy(&h, halves, sizeof h);
    return h;
}

#define CK_TABLE ck_avx2_kernels
#define CK_HALF_TO_FLOAT _cvtsh_ss
#define CK_LOAD_HALVES load_halves_avx2
#define CK_TO_HALVES to_halves_avx2
#define CK_TILE_ROWS 2
#define CK_TILE_TOKENS 3
#define CK_DOT16 dot16_avx2
#define CK_ACTIVATION_FLIP 0x00
#define CK_DOT_PANELS 1
#define CK_DOT_TOKENS 4
#define CK_ATTENTION_ROWS 2
#include "kernels.inc"
#pragma clang attribute pop
#else
typedef int ck_avx2_is_for_x86_only;
#endif
