// Scenarios of every part of the equation against the equation itself, added up term by term in doubles:
// each key reaches the physics, in its place, with its sign and its unit. Both transports.
//
//   M_i theta_i'' + D_i theta_i' = P_i + g_i sum_hj K_h c_ab / n sin(h (theta_j - theta_i) - alpha_h - l_ab)
//
// a is the group of i, who hears, b the group of j. On complete graphs an oscillator hears itself too.
#include "check.h"

#include <math.h>

#include "sims/scenario.h"
#include "sims/scenario_text.h"

static entrain_error error;

enum { SIZE = 7, TICKS = 300 };
static const double step_s = 0.02;

// What the scenario says, said a second time.
typedef struct equation {
    bool complete;      // else a ring
    int n;              // 0: size of the speaker's group
    double coupling[4]; // of harmonics 1 .. 4
    double lag[4];
    int first_group; // its size; SIZE: there is one group
    double group_coupling[2][2], group_lag[2][2];
    double gain[SIZE], inertia[SIZE], damping[SIZE], velocity[SIZE], power[SIZE];
    bool swing;
} equation;

static const double phases[SIZE] = {0.1, 2.5, -1.2, 0.7, -2.9, 1.9, -0.4};

// Derivatives of phases [0 .. SIZE) and velocities behind them.
static void derive(const equation *e, const double *at, double *slope_out) {
    for (int i = 0; i < SIZE; i++) {
        double pull = 0;
        int a = i >= e->first_group;
        for (int j = 0; j < SIZE; j++) {
            int b = j >= e->first_group, apart = (i - j + SIZE) % SIZE;
            double n = e->n > 0 ? e->n : b == 0 ? e->first_group : SIZE - e->first_group;
            if (!e->complete && apart != 1 && apart != SIZE - 1)
                continue;
            for (int h = 1; h <= 4; h++)
                pull += e->coupling[h - 1] * e->group_coupling[a][b] / n *
                        sin(h * (at[j] - at[i]) - e->lag[h - 1] - e->group_lag[a][b]);
        }
        double right = e->power[i] + e->gain[i] * pull;
        slope_out[i] = e->swing ? at[SIZE + i] : right;
        slope_out[SIZE + i] = e->swing ? (right - e->damping[i] * at[SIZE + i]) / e->inertia[i] : 0;
    }
}

