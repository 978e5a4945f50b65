// Scenarios: what is refused, and what each refusal says.
#include "scenario_check.h"

static void sets_that_cannot_be_are_refused(void **state) {
    (void)state;
    static const refusal cases[] = {
        {"swarm.size", ENTRAIN_PARSE,
         "--set swarm.size: write it as key=value, as in --set swarm.size=1000."},
        {"=1", ENTRAIN_PARSE, "write it as key=value"},
        {"", ENTRAIN_PARSE, "write it as key=value"},
        {"swarm.sise=1", ENTRAIN_UNKNOWN,
         "--set swarm.sise=1: there is no key \"swarm.sise\"; did you mean \"swarm.size\"?"},
        {"swarm.degree=1", ENTRAIN_UNKNOWN, "did you mean \"swarm.topology.degree\"?"},
        {"coupling=1", ENTRAIN_UNKNOWN, "did you mean \"model.coupling\"?"},
        {"banana=1", ENTRAIN_UNKNOWN,
         "there is no key \"banana\"; \"entrain list keys\" shows all there are."},
        {"swarm.topology=ring", ENTRAIN_INVALID,
         "swarm.topology is a table of keys; set one of them, such as swarm.topology.kind, or"},
        {"swarm.size=", ENTRAIN_INVALID, "swarm.size is \"\"; it must be an integer from 2 to 16777215."},
        {"swarm.size=1", ENTRAIN_INVALID,
         "--set swarm.size=1: swarm.size is 1; it must be an integer from 2 to 16777215."},
        {"swarm.size=2.5", ENTRAIN_INVALID, "swarm.size is 2.5; it must be an integer"},
        {"swarm.size=1e300", ENTRAIN_INVALID, "swarm.size is 1e+300"},
        {"swarm.size=1e999", ENTRAIN_INVALID, "swarm.size is \"1e999\""},
        {"swarm.size=0x10", ENTRAIN_INVALID, "swarm.size is \"0x10\""},
        {"swarm.size=true", ENTRAIN_INVALID, "swarm.size is \"true\""},
        {"swarm.size=[5]", ENTRAIN_INVALID, "swarm.size is \"[5]\""},
        {"swarm.size=\"50\"", ENTRAIN_INVALID, "(take the quotes away)"},
        {"seed=random", ENTRAIN_INVALID, "(--seed random on the command line draws one and prints it)"},
        {"seed=-1", ENTRAIN_INVALID, "seed is -1; it must be an integer from 0 to 9223372036854775807."},
        {"seed=9223372036854775808", ENTRAIN_INVALID, "seed is 9.223372036854776e+18; it must be"},
        {"swarm.topology.directed=yes", ENTRAIN_INVALID,
         "swarm.topology.directed is \"yes\"; it must be true or false."},
        {"swarm.topology.kind=rign", ENTRAIN_UNKNOWN,
         "scale-free, star, edge-list (did you mean \"ring\"?), or come from a plug-in (--load FILE.so)."},
        {"model.kind=potts", ENTRAIN_UNKNOWN,
         "model.kind is \"potts\"; it must be one of kuramoto, swing, pulse, desync, agent, or come from a "
         "plug-in "
         "(--load FILE.so)."},
        {"model.normalise=7", ENTRAIN_UNKNOWN, "it must be one of size, degree, heard, none."},
        {"exec.policy=stael", ENTRAIN_UNKNOWN, "(did you mean \"steal\"?)"},
        {"model.frequency.values=1", ENTRAIN_INVALID,
         "model.frequency.values does not apply to distribution \"lorentz\"; it belongs to list."},
        {"model.frequency.distribution=twisted", ENTRAIN_UNKNOWN,
         "it must be one of constant, uniform, normal, lorentz, list, file."},
        {"title=", ENTRAIN_INVALID, "title is \"\"; it must be a text of one line, 1 to 1024 bytes."},
        {"title=a\nb", ENTRAIN_INVALID, "it must be a text of one line"},
        {"title=\xff", ENTRAIN_PARSE, "--set title=?: title is not UTF-8; write it so."},
        {"\xff=1", ENTRAIN_UNKNOWN, "--set ?=1: there is no key \"?\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_refused("x.lua", "return {}", SETS(cases[i].text), cases[i].status, cases[i].words);
}

// ---- refusals

static void wrong_keys_and_values_are_refused(void **state) {
    (void)state;
    static const refusal cases[] = {
        {"swarm = { sise = 5 }", ENTRAIN_UNKNOWN,
         "dir/x.lua: there is no key \"swarm.sise\"; did you mean \"swarm.size\"?"},
        {"swarm = { degree = 5 }", ENTRAIN_UNKNOWN, "did you mean \"swarm.topology.degree\"?"},
        {"model = { frequency = { widht = 5 } }", ENTRAIN_UNKNOWN, "did you mean \"model.frequency.width\"?"},
        {"model = { frequency = { winding = 1 } }", ENTRAIN_UNKNOWN,
         "there is no key \"model.frequency.winding\"; did you mean"},
        {"swrm = {}", ENTRAIN_UNKNOWN, "there is no key \"swrm\"; did you mean \"swarm\"?"},
        {"happenings = {}", ENTRAIN_UNKNOWN,
         "there is no key \"happenings\"; \"entrain list keys\" shows all"},
        {"['swarm.size'] = 5", ENTRAIN_UNKNOWN,
         "the key \"swarm.size\" has a dot in it; tables lie in each other"},
        {"[''] = 5", ENTRAIN_UNKNOWN, "there is no key \"\""},
        {"[('x'):rep(1000)] = 5", ENTRAIN_UNKNOWN, "there is no key \"xxxx"},
        {"['a\\nb'] = 5", ENTRAIN_UNKNOWN, "there is no key \"a b\""},
        {"swarm = 5", ENTRAIN_INVALID,
         "dir/x.lua: swarm is 5; it must be a table of keys, of which one is swarm.size."},
        {"swarm = { topology = 'ring' }", ENTRAIN_INVALID,
         "swarm.topology is \"ring\"; it must be a table of keys, of which one is swarm.topology.kind."},
        {"swarm = { 1, 2 }", ENTRAIN_INVALID, "swarm is a list of 2 values; it must be a table"},
        {"swarm = { size = {} }", ENTRAIN_INVALID, "swarm.size is a table; it must be an integer"},
        {"swarm = { size = 1 }", ENTRAIN_INVALID,
         "dir/x.lua: swarm.size is 1; it must be an integer from 2 to 16777215."},
        {"swarm = { size = 16777216 }", ENTRAIN_INVALID, "swarm.size is 16777216"},
        {"swarm = { size = '50' }", ENTRAIN_INVALID,
         "swarm.size is \"50\"; it must be an integer from 2 to 16777215 (take the quotes away)."},
        {"seed = 'random'", ENTRAIN_INVALID, "(--seed random on the command line draws one and prints it)"},
        {"seed = true", ENTRAIN_INVALID,
         "seed is true; it must be an integer from 0 to 9223372036854775807."},
        {"title = 5", ENTRAIN_INVALID, "title is 5; it must be a text of one line"},
        {"title = 'a\\tb'", ENTRAIN_INVALID, "it must be a text of one line"},
        {"title = ('x'):rep(2000)", ENTRAIN_INVALID, "it must be a text of one line, 1 to 1024 bytes."},
        {"model = { lag = 3.2 }", ENTRAIN_INVALID,
         "model.lag is 3.2; it must be a number from -3.141592653589793 to 3.141592653589793."},
        {"model = { coupling = 1e7 }", ENTRAIN_INVALID, "it must be a number from -1e+06 to 1e+06."},
        {"time = { step = 0 }", ENTRAIN_INVALID,
         "time.step is 0; it must be a number above 0 and up to 1e+06."},
        {"time = { step = -1 }", ENTRAIN_INVALID, "time.step is -1; it must be a number above 0"},
        {"time = { duration = 0.001 }", ENTRAIN_INVALID,
         "time.duration is 0.001 s, less than one time.step of 0.01 s; make it at least one step."},
        {"time = { step = 1e-9, duration = 1e6 }", ENTRAIN_INVALID,
         "time.duration of 1e+06 s in steps of 1e-09 s is more than 2^40 ticks"},
        {"record = { every = 0 }", ENTRAIN_INVALID, "record.every is 0; it must be a number above 0"},
        {"stop = { coherence = 1.5 }", ENTRAIN_INVALID,
         "stop.coherence is 1.5; it must be a number from 0 to 1."},
        {"stop = { hold = 2 }", ENTRAIN_INVALID,
         "stop.hold does nothing without stop.coherence; give that too."},
        {"stop = { below = true }", ENTRAIN_INVALID, "stop.below does nothing without stop.coherence"},
        {"exec = { workers = 0 }", ENTRAIN_INVALID,
         "exec.workers is 0; it must be an integer from 1 to 256."},
        {"exec = { policy = 'stael' }", ENTRAIN_UNKNOWN, "exec.policy is \"stael\"; it must be one of "},
        {"exec = { policy = 5 }", ENTRAIN_UNKNOWN, "exec.policy is 5; it must be one of "},
        {"exec = { simd = 'avx' }", ENTRAIN_UNKNOWN,
         "it must be one of auto, sse2, avx2, avx512 (did you mean"},
        {"exec = { overflow = 'drop' }", ENTRAIN_UNKNOWN,
         "it must be one of fail, shed-newest, shed-oldest, conflate, block."},
        {"exec = { cohort = 1 }", ENTRAIN_INVALID,
         "exec.cohort is 1; it must be an integer from 64 to 16777216."},
        {"model = { frequency = { distribution = 'gaussian' } }", ENTRAIN_UNKNOWN,
         "model.frequency.distribution is \"gaussian\"; it must be one of"},
        {"model = { phase = { distribution = 'list', values = { 1, 'x' } } }", ENTRAIN_INVALID,
         "model.phase.values[2] is \"x\"; it must be a number"},
        {"model = { phase = { distribution = 'list', values = 'x' } }", ENTRAIN_INVALID,
         "model.phase.values is \"x\"; it must be a list of numbers"},
        {"model = { phase = { distribution = 'list', values = {} } }", ENTRAIN_INVALID,
         "model.phase.values holds 0 numbers"},
        {"model = { phase = { distribution = 'list', values = { 1e9 } } }", ENTRAIN_INVALID,
         "model.phase.values[1] is 1e+09"},
        {"model = { phase = { distribution = 'list', values = { 1, 2 } } }", ENTRAIN_INVALID,
         "dir/x.lua: model.phase.values holds 2 numbers and swarm.size is 1000; it must hold one per "
         "oscillator."},
        {"model = { frequency = { distribution = 'list' } }", ENTRAIN_INVALID,
         "model.frequency.values is missing; model.frequency.distribution \"list\" needs it."},
        {"model = { frequency = { distribution = 'file' } }", ENTRAIN_INVALID,
         "model.frequency.file is missing"},
        {"model = { frequency = { distribution = 'file', file = '' } }", ENTRAIN_INVALID,
         "model.frequency.file is \"\"; it must be a text"},
        {"swarm = { topology = { kind = 'edge-list' } }", ENTRAIN_INVALID,
         "swarm.topology.file is missing; swarm.topology.kind \"edge-list\" needs it."},
        {"model = { frequency = { distribution = 'uniform', low = 2, high = 1 } }", ENTRAIN_INVALID,
         "model.frequency.low is 2 and model.frequency.high is 1; the low end must not lie above the high "
         "one."},
        {"swarm = { topology = { weight = { low = 2 } } }", ENTRAIN_INVALID,
         "swarm.topology.weight.low is 2 and swarm.topology.weight.high is 1"},
        {"swarm = { topology = { weight = 'heavy' } }", ENTRAIN_INVALID,
         "swarm.topology.weight is \"heavy\"; it must be a number, or a table of keys, of which one is"},
        {"swarm = { topology = { delay = { low = 2 } } }", ENTRAIN_INVALID,
         "swarm.topology.delay.low is 2 and swarm.topology.delay.high is 0"},
        {"swarm = { topology = { delay = { high = -1 } } }", ENTRAIN_INVALID,
         "swarm.topology.delay.high is -1"},
        {"model = { past = 'quiet' }", ENTRAIN_UNKNOWN, "model.past is \"quiet\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[400];
        snprintf(text, sizeof text, "return { %s }", cases[i].text);
        check_refused("dir/x.lua", text, NULL, cases[i].status, cases[i].words);
    }
    check_refused("x.lua", "return { 1, 2 }", NULL, ENTRAIN_INVALID,
                  "the script returned a list; return a table of keys");
}

static void keys_that_do_not_apply_are_refused(void **state) {
    (void)state;
    static const refusal cases[] = {
        {"swarm = { topology = { kind = 'ring', rewire = 0.1 } }", ENTRAIN_INVALID,
         "dir/x.lua: swarm.topology.rewire does not apply to kind \"ring\"; it belongs to small-world."},
        {"swarm = { topology = { rows = 3 } }", ENTRAIN_INVALID,
         "swarm.topology.rows does not apply to kind \"small-world\"; it belongs to lattice, torus."},
        {"swarm = { topology = { probability = 0.1 } }", ENTRAIN_INVALID, "it belongs to erdos-renyi."},
        {"swarm = { topology = { file = 'x' } }", ENTRAIN_INVALID, "it belongs to edge-list."},
        {"swarm = { topology = { kind = 'complete', degree = 3 } }", ENTRAIN_INVALID,
         "swarm.topology.degree does not apply to kind \"complete\""},
        {"swarm = { topology = { kind = 'complete', weight = { low = 3 } } }", ENTRAIN_INVALID,
         "does not apply to kind \"complete\""},
        {"swarm = { topology = { kind = 'erdos-renyi', degree = 3, probability = 0.1 } }", ENTRAIN_INVALID,
         "say the same thing twice; give one of them"},
        {"model = { phase = { width = 1 } }", ENTRAIN_INVALID,
         "model.phase.width does not apply to distribution \"uniform\"; it belongs to lorentz."},
        {"model = { phase = { winding = 1 } }", ENTRAIN_INVALID, "it belongs to twisted."},
        {"model = { phase = { distribution = 'constant', sampling = 'quantile' } }", ENTRAIN_INVALID,
         "it belongs to uniform, normal, lorentz, mobius, clustered."},
        {"exec = { transport = 'publish', overflow = 'fail' }", ENTRAIN_INVALID,
         "exec.overflow does not apply to transport \"publish\"; it belongs to mailbox (overflow needs "
         "mailboxes)."},
        {"exec = { transport = 'publish', mailbox_capacity = 5 }", ENTRAIN_INVALID,
         "(only mailboxes have a capacity)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[400];
        snprintf(text, sizeof text, "return { %s }", cases[i].text);
        check_refused("dir/x.lua", text, NULL, cases[i].status, cases[i].words);
    }
    check_refused("dir/x.lua", "return { swarm = { topology = { rewire = 0.5 } } }",
                  SETS("swarm.topology.kind=ring"), ENTRAIN_INVALID,
                  "it belongs to small-world; take it out with --set swarm.topology.rewire=nil.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_that_cannot_be_are_refused),
        cmocka_unit_test(wrong_keys_and_values_are_refused),
        cmocka_unit_test(keys_that_do_not_apply_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
