// The pending units are a ring of links through arrays, in the order of their turns. Estimates: what the plan
// says times what units of about its cost (within a factor of 2) were found to take for each second that it
// said.
#include "sims/sweep_schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 96, CLASS_OF_ONE = 40, LOOK_AHEAD = 256 };

// A second worker must have this much to work on, or waiting for each other eats what it brings.
static const double worker_bytes = 1e6, process_bytes = 8e6;
static const double overhead_shares = 50, batch_least_s = 0.02, batch_most_s = 1;

typedef struct running {
    bool active;
    double worker_s, begun_s; // expected; when
    uint32_t workers;
    size_t bytes;
} running;

struct sweep_schedule {
    const sweep_unit *units;
    uint32_t count, workers;
    size_t bytes;
    uint32_t *next, *previous; // [count + 1]; [count]: the ring's head
    bool *alone;               // [count]
    uint32_t pending, alone_running;
    double pending_cost[CLASSES], known_cost[CLASSES], known_s[CLASSES];
    double batch_s;
    running *jobs; // [job_room]
    uint32_t job_room, active, workers_used;
    size_t bytes_used;
};

entrain_status schedule_make(const sweep_unit *units, uint32_t count, uint32_t workers, size_t bytes,
                             sweep_schedule **schedule_out, entrain_error *error_out) {
    sweep_schedule *s = calloc(1, sizeof *s);
    if (s != NULL) {
        *s = (sweep_schedule){.units = units, .count = count, .workers = workers, .bytes = bytes};
        s->next = malloc(((size_t)count + 1) * sizeof *s->next);
        s->previous = malloc(((size_t)count + 1) * sizeof *s->previous);
        s->alone = calloc((size_t)count + 1, sizeof *s->alone);
        s->job_room = workers + 1;
        s->jobs = calloc(s->job_room, sizeof *s->jobs);
    }
    if (s == NULL || s->next == NULL || s->previous == NULL || s->alone == NULL || s->jobs == NULL) {
        schedule_free(s);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory to order %u runs.", count);
    }
    s->next[count] = s->previous[count] = count;
    s->batch_s = batch_least_s;
    *schedule_out = s;
    return ENTRAIN_OK;
}

void schedule_free(sweep_schedule *s) {
    if (s == NULL)
        return;
    free(s->next);
    free(s->previous);
    free(s->alone);
    free(s->jobs);
    free(s);
}

// ---- estimates

static uint32_t class_of(double cost) {
    int exponent = 0;
    (void)frexp(cost, &exponent);
    exponent += CLASS_OF_ONE;
    return exponent < 0 ? 0 : exponent >= CLASSES ? CLASSES - 1 : (uint32_t)exponent;
}

static double cost_of(const sweep_schedule *s, uint32_t unit) {
    const double cost = s->units[unit].cost;
    return cost > 1e-9 ? cost : 1e-9;
}

// Of its class, or of the nearest that anything is known of; 1: the plan's word is all there is.
static double ratio_of(const sweep_schedule *s, uint32_t class) {
    for (uint32_t away = 0; away < CLASSES; away++) {
        const uint32_t below = class >= away ? class - away : class, above = class + away;
        if (s->known_cost[below] > 0)
            return s->known_s[below] / s->known_cost[below];
        if (above < CLASSES && s->known_cost[above] > 0)
            return s->known_s[above] / s->known_cost[above];
    }
    return 1;
}

// Workers x seconds.
static double estimate(const sweep_schedule *s, uint32_t unit) {
    const double cost = cost_of(s, unit);
    return cost * ratio_of(s, class_of(cost));
}

static double pending_s(const sweep_schedule *s) {
    double sum = 0;
    for (uint32_t c = 0; c < CLASSES; c++)
        if (s->pending_cost[c] > 0)
            sum += s->pending_cost[c] * ratio_of(s, c);
    return sum;
}

// When a job is expected to end; one that should have ended takes a little longer yet, the more the longer it
// has been.
static double end_of(const running *job, double now_s) {
    const double end_s = job->begun_s + job->worker_s / job->workers;
    const double soon_s = now_s + 0.1 * (now_s - job->begun_s);
    return end_s > soon_s ? end_s : soon_s;
}

