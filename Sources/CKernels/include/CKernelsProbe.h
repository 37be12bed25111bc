#ifndef CKERNELS_PROBE_H
#define CKERNELS_PROBE_H

// What this machine can do at most, measured: what the kernels' speed is a share of. For benchmarks alone.

#include <stddef.h>

#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Operations a second, a multiplication and an addition being two, of 8-bit products that stay in registers, on `threads` threads
/// for about `seconds` each, with the instructions of a level that is supported. 0 when threads cannot be had.
double ck_int8_peak(ck_level level, int threads, double seconds);

/// The same of fused multiply-adds of floats.
double ck_float_peak(ck_level level, int threads, double seconds);

/// Bytes a second that `threads` threads read of `bytes` bytes at `memory`, each its own part from one end to the other again and
/// again. `memory` should be several times the last cache, and written before, or its pages are all one. 0 when threads cannot be had.
double ck_memory_read(const void *memory, size_t bytes, int threads, double seconds);

/// Seconds of one hand-over in the pool: from a kernel's announcement until all threads have met in it and it is closed. The
/// mean of `count` in a row.
///
/// - `threads`: those of the pool; with more this would not return.
double ck_pool_handover(ck_pool *pool, int threads, int count);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