static void integrate(const equation *e, double *at) {
    double k[4][2 * SIZE], ahead[2 * SIZE];
    static const double part[4] = {0, 0.5, 0.5, 1};
    for (int tick = 0; tick < TICKS; tick++) {
        for (int stage = 0; stage < 4; stage++) {
            for (int i = 0; i < 2 * SIZE; i++)
                ahead[i] = at[i] + (stage > 0 ? part[stage] * step_s * k[stage - 1][i] : 0);
            derive(e, ahead, k[stage]);
        }
        for (int i = 0; i < 2 * SIZE; i++)
            at[i] += step_s / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
}

// A plain equation: one group, unit factors.
static equation plain(void) {
    equation e = {.complete = true, .n = SIZE, .first_group = SIZE, .coupling = {1.5}};
    for (int a = 0; a < 4; a++)
        e.group_coupling[a / 2][a % 2] = 1;
    for (int i = 0; i < SIZE; i++) {
        e.gain[i] = e.inertia[i] = e.damping[i] = 1;
        e.power[i] = 0.3 * i - 1;
    }
    return e;
}

static void check(const equation *e, const char *topology, const char *model) {
    static const char *const transports[] = {"mailbox", "publish"};
    double at[2 * SIZE];
    for (int i = 0; i < SIZE; i++)
        at[i] = phases[i], at[SIZE + i] = e->velocity[i];
    integrate(e, at);
    for (int k = 0; k < 2; k++) {
        char text[2000];
        snprintf(text, sizeof text,
                 "local omega, phases = {}, { 0.1, 2.5, -1.2, 0.7, -2.9, 1.9, -0.4 }\n"
                 "for i = 1, 7 do omega[i] = 0.3 * (i - 1) - 1 end\n"
                 "local natural = { distribution = 'list', values = omega }\n"
                 "return { swarm = { size = 7, topology = { kind = '%s' } }, time = { step = 0.02 },\n"
                 "  exec = { transport = '%s', workers = 1 },\n"
                 "  model = { coupling = 1.5, phase = { distribution = 'list', values = phases }, %s } }",
                 topology, transports[k], model);
        scenario loaded;
        entrain_swarm *swarm;
        const scenario_source source = {.path = "x.lua"};
        const sandbox_limits limits = sandbox_limits_defaults();
        double measured[SIZE];
        int32_t turns[SIZE];
        CHECK_OK(scenario_load_text(&source, text, strlen(text), &limits, &loaded, &error), error);
        CHECK_OK(entrain_swarm_create(&loaded.swarm, &swarm, &error), error);
        entrain_phase_sample sample;
        assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
        double mean = 0; // how fast they turn as long as nobody has moved
        for (int i = 0; i < SIZE; i++)
            mean += (e->swing ? e->velocity[i] : e->power[i]) / SIZE;
        CHECK_NEAR(sample.frequency_mean, mean, 1e-8);
        CHECK_OK(entrain_swarm_advance(swarm, TICKS, &error), error);
        entrain_phase_read(entrain_swarm_population(swarm), measured, turns, NULL);
        for (int i = 0; i < SIZE; i++)
            CHECK_NEAR(measured[i] + 2 * 3.14159265358979323846 * turns[i], at[i], 1e-9);
        entrain_swarm_destroy(swarm);
        scenario_free(&loaded);
    }
}

static void harmonics_and_gains(void **state) {
    (void)state;
    equation e = plain();
    e.lag[0] = 0.4;
    e.coupling[1] = -0.7, e.lag[1] = 1.1;
    e.coupling[3] = 0.25;
    for (int i = 0; i < SIZE; i++)
        e.gain[i] = 0.5 + 0.25 * i;
    const char *model = "frequency = natural, lag = 0.4, second = { coupling = -0.7, lag = 1.1 }, "
                        "fourth = { coupling = 0.25 }, normalise = 'size', "
                        "gain = { distribution = 'list', values = { 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2 } }";
    check(&e, "complete", model);
    e.complete = false;
    check(&e, "ring", model);
}

static void groups_hear_by_rows(void **state) {
    (void)state;
    equation e = plain();
    e.n = 0;
    e.first_group = 3;
    e.lag[0] = 0.2;
    const double coupling[2][2] = {{0.6, -0.4}, {1.3, 0.7}}, lag[2][2] = {{0, 0.5}, {-0.3, 1}};
    memcpy(e.group_coupling, coupling, sizeof coupling);
    memcpy(e.group_lag, lag, sizeof lag);
#define GROUPS                                                                                               \
    "groups = { sizes = { 3, 4 }, coupling = { { 0.6, -0.4 }, { 1.3, 0.7 } }, lag = { { 0, 0.5 }, { -0.3, "  \
    "1 } } }"
    check(&e, "complete", "frequency = natural, lag = 0.2, " GROUPS);
    // Two groups and two harmonics, on a graph, divided by its degree.
    e.n = 2;
    e.complete = false;
    e.coupling[1] = 0.5;
    check(&e, "ring", "frequency = natural, lag = 0.2, second = { coupling = 0.5 }, " GROUPS);
    // And with inertia and gains: everything at once. Not divided by anything.
    e.n = 1;
    e.swing = true;
    for (int i = 0; i < SIZE; i++) {
        e.gain[i] = 0.5 + 0.25 * i;
        e.inertia[i] = 1 + 0.5 * i;
        e.damping[i] = 0.1 * i;
        e.velocity[i] = 0.2 * (i % 3);
    }
    check(&e, "ring",
          "kind = 'swing', power = natural, lag = 0.2, second = { coupling = 0.5 }, " GROUPS
          ", gain = { distribution = 'list', values = { 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2 } }"
          ", inertia = { distribution = 'list', values = { 1, 1.5, 2, 2.5, 3, 3.5, 4 } }"
          ", damping = { distribution = 'list', values = { 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6 } }"
          ", velocity = { distribution = 'list', values = { 0, 0.2, 0.4, 0, 0.2, 0.4, 0 } }");
}

static void swing_of_one_inertia_for_all(void **state) {
    (void)state;
    equation e = plain();
    e.swing = true;
    e.n = 1;
    for (int i = 0; i < SIZE; i++)
        e.inertia[i] = 2.5, e.damping[i] = 0.4, e.velocity[i] = -0.75;
    check(&e, "complete",
          "kind = 'swing', power = natural, inertia = { value = 2.5 }, damping = { value = 0.4 }, "
          "velocity = { value = -0.75 }");
    e.n = SIZE;
    for (int i = 0; i < SIZE; i++) // a scenario's defaults
        e.inertia[i] = 1, e.damping[i] = 1, e.velocity[i] = 0;
    check(&e, "complete", "kind = 'swing', power = natural, normalise = 'size'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmonics_and_gains),
        cmocka_unit_test(groups_hear_by_rows),
        cmocka_unit_test(swing_of_one_inertia_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
