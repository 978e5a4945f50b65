// Dips and recoveries, from samples. See entrain/recovery.h for the picture.
#include "entrain/recovery.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

// Quantity and how far out it is where nobody lives, or nothing could be measured: no coherence at all; and
// for the
// spread the worst that can be, a Gini coefficient of 1.
static const double spread_of_nobody = 1 / ENTRAIN_SPLAY_GINI;

void entrain_recovery_begin(entrain_recovery_watch *watch, const entrain_goal_band *band) {
    *watch = (entrain_recovery_watch){.goal = band != NULL, .reference = NAN, .back_since_s = NAN};
    if (band != NULL)
        watch->band = *band;
}

static bool is_spread(const entrain_recovery_watch *watch) {
    return watch->goal && entrain_goal_look(watch->band.goal).spread;
}

// The band that is to be got back into: the goal's, or what was before.
static void aim(entrain_recovery_watch *watch) {
    entrain_recovery *now = &watch->now;
    now->goal = watch->goal;
    now->spread = is_spread(watch);
    now->low = !watch->goal ? ENTRAIN_RECOVERY_PART * watch->reference : now->spread ? 0 : watch->band.low;
    now->high = watch->goal && !now->spread ? watch->band.high : 1;
}

// The quantity, how far out of the band it is, and what is missing.
typedef struct standing {
    double value, out, missing;
} standing;

static standing stand(const entrain_recovery_watch *watch, const entrain_phase_sample *sample) {
    standing at = {.value = sample->coherence > 1 ? 1 : sample->coherence};
    if (watch->goal) {
        at.out = entrain_goal_distance(&watch->band, sample, &at.value);
        if (isinf(at.out)) {
            at.value = is_spread(watch) ? spread_of_nobody : 0;
            at.out = is_spread(watch) ? at.value - 1 : fmax(watch->band.low, 0);
        }
        at.missing = at.out;
        return at;
    }
    if (sample->living == 0)
        at.value = 0;
    // NaN where there is no reference: then nothing is out, and nothing back.
    at.out = fmax(ENTRAIN_RECOVERY_PART * watch->reference - at.value, 0);
    at.missing = isnan(watch->reference) ? 0 : fmax(watch->reference - at.value, 0);
    return at;
}

// Times are multiples of a step, and their differences have a tail of rounding that nobody wants to read.
static double since(double time_s, double from_s) { return round((time_s - from_s) * 1e9) * 1e-9; }

// Times are multiples of a step, in doubles.
static bool long_enough(double time_s) { return time_s >= ENTRAIN_RECOVERY_HOLD_S - 1e-9; }

// A sample of the disruption under way, that has not been got over yet.
static void follow(entrain_recovery_watch *watch, const standing *at, double time_s) {
    entrain_recovery *now = &watch->now;
    const double after_s = time_s - now->at_s;
    // What a sample shows holds until the next one; the first one's also back to the disruption.
    now->lost += now->samples == 0 ? at->missing * after_s : watch->missing * (time_s - watch->last_s);
    now->samples++;
    const bool worse = watch->goal ? at->out > now->out : at->value < now->worst;
    if (isnan(now->worst) || worse) {
        now->worst = at->value;
        now->worst_after_s = since(time_s, now->at_s);
        now->out = at->out;
    }
    if (isnan(now->low))
        return;
    if (at->out > 0)
        watch->back_since_s = NAN;
    else if (isnan(watch->back_since_s))
        watch->back_since_s = now->samples == 1 ? now->at_s : time_s;
    // Who has not left yet may still do so: what is lost on the way, or drifts, tells late.
    if (now->out > 0 && long_enough(time_s - watch->back_since_s)) {
        now->back_s = since(watch->back_since_s, now->at_s);
        now->held = true;
    }
}

void entrain_recovery_add(entrain_recovery_watch *watch, const entrain_phase_sample *sample) {
    const standing at = stand(watch, sample);
    if (watch->under_way && !watch->now.held) {
        follow(watch, &at, sample->time_s);
    } else if (watch->under_way) {
        watch->now.relapses += at.out > 0 && !watch->relapsed;
        watch->relapsed = at.out > 0;
    }
    watch->value = at.value;
    watch->missing = at.missing;
    watch->last_s = sample->time_s;
    watch->sampled = true;
}

// What the one under way came to by @p time_s.
static void close_at(entrain_recovery_watch *watch, double time_s, bool cut_short) {
    entrain_recovery *now = &watch->now;
    now->watched_s = since(time_s, now->at_s);
    if (now->held)
        return;
    now->cut_short = cut_short;
    if (now->samples > 0)
        now->lost += watch->missing * (time_s - watch->last_s);
    now->back_s = since(watch->back_since_s, now->at_s); // NaN: it is out
    now->held = long_enough(time_s - watch->back_since_s);
    if (now->out <= 0)
        now->lost = 0;
}

