// The shared wait: nobody is woken too early, nobody sleeps too long, and what was written before an advance
// is seen after the wait (TSan proves it). That a waiter is about to sleep is read off the event's flag bit,
// never off a clock.
#include "check.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/atomics.h"
#include "engine/base/wait.h"

enum { WAITERS = 8, ROUNDS = 20000 };
#define SLEEPING (UINT32_C(1) << 31) // ck_ec32: set by whoever is about to sleep, cleared by the wake

static void start_at(entrain__event *event, uint32_t value) {
    entrain__event_init(event);
    event->word[0] = value;
}

// Until somebody sleeps at @p event, or is between deciding to and sleeping: the same thing to the one who
// advances.
static void await_sleeper(entrain__event *event) {
    for (uint32_t round = 0; (entrain__load_acquire_u32(&event->word[0]) & SLEEPING) == 0; round++)
        entrain__wait_step(round);
}

static void values_count_and_wrap_at_31_bits(void **state) {
    (void)state;
    entrain__event event;
    entrain__event_init(&event);
    assert_int_equal(entrain__event_value(&event), 0);
    entrain__event_advance(&event);
    assert_int_equal(entrain__event_value(&event), 1);
    start_at(&event, 0x7ffffffe);
    const uint32_t after[] = {0x7fffffff, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        entrain__event_advance(&event);
        assert_int_equal(entrain__event_value(&event), after[i]);
    }
}

static void a_wait_for_what_has_happened_costs_nothing(void **state) {
    (void)state;
    entrain__event event;
    entrain__event_init(&event);
    entrain__event_advance(&event);
    entrain__wait_count count = {.spin_halvings = 1};
    entrain__event_wait(&event, 0, &count);
    entrain__event_wait(&event, 0, NULL);
    assert_int_equal(count.spins + count.yields + count.parks, 0);
    assert_int_equal(count.spin_halvings, 1);
}

typedef struct waiter {
    pthread_t thread;
    entrain__event *event;
    const uint32_t *news; // plain: ordered by the event alone
    uint32_t seen, got;
    entrain__wait_count count;
} waiter;

static void *wait_once(void *argument) {
    waiter *self = argument;
    entrain__event_wait(self->event, self->seen, &self->count);
    self->got = *self->news;
    return NULL;
}

static void sleepers_are_woken(uint32_t value) {
    entrain__event event;
    start_at(&event, value);
    uint32_t news = 0;
    waiter waiters[WAITERS];
    for (size_t i = 0; i < WAITERS; i++) {
        waiters[i] = (waiter){.event = &event, .news = &news, .seen = value};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_once, &waiters[i]), 0);
    }
    await_sleeper(&event);
    news = 77;
    entrain__event_advance(&event);
    uint64_t parks = 0;
    for (size_t i = 0; i < WAITERS; i++) {
        assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
        assert_int_equal(waiters[i].got, 77);
        parks += waiters[i].count.parks;
    }
    assert_true(parks >= 1);
    assert_int_equal(entrain__event_value(&event), (value + 1) & 0x7fffffff);
}

static void all_sleepers_are_woken(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        sleepers_are_woken(0);
}

static void sleepers_are_woken_where_the_value_wraps(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        sleepers_are_woken(0x7fffffff);
}

// A wake that was meant for an earlier value clears the flag of those who sleep for a later one: they must
// raise it again.
static void who_is_woken_for_nothing_sleeps_again(void **state) {
    (void)state;
    entrain__event event;
    entrain__event_init(&event);
    uint32_t news = 0;
    waiter self = {.event = &event, .news = &news};
    assert_int_equal(pthread_create(&self.thread, NULL, wait_once, &self), 0);
    for (int i = 0; i < 100; i++) {
        await_sleeper(&event);
        assert_true(entrain__cas_acq_rel_u32(&event.word[0], SLEEPING, 0));
        syscall(SYS_futex, &event.word[0], FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
    }
    await_sleeper(&event);
    news = 77;
    entrain__event_advance(&event);
    assert_int_equal(pthread_join(self.thread, NULL), 0);
    assert_int_equal(self.got, 77);
}

static void waits_that_had_to_sleep_shorten_the_spin_to_a_floor(void **state) {
    (void)state;
    entrain__event event;
    uint32_t news = 0;
    waiter self = {.event = &event, .news = &news};
    uint64_t first_spins = 0;
    for (uint32_t round = 0; round < 5; round++) {
        entrain__event_init(&event);
        uint64_t before = self.count.spins;
        assert_int_equal(pthread_create(&self.thread, NULL, wait_once, &self), 0);
        await_sleeper(&event);
        entrain__event_advance(&event);
        assert_int_equal(pthread_join(self.thread, NULL), 0);
        uint64_t spins = self.count.spins - before;
        first_spins = round == 0 ? spins : first_spins;
        assert_int_equal(spins, first_spins >> (round < 2 ? round : 2));
    }
    assert_int_equal(first_spins, 100);
    assert_int_equal(self.count.spin_halvings, 2);
    assert_true(self.count.parks >= 5);
}

// Two threads hand one plain number to and fro.
typedef struct table {
    entrain__event ping, pong;
    uint64_t ball;
} table;

static void *play_pong(void *argument) {
    table *shared = argument;
    entrain__wait_count count = {0};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        entrain__event_wait(&shared->ping, i, &count);
        shared->ball++;
        entrain__event_advance(&shared->pong);
    }
    return NULL;
}

