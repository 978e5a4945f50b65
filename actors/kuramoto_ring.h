/// @file kuramoto_ring.h  Where agents of the reference workload kuramoto-ring begin, for those who compare.
#ifndef ENTRAIN_ACTORS_KURAMOTO_RING_H
#define ENTRAIN_ACTORS_KURAMOTO_RING_H

#include <stdint.h>

enum { ENTRAIN__RING_NEIGHBOURS = 8 };
#define ENTRAIN__RING_COUPLING 1.0 ///< rad/s
#define ENTRAIN__RING_STEP_S 0.01  ///< what configure() asks for

/// Initial phase, rad, -pi to pi; and natural frequency, rad/s, of agent @p index: those of our peers'
/// programs, less pi.
static inline double entrain__ring_phase(uint32_t index) {
    return 6.283185307179586 * ((double)(index * UINT32_C(2654435761)) * 0x1p-32 - 0.5);
}
static inline double entrain__ring_frequency(uint32_t index) {
    return 0.5 + (double)((index + 1) * UINT32_C(2246822519)) * 0x1p-32;
}

#endif
