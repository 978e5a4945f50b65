// TEMPORARY: one worker.
#include <stdlib.h>
#include "entrain/scheduler.h"
static uint32_t *ring;
static uint32_t head, tail, mask;
static int asked;
entrain_status entrain_scheduler_plan_ready(entrain_scheduler *s, uint32_t n, entrain_error *e) {
    (void)s;
    (void)e;
    uint32_t size = 2;
    while (size < n + 1)
        size *= 2;
    free(ring);
    ring = calloc(size, 4);
    head = tail = 0;
    mask = size - 1;
    return ENTRAIN_OK;
}
void entrain_scheduler_ready(entrain_scheduler *s, uint32_t w, uint32_t t) {
    (void)s;
    (void)w;
    ring[tail++ & mask] = t;
}
void entrain_scheduler_ask_rest(entrain_scheduler *s) {
    (void)s;
    asked = 1;
}
entrain_status entrain_scheduler_run_ready(entrain_scheduler *s, const entrain_ready_job *job,
                                           entrain_error *e) {
    (void)s;
    (void)e;
    if (!job->rest(job->context, 0, head == tail))
        return ENTRAIN_OK;
    for (;;) {
        while (head != tail && !asked) {
            uint32_t t = ring[head++ & mask];
            if (job->task(job->context, t, 0))
                ring[tail++ & mask] = t;
        }
        asked = 0;
        if (!job->rest(job->context, 0, head == tail))
            return ENTRAIN_OK;
    }
}
