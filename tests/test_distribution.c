// Values for a swarm: what each kind gives each actor, and every refusal with its sentence.
#include <locale.h>
#include <math.h>
#include <unistd.h>

#include "check.h"

#include "entrain/distribution.h"
#include "entrain/random.h"
#include "entrain/swarm.h"

#define PI 3.14159265358979323846
enum { COUNT = 1000 };

static void fill(const entrain_distribution *distribution, uint32_t count, double *values_out) {
    entrain_error error = {0};
    CHECK_OK(entrain_distribution_fill(distribution, "model.phase", 77, ENTRAIN_STREAM_PHASE, count,
                                       values_out, &error),
             error);
}

static void kinds_have_names(void **state) {
    (void)state;
    const char *const names[] = {"constant", "uniform", "normal", "lorentz",   "list",
                                 "file",     "twisted", "mobius", "clustered", "splay"};
    for (int kind = 0; kind < ENTRAIN_DISTRIBUTION_KIND_COUNT; kind++) {
        assert_string_equal(entrain_distribution_name((entrain_distribution_kind)kind), names[kind]);
        assert_int_equal(entrain_distribution_find(names[kind]), kind);
        assert_true(strlen(entrain_distribution_summary((entrain_distribution_kind)kind)) > 3);
    }
    assert_null(entrain_distribution_name(ENTRAIN_DISTRIBUTION_KIND_COUNT));
    assert_null(entrain_distribution_summary(ENTRAIN_DISTRIBUTION_KIND_COUNT));
    assert_int_equal(entrain_distribution_find("Lorentz"), ENTRAIN_DISTRIBUTION_KIND_COUNT);
    assert_int_equal(entrain_distribution_find(""), ENTRAIN_DISTRIBUTION_KIND_COUNT);
    assert_string_equal(entrain_sampling_name(ENTRAIN_SAMPLING_QUANTILE), "quantile");
    assert_null(entrain_sampling_name(ENTRAIN_SAMPLING_COUNT));
}

static void draws_are_those_of_the_stream(void **state) {
    (void)state;
    double values[COUNT];
    entrain_random key = entrain_random_key(77, ENTRAIN_STREAM_PHASE);
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -2, .high = 6}, COUNT, values);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(values[i] > -2 && values[i] < 6);
        assert_true(values[i] == -2 + 8 * entrain_random_uniform(key, i, 0, 0));
    }
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 3, .deviation = 2}, COUNT,
         values);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(values[i] == 3 + 2 * entrain_random_normal(key, i, 0, 0));
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .center = -1, .width = 0.5}, COUNT,
         values);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(values[i] == -1 + 0.5 * entrain_random_lorentz(key, i, 0, 0));
    // A swarm of another size begins with the same actors; widths of nothing are allowed.
    double fewer[10];
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .center = -1, .width = 0.5}, 10,
         fewer);
    assert_memory_equal(fewer, values, sizeof fewer);
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 4, .high = 4}, 10, fewer);
    for (uint32_t i = 0; i < 10; i++)
        assert_true(fewer[i] == 4);
}

static void quantiles_are_symmetric_and_invert_the_distribution_function(void **state) {
    (void)state;
    for (uint32_t count = 1; count <= COUNT; count = count * 3 + 1) {
        double uniform[COUNT], normal[COUNT], lorentz[COUNT];
        fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM,
                                     .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                     .low = -1,
                                     .high = 1},
             count, uniform);
        fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL,
                                     .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                     .deviation = 3},
             count, normal);
        fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_LORENTZ,
                                     .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                     .width = 0.5},
             count, lorentz);
        for (uint32_t i = 0; i < count; i++) {
            double u = (i + 0.5) / count;
            CHECK_NEAR(uniform[i], 2 * u - 1, 1e-15);
            CHECK_NEAR(0.5 * erfc(-normal[i] / 3 / sqrt(2)), u, 1e-14);
            CHECK_NEAR(0.5 + atan(lorentz[i] / 0.5) / PI, u, 1e-14);
            CHECK_NEAR(uniform[i] + uniform[count - 1 - i], 0, 1e-15);
            CHECK_NEAR(normal[i] + normal[count - 1 - i], 0, 1e-11);
            CHECK_NEAR((lorentz[i] + lorentz[count - 1 - i]) / fmax(1, fabs(lorentz[i])), 0, 1e-11);
            if (i > 0)
                assert_true(uniform[i] > uniform[i - 1] && normal[i] > normal[i - 1] &&
                            lorentz[i] > lorentz[i - 1]);
        }
        if (count % 2 == 1)
            assert_true(normal[count / 2] == 0 && lorentz[count / 2] == 0 && uniform[count / 2] == 0);
    }
}

