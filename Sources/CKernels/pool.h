#ifndef CK_POOL_H
#define CK_POOL_H

#include "levels.h"

/// Work that is split into `parts` numbered pieces; any thread may do any piece.
typedef void (*ck_body)(const ck_kernels *kernels, const void *context, int part, float *scratch);

/// Runs all parts and returns when the last is done.
void ck_pool_run(ck_pool *pool, int parts, ck_body body, const void *context);

/// The kernels of the pool's level.
const ck_kernels *ck_pool_kernels(const ck_pool *pool);

#endif
