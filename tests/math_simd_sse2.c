// The kernel loops at sse2; compile options in CMakeLists.txt.
#define MATH_SIMD_TABLE math_simd_sse2
#include "math_simd.inc"
