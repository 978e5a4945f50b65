// Initial values of oscillators: checked once, copied, and set when an actor starts.
#include "actors/phase_values.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "entrain/kuramoto.h"

entrain_status entrain__phase_values_check(double step_s, uint32_t count, entrain__phase_values values,
                                           entrain_error *error_out) {
    for (uint32_t i = 0; i < count; i++) {
        if (!(fabs(values.phases[i]) <= ENTRAIN__TURN_MAX))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "The initial phase of actor %" PRIu32
                                     " is %g rad; it must be finite and at most 2^20 in magnitude.",
                                     i, values.phases[i]);
        if (!(fabs(values.frequencies[i]) * step_s <= ENTRAIN__TURN_MAX))
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "Actor %" PRIu32
                " has the natural frequency %g rad/s: in one step of %g s it would turn by more than 2^20 "
                "rad; make the step smaller or cut the distribution's tail (sampling = \"quantile\").",
                i, values.frequencies[i], step_s);
    }
    return ENTRAIN_OK;
}

static double *copy_of(entrain__arena *arena, const double *values, uint32_t count) {
    double *copy = entrain__arena_take(arena, count, sizeof *copy);
    return copy != NULL ? memcpy(copy, values, count * sizeof *copy) : NULL;
}

entrain_status entrain__phase_values_copy(entrain__arena *arena, uint32_t count, entrain__phase_values from,
                                          entrain__phase_values *to_out) {
    to_out->phases = copy_of(arena, from.phases, count);
    to_out->frequencies = copy_of(arena, from.frequencies, count);
    return to_out->phases != NULL && to_out->frequencies != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

static void wrap(double *phase, int32_t *turns) {
    double whole = rint(*phase * (1 / 6.283185307179586));
    *phase -= whole * 6.283185307179586;
    *turns = (int32_t)whole;
}

void entrain__phase_values_start(const entrain_range *range, entrain__phase_values values) {
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE],
           *frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    for (uint32_t k = 0; k < range->count; k++) {
        phase[k] = values.phases[range->indices[k]];
        frequency[k] = values.frequencies[range->indices[k]];
        wrap(&phase[k], &turns[k]);
    }
}
