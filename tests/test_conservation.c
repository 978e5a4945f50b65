// The law that no scheduler, plug-in or engine may break (T13), watched by the meter in every run: where it
// holds, how far rounding goes against what it may do, where it does not hold, when it begins anew, and that
// a leak is seen. And the energy beside it.
#include <math.h>

#include "check.h"

#include "entrain/swarm.h"

enum { SWARM_MAX = 2000 };

typedef struct lab {
    entrain_swarm *swarm;
    entrain_swarm_config config;
} lab;

static lab make(void) {
    lab made = {.config = entrain_swarm_config_defaults()};
    made.config.size = 200;
    made.config.seed = 5;
    made.config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    made.config.topology.degree = 6;
    made.config.engine.cohort_weight = 64; // several cohorts: in one alone nobody could leak
    made.config.engine.scheduler.worker_count = 2;
    made.config.model.coupling = 1.5;
    made.config.frequency =
        (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 2, .deviation = 1};
    return made;
}

static void start(lab *one) {
    entrain_error error = {0};
    CHECK_OK(entrain_swarm_create(&one->config, &one->swarm, &error), error);
}

static void leave(lab *one) { entrain_swarm_destroy(one->swarm); }

static entrain_phase_sample measure(lab *one) {
    entrain_phase_sample sample;
    assert_int_equal(entrain_swarm_sample(one->swarm, &sample), ENTRAIN_OK);
    return sample;
}

static void advance(lab *one, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(entrain_swarm_engine(one->swarm), ticks, &error), error);
}

// The same sum from outside, in long double, c = 1.
static long double sum_from_outside(lab *one) {
    static double phases[SWARM_MAX], frequencies[SWARM_MAX];
    static int32_t turns[SWARM_MAX];
    entrain_engine *engine = entrain_swarm_engine(one->swarm);
    entrain_phase_read(entrain_swarm_population(one->swarm), phases, turns, frequencies);
    const long double time =
        (long double)entrain_engine_tick(engine) * (long double)entrain_engine_step_s(engine);
    long double sum = 0;
    for (uint32_t i = 0; i < one->config.size; i++)
        sum += phases[i] + turns[i] * 0x1.921fb54442d18p+2L - frequencies[i] * time;
    return sum;
}

// Runs `samples` samples of `ticks` ticks and answers the largest share of what rounding may do that it did.
static double worst_share(lab *one, int samples, uint64_t ticks) {
    double worst = 0;
    entrain_phase_sample sample = measure(one);
    assert_true(sample.conservation == 0 && sample.conservation_change == 0 && sample.frequency_spread > 0.5);
    double sum = 0;
    for (int s = 0; s < samples; s++) {
        advance(one, ticks);
        sample = measure(one);
        entrain_error error = {0};
        CHECK_OK(entrain_phase_sample_check(&sample, &error), error);
        sum += sample.conservation_change;
        CHECK_NEAR(sum, sample.conservation, 1e-12 * one->config.size);
        worst = fmax(worst, fabs(sample.conservation_change) / sample.conservation_bound);
    }
    print_message("    R = %.2e of %.2e allowed in the last %d ticks; at most %.4f of it\n",
                  sample.conservation, sample.conservation_bound, (int)ticks, worst);
    return worst;
}

// Where it holds: every integrator, normalisation, kind of graph; weights of both signs, harmonics, gains,
// groups, inertia.
static void rounding_stays_far_below_its_bound(void **state) {
    (void)state;
    for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++)
        for (int normalise = 0; normalise < ENTRAIN_NORMALISE_COUNT; normalise++)
            for (int shape = 0; shape < 4; shape++) {
                lab one = make();
                one.config.model.integrator = (entrain_integrator)integrator;
                one.config.model.normalise = (entrain_normalise)normalise;
                if (shape == 0)
                    one.config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
                if (shape == 1)
                    one.config.topology.kind = ENTRAIN_TOPOLOGY_SCALE_FREE;
                if (shape == 2) {
                    one.config.topology.weight_low = -0.7, one.config.topology.weight_high = 3.3;
                    one.config.model.harmonics = 3;
                    one.config.model.harmonic_coupling[0] = -0.7, one.config.model.harmonic_coupling[1] = 0.2;
                }
                if (normalise == ENTRAIN_NORMALISE_NONE)
                    one.config.model.coupling = shape == 0 ? 0.01 : 0.3;
                start(&one);
                double share = worst_share(&one, 4, 50);
                if (!(share < 0.2 && share > 1e-6))
                    fail_msg("integrator %d, normalise %d, graph %d: %g of what rounding may do", integrator,
                             normalise, shape, share);
                if (normalise != ENTRAIN_NORMALISE_DEGREE && normalise != ENTRAIN_NORMALISE_HEARD) {
                    static long double before;
                    before = sum_from_outside(&one);
                    double was = measure(&one).conservation;
                    advance(&one, 200);
                    CHECK_NEAR(measure(&one).conservation - was, (double)(sum_from_outside(&one) - before),
                               1e-12 * 200);
                }
                leave(&one);
            }
}

