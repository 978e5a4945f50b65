#include "sims/bench_team.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ck_pr.h>

#include "sims/say.h"

enum { STALLS_MAX = 5000 }; // some 200 us: as long as what others do between two meetings

typedef struct team_member {
    struct bench_team *team;
    uint32_t number;
} team_member;

struct bench_team {
    pthread_mutex_t mutex;  // all below
    pthread_cond_t changed; // an order has come, or the last member is done with it
    uint64_t orders;
    uint32_t busy, workers;
    bool stopping;
    void (*body)(void *context, uint32_t member);
    void *context;
    uint32_t size;
    team_member *members;
    pthread_t *threads;
};

void bench_wait(uint32_t round) {
    if (round < STALLS_MAX)
        ck_pr_stall();
    else
        sched_yield(); // rooms: allowed, because who is measured without Entrain waits without it
}

static void *member_main(void *context) {
    team_member *self = context;
    bench_team *team = self->team;
    uint64_t seen = 0;
    pthread_mutex_lock(&team->mutex);
    for (;;) {
        while (!team->stopping && team->orders == seen)
            pthread_cond_wait(&team->changed, &team->mutex);
        if (team->stopping)
            break;
        seen = team->orders;
        if (self->number >= team->workers)
            continue;
        void (*body)(void *, uint32_t) = team->body;
        void *body_context = team->context;
        pthread_mutex_unlock(&team->mutex);
        body(body_context, self->number);
        pthread_mutex_lock(&team->mutex);
        if (--team->busy == 0)
            pthread_cond_broadcast(&team->changed);
    }
    pthread_mutex_unlock(&team->mutex);
    return NULL;
}

void bench_team_destroy(bench_team *team) {
    if (team == NULL)
        return;
    pthread_mutex_lock(&team->mutex);
    team->stopping = true;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->mutex);
    for (uint32_t m = 1; m < team->size; m++)
        pthread_join(team->threads[m], NULL);
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->mutex);
    free(team->members);
    free(team->threads);
    free(team);
}

// Signals are for the main thread.
static int start_thread(pthread_t *thread_out, void *(*body)(void *), void *context) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int fault = pthread_create(thread_out, NULL, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

static bench_team *team_alloc(uint32_t size) {
    bench_team *team = calloc(1, sizeof *team);
    if (team == NULL)
        return NULL;
    team->members = calloc(size, sizeof *team->members);
    team->threads = calloc(size, sizeof *team->threads);
    if (team->members != NULL && team->threads != NULL)
        return team;
    free(team->members);
    free(team->threads);
    free(team);
    return NULL;
}

entrain_status bench_team_create(uint32_t size, bench_team **team_out, entrain_error *error_out) {
    bench_team *team = team_alloc(size);
    if (team == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %u threads.", size);
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->changed, NULL);
    for (team->size = 1; team->size < size; team->size++) {
        team_member *member = &team->members[team->size];
        *member = (team_member){team, team->size};
        int fault = start_thread(&team->threads[team->size], member_main, member);
        if (fault != 0) {
            entrain_status status =
                entrain_error_set(error_out, ENTRAIN_SYSTEM, "Thread %u of %u could not be started: %s.",
                                  team->size + 1, size, strerror(fault));
            bench_team_destroy(team);
            return status;
        }
    }
    *team_out = team;
    return ENTRAIN_OK;
}

uint32_t bench_team_size(const bench_team *team) { return team->size; }

double bench_team_do(bench_team *team, uint32_t workers, void (*body)(void *context, uint32_t member),
                     void *context) {
    double began = wall_now_s();
    pthread_mutex_lock(&team->mutex);
    team->body = body;
    team->context = context;
    team->workers = workers;
    team->busy = workers - 1;
    team->orders++;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->mutex);
    body(context, 0);
    pthread_mutex_lock(&team->mutex);
    while (team->busy > 0)
        pthread_cond_wait(&team->changed, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
    return wall_now_s() - began;
}
