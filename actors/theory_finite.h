/// @file theory_finite.h  What a finite number of oscillators does to the answers for infinitely many.
#ifndef ENTRAIN_ACTORS_THEORY_FINITE_H
#define ENTRAIN_ACTORS_THEORY_FINITE_H

#include <stdbool.h>

#include "entrain/distribution.h"

/// A swarm on a complete graph, partly locked.
typedef struct theory_finite {
    entrain_distribution_kind kind; ///< of the frequencies: constant, uniform, normal, lorentz
    double width;                   ///< half of the range; deviation; half width at half maximum
    double coupling, lag, noise;
    double coherence, frequency; ///< as infinitely many have them, the frequency about the center
} theory_finite;

/// By how much N oscillators whose frequencies are drawn at random differ in coherence from infinitely many,
/// as a standard deviation times sqrt(N); and by how much the coherence differs for each unit by which the
/// mean of exp(i theta) does.
void theory_finite_look(const theory_finite *swarm, double *deviation_out, double *response_out);

#endif
