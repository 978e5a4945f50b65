// What virtual time needs: what it refuses, and what it takes at start.
#include <inttypes.h>
#include <math.h>

#include "engine/virtual_time.h"

entrain_status entrain__virtual_check(const entrain_engine_config *config, entrain_error *error_out) {
    if (!(config->lookahead_s >= 0) || !isfinite(config->lookahead_s))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "lookahead_s is %g; it must be a finite number of seconds, 0 or more.",
                                 config->lookahead_s);
    if (config->overflow == ENTRAIN_OVERFLOW_BLOCK)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "Overflow policy block has no meaning in virtual-time execution, where a "
                                 "message arrives at its time "
                                 "or never; use fail, shed-newest, shed-oldest or conflate.");
    return ENTRAIN_OK;
}

entrain_status entrain__virtual_check_populations(const entrain_engine *engine, entrain_error *error_out) {
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_behavior *behavior = &engine->populations[p]->behavior;
        const uint32_t given = engine->config.mailbox_capacity;
        if (behavior->words > 0 || behavior->step != NULL)
            return entrain_error_set(
                error_out, ENTRAIN_UNSUPPORTED,
                "Behavior \"%s\" %s, which goes by ticks, and virtual-time execution has "
                "none; use lockstep, or a behavior that only receives.",
                behavior->name, behavior->words > 0 ? "publishes" : "steps");
        if (behavior->sends_max > 0 && behavior->timers_max == 0)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "Behavior \"%s\" sends and declares no timers_max; in virtual-time execution every message "
                "that is under way has one of its sender's timers_max places until it arrives: declare how "
                "many.",
                behavior->name);
        if (behavior->begins && behavior->timers_max == 0)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "Behavior \"%s\" is to be told when it begins and declares no timers_max, of which "
                "that takes one; declare at least 1.",
                behavior->name);
        if (given != 0 && behavior->inbox > given && !engine->config.overflow_named)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "mailbox_capacity is %" PRIu32 ", but actors of \"%s\" get up to %" PRIu32
                " messages at once; ask for at least that, leave it out, or name an overflow policy (fail, "
                "shed-newest, shed-oldest, conflate) that says what is to be done.",
                given, behavior->name, behavior->inbox);
    }
    return ENTRAIN_OK;
}