static void a_twisted_state_is_exact_for_any_winding(void **state) {
    (void)state;
    const int32_t windings[] = {0, 1, -1, 3, -7, 1000003, INT32_MAX, INT32_MIN};
    const uint32_t counts[] = {2, 7, 360, COUNT};
    for (size_t w = 0; w < sizeof windings / sizeof *windings; w++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            double values[COUNT];
            fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_TWISTED, .winding = windings[w]},
                 counts[c], values);
            for (uint32_t i = 0; i < counts[c]; i++) {
                long long turns =
                    (long long)windings[w] * i % (long long)counts[c]; // below 2^31 * 1000: exact
                long double exact =
                    6.283185307179586476925286766559L * (long double)turns / (long double)counts[c];
                CHECK_NEAR(values[i], (double)exact, 2e-15);
                assert_true(fabs(values[i]) < 2 * PI);
            }
        }
}

// tan((theta - center) / 2) = (1 - r0) / (1 + r0) tan(u / 2), u evenly around the circle: Poisson's kernel,
// whose moments are r0^m. Marvel, Mirollo and Strogatz (2009).
static void a_mobius_start_has_the_coherence_asked_for(void **state) {
    (void)state;
    static double values[20000];
    for (double r0 = 0; r0 < 1; r0 += 0.3) {
        entrain_distribution mobius = {.kind = ENTRAIN_DISTRIBUTION_MOBIUS,
                                       .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                       .coherence = r0,
                                       .center = 0.7};
        for (uint32_t count = 99; count <= 100; count++) {
            fill(&mobius, count, values);
            long double moments[2][2] = {{0}};
            for (uint32_t i = 0; i < count; i++) {
                long double u = 2 * acosl(-1) * (i + 0.5L) / count - acosl(-1);
                CHECK_NEAR(values[i], (double)(0.7L + 2 * atanl((1 - r0) / (1 + r0) * tanl(u / 2))),
                           2e-15 + 4e-16 * (1 + r0) / (1 - r0));
                for (int m = 0; m < 2; m++) {
                    moments[m][0] += cosl((m + 1) * (values[i] - 0.7L)) / count;
                    moments[m][1] += sinl((m + 1) * (values[i] - 0.7L)) / count;
                }
            }
            // What N points miss: the N-th Fourier coefficient of exp(i theta), (1 - r0^2) r0^(N - 1), and of
            // its square.
            CHECK_NEAR((double)moments[0][0], r0, 1.01 * (1 - r0 * r0) * pow(r0, count - 1) + 1e-14);
            CHECK_NEAR((double)moments[1][0], r0 * r0, count * (1 - r0 * r0) * pow(r0, count - 2) + 1e-14);
            CHECK_NEAR((double)moments[0][1], 0, 1e-14);
        }
        mobius.sampling = ENTRAIN_SAMPLING_RANDOM;
        fill(&mobius, 20000, values);
        double sum = 0;
        for (uint32_t i = 0; i < 20000; i++)
            sum += cos(values[i] - 0.7) / 20000;
        CHECK_NEAR(sum, r0, 4 * sqrt(0.5 / 20000));
    }
}

// T12: identical oscillators from such a start stay on the manifold: r(t) = r0 / sqrt(r0^2 + (1 - r0^2) e^(-K
// t)).
static void a_mobius_start_relaxes_by_its_law(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 100;
    config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config.model.coupling = 1;
    config.frequency = entrain_distribution_constant(0);
    config.phase = (entrain_distribution){
        .kind = ENTRAIN_DISTRIBUTION_MOBIUS, .sampling = ENTRAIN_SAMPLING_QUANTILE, .coherence = 0.1};
    entrain_swarm *swarm = NULL;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    for (int t = 0; t <= 5; t++) {
        CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), t > 0 ? 100 : 0, &error), error);
        entrain_phase_sample sample;
        assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
        double r = 0.1 / sqrt(0.01 + 0.99 * exp(-t));
        CHECK_NEAR(sample.coherence, r, 1e-9);
        if (t == 5)
            CHECK_NEAR(r, 0.7745060373, 1e-10);
    }
    entrain_swarm_destroy(swarm);
}

