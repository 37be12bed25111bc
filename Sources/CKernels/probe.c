#include "include/CKernelsProbe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "lanes.h"
#include "pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Each loop keeps sixteen independent sums, more than latency times throughput of any machine's multiply-adds. The empty assembly
// makes the sums unknown to the compiler, which otherwise would compute them once.

enum { SUMS = 16, ROUNDS = 4096, MAX_THREADS = 64 };

/// Does a fixed piece of work and returns how many units it was.
typedef double (*probe)(const void *context, int thread);

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// MARK: Threads

typedef struct {
    probe work;
    const void *context;
    double seconds;
    int threads;
    atomic_int arrived;
} probe_run;

typedef struct {
    probe_run *run;
    int index;
    double rate;
} probe_thread;

static void *probe_repeatedly(void *argument) {
    probe_thread *self = argument;
    probe_run *run = self->run;
    atomic_fetch_add(&run->arrived, 1);
    while (atomic_load(&run->arrived) < run->threads) {
    }
    double units = 0, start = now(), elapsed;
    do {
        units += run->work(run->context, self->index);
        elapsed = now() - start;
    } while (elapsed < run->seconds);
    self->rate = units / elapsed;
    return NULL;
}

/// Units a second of all threads together.
static double rate_of(probe work, const void *context, int threads, double seconds) {
    if (threads < 1 || threads > MAX_THREADS) return 0;
    probe_run run = {.work = work, .context = context, .seconds = seconds, .threads = threads};
    probe_thread members[MAX_THREADS];
    pthread_t handles[MAX_THREADS];
    int started = 1;
    for (int i = 0; i < threads; i++) members[i] = (probe_thread){.run = &run, .index = i};
    for (; started < threads; started++) {
        if (pthread_create(&handles[started], NULL, probe_repeatedly, &members[started]) != 0) break;
    }
    bool complete = started == threads;
    // Those that wait for the rest are let go.
    if (!complete) atomic_store(&run.arrived, threads);
    probe_repeatedly(&members[0]);
    double rate = members[0].rate;
    for (int i = 1; i < started; i++) {
        pthread_join(handles[i], NULL);
        rate += members[i].rate;
    }
    return complete ? rate : 0;
}

// MARK: Arithmetic

