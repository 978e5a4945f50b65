// The handler runs on the main thread: the engine's workers block the signals of the process. It touches
// two lock-free atomics and calls entrain_engine_cancel(), which is async-signal-safe; the engine is
// destroyed by the same thread, so it cannot vanish under the handler.
#include "sims/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "sims/options.h"

static _Atomic(entrain_engine *) watched;
static atomic_int requests, questions;
_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
               "a signal handler must not meet a lock");

static void on_signal(int number) {
    (void)number;
    if (atomic_fetch_add(&requests, 1) > 0)
        _exit(EXIT_INTERRUPTED);
    entrain_engine *engine = atomic_load(&watched);
    if (engine != NULL)
        entrain_engine_cancel(engine);
}

static void on_question(int number) {
    (void)number;
    atomic_store(&questions, 1);
}

void interrupt_install(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // A terminal that goes away; with nohup it is ignored, and stays so.
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    struct sigaction question = {.sa_handler = on_question, .sa_flags = SA_RESTART};
    sigemptyset(&question.sa_mask);
    sigaction(SIGUSR1, &question, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); // a file that may not grow is told with a sentence, as a full disk is
}

void interrupt_watch(entrain_engine *engine) {
    atomic_store(&watched, engine);
    // A signal that came before there was anything to cancel.
    if (engine != NULL && interrupt_requested())
        entrain_engine_cancel(engine);
}

bool interrupt_requested(void) { return atomic_load(&requests) > 0; }

bool interrupt_status_asked(void) { return atomic_exchange(&questions, 0) != 0; }