static void clusters_are_even_and_where_they_should_be(void **state) {
    (void)state;
    double values[COUNT];
    for (uint32_t clusters = 1; clusters <= 12; clusters++)
        for (uint32_t count = clusters; count <= COUNT; count = count * 2 + 1) {
            entrain_distribution clustered = {.kind = ENTRAIN_DISTRIBUTION_CLUSTERED,
                                              .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                              .clusters = clusters,
                                              .center = -1,
                                              .deviation = 0};
            fill(&clustered, count, values);
            uint32_t sizes[12] = {0};
            for (uint32_t i = 0; i < count; i++) {
                double k = (values[i] + 1) / (2 * PI / clusters);
                CHECK_NEAR(k, round(k), 1e-14);
                assert_true(i == 0 || values[i] >= values[i - 1]);
                sizes[(int)round(k)]++;
            }
            for (uint32_t k = 0; k < clusters; k++)
                assert_true(sizes[k] == count / clusters || sizes[k] == count / clusters + 1);
        }
    // Within a bunch: quantiles of a normal, or draws of the stream.
    entrain_distribution two = {.kind = ENTRAIN_DISTRIBUTION_CLUSTERED,
                                .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                .clusters = 2,
                                .deviation = 0.1};
    fill(&two, 7, values);
    for (uint32_t i = 0; i < 7; i++) {
        double u = i < 4 ? (i + 0.5) / 4 : (i - 4 + 0.5) / 3;
        CHECK_NEAR(0.5 * erfc(-(values[i] - (i < 4 ? 0 : PI)) / 0.1 / sqrt(2)), u, 1e-13);
    }
    two.sampling = ENTRAIN_SAMPLING_RANDOM;
    fill(&two, 7, values);
    for (uint32_t i = 0; i < 7; i++)
        CHECK_NEAR(values[i],
                   (i < 4 ? 0 : PI) +
                       0.1 * entrain_random_normal(entrain_random_key(77, ENTRAIN_STREAM_PHASE), i, 0, 0),
                   1e-15);
}

static void splay_is_twisted_once(void **state) {
    (void)state;
    double splay[COUNT], twisted[COUNT];
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_TWISTED, .winding = 1}, COUNT, twisted);
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_SPLAY}, COUNT, splay);
    assert_memory_equal(splay, twisted, sizeof splay);
    fill(&(entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_SPLAY, .center = 0.5}, COUNT, splay);
    for (uint32_t i = 0; i < COUNT; i++)
        CHECK_NEAR(splay[i], 0.5 + twisted[i], 1e-15);
}

static void jitter_is_the_same_for_every_kind(void **state) {
    (void)state;
    double list[COUNT], jitter[COUNT], plain[COUNT], moved[COUNT];
    entrain_random key = entrain_random_key(77, ENTRAIN_STREAM_JITTER + 256 * ENTRAIN_STREAM_PHASE);
    for (uint32_t i = 0; i < COUNT; i++) {
        list[i] = 0.25 * i;
        jitter[i] = 0.01 * entrain_random_normal(key, i, 0, 0);
    }
    entrain_distribution kinds[] = {
        entrain_distribution_constant(1),
        {.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .high = 1},
        {.kind = ENTRAIN_DISTRIBUTION_NORMAL, .deviation = 1, .sampling = ENTRAIN_SAMPLING_QUANTILE},
        {.kind = ENTRAIN_DISTRIBUTION_NORMAL, .deviation = 1},
        {.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .width = 1},
        {.kind = ENTRAIN_DISTRIBUTION_LIST, .values = list, .value_count = COUNT},
        {.kind = ENTRAIN_DISTRIBUTION_TWISTED, .winding = 2},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        fill(&kinds[k], COUNT, plain);
        kinds[k].jitter = 0.01;
        fill(&kinds[k], COUNT, moved);
        for (uint32_t i = 0; i < COUNT; i++)
            assert_true(moved[i] == plain[i] + jitter[i]);
    }
}

// --- Files

static char path[] = "/tmp/entrain-distribution-XXXXXX";

static int make_file(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/entrain-distribution-XXXXXX"); // anew for each test
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}
static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void write_bytes(const char *text, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}
#define WRITE(text) write_bytes(text, sizeof(text) - 1)

static const entrain_distribution from_file = {.kind = ENTRAIN_DISTRIBUTION_FILE, .file = path};

