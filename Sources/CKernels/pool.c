#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Parts are handed out one by one from a counter, so a thread that loses its core for a while delays little. A helper
// joins a kernel if it comes in time; the caller closes the kernel when no part is left and waits only for those that
// joined, never for one that has not been scheduled. Helpers spin briefly between kernels, because a forward pass is some
// two hundred kernels in a row, and then sleep.

enum { SPINS = 4000, MAX_THREADS = 64 };

enum { GATE_JOINED = 0x7f, GATE_OPEN = 0x80, GATE_GENERATION = 0x100 };

typedef struct {
    ck_pool *pool;
    float *scratch;
    pthread_t thread;
} ck_thread;

struct ck_pool {
    const ck_kernels *kernels;
    int threads;
    ck_thread members[MAX_THREADS];

    /// Held by the caller for the length of one kernel.
    pthread_mutex_t turn;

    // The kernel in hand: written by the caller while no helper is joined, read by helpers that joined.
    ck_body body;
    const void *context;
    int parts;
    atomic_int next;
    /// Rises with each kernel in the upper 56 bits; below it whether the kernel is open, and how many helpers are joined.
    _Atomic uint64_t gate;
    atomic_bool stopping;

    pthread_mutex_t sleep;
    pthread_cond_t wake;
    atomic_int sleepers;
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_parts(ck_pool *pool, float *scratch) {
    for (;;) {
        int part = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (part >= pool->parts) return;
        pool->body(pool->kernels, pool->context, part, scratch);
    }
}

static uint64_t generation_of(uint64_t gate) { return gate / GATE_GENERATION; }

/// Waits until the generation is another than `seen` and returns the gate.
static uint64_t wait_for_kernel(ck_pool *pool, uint64_t seen) {
    uint64_t gate;
    for (int i = 0; i < SPINS; i++) {
        gate = atomic_load_explicit(&pool->gate, memory_order_acquire);
        if (generation_of(gate) != seen) return gate;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->sleep);
    atomic_fetch_add(&pool->sleepers, 1);
    while (generation_of(gate = atomic_load(&pool->gate)) == seen) pthread_cond_wait(&pool->wake, &pool->sleep);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->sleep);
    return gate;
}

/// Joins the kernel unless it has closed meanwhile.
static bool join(ck_pool *pool, uint64_t gate) {
    uint64_t generation = generation_of(gate);
    while ((gate & GATE_OPEN) != 0 && generation_of(gate) == generation) {
        if (atomic_compare_exchange_weak(&pool->gate, &gate, gate + 1)) return true;
    }
    return false;
}

static void *help(void *argument) {
    ck_thread *self = argument;
    ck_pool *pool = self->pool;
    uint64_t seen = 0;
    for (;;) {
        uint64_t gate = wait_for_kernel(pool, seen);
        seen = generation_of(gate);
        if (atomic_load(&pool->stopping)) return NULL;
        if (join(pool, gate)) {
            take_parts(pool, self->scratch);
            atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_release);
        }
    }
}

static void announce(ck_pool *pool) {
    // Sequentially consistent, as is the sleepers count: either the helper sees the new generation before it sleeps,
    // or this thread sees the sleeper.
    atomic_fetch_add(&pool->gate, GATE_GENERATION + GATE_OPEN);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->sleep);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->sleep);
    }
}

void ck_pool_run(ck_pool *pool, int parts, ck_body body, const void *context) {
    pthread_mutex_lock(&pool->turn);
    pool->body = body;
    pool->context = context;
    pool->parts = parts;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    bool shared = pool->threads > 1 && parts > 1;
    if (shared) announce(pool);
    take_parts(pool, pool->members[0].scratch);
    if (shared) {
        uint64_t gate = atomic_fetch_sub_explicit(&pool->gate, GATE_OPEN, memory_order_acq_rel);
        for (int i = 0; (gate & GATE_JOINED) != 0; i++) {
            if (i < SPINS) {
                pause_briefly();
            } else {
                sched_yield();
            }
            gate = atomic_load_explicit(&pool->gate, memory_order_acquire);
        }
    }
    pthread_mutex_unlock(&pool->turn);
}