static double running_s(const sweep_schedule *s, double now_s) {
    double sum = 0;
    for (uint32_t j = 0; j < s->job_room; j++)
        if (s->jobs[j].active)
            sum += (end_of(&s->jobs[j], now_s) - now_s) * s->jobs[j].workers;
    return sum;
}

double schedule_left_s(const sweep_schedule *s, double now_s) {
    double left_s = (pending_s(s) + running_s(s, now_s)) / s->workers;
    for (uint32_t j = 0; j < s->job_room; j++)
        if (s->jobs[j].active && end_of(&s->jobs[j], now_s) - now_s > left_s)
            left_s = end_of(&s->jobs[j], now_s) - now_s;
    return left_s;
}

void schedule_learn(sweep_schedule *s, uint32_t unit, double worker_s) {
    const double cost = cost_of(s, unit);
    s->known_cost[class_of(cost)] += cost;
    s->known_s[class_of(cost)] += worker_s > 1e-6 ? worker_s : 1e-6;
}

void schedule_set_overhead(sweep_schedule *s, double seconds) {
    const double batch_s = seconds * overhead_shares;
    s->batch_s = batch_s < batch_least_s ? batch_least_s : batch_s > batch_most_s ? batch_most_s : batch_s;
}

// ---- what is pending

static void insert(sweep_schedule *s, uint32_t unit, uint32_t after) {
    s->next[unit] = s->next[after];
    s->previous[unit] = after;
    s->previous[s->next[unit]] = unit;
    s->next[after] = unit;
    s->pending++;
    s->pending_cost[class_of(cost_of(s, unit))] += cost_of(s, unit);
}

void schedule_add(sweep_schedule *s, uint32_t unit) { insert(s, unit, s->previous[s->count]); }

void schedule_return(sweep_schedule *s, uint32_t unit, bool alone) {
    insert(s, unit, s->count);
    s->alone[unit] = alone;
}

static void take(sweep_schedule *s, uint32_t unit) {
    s->next[s->previous[unit]] = s->next[unit];
    s->previous[s->next[unit]] = s->previous[unit];
    s->pending--;
    double *cost = &s->pending_cost[class_of(cost_of(s, unit))];
    *cost -= cost_of(s, unit);
    if (s->pending == 0 || *cost < 0)
        *cost = 0; // what is left is rounding
}

uint32_t schedule_pending(const sweep_schedule *s) { return s->pending; }

// ---- choosing

static bool memory_is_enough(const sweep_schedule *s, size_t used, size_t bytes) {
    return s->bytes == 0 || used == 0 || (used <= s->bytes && bytes <= s->bytes - used);
}

// How many workers @p unit should have, were all free: so many that it ends well before all else could,
// earlier yet where nothing is known of its like.
static uint32_t width_of(const sweep_schedule *s, uint32_t unit, double all_s) {
    const double share_s = all_s / s->workers;
    const double bytes = (double)s->units[unit].bytes;
    const double caution = s->known_cost[class_of(cost_of(s, unit))] > 0 ? 1.2 : 2;
    double width = share_s > 0 ? ceil(caution * estimate(s, unit) / share_s - 0.1) : 1;
    if (s->bytes > 0) {
        const double by_memory = ceil(bytes / (double)s->bytes * s->workers - 0.1);
        width = width > by_memory ? width : by_memory;
    }
    const double useful = 1 + (bytes - process_bytes) / worker_bytes;
    width = width < useful ? width : useful;
    return width < 1 ? 1 : width > s->workers ? s->workers : (uint32_t)width;
}

// When so many workers and bytes will be free, were nothing else begun.
static double free_at(const sweep_schedule *s, uint32_t workers, size_t bytes, double now_s) {
    uint32_t used = s->workers_used;
    size_t used_bytes = s->bytes_used;
    double at_s = now_s, passed_s = -INFINITY;
    while (used > 0 && (used + workers > s->workers || !memory_is_enough(s, used_bytes, bytes))) {
        double soonest_s = INFINITY;
        for (uint32_t j = 0; j < s->job_room; j++)
            if (s->jobs[j].active && end_of(&s->jobs[j], now_s) > passed_s &&
                end_of(&s->jobs[j], now_s) < soonest_s)
                soonest_s = end_of(&s->jobs[j], now_s);
        if (soonest_s == INFINITY)
            break;
        for (uint32_t j = 0; j < s->job_room; j++)
            if (s->jobs[j].active && end_of(&s->jobs[j], now_s) == soonest_s) {
                used -= s->jobs[j].workers;
                used_bytes -= s->jobs[j].bytes;
            }
        at_s = passed_s = soonest_s;
    }
    return at_s;
}