static void a_file_is_one_number_a_line(void **state) {
    (void)state;
    // A program that speaks German writes 0,5; its files do not. Where no such locale is installed this is
    // left out.
    const char *comma = setlocale(LC_NUMERIC, "de_DE.UTF-8");
    if (comma == NULL)
        comma = setlocale(LC_NUMERIC, "de_DE");
    if (comma == NULL)
        printf("left out: this machine has no locale with a decimal comma\n");
    static const char *const texts[] = {
        "1\n-2.5\n3e-3\n",
        "# a comment\n\n  1   \n-2.5# turned back\n\t\n3e-3",
        "1\r\n-2.5\r\n0.003\r\n\r\n",
        "+1.000\n-25e-1\n.003 #\n# the end",
    };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        double values[3] = {0};
        write_bytes(texts[t], strlen(texts[t]));
        fill(&from_file, 3, values);
        assert_true(values[0] == 1 && values[1] == -2.5 && values[2] == 0.003);
    }
    setlocale(LC_NUMERIC, "C");
}

static void a_bad_file_is_refused_with_its_line(void **state) {
    (void)state;
    double values[3];
    entrain_error error = {0};
    char line[600], sentence[200];
#define REFUSE(status, words)                                                                                \
    CHECK_REFUSED(entrain_distribution_fill(&from_file, "model.frequency", 1, 1, 3, values, &error), status, \
                  error, words)
    WRITE("1\n\n# ok\nwhat\n3\n");
    snprintf(sentence, sizeof sentence, "%s:4: \"what\" is not one finite number", path);
    REFUSE(ENTRAIN_PARSE, sentence);
    WRITE("1 2\n");
    REFUSE(ENTRAIN_PARSE, ":1: \"1 2\" is not one finite number");
    WRITE("1\n2,5\n");
    REFUSE(ENTRAIN_PARSE, ":2: \"2,5\" is not one");
    WRITE("1e999\n");
    REFUSE(ENTRAIN_PARSE, ":1: \"1e999\" is not one finite");
    WRITE("1\ninf\n");
    REFUSE(ENTRAIN_PARSE, ":2: \"inf\" is not one finite");
    WRITE("nan\n");
    REFUSE(ENTRAIN_PARSE, ":1: \"nan\" is not one finite");
    WRITE("1\n2\n3\n\n4\n");
    REFUSE(ENTRAIN_INVALID, ":5: more than 3 numbers; give one for each actor");
    WRITE("1\n2\n");
    REFUSE(ENTRAIN_INVALID, "holds 2 numbers for 3 actors; give one for each");
    WRITE("");
    REFUSE(ENTRAIN_INVALID, "holds 0 numbers for 3 actors");
    WRITE("1\n2\0rubbish\n3\n");
    REFUSE(ENTRAIN_PARSE, ":2: the line is longer than 510 characters, or no text");
    memset(line, ' ', sizeof line);
    line[0] = '1', line[1] = '\n';
    write_bytes(line, sizeof line);
    REFUSE(ENTRAIN_PARSE, ":2: the line is longer than 510 characters");
    entrain_distribution other = {.kind = ENTRAIN_DISTRIBUTION_FILE, .file = "/nowhere/at/all"};
    CHECK_REFUSED(
        entrain_distribution_fill(&other, "model.frequency", 1, 1, 3, values, &error), ENTRAIN_IO, error,
        "model.frequency.file: /nowhere/at/all cannot be opened: No such file or directory; check the path.");
    other.file = "/tmp";
    CHECK_REFUSED(entrain_distribution_fill(&other, "model.frequency", 1, 1, 3, values, &error), ENTRAIN_IO,
                  error, "model.frequency.file: /tmp cannot be read: Is a directory");
}