// Populations, inertia, gains: each with a law of its own.
static void it_holds_for_groups_gains_and_inertia(void **state) {
    (void)state;
    for (int which = 0; which < 4; which++) {
        lab one = make();
        static double gains[200], inertias[200], dampings[200], velocities[200], phases[200], powers[200];
        for (uint32_t i = 0; i < 200; i++) {
            gains[i] = 1.7, inertias[i] = 0.5 + 0.01 * i, dampings[i] = 0.1 + 0.002 * (i % 50);
            velocities[i] = 0.03 * (i % 13), phases[i] = 0.1 * i, powers[i] = i % 2 ? 0.7 : -0.4;
        }
        entrain_kuramoto_config *model = &one.config.model;
        if (which == 0) { // K_ab alike both ways, and so are the sizes
            model->group_count = 2, model->group_sizes[0] = model->group_sizes[1] = 100;
            model->group_coupling[0][0] = 1, model->group_coupling[1][1] = 0.3;
            model->group_coupling[0][1] = model->group_coupling[1][0] = 0.7;
            model->normalise = ENTRAIN_NORMALISE_SIZE;
            one.config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        }
        if (which == 1) { // sizes differ, and K_ab / n_b are alike
            model->group_count = 2, model->group_sizes[0] = 150, model->group_sizes[1] = 50;
            model->group_coupling[0][0] = 1, model->group_coupling[1][1] = 0.3;
            model->group_coupling[0][1] = 0.2, model->group_coupling[1][0] = 0.6;
            model->normalise = ENTRAIN_NORMALISE_SIZE;
            one.config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        }
        if (which >= 2) {
            model->normalise = which == 2 ? ENTRAIN_NORMALISE_NONE : ENTRAIN_NORMALISE_DEGREE;
            model->gains = which == 2 ? gains : NULL;
        }
        if (which == 3) {
            model->inertias = inertias, model->dampings = dampings, model->velocities = velocities;
        }
        // The swarm's own distributions do not say all of this: from its parts.
        entrain_error error = {0};
        entrain_engine *engine;
        entrain_topology *topology;
        entrain_population *population;
        entrain_phase_meter *meter;
        one.config.topology.size = 200;
        CHECK_OK(entrain_topology_create(&one.config.topology, &topology, &error), error);
        CHECK_OK(entrain_engine_create(&one.config.engine, &engine, &error), error);
        CHECK_OK(entrain_kuramoto_add(engine, model, 200, phases, powers, &population, &error), error);
        CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
        CHECK_OK(entrain_engine_start(engine, &error), error);
        CHECK_OK(entrain_phase_meter_create(engine, population, &meter, &error), error);
        double worst = 0;
        entrain_phase_sample sample;
        for (int s = 0; s < 10; s++) {
            assert_int_equal(entrain_phase_meter_sample(meter, &sample), ENTRAIN_OK);
            CHECK_OK(entrain_phase_sample_check(&sample, &error), error);
            assert_true(!isnan(sample.conservation));
            if (s > 0)
                worst = fmax(worst, fabs(sample.conservation_change) / sample.conservation_bound);
            CHECK_OK(entrain_engine_advance(engine, 100, &error), error);
        }
        print_message("    case %d: R = %.2e; at most %.4f of what rounding may do\n", which,
                      sample.conservation, worst);
        assert_true(worst < 0.2 && worst > 1e-8 && fabs(sample.frequency_mean) > 1e-3);
        entrain_phase_meter_destroy(meter);
        entrain_engine_destroy(engine);
        entrain_topology_release(topology);
    }
}