#if defined(__x86_64__)

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static double int8_avx512(const void *context, int thread) {
    (void)context, (void)thread;
    __m512i sums[SUMS], x = _mm512_set1_epi8(3), w = _mm512_set1_epi8(5);
    CK_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_si512();
    for (int round = 0; round < ROUNDS; round++) {
        CK_UNROLL for (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_dpbusd_epi32(sums[i], x, w);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return 2.0 * 64 * SUMS * ROUNDS;
}

/// Four independent tiles of sums, which cover the latency of a product.
__attribute__((target("amx-tile,amx-int8"))) static double int8_amx(const void *context, int thread) {
    (void)context, (void)thread;
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shapes = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) shapes.row_bytes[tile] = 64, shapes.rows[tile] = 16;
    _tile_loadconfig(&shapes);
    _tile_zero(6);
    _tile_zero(7);
    for (int round = 0; round < ROUNDS; round++) {
        _tile_dpbusd(0, 6, 7);
        _tile_dpbusd(1, 6, 7);
        _tile_dpbusd(2, 6, 7);
        _tile_dpbusd(3, 6, 7);
    }
    _tile_release();
    return 2.0 * 16 * 16 * 64 * 4 * ROUNDS;
}

/// Without VNNI: pairs of products to 16 bits, and those added. A usable product also widens them, so this is an upper bound.
__attribute__((target("avx2"))) static double int8_avx2(const void *context, int thread) {
    (void)context, (void)thread;
    enum { N = SUMS / 2 };
    __m256i sums[N], x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(5);
    CK_UNROLL for (int i = 0; i < N; i++) sums[i] = _mm256_setzero_si256();
    for (int round = 0; round < ROUNDS; round++) {
        CK_UNROLL for (int i = 0; i < N; i++) {
            __m256i product = _mm256_maddubs_epi16(x, w);
            __asm__ volatile("" : "+x"(product));
            sums[i] = _mm256_add_epi16(sums[i], product);
            __asm__ volatile("" : "+x"(sums[i]));
        }
    }
    return 2.0 * 32 * N * ROUNDS;
}

__attribute__((target("avx512f"))) static double float_avx512(const void *context, int thread) {
    (void)context, (void)thread;
    __m512 sums[SUMS], x = _mm512_set1_ps(0.5f), w = _mm512_set1_ps(0.25f);
    CK_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_ps();
    for (int round = 0; round < ROUNDS; round++) {
        CK_UNROLL for (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_fmadd_ps(x, w, sums[i]);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return 2.0 * 16 * SUMS * ROUNDS;
}

__attribute__((target("avx2,fma"))) static double float_avx2(const void *context, int thread) {
    (void)context, (void)thread;
    enum { N = SUMS - 4 };
    __m256 sums[N], x = _mm256_set1_ps(0.5f), w = _mm256_set1_ps(0.25f);
    CK_UNROLL for (int i = 0; i < N; i++) sums[i] = _mm256_setzero_ps();
    for (int round = 0; round < ROUNDS; round++) {
        CK_UNROLL for (int i = 0; i < N; i++) {
            sums[i] = _mm256_fmadd_ps(x, w, sums[i]);
            __asm__ volatile("" : "+x"(sums[i]));
        }
    }
    return 2.0 * 8 * N * ROUNDS;
}

#elif defined(__aarch64__)

__attribute__((target("dotprod"))) static double int8_neon(const void *context, int thread) {
    (void)context, (void)thread;
    int32x4_t sums[SUMS];
    int8x16_t x = vdupq_n_s8(3), w = vdupq_n_s8(5);
    CK_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_s32(0);
    for (int round = 0; round < ROUNDS; round++) {
        CK_UNROLL for (int i = 0; i < SUMS; i++) {
            sums[i] = vdotq_s32(sums[i], x, w);
            __asm__ volatile("" : "+w"(sums[i]));
        }
    }
    return 2.0 * 16 * SUMS * ROUNDS;
}

static double float_neon(const void *context, int thread) {
    (void)context, (void)thread;
    float32x4_t sums[SUMS], x = vdupq_n_f32(0.5f), w = vdupq_n_f32(0.25f);
    CK_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_f32(0);
    for (int round = 0; round < ROUNDS; round++) {
        CK_UNROLL for (int i = 0; i < SUMS; i++) {
            sums[i] = vfmaq_f32(sums[i], x, w);
            __asm__ volatile("" : "+w"(sums[i]));
        }
    }
    return 2.0 * 4 * SUMS * ROUNDS;
}

#endif

/// What the compiler makes of lanes of 32 bits on any machine.
static double int8_generic(const void *context, int thread) {
    (void)context, (void)thread;
    i16 sums = {0}, x = sums + 3, w = sums + 5;
    for (int round = 0; round < ROUNDS; round++) {
        __asm__ volatile("" : "+m"(x));
        sums += x * w;
    }
    __asm__ volatile("" : "+m"(sums));
    return 2.0 * 16 * ROUNDS;
}

static double float_generic(const void *context, int thread) {
    (void)context, (void)thread;
    v16 sums = {0}, x = sums + 0.5f, w = sums + 0.25f;
    for (int round = 0; round < ROUNDS; round++) {
        __asm__ volatile("" : "+m"(x));
        sums += x * w;
    }
    __asm__ volatile("" : "+m"(sums));
    return 2.0 * 16 * ROUNDS;
}

double ck_int8_peak(ck_level level, int threads, double seconds) {
    (void)level;
    probe work = int8_generic;
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512) work = int8_avx512;
    if (level == CK_LEVEL_AMX) work = int8_amx;
    if (level == CK_LEVEL_AVX2) work = int8_avx2;
#elif defined(__aarch64__)
    if (level == CK_LEVEL_NEON) work = int8_neon;
#endif
    return rate_of(work, NULL, threads, seconds);
}

double ck_float_peak(ck_level level, int threads, double seconds) {
    (void)level;
    probe work = float_generic;
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512 || level == CK_LEVEL_AMX) work = float_avx512;
    if (level == CK_LEVEL_AVX2) work = float_avx2;
#elif defined(__aarch64__)
    work = float_neon;
#endif
    return rate_of(work, NULL, threads, seconds);
}

// MARK: Memory

typedef struct {
    const uint8_t *memory;
    /// Of a thread.
    size_t bytes;
} memory_part;

/// Reads a thread's part once.
static double read_part(const void *context, int thread) {
    const memory_part *part = context;
    const uint8_t *start = part->memory + (size_t)thread * part->bytes;
    i16 sums[4] = {{0}};
    for (size_t offset = 0; offset + 256 <= part->bytes; offset += 256) {
        CK_UNROLL for (int i = 0; i < 4; i++) {
            i16 line;
            __builtin_memcpy(&line, start + offset + (size_t)i * sizeof line, sizeof line);
            sums[i] ^= line;
        }
    }
    __asm__ volatile("" : "+m"(sums));
    return (double)(part->bytes / 256 * 256);
}

double ck_memory_read(const void *memory, size_t bytes, int threads, double seconds) {
    if (threads < 1) return 0;
    memory_part part = {.memory = memory, .bytes = bytes / (size_t)threads};
    return rate_of(read_part, &part, threads, seconds);
}

// MARK: Hand-over

typedef struct {
    int threads;
    atomic_int *arrived;
} meeting;

/// Each thread takes one part and leaves it when all have one.
static void meet(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    (void)kernels, (void)part, (void)scratch;
    const meeting *m = context;
    atomic_fetch_add(m->arrived, 1);
    while (atomic_load(m->arrived) < m->threads) {
    }
}

double ck_pool_handover(ck_pool *pool, int threads, int count) {
    atomic_int arrived;
    meeting m = {.threads = threads, .arrived = &arrived};
    double start = now();
    for (int i = 0; i < count; i++) {
        atomic_store(&arrived, 0);
        ck_pool_run(pool, m.threads, meet, &m);
    }
    return (now() - start) / (count > 0 ? count : 1);
}
