// Disruptions of what passes between agents: observations on their way.
#include <math.h>

#include "actors/disruption.h"

// Hands the engine the disturbance as it is to be; where that is refused it stays as it was.
static entrain_status disturb(entrain_disruptions *disruptions, const entrain_disturbance *wanted,
                              entrain_error *error_out) {
    const entrain_status status = entrain_engine_disturb(disruptions->engine, wanted, error_out);
    if (status == ENTRAIN_OK)
        disruptions->disturbance = *wanted;
    return status;
}

static entrain_status needs_ticks(const entrain_disruptions *disruptions, entrain_error *error_out) {
    if (disruptions->by_ticks)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                             "Pulses in virtual time are not lost, divided or delayed by disruptions; use a "
                             "swarm that advances by ticks.");
}

static bool anybody(const entrain_disruptions *disruptions, uint32_t index) {
    (void)disruptions;
    (void)index;
    return true;
}

// Of @p count, the part that lies before the first of side @p side.
static uint32_t before(uint32_t side, uint32_t sides, uint32_t count) {
    return (uint32_t)round((double)count * side / sides);
}

// With one set of draws: side s is those behind the first s parts.
static entrain_status draw_sides(entrain_disruptions *disruptions, uint32_t sides, uint8_t *sides_out,
                                 entrain_error *error_out) {
    const uint32_t ordinal = entrain__disruption_ordinal(disruptions);
    for (uint32_t i = 0; i < disruptions->count; i++)
        sides_out[i] = 0;
    for (uint32_t side = 1; side < sides; side++) {
        uint32_t count;
        const entrain_status status = entrain__disruption_choose(
            disruptions, ordinal, anybody, 0, before(side, sides, disruptions->count), &count, error_out);
        if (status != ENTRAIN_OK)
            return status;
        for (uint32_t i = 0; i < disruptions->count; i++)
            sides_out[i] = (uint8_t)(sides_out[i] + !entrain__bit(disruptions->chosen, i));
    }
    return ENTRAIN_OK;
}

static void count_sides(const entrain_disruptions *disruptions, uint32_t sides, uint8_t *sides_out) {
    for (uint32_t side = 0; side < sides; side++)
        for (uint32_t i = before(side, sides, disruptions->count);
             i < before(side + 1, sides, disruptions->count); i++)
            sides_out[i] = (uint8_t)side;
}

entrain_status entrain_disrupt_partition(entrain_disruptions *disruptions, uint32_t sides, bool by_index,
                                         entrain_error *error_out) {
    entrain_status status = needs_ticks(disruptions, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (sides < 2 || sides > ENTRAIN_DISRUPT_SIDES_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "A swarm is divided into 2 to %d sides, not %u; give such a number.",
                                 ENTRAIN_DISRUPT_SIDES_MAX, sides);
    uint8_t *drawn = entrain__arena_take(disruptions->arena, disruptions->count, 1);
    if (drawn == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory left to divide the swarm; free some.");
    if (by_index)
        count_sides(disruptions, sides, drawn);
    else
        status = draw_sides(disruptions, sides, drawn, error_out);
    entrain_disturbance wanted = disruptions->disturbance;
    wanted.sides = drawn;
    if (status == ENTRAIN_OK)
        status = disturb(disruptions, &wanted, error_out);
    if (status != ENTRAIN_OK) {
        entrain__arena_give(disruptions->arena, drawn);
        return status;
    }
    entrain__arena_give(disruptions->arena, disruptions->sides);
    disruptions->sides = drawn;
    return ENTRAIN_OK;
}

entrain_status entrain_disrupt_heal(entrain_disruptions *disruptions, entrain_error *error_out) {
    if (disruptions->sides == NULL)
        return ENTRAIN_OK;
    entrain_disturbance wanted = disruptions->disturbance;
    wanted.sides = NULL;
    const entrain_status status = disturb(disruptions, &wanted, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__arena_give(disruptions->arena, disruptions->sides);
    disruptions->sides = NULL;
    return ENTRAIN_OK;
}

entrain_status entrain_disrupt_loss(entrain_disruptions *disruptions, double share,
                                    entrain_error *error_out) {
    entrain_status status = needs_ticks(disruptions, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__disruption_check_share(share, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_disturbance wanted = disruptions->disturbance;
    wanted.loss = share;
    return disturb(disruptions, &wanted, error_out);
}

entrain_status entrain_disrupt_delay(entrain_disruptions *disruptions, double delay_s,
                                     entrain_error *error_out) {
    const entrain_status status = needs_ticks(disruptions, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const double ticks = round(delay_s / entrain_engine_step_s(disruptions->engine));
    if (!(ticks >= 0 && ticks <= UINT32_MAX))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "A delay of %g s is not 0 or more, and less than 2^32 ticks; give one that is.", delay_s);
    entrain_disturbance wanted = disruptions->disturbance;
    wanted.delay = (uint32_t)ticks;
    return disturb(disruptions, &wanted, error_out);
}