// Where one side of an edge feels something else than the other there is no law, and nothing is said.
static void it_is_silent_where_there_is_no_law(void **state) {
    (void)state;
    for (int which = 0; which < 10; which++) {
        lab one = make();
        entrain_swarm_config *config = &one.config;
        switch (which) {
        case 0:
            config->topology.directed = true;
            break;
        case 1:
            config->model.lag = 0.1;
            break;
        case 2:
            config->model.integrator = ENTRAIN_INTEGRATOR_EULER, config->model.noise = 0.1;
            break;
        case 3:
            config->topology.delay_low = config->topology.delay_high = 0.05;
            break;
        case 4:
            config->gain = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 1, .high = 2};
            break;
        case 5:
            config->model.harmonics = 2, config->model.harmonic_coupling[0] = 1,
            config->model.harmonic_lag[0] = 0.2;
            break;
        case 6: // groups that do not feel each other alike
        case 7: // or whose sizes make the difference
            config->model.group_count = 2;
            config->model.group_sizes[0] = which == 6 ? 100 : 60,
            config->model.group_sizes[1] = which == 6 ? 100 : 140;
            config->model.group_coupling[0][0] = config->model.group_coupling[1][1] =
                config->model.group_coupling[0][1] = 1;
            config->model.group_coupling[1][0] = which == 6 ? 0.5 : 1;
            config->model.normalise = ENTRAIN_NORMALISE_SIZE;
            break;
        case 8: // a hub may be pulled through more turns than are told apart
            config->topology.kind = ENTRAIN_TOPOLOGY_STAR;
            config->topology.weight_low = 1e3, config->topology.weight_high = 2e3;
            config->model.normalise = ENTRAIN_NORMALISE_NONE;
            config->engine.step_s = 700, config->model.coupling = 1400;
            break;
        case 9: // a step too long for the damping: speeds grow by 2400^3 in it, to where they are cut
            config->model.normalise = ENTRAIN_NORMALISE_NONE;
            config->inertia.value = 1e-7, config->damping.value = 0.8;
            config->engine.step_s = 3e-4, config->model.coupling = 1e5;
            break;
        }
        entrain_error error = {0};
        CHECK_OK(entrain_swarm_create(config, &one.swarm, &error), error);
        if (which == 3 && entrain_topology_look(entrain_swarm_topology(one.swarm)).delay_high == 0) {
            leave(&one); // built without delays
            continue;
        }
        measure(&one);
        advance(&one, which < 8 ? 100 : 1);
        entrain_phase_sample sample = measure(&one);
        assert_true(isnan(sample.conservation) && isnan(sample.conservation_change) &&
                    isnan(sample.conservation_bound));
        CHECK_OK(entrain_phase_sample_check(&sample, &error), error);
        leave(&one);
    }
}

// Measured from a new beginning; the next hundred ticks count again.
static void begins_anew(lab *one) {
    entrain_phase_sample sample = measure(one);
    assert_true(sample.conservation == 0 && sample.conservation_change == 0);
    advance(one, 100);
    sample = measure(one);
    entrain_error error = {0};
    CHECK_OK(entrain_phase_sample_check(&sample, &error), error);
    assert_true(sample.conservation != 0 && sample.conservation == sample.conservation_change);
}