static void what_cannot_be_drawn_is_refused(void **state) {
    (void)state;
    static const double list[3] = {1, INFINITY, 3};
    const struct {
        entrain_distribution distribution;
        const char *words;
    } refused[] = {
        {{.kind = ENTRAIN_DISTRIBUTION_CONSTANT, .value = NAN},
         "model.phase.value is nan; it must be a finite number."},
        {{.kind = ENTRAIN_DISTRIBUTION_CONSTANT, .value = -INFINITY}, "model.phase.value is -inf"},
        {{.kind = ENTRAIN_DISTRIBUTION_CONSTANT, .jitter = -0.1},
         "model.phase.jitter is -0.1; it must be finite and at least 0."},
        {{.kind = ENTRAIN_DISTRIBUTION_TWISTED, .jitter = NAN},
         "model.phase.jitter is nan; it must be finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .sampling = (entrain_sampling)2},
         "model.phase.sampling is 2; it must be random or quantile."},
        {{.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = NAN}, "model.phase.low is nan; it must be a finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .high = INFINITY},
         "model.phase.high is inf; it must be a finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 2, .high = 1},
         "model.phase.low is 2 and model.phase.high is 1; low must not be above high."},
        {{.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -1e308, .high = 1e308},
         "their difference must be finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = NAN}, "model.phase.mean is nan; it must be a finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_NORMAL, .deviation = -1},
         "model.phase.deviation is -1; it must be finite and at least 0."},
        {{.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .center = INFINITY},
         "model.phase.center is inf; it must be a finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .width = -2},
         "model.phase.width is -2; it must be finite and at least 0."},
        {{.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .width = 1.5e308, .sampling = ENTRAIN_SAMPLING_QUANTILE},
         "model.phase comes to -inf for actor 0; make its parameters smaller"},
        {{.kind = ENTRAIN_DISTRIBUTION_LIST},
         "model.phase.values holds 0 numbers for 3 actors; give one for each."},
        {{.kind = ENTRAIN_DISTRIBUTION_LIST, .values = list, .value_count = 2},
         "model.phase.values holds 2 numbers for 3 actors"},
        {{.kind = ENTRAIN_DISTRIBUTION_LIST, .values = list, .value_count = 3},
         "model.phase.values: number 2 is inf; it must be finite."},
        {{.kind = ENTRAIN_DISTRIBUTION_FILE}, "model.phase.file is missing; name a text file"},
        {{.kind = ENTRAIN_DISTRIBUTION_FILE, .file = ""}, "model.phase.file is missing"},
        {{.kind = ENTRAIN_DISTRIBUTION_MOBIUS, .coherence = 1},
         "model.phase.coherence is 1; it must be at least 0 and below 1."},
        {{.kind = ENTRAIN_DISTRIBUTION_MOBIUS, .coherence = NAN}, "model.phase.coherence is nan; it must be"},
        {{.kind = ENTRAIN_DISTRIBUTION_MOBIUS, .center = NAN},
         "model.phase.center is nan; it must be a finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_CLUSTERED},
         "model.phase.clusters is 0; it must be from 1 to 3, one for each actor at most."},
        {{.kind = ENTRAIN_DISTRIBUTION_CLUSTERED, .clusters = 4},
         "model.phase.clusters is 4; it must be from 1 to 3"},
        {{.kind = ENTRAIN_DISTRIBUTION_CLUSTERED, .clusters = 1, .deviation = -1},
         "model.phase.deviation is -1; it must be finite and at least 0."},
        {{.kind = ENTRAIN_DISTRIBUTION_CLUSTERED, .clusters = 1, .center = INFINITY},
         "model.phase.center is inf"},
        {{.kind = ENTRAIN_DISTRIBUTION_SPLAY, .center = NAN},
         "model.phase.center is nan; it must be a finite"},
        {{.kind = ENTRAIN_DISTRIBUTION_KIND_COUNT},
         "model.phase.distribution is 10; it must be one of the known kinds."},
    };
    for (size_t r = 0; r < sizeof refused / sizeof *refused; r++) {
        double values[3];
        entrain_error error = {0};
        CHECK_REFUSED(
            entrain_distribution_fill(&refused[r].distribution, "model.phase", 1, 2, 3, values, &error),
            ENTRAIN_INVALID, error, refused[r].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(draws_are_those_of_the_stream),
        cmocka_unit_test(quantiles_are_symmetric_and_invert_the_distribution_function),
        cmocka_unit_test(a_twisted_state_is_exact_for_any_winding),
        cmocka_unit_test(a_mobius_start_has_the_coherence_asked_for),
        cmocka_unit_test(a_mobius_start_relaxes_by_its_law),
        cmocka_unit_test(clusters_are_even_and_where_they_should_be),
        cmocka_unit_test(splay_is_twisted_once),
        cmocka_unit_test(jitter_is_the_same_for_every_kind),
        cmocka_unit_test_setup_teardown(a_file_is_one_number_a_line, make_file, remove_file),
        cmocka_unit_test_setup_teardown(a_bad_file_is_refused_with_its_line, make_file, remove_file),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