static void an_advance_publishes_what_was_written_before(void **state) {
    (void)state;
    table shared = {.ball = 0};
    entrain__event_init(&shared.ping);
    entrain__event_init(&shared.pong);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, play_pong, &shared), 0);
    entrain__wait_count count = {0};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        shared.ball++;
        entrain__event_advance(&shared.ping);
        entrain__event_wait(&shared.pong, i, &count);
        assert_int_equal(shared.ball, 2 * (i + 1));
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *advance_often(void *argument) {
    for (uint32_t i = 0; i < ROUNDS; i++)
        entrain__event_advance(argument);
    return NULL;
}

static void *watch_to_the_end(void *argument) {
    uint32_t seen = 0;
    while (seen != WAITERS / 2 * ROUNDS) {
        entrain__event_wait(argument, seen, NULL);
        seen = entrain__event_value(argument);
    }
    return NULL;
}

static void many_advance_and_no_advance_is_lost(void **state) {
    (void)state;
    entrain__event event;
    entrain__event_init(&event);
    pthread_t threads[WAITERS];
    for (size_t i = 0; i < WAITERS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < WAITERS / 2 ? advance_often : watch_to_the_end, &event), 0);
    for (size_t i = 0; i < WAITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(entrain__event_value(&event), WAITERS / 2 * ROUNDS);
}

// On one core, who waits may have the right to it before whom it waits for: a yield would give that core to
// nobody, for as long as the kernel lets real-time threads have it. Seen by how often the waiter looked.
typedef struct inversion {
    uint32_t started, done;
} inversion;

static void *work_at_low_priority(void *argument) {
    inversion *self = argument;
    entrain__store_release_u32(&self->started, 1);
    struct timespec now, began;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began);
    do // 20 ms of its own time
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - began.tv_sec) * 1000000000 + now.tv_nsec - began.tv_nsec < 20000000);
    entrain__store_release_u32(&self->done, 1);
    return NULL;
}

static void *wait_at_high_priority(void *argument) {
    inversion *self = argument;
    const struct sched_param high = {.sched_priority = 1};
    if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &high) != 0)
        return NULL; // not allowed here
    uintptr_t round = 0;
    for (; entrain__load_acquire_u32(&self->done) == 0; round++)
        entrain__wait_step((uint32_t)round);
    return (void *)round;
}

static void a_waiter_of_higher_priority_lets_the_other_run(void **state) {
    (void)state;
    inversion self = {0};
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0); // inherited by both
    pthread_t low, high;
    void *rounds = NULL;
    assert_int_equal(pthread_create(&low, NULL, work_at_low_priority, &self), 0);
    for (uint32_t round = 0; entrain__load_acquire_u32(&self.started) == 0; round++)
        entrain__wait_step(round);
    assert_int_equal(pthread_create(&high, NULL, wait_at_high_priority, &self), 0);
    assert_int_equal(pthread_join(high, &rounds), 0);
    assert_int_equal(pthread_join(low, NULL), 0);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    if (rounds == NULL) // refused the priority, or the work was over before the first look
        skip();
    assert_in_range((uintptr_t)rounds, 1, 2 * ENTRAIN__WAIT_NAP); // millions, if it only yielded
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_count_and_wrap_at_31_bits),
        cmocka_unit_test(a_wait_for_what_has_happened_costs_nothing),
        cmocka_unit_test(all_sleepers_are_woken),
        cmocka_unit_test(sleepers_are_woken_where_the_value_wraps),
        cmocka_unit_test(who_is_woken_for_nothing_sleeps_again),
        cmocka_unit_test(waits_that_had_to_sleep_shorten_the_spin_to_a_floor),
        cmocka_unit_test(an_advance_publishes_what_was_written_before),
        cmocka_unit_test(many_advance_and_no_advance_is_lost),
        cmocka_unit_test(a_waiter_of_higher_priority_lets_the_other_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