static void it_begins_anew_when_the_outside_changes_something(void **state) {
    (void)state;
    lab one = make();
    start(&one);
    entrain_engine *engine = entrain_swarm_engine(one.swarm);
    entrain_population *population = entrain_swarm_population(one.swarm);
    entrain_error error = {0};
    begins_anew(&one);
    // Somebody stops, and begins again.
    advance(&one, 50);
    assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(population, 7)), ENTRAIN_OK);
    begins_anew(&one);
    entrain_id id;
    advance(&one, 50);
    assert_int_equal(entrain_engine_restart_actor(engine, population, 7, &id), ENTRAIN_OK);
    advance(&one, 50);
    begins_anew(&one);
    // One stops and begins again between two samples: as many as before, but not the same.
    assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(population, 9)), ENTRAIN_OK);
    assert_int_equal(entrain_engine_restart_actor(engine, population, 9, &id), ENTRAIN_OK);
    advance(&one, 10);
    begins_anew(&one);
    // Kicked; another frequency; another coupling; other edges.
    *(double *)entrain_population_at(population, 3, ENTRAIN_KURAMOTO_PHASE) += 0.5;
    entrain_engine_republish(engine);
    advance(&one, 10);
    begins_anew(&one);
    *(double *)entrain_population_at(population, 3, ENTRAIN_KURAMOTO_FREQUENCY) += 0.5;
    advance(&one, 10);
    begins_anew(&one);
    entrain_kuramoto_config model = *entrain_kuramoto_look(population);
    model.coupling *= 2;
    CHECK_OK(entrain_kuramoto_change(population, &model, &error), error);
    advance(&one, 10);
    begins_anew(&one);
    // There and back between two samples: neither shows it, but what happened meanwhile had another law.
    const double was = model.lag;
    model.lag = 0.7;
    CHECK_OK(entrain_kuramoto_change(population, &model, &error), error);
    advance(&one, 10);
    model.lag = was;
    CHECK_OK(entrain_kuramoto_change(population, &model, &error), error);
    begins_anew(&one);
    one.config.topology.seed = 99, one.config.topology.size = 200;
    entrain_topology *other;
    CHECK_OK(entrain_topology_create(&one.config.topology, &other, &error), error);
    CHECK_OK(entrain_engine_replace_topology(engine, other, &error), error);
    entrain_topology_release(other);
    advance(&one, 10);
    begins_anew(&one);
    // A lag ends the law, and without it there is one again.
    model.lag = 0.1;
    CHECK_OK(entrain_kuramoto_change(population, &model, &error), error);
    advance(&one, 10);
    assert_true(isnan(measure(&one).conservation));
    model.lag = 0;
    CHECK_OK(entrain_kuramoto_change(population, &model, &error), error);
    begins_anew(&one);
    leave(&one);
}

// Mailboxes that are too small lose observations: the law is not broken by a leak then.
static void lost_observations_are_no_leak(void **state) {
    (void)state;
    lab one = make();
    one.config.engine.mailbox_capacity = 3;
    one.config.engine.overflow_named = true;
    one.config.engine.overflow = ENTRAIN_OVERFLOW_SHED_NEWEST;
    start(&one);
    measure(&one);
    for (int s = 0; s < 5; s++) {
        advance(&one, 20);
        entrain_phase_sample sample = measure(&one);
        assert_true(sample.conservation == 0 && sample.conservation_change == 0);
    }
    leave(&one);
}

// A leak as small as a thousandth of a step of one oscillator out of 200 in one tick is beyond all rounding.
static void a_small_leak_is_seen(void **state) {
    (void)state;
    for (int part = 0; part < 3; part++) {
        lab one = make();
        start(&one);
        entrain_population *population = entrain_swarm_population(one.swarm);
        measure(&one);
        advance(&one, 1000);
        measure(&one);
        advance(&one, 1000);
        static const double leaks[] = {1e-5, -1e-8, 0};
        *(double *)entrain_population_at(population, 11, ENTRAIN_KURAMOTO_PHASE) += leaks[part];
        entrain_phase_sample sample = measure(&one);
        entrain_error error = {0};
        if (leaks[part] != 0)
            CHECK_REFUSED(entrain_phase_sample_check(&sample, &error), ENTRAIN_MISMATCH, error,
                          "leaked into the physics");
        else
            CHECK_OK(entrain_phase_sample_check(&sample, &error), error);
        // Degree by degree: the mean of c is the mean degree.
        uint32_t degree = 0;
        entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(one.swarm));
        degree = (uint32_t)(view.in_offsets[12] - view.in_offsets[11]);
        CHECK_NEAR(sample.conservation_change, leaks[part] * degree / 6, 1e-10);
        leave(&one);
    }
}

