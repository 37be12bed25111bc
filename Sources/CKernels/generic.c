// The reference: the same source as the fast levels, compiled for the base instruction set.
#define CK_TABLE ck_generic_kernels
#define CK_TILE_ROWS 2
#define CK_TILE_TOKENS 3
#include "kernels.inc"
