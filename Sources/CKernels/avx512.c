#if defined(__x86_64__)
#define CK_TABLE ck_avx512_kernels
#define CK_TARGETS "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"
#include "avx512.inc"
#else
typedef int ck_avx512_is_for_x86_only;
#endif