// V = -(1/2) sum g K / n sum w cos, summed by hand.
static double energy_by_hand(lab *one) {
    const entrain_kuramoto_config *model = entrain_kuramoto_look(entrain_swarm_population(one->swarm));
    entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(one->swarm));
    double phases[200], sum = 0, gain = 0;
    entrain_phase_read(entrain_swarm_population(one->swarm), phases, NULL, NULL);
    bool complete = view.kind == ENTRAIN_TOPOLOGY_COMPLETE;
    for (uint32_t i = 0; i < 200; i++) {
        gain += model->gains != NULL ? model->gains[i] / 200 : 1 / 200.0;
        uint64_t first = complete ? 0 : view.in_offsets[i], end = complete ? 200 : view.in_offsets[i + 1];
        for (uint64_t a = first; a < end; a++) {
            uint32_t j = complete ? (uint32_t)a : (uint32_t)view.in_speakers[a];
            double w = view.in_weights != NULL ? view.in_weights[a] * view.weight_scale : 1,
                   apart = phases[j] - phases[i];
            uint32_t ga = i >= 60, gb = j >= 60;
            double k = model->group_count > 1 ? model->group_coupling[ga][gb] : 1;
            double n = model->normalise != ENTRAIN_NORMALISE_SIZE ? 1
                       : model->group_count > 1                   ? model->group_sizes[gb]
                                                                  : 200;
            sum += k / n * w *
                   (model->coupling * cos(apart) +
                    (model->harmonics > 1 ? model->harmonic_coupling[0] / 2 * cos(2 * apart) : 0));
        }
    }
    double n = model->normalise == ENTRAIN_NORMALISE_DEGREE || model->normalise == ENTRAIN_NORMALISE_HEARD
                   ? complete ? 200 : (double)view.arc_count / 200
                   : 1;
    return -gain / 2 * sum / n;
}

static void energy_is_the_sum_over_all_pairs(void **state) {
    (void)state;
    for (int which = 0; which < 10; which++) {
        lab one = make();
        one.config.model.normalise = (entrain_normalise)(which % 4);
        if (which % 3 == 0)
            one.config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        if (which % 3 == 1)
            one.config.topology.weight_low = -0.4, one.config.topology.weight_high = 5;
        if (which >= 4)
            one.config.model.harmonics = 2, one.config.model.harmonic_coupling[0] = -0.9;
        if (which >= 6) {
            one.config.model.group_count = 2, one.config.model.group_sizes[0] = 60,
            one.config.model.group_sizes[1] = 140;
            one.config.model.group_coupling[0][0] = 0.4, one.config.model.group_coupling[0][1] = -3;
            one.config.model.group_coupling[1][0] = 2, one.config.model.group_coupling[1][1] = 0;
        }
        if (which == 2 || which == 8)
            one.config.gain =
                (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 0.5, .high = 2};
        start(&one);
        for (int s = 0; s < 3; s++) {
            double expected = energy_by_hand(&one), tolerance = 1e-10 * fmax(1, fabs(expected));
            CHECK_NEAR(measure(&one).energy, expected, tolerance);
            advance(&one, 20);
        }
        leave(&one);
    }
}

// Identical oscillators run downhill, also where degrees and gains differ; all together on a complete graph:
// -K N / 2.
static void energy_falls_to_its_floor(void **state) {
    (void)state;
    for (int which = 0; which < 3; which++) {
        lab one = make();
        one.config.frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_CONSTANT, .value = 0.7};
        one.config.model.coupling = 2;
        one.config.topology.kind = which == 0 ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_SCALE_FREE;
        if (which == 2)
            one.config.gain =
                (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 0.1, .high = 2};
        start(&one);
        double before = INFINITY;
        for (int s = 0; s < 100; s++) {
            double energy = measure(&one).energy;
            if (!(energy <= before + 1e-10))
                fail_msg("case %d: V rises from %.17g to %.17g", which, before, energy);
            before = energy;
            advance(&one, 20);
        }
        if (which == 0)
            CHECK_NEAR(before, -2.0 * 200 / 2, 1e-10);
        leave(&one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_stays_far_below_its_bound),
        cmocka_unit_test(it_holds_for_groups_gains_and_inertia),
        cmocka_unit_test(it_is_silent_where_there_is_no_law),
        cmocka_unit_test(it_begins_anew_when_the_outside_changes_something),
        cmocka_unit_test(lost_observations_are_no_leak),
        cmocka_unit_test(a_small_leak_is_seen),
        cmocka_unit_test(energy_is_the_sum_over_all_pairs),
        cmocka_unit_test(energy_falls_to_its_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
