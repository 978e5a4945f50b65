/// @file sweep_cost.h  What one run will cost, from its scenario alone: so that large runs begin early, small
/// ones lie side by side, and no more are begun than memory holds.
#ifndef ENTRAIN_SIMS_SWEEP_COST_H
#define ENTRAIN_SIMS_SWEEP_COST_H

#include "sims/scenario.h"

typedef struct sweep_cost {
    double seconds; ///< on one worker, about: right within a factor of some, in ratio better
    double bytes;
} sweep_cost;

sweep_cost sweep_cost_of(const scenario *given);

#endif