// Small ones that follow are done by the same child, as long as that leaves enough for the others to share.
static void fill_batch(sweep_schedule *s, schedule_choice *choice, double worker_s, double all_s,
                       double *sum_s) {
    const double most_s = all_s / s->workers / 4;
    const double limit_s = s->batch_s < most_s ? s->batch_s : most_s;
    uint32_t unit = s->next[s->count];
    *sum_s = worker_s;
    for (int looked = 0; unit != s->count && looked < LOOK_AHEAD && choice->count < SCHEDULE_BATCH_MAX;
         looked++) {
        const uint32_t next = s->next[unit];
        const double this_s = estimate(s, unit);
        if (*sum_s + this_s <= limit_s && !s->alone[unit] && s->units[unit].bytes <= choice->bytes) {
            take(s, unit);
            choice->units[choice->count++] = unit;
            *sum_s += this_s;
        }
        unit = next;
    }
}

static void begin(sweep_schedule *s, uint32_t unit, uint32_t workers, double all_s, double now_s,
                  schedule_choice *choice) {
    double worker_s = estimate(s, unit);
    choice->units[0] = unit;
    choice->count = 1;
    choice->workers = workers;
    choice->bytes = s->units[unit].bytes;
    take(s, unit);
    if (workers == 1 && !s->alone[unit] && worker_s < s->batch_s)
        fill_batch(s, choice, worker_s, all_s, &worker_s);
    s->alone_running += s->alone[unit];
    uint32_t handle = 0;
    while (s->jobs[handle].active)
        handle++;
    s->jobs[handle] = (running){
        .active = true, .worker_s = worker_s, .begun_s = now_s, .workers = workers, .bytes = choice->bytes};
    s->active++;
    s->workers_used += workers;
    s->bytes_used += choice->bytes;
    choice->handle = handle;
}

bool schedule_pick(sweep_schedule *s, double now_s, schedule_choice *choice) {
    if (s->pending == 0 || s->workers_used >= s->workers || s->alone_running > 0)
        return false;
    const uint32_t first = s->next[s->count], left = s->workers - s->workers_used;
    const double all_s = pending_s(s) + running_s(s, now_s);
    if (s->alone[first]) {
        if (s->active > 0)
            return false;
        begin(s, first, s->workers, all_s, now_s, choice);
        return true;
    }
    const uint32_t width = width_of(s, first, all_s);
    const size_t bytes = s->units[first].bytes;
    const bool fits = memory_is_enough(s, s->bytes_used, bytes);
    if (fits && width <= left) {
        begin(s, first, width, all_s, now_s, choice);
        return true;
    }
    // With those that are free, if that is no later than with all of them once they are.
    const double free_s = free_at(s, width, bytes, now_s), needs_s = estimate(s, first);
    if (fits && now_s + needs_s / left <= free_s + needs_s / width) {
        begin(s, first, left, all_s, now_s, choice);
        return true;
    }
    uint32_t unit = s->next[first];
    for (int looked = 0; unit != s->count && looked < LOOK_AHEAD; looked++, unit = s->next[unit]) {
        if (s->alone[unit] || !memory_is_enough(s, s->bytes_used, s->units[unit].bytes) ||
            now_s + estimate(s, unit) > free_s)
            continue;
        begin(s, unit, 1, all_s, now_s, choice);
        return true;
    }
    return false;
}

void schedule_ended(sweep_schedule *s, uint32_t handle) {
    running *job = &s->jobs[handle];
    s->active--;
    s->workers_used -= job->workers;
    s->bytes_used -= job->bytes;
    s->alone_running = 0;
    job->active = false;
}
