// One mutex, and a stack of work that is under way: each lies in the frame of the crew_do() that waits for
// it.
#include "sims/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
    struct work *below;
    void (*part)(void *context, uint32_t index);
    void *context;
    uint32_t next, count, done;
} work;

struct crew {
    pthread_mutex_t mutex;  // all below
    pthread_cond_t changed; // there is new work, or some is done
    work *newest;           // of what has parts that nobody took
    bool stopping;
    uint32_t size; // threads besides the caller's
    pthread_t *threads;
};

// Takes and does one part of @p one; the mutex is held before and after.
static void do_part(crew *all, work *one) {
    uint32_t index = one->next++;
    if (one->next == one->count) // all are taken: nobody shall find it any more
        for (work **at = &all->newest; *at != NULL; at = &(*at)->below)
            if (*at == one) {
                *at = one->below;
                break;
            }
    pthread_mutex_unlock(&all->mutex);
    one->part(one->context, index);
    pthread_mutex_lock(&all->mutex);
    if (++one->done == one->count)
        pthread_cond_broadcast(&all->changed);
}

static void *member_main(void *context) {
    crew *all = context;
    pthread_mutex_lock(&all->mutex);
    while (!all->stopping) {
        if (all->newest != NULL)
            do_part(all, all->newest);
        else
            pthread_cond_wait(&all->changed, &all->mutex);
    }
    pthread_mutex_unlock(&all->mutex);
    return NULL;
}

void crew_do(crew *all, uint32_t count, void (*part)(void *context, uint32_t index), void *context) {
    if (all == NULL || count <= 1) {
        for (uint32_t i = 0; i < count; i++)
            part(context, i);
        return;
    }
    work one = {.part = part, .context = context, .count = count};
    pthread_mutex_lock(&all->mutex);
    one.below = all->newest;
    all->newest = &one;
    pthread_cond_broadcast(&all->changed);
    while (one.next < one.count)
        do_part(all, &one);
    while (one.done < one.count)
        pthread_cond_wait(&all->changed, &all->mutex);
    pthread_mutex_unlock(&all->mutex);
}

void crew_destroy(crew *all) {
    if (all == NULL)
        return;
    pthread_mutex_lock(&all->mutex);
    all->stopping = true;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->mutex);
    for (uint32_t t = 0; t < all->size; t++)
        pthread_join(all->threads[t], NULL);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->mutex);
    free(all->threads);
    free(all);
}

// Signals are for the main thread.
static int start_thread(pthread_t *thread_out, crew *all) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    int fault = pthread_create(thread_out, NULL, member_main, all);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

entrain_status crew_create(uint32_t size, crew **crew_out, entrain_error *error_out) {
    crew *all = calloc(1, sizeof *all);
    pthread_t *threads = calloc(size, sizeof *threads);
    if (all == NULL || threads == NULL) {
        free(all);
        free(threads);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %u threads.", size);
    }
    all->threads = threads;
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->changed, NULL);
    for (; all->size + 1 < size; all->size++) {
        int fault = start_thread(&all->threads[all->size], all);
        if (fault != 0) {
            entrain_error_set(error_out, ENTRAIN_SYSTEM, "Thread %u of %u could not be started: %s.",
                              all->size + 2, size, strerror(fault));
            crew_destroy(all);
            return ENTRAIN_SYSTEM;
        }
    }
    *crew_out = all;
    return ENTRAIN_OK;
}
