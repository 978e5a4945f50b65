// The kernel loops at avx2; compile options in CMakeLists.txt.
#define MATH_SIMD_TABLE math_simd_avx2
#include "math_simd.inc"
