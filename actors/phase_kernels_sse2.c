// The inner loops for SSE2; the flags are in CMakeLists.txt.
#define PHASE_KERNELS_TABLE entrain__phase_kernels_sse2
#include "actors/phase_kernels.inc"