bool entrain_recovery_disrupt(entrain_recovery_watch *watch, double time_s, entrain_recovery *earlier_out) {
    const bool earlier = watch->under_way;
    bool whole = true; // nothing earlier is still to be got over
    if (earlier) {
        close_at(watch, time_s, true);
        whole = entrain_recovery_is_back(&watch->now);
        *earlier_out = watch->now;
    }
    // Whoever is down already has got to climb back to where it was before all of it.
    if ((whole || isnan(watch->reference)) && watch->sampled)
        watch->reference = watch->goal ? NAN : watch->value;
    watch->now = (entrain_recovery){.at_s = time_s,
                                    .before = watch->sampled ? watch->value : NAN,
                                    .worst = NAN,
                                    .worst_after_s = NAN,
                                    .back_s = NAN};
    watch->under_way = true;
    watch->relapsed = false;
    watch->back_since_s = NAN;
    aim(watch);
    return earlier;
}

void entrain_recovery_course(entrain_recovery_watch *watch, const entrain_goal_band *band) {
    watch->goal = band != NULL;
    if (band != NULL)
        watch->band = *band;
    if (!watch->under_way || watch->now.held)
        return;
    watch->back_since_s = NAN;
    aim(watch);
}

bool entrain_recovery_end(entrain_recovery_watch *watch, entrain_recovery *last_out) {
    if (!watch->under_way)
        return false;
    close_at(watch, watch->sampled ? fmax(watch->last_s, watch->now.at_s) : watch->now.at_s, false);
    *last_out = watch->now;
    return true;
}

bool entrain_recovery_is_back(const entrain_recovery *recovery) { return recovery->back_s >= 0; }

// "2.3 s", in as many digits as samples can tell.
static void say_back(const entrain_recovery *recovery, const char *where, char *text_out, size_t size) {
    const char *until = recovery->cut_short ? "the next one came" : "the run ended";
    if (recovery->back_s > 0 && recovery->held)
        (void)snprintf(text_out, size, "back %s after %.4g s", where, recovery->back_s);
    else if (recovery->back_s > 0)
        (void)snprintf(text_out, size, "back %s after %.4g s, %.4g s before %s", where, recovery->back_s,
                       recovery->watched_s - recovery->back_s, until);
    else
        (void)snprintf(text_out, size, "not back %s %s", where,
                       recovery->cut_short ? "when the next one came" : "by the end");
}

void entrain_recovery_explain(const entrain_recovery *recovery, char *text_out, size_t size) {
    const char *name = recovery->spread ? "unevenness" : "r";
    const char *where = recovery->goal ? "in the band" : "at 95 % of before";
    char before[40] = "", back[120];
    if (!isnan(recovery->before))
        (void)snprintf(before, sizeof before, " from %.3g", recovery->before);
    if (recovery->samples == 0) {
        (void)snprintf(text_out, size, "%s",
                       recovery->cut_short ? "seen together with the next one"
                                           : "nothing was measured after it");
        return;
    }
    if (isnan(recovery->low)) {
        (void)snprintf(text_out, size,
                       "%s was %.3g at the lowest; nothing was measured before, to get back to", name,
                       recovery->worst);
        return;
    }
    if (recovery->back_s <= 0) { // never out
        (void)snprintf(text_out, size, "%s stayed %s", name,
                       recovery->goal ? "in the band" : "within 5 % of before");
        return;
    }
    // Two-sided bands are left on either side; unevenness is worse upwards.
    const bool up = recovery->worst > recovery->high;
    const bool already = up ? recovery->before >= recovery->worst : recovery->before <= recovery->worst;
    char again[60] = "", course[100];
    say_back(recovery, where, back, sizeof back);
    if (already)
        (void)snprintf(course, sizeof course, "was %s already (%.3g), then at %s %.3g", up ? "up" : "down",
                       recovery->before, up ? "most" : "least", recovery->worst);
    else
        (void)snprintf(course, sizeof course, "%s%s to %.3g", up ? "rose" : "fell", before, recovery->worst);
    if (recovery->relapses > 0)
        (void)snprintf(again, sizeof again, ", left again %" PRIu32 " time%s", recovery->relapses,
                       recovery->relapses == 1 ? "" : "s");
    (void)snprintf(text_out, size, "%s %s, %s, lost %.3g%s s%s", name, course, back, recovery->lost,
                   recovery->spread ? "" : " r", again);
}
