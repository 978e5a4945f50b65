// Plug-ins with something wrong with each, for test_plugins.sh: -DBAD_... chooses what.
#include <entrain/plugin.h>

#include <stdlib.h>
#include <xmmintrin.h>

entrain_status entrain_that_never_was(void);

#ifdef BAD_NOTHING // a shared object, but no plug-in
int entrain_bad_nothing(void);
int entrain_bad_nothing(void) { return 1; }
#elif !defined BAD_NULL
static entrain_status set_up(entrain_error *error_out);
#endif

#ifdef BAD_ABI
__attribute__((visibility("default"))) extern const entrain_plugin_entry entrain_plugin;
const entrain_plugin_entry entrain_plugin = {ENTRAIN_PLUGIN_ABI + 1, sizeof entrain_plugin, set_up,
                                             entrain_policy_register};
#elif defined BAD_NULL
ENTRAIN_PLUGIN(NULL);
#elif !defined BAD_NOTHING
ENTRAIN_PLUGIN(set_up);
#endif

#ifdef BAD_ROUNDING // what gcc links into a shared object that is made with -ffast-math
__attribute__((constructor)) static void flush_small_numbers(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
#endif

#if defined BAD_LOSES || defined BAD_TAKEN
// One worker runs everything; with three, the last task is forgotten.
typedef struct line {
    uint32_t workers, tasks, next;
} line;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    line *state = malloc(sizeof *state);
    *state = (line){.workers = setup->worker_count, .tasks = setup->task_count};
    *state_out = state;
    return ENTRAIN_OK;
}
static void submit(void *data, uint64_t phase) {
    line *state = data;
    (void)phase;
    state->next = state->workers == 3 ? 1 : 0;
}
static bool next(void *data, uint32_t worker, uint32_t *task_out) {
    line *state = data;
    if (worker > 0 || state->next >= state->tasks)
        return false;
    *task_out = state->next++;
    return true;
}
static const entrain_policy policy = {
#ifdef BAD_TAKEN
    .name = "steal",
#else
    .name = "loses",
#endif
    .summary = "forgets a task where there are three workers",
    .create = create,
    .submit = submit,
    .next = next,
    .destroy = free};
static entrain_status set_up(entrain_error *error_out) { return entrain_policy_register(&policy, error_out); }

#elif defined BAD_CHEATS
// An equation that looks at who computes it.
static void step(const entrain_range *range, uint32_t stage) {
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    (void)stage;
    for (uint32_t k = 0; k < range->count; k++)
        entrain_phase_advance(&phase[k], &turns[k], 0.01 * (1 + (double)range->first));
}
static const entrain_phase_model model = {
    .name = "cheats", .summary = "depends on the layout", .words = 2, .exchanges = 1, .step = step};
static entrain_status set_up(entrain_error *error_out) {
    return entrain_phase_model_register(&model, error_out);
}

#elif !defined BAD_NOTHING && !defined BAD_NULL
static entrain_status set_up(entrain_error *error_out) {
#if defined BAD_REFUSES
    return entrain_error_set(error_out, ENTRAIN_SYSTEM, "no licence server answers; start one");
#elif defined BAD_SILENT
    (void)error_out;
    return ENTRAIN_LIMIT;
#elif defined BAD_UNRESOLVED
    (void)error_out;
    return entrain_that_never_was();
#else // BAD_ABI, BAD_ROUNDING: never called
    (void)error_out;
    abort();
#endif
}
#endif
