#if defined(__aarch64__)
#include <arm_neon.h>
#include <stdint.h>

#include "lanes.h"
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

CK_INLINE i16 dot16_neon(i16 sums, int32_t word, s64 weights) {
    int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(word)), w[4];
    int32x4_t s[4];
    __builtin_memcpy(s, &sums, sizeof s);
    __builtin_memcpy(w, &weights, sizeof w);
    for (int i = 0; i < 4; i++) s[i] = vdotq_s32(s[i], w[i], x);
    __builtin_memcpy(&sums, s, sizeof s);
    return sums;
}
CK_INLINE v16 load_halves_neon(const uint16_t *p) {
    float16x8_t low, high;
    __builtin_memcpy(&low, p, sizeof low);
    __builtin_memcpy(&high, p + 8, sizeof high);
    float32x4_t parts[4] = {
        vcvt_f32_f16(vget_low_f16(low)), vcvt_f32_f16(vget_high_f16(low)), vcvt_f32_f16(vget_low_f16(high)),
        vcvt_f32_f16(vget_high_f16(high)),
    };
    v16 v;
    __builtin_memcpy(&v, parts, sizeof v);
    return v;
}
CK_INLINE h16 to_halves_neon(v16 v) {
    float32x4_t parts[4];
    __builtin_memcpy(parts, &v, sizeof v);
    float16x4_t halves[4];
    for (int i = 0; i < 4; i++) halves[i] = vcvt_f16_f32(parts[i]);
    h16 h;
    __builtin_memcpy(&h, halves, sizeof h);
    return h;
}

#define CK_TABLE ck_neon_kernels
#define CK_LOAD_HALVES load_halves_neon
#define CK_TO_HALVES to_halves_neon
#define CK_TILE_ROWS 2
#define CK_TILE_TOKENS 3
#define CK_DOT16 dot16_neon
#define CK_ACTIVATION_FLIP 0x00
#define CK_DOT_PANELS 1
#define CK_DOT_TOKENS 4
#define CK_ATTENTION_ROWS 2
#include "kernels.inc"
#pragma clang attribute pop
#else
typedef int ck_neon_is_for_arm64_only;
#endif
