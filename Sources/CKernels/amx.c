#if defined(__x86_64__)
#define CK_TABLE ck_amx_kernels
#define CK_TARGETS "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-int8"
#define CK_MATRIX_UNITS
#define CK_ROW_MAJOR_ACTIVATIONS 1
#include "avx512.inc"
#else
typedef int ck_amx_is_for_x86_only;
#endif