const ck_kernels *ck_pool_kernels(const ck_pool *pool) { return pool->kernels; }

#if defined(__aarch64__)
static bool has_dot_product(void) {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
    // Every arm64 machine of Apple's that runs a current system has it.
    return true;
#endif
}
#endif

#if defined(__x86_64__) && defined(__linux__)
/// Whether the processor has the matrix units, and the system gives them to this process: their state is large, so a process has to ask.
static bool has_matrix_units(void) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18, TILE_STATES = 3 << 17, SAVES_STATES = 1 << 27 };
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & SAVES_STATES) == 0) return false;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & TILE_STATES) != TILE_STATES) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & bit_AMXTILE) == 0 || (d & bit_AMXINT8) == 0) return false;
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#elif defined(__x86_64__)
static bool has_matrix_units(void) { return false; }
#endif

bool ck_level_is_supported(ck_level level) {
    switch (level) {
        case CK_LEVEL_GENERIC: return true;
#if defined(__x86_64__)
        case CK_LEVEL_AVX2:
            return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
        case CK_LEVEL_AVX512:
            return ck_level_is_supported(CK_LEVEL_AVX2) && __builtin_cpu_supports("avx512f")
                && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
        case CK_LEVEL_AMX: return ck_level_is_supported(CK_LEVEL_AVX512) && has_matrix_units();
        case CK_LEVEL_NEON: return false;
#elif defined(__aarch64__)
        case CK_LEVEL_AVX2:
        case CK_LEVEL_AVX512:
        case CK_LEVEL_AMX: return false;
        case CK_LEVEL_NEON: return has_dot_product();
#else
        case CK_LEVEL_AVX2:
        case CK_LEVEL_AVX512:
        case CK_LEVEL_AMX:
        case CK_LEVEL_NEON: return false;
#endif
    }
    return false;
}

ck_level ck_best_level(void) {
    if (ck_level_is_supported(CK_LEVEL_NEON)) return CK_LEVEL_NEON;
    if (ck_level_is_supported(CK_LEVEL_AMX)) return CK_LEVEL_AMX;
    if (ck_level_is_supported(CK_LEVEL_AVX512)) return CK_LEVEL_AVX512;
    if (ck_level_is_supported(CK_LEVEL_AVX2)) return CK_LEVEL_AVX2;
    return CK_LEVEL_GENERIC;
}

static const ck_kernels *kernels_of(ck_level level) {
#if defined(__x86_64__)
    if (level == CK_LEVEL_AMX) return &ck_amx_kernels;
    if (level == CK_LEVEL_AVX512) return &ck_avx512_kernels;
    if (level == CK_LEVEL_AVX2) return &ck_avx2_kernels;
#elif defined(__aarch64__)
    if (level == CK_LEVEL_NEON) return &ck_neon_kernels;
#else
    (void)level;
#endif
    return &ck_generic_kernels;
}

ck_pool *ck_pool_create(int threads, ck_level level, size_t scratch_floats) {
    if (threads < 1 || threads > MAX_THREADS || !ck_level_is_supported(level)) return NULL;
    ck_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) return NULL;
    pool->kernels = kernels_of(level);
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->sleep, NULL);
    pthread_cond_init(&pool->wake, NULL);
    size_t bytes = (scratch_floats * sizeof(float) + 63) / 64 * 64 + 64;
    for (int i = 0; i < threads; i++) {
        ck_thread *member = &pool->members[i];
        member->pool = pool;
        member->scratch = aligned_alloc(64, bytes);
        bool started = member->scratch != NULL && (i == 0 || pthread_create(&member->thread, NULL, help, member) == 0);
        if (!started) {
            free(member->scratch);
            ck_pool_destroy(pool);
            return NULL;
        }
        pool->threads = i + 1;
    }
    return pool;
}

void ck_pool_destroy(ck_pool *pool) {
    atomic_store(&pool->stopping, true);
    announce(pool);
    for (int i = 1; i < pool->threads; i++) pthread_join(pool->members[i].thread, NULL);
    for (int i = 0; i < pool->threads; i++) free(pool->members[i].scratch);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->sleep);
    pthread_mutex_destroy(&pool->turn);
    free(pool);
}
