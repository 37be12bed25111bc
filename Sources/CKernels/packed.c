// Splits the int8 kernels into parts and gives them to the pool.

#include "pool.h"

#pragma clang fp contract(off)

static int divided(int count, int by) { return (count + by - 1) / by; }
static int lesser(int a, int b) { return a < b ? a : b; }

size_t ck_activation_bytes(int tokens, int columns) {
    return (size_t)divided(tokens, CK_TOKEN_BLOCK) * CK_TOKEN_BLOCK * (size_t)columns;
}

// MARK: Quantisation

typedef struct {
    const float *x;
    size_t x_stride;
    /// NULL: rows are quantised as they are.
    const float *weight;
    float epsilon;
    int tokens;
    int columns;
    ck_activations out;
} quantize_context;

/// Tokens of a part: where a level interleaves the tokens of a block, one thread has to write all of them.
enum { QUANTIZED_TOKENS = CK_TOKEN_BLOCK };

static void quantize_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    const quantize_context *c = context;
    int end = lesser(c->tokens, (part + 1) * QUANTIZED_TOKENS);
    for (int t = part * QUANTIZED_TOKENS; t < end; t++) {
        const float *row = c->x + (size_t)t * c->x_stride;
        if (c->weight != NULL) {
            kernels->rms_norm_row(row, c->weight, c->epsilon, c->columns, scratch);
            row = scratch;
        }
        kernels->quantize_row(row, c->columns, c->out, t);
    }
}

void ck_quantize(ck_pool *pool, const float *x, size_t x_stride, int tokens, int columns, ck_activations out) {
    quantize_context context = {x, x_stride, NULL, 0, tokens, columns, out};
    ck_pool_run(pool, divided(tokens, QUANTIZED_TOKENS), quantize_part, &context);
}

void ck_norm_quantize(
    ck_pool *pool, const float *x, size_t x_stride, const float *weight, float epsilon, int tokens, int columns,
    ck_activations out
) {
    quantize_context context = {x, x_stride, weight, epsilon, tokens, columns, out};
    ck_pool_run(pool, divided(tokens, QUANTIZED_TOKENS), quantize_part, &context);
}

// MARK: Product

typedef struct {
    const ck_packed_matrix *matrix;
    ck_activations x;
    int tokens;
    ck_epilogue epilogue;
    float *y;
    size_t y_stride;
    /// Of a part.
    int panels;
    int chunk;
    int panel_parts;
} product_context;

static void product_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    (void)scratch;
    const product_context *c = context;
    int panel = part % c->panel_parts * c->panels, token = part / c->panel_parts * c->chunk;
    kernels->packed_panels(
        c->matrix, c->x, token, lesser(c->chunk, c->tokens - token), panel,
        lesser(c->panels, c->matrix->rows / CK_PACKED_ROWS - panel), c->epilogue, c->y, c->y_stride
    );
}

void ck_packed_matmul(
    ck_pool *pool, const ck_packed_matrix *matrix, ck_activations x, int tokens, ck_epilogue epilogue, float *y,
    size_t y_stride
) {
    // Panels go in pairs, which fill a register tile and which a gated product needs.
    ck_part_size size = ck_pool_kernels(pool)->product_part;
    int all = matrix->rows / CK_PACKED_ROWS;
    int chunk = lesser(tokens, size.tokens);
    long products = (long)matrix->columns * CK_PACKED_ROWS * chunk;
    int panels = (int)(size.multiplications / products) / 2 * 2;
    int even = divided(all, size.parts) / 2 * 2;
    if (panels > even) panels = even;
    if (panels < 2) panels = 2;
    int panel_parts = divided(all, panels);
    product_context context = {matrix, x, tokens, epilogue, y, y_stride, panels, chunk, panel_parts};
    ck_pool_run(pool, panel_parts * divided(tokens, chunk), product_part, &context);
}

void ck_packed_row(const ck_packed_matrix *matrix, int row, float *out) {
    const int8_t *panel = matrix->weights + (size_t)(row / CK_PACKED_ROWS * CK_PACKED_ROWS) * (size_t)matrix->columns;
    float scale = matrix->scales[row];
    for (int c = 0; c < matrix->columns; c++) {
        out[c] = (float)panel[(size_t)(c / 4) * 64 + (size_t)(row % CK_PACKED_ROWS) * 4 + (size_t)(c % 4)] * scale;
    }
}

// MARK: Attention

/// A part is some rows of one segment for one key head.
typedef struct {
    const ck_paged_attention *attention;
    int rows;
    int parts;
} attention_context;

/// Pieces of `rows` rows of a segment; each is a part for every key head.
static int segment_pieces(const ck_segment *segment, int rows) { return divided(segment->rows, rows); }

static int attention_parts(const ck_paged_attention *a, int rows) {
    int pieces = 0;
    for (int i = 0; i < a->count; i++) pieces += segment_pieces(a->segments + i, rows);
    return pieces * a->kv_heads;
}

static const ck_segment *find_piece(const attention_context *c, int part, int *kv_head, int *first, int *rows) {
    const ck_segment *segment = c->attention->segments;
    int piece = part / c->attention->kv_heads;
    *kv_head = part % c->attention->kv_heads;
    while (piece >= segment_pieces(segment, c->rows)) piece -= segment_pieces(segment++, c->rows);
    *first = piece * c->rows;
    *rows = lesser(c->rows, segment->rows - *first);
    return segment;
}

static void run_attention(ck_pool *pool, const ck_paged_attention *attention, int rows, ck_body body) {
    attention_context context = {attention, rows, attention_parts(attention, rows)};
    ck_pool_run(pool, context.parts, body, &context);
}

static void store_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    (void)scratch;
    int kv_head, first, rows;
    const attention_context *c = context;
    const ck_segment *segment = find_piece(c, part, &kv_head, &first, &rows);
    kernels->store_rows(c->attention, segment, first, rows, kv_head);
}

static void attend_part(const ck_kernels *kernels, const void *context, int part, float *scratch) {
    (void)scratch;
    int kv_head, first, rows;
    const attention_context *c = context;
    // The last rows see most keys: they go first, so that no long part is left for the end.
    const ck_segment *segment = find_piece(c, c->parts - 1 - part, &kv_head, &first, &rows);
    kernels->attend_queries(c->attention, segment, first, rows, kv_head);
}

void ck_store(ck_pool *pool, const ck_paged_attention *attention) {
    run_attention(pool, attention, CK_PAGE_TOKENS, store_part);
}

void ck_attend(ck_pool *pool, const ck_paged_attention *attention) {
    // Few enough to share evenly, enough that a page's keys are used while they are near.
    enum { QUERIES = 8 };
    run_attention(pool, attention, QUERIES, attend_part);
}
