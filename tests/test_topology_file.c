// Graphs from files: edge lists and Matrix Market, what is understood, and how each fault is refused with its
// line.
#include "check.h"

#include <unistd.h>

#include "edge_list_property.h"

static char path[4096];

static void write_bytes(const char *bytes, size_t size) {
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/entrain-edges-XXXXXX", folder != NULL ? folder : "/tmp");
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    close(file);
}

static entrain_topology_config file_config(void) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_EDGE_LIST;
    config.file = path;
    return config;
}

static entrain_topology *read_text(const char *text, entrain_topology_config config) {
    write_bytes(text, strlen(text));
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    unlink(path);
    edge_list_property((const uint8_t *)text, strlen(text));
    return topology;
}

static void refuse_bytes(const char *bytes, size_t size, entrain_topology_config config,
                         entrain_status wanted, const char *words) {
    write_bytes(bytes, size);
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), wanted, error, words);
    if (strncmp(error.sentence, path, strlen(path)) != 0)
        fail_msg("\"%s\" does not begin with the file's name", error.sentence);
    assert_null(topology);
    unlink(path);
    edge_list_property((const uint8_t *)bytes, size);
}

static void refuse(const char *text, entrain_status wanted, const char *words) {
    refuse_bytes(text, strlen(text), file_config(), wanted, words);
}

static void check_rows(entrain_topology *topology, uint32_t vertex_count, const uint64_t *offsets,
                       const int32_t *speakers) {
    entrain_topology_view view = entrain_topology_look(topology);
    assert_int_equal(view.kind, ENTRAIN_TOPOLOGY_EDGE_LIST);
    assert_int_equal(view.vertex_count, vertex_count);
    assert_memory_equal(view.in_offsets, offsets, (vertex_count + 1) * sizeof *offsets);
    assert_memory_equal(view.in_speakers, speakers, offsets[vertex_count] * sizeof *speakers);
}

static void an_edge_list_is_read_with_every_separator_and_comment(void **state) {
    (void)state;
    const uint64_t offsets[] = {0, 2, 4, 7, 8};
    const int32_t speakers[] = {1, 2, 0, 2, 0, 1, 3, 2};
    const char *const texts[] = {"0 1\n1 2\n2 0\n2 3\n",
                                 "# a comment\n\n0\t1\r\n1,2\r\n 2 , 0 % another\r\n\r\n2 3",
                                 "\xef\xbb\xbf% marked\n   \n00 01\n1 2 # c\n2 0\n3 2\n,\n\n"};
    for (int i = 0; i < 3; i++) {
        entrain_topology *topology = read_text(texts[i], file_config());
        check_rows(topology, 4, offsets, speakers);
        assert_null(entrain_topology_look(topology).in_weights);
        entrain_topology_release(topology);
    }
}

static void directed_lines_go_from_speaker_to_hearer(void **state) {
    (void)state;
    entrain_topology_config config = file_config();
    config.directed = true;
    config.size = 5;
    entrain_topology *topology = read_text("3 0 -2\n1 0 0.5\n0 1 +1.5e0\n3 0 4\n", config);
    check_rows(topology, 5, (const uint64_t[]){0, 3, 4, 4, 4, 4}, (const int32_t[]){1, 3, 3, 0});
    entrain_topology_view view = entrain_topology_look(topology);
    assert_true(view.weight_scale == 4);
    const double weights[] = {0.125, -0.5, 1, 0.375};
    assert_memory_equal(view.in_weights, weights, sizeof weights);
    entrain_topology_release(topology);
}

static void weights_are_drawn_for_a_file_without(void **state) {
    (void)state;
    entrain_topology_config config = file_config();
    config.weight_low = 2;
    config.weight_high = 3;
    entrain_topology *topology = read_text("0 1\n1 2\n", config);
    entrain_topology_view view = entrain_topology_look(topology);
    assert_true(view.weighted && view.weight_scale == 4);
    for (uint64_t a = 0; a < view.arc_count; a++)
        assert_true(view.in_weights[a] * 4 >= 2 && view.in_weights[a] * 4 <= 3);
    assert_true(view.in_weights[0] == view.in_weights[1]);
    entrain_topology_release(topology);
}

static void a_fourth_column_is_the_delay(void **state) {
    (void)state;
    entrain_topology_config config = file_config();
    config.directed = true;
    // By hearer 0: from 1 (two edges, in the order given), 2, 3.
    entrain_topology *topology = read_text("3 0 1 0.5\n1 0 1 2e-1\n2 0 -1,0\n1 0 1 7\n0 3 1 0.125\n", config);
    check_rows(topology, 4, (const uint64_t[]){0, 4, 4, 4, 5}, (const int32_t[]){1, 1, 2, 3, 0});
    entrain_topology_view view = entrain_topology_look(topology);
    const double delays[] = {0.2, 7, 0, 0.5, 0.125};
    assert_memory_equal(view.in_delays, delays, sizeof delays);
    assert_true(view.delay_low == 0 && view.delay_high == 7);
    entrain_topology_release(topology);

    // Undirected: both ways alike, through every renumbering. One delay for all is one number.
    topology = read_text("0 2 1 3\n1 2 1 4\n", file_config());
    view = entrain_topology_look(topology);
    assert_memory_equal(view.in_delays, ((const double[]){3, 4, 3, 4}), 4 * sizeof(double));
    entrain_topology_release(topology);
    topology = read_text("0 2 1 0.3\n1 2 1 0.3\n", file_config());
    view = entrain_topology_look(topology);
    assert_null(view.in_delays);
    assert_true(view.delay_low == 0.3 && view.delay_high == 0.3);
    entrain_topology_release(topology);

    // A file without delays may be given drawn ones; one with delays may not.
    config = file_config();
    config.delay_low = 1;
    config.delay_high = 2;
    topology = read_text("0 1 0.5\n1 2 0.5\n", config);
    view = entrain_topology_look(topology);
    assert_true(view.in_delays[0] >= 1 && view.in_delays[0] <= 2 && view.in_delays[0] == view.in_delays[1]);
    assert_true(view.in_delays[2] != view.in_delays[0]);
    entrain_topology_release(topology);
    refuse_bytes("0 1 1 1\n", 8, config, ENTRAIN_INVALID,
                 ": has delays of its own; leave topology.delay_low");
}

static void matrix_market_is_read(void **state) {
    (void)state;
    entrain_topology_config directed = file_config();
    directed.directed = true;
    entrain_topology *topology =
        read_text("%%MatrixMarket matrix coordinate real general\n% comment\n\n 3 3 2\n"
                  "1 2 0.25\n3 2 -1\n",
                  directed);
    check_rows(topology, 3, (const uint64_t[]){0, 0, 2, 2}, (const int32_t[]){0, 2});
    entrain_topology_view view = entrain_topology_look(topology);
    assert_true(view.weighted && view.weight_scale == 1 && view.in_weights[0] == 0.25 &&
                view.in_weights[1] == -1);
    entrain_topology_release(topology);

    topology =
        read_text("%%matrixmarket MATRIX Coordinate Pattern Symmetric\n4 4 2\n2 1\n4 1\n", file_config());
    check_rows(topology, 4, (const uint64_t[]){0, 2, 3, 3, 4}, (const int32_t[]){1, 3, 0, 0});
    assert_null(entrain_topology_look(topology).in_weights);
    entrain_topology_release(topology);

    topology = read_text("%%MatrixMarket matrix coordinate integer symmetric\n2 2 1\n2 1 1\n", file_config());
    assert_true(entrain_topology_look(topology).weighted);
    entrain_topology_release(topology);
}

static void faults_are_refused_with_their_line(void **state) {
    (void)state;
    refuse("", ENTRAIN_PARSE, ": is empty");
    refuse("\n\n# nothing\n", ENTRAIN_PARSE, ": holds no edges");
    refuse("0 1\n1 x\n", ENTRAIN_PARSE, ":2: \"x\" is not a whole number");
    refuse("0 1\n1 -2\n", ENTRAIN_PARSE, ":2: \"-2\" is not a whole number");
    refuse("0 1.0\n", ENTRAIN_PARSE, ":1: \"1.0\" is not a whole number");
    refuse("0 1\n\n7 7\n", ENTRAIN_PARSE, ":3: vertex 7 to itself");
    refuse("0 1\n2\n", ENTRAIN_PARSE, ":2: \"2\" stands alone");
    refuse("0 1 2 3 4\n", ENTRAIN_PARSE,
           ":1: \"4\" follows where the line should end after from, to, weight and delay");
    refuse("0 1 2 3 4 5 6 7 8\n", ENTRAIN_PARSE, ":1: \"4\" follows");
    refuse("0 1 2 3\n0 2 1\n", ENTRAIN_PARSE,
           ":2: 3 columns where the first edge has 4; every edge has a delay");
    refuse("0 1 2\n0 2 1 1\n", ENTRAIN_PARSE,
           ":2: 4 columns where the first edge has 3; every edge has a delay");
    refuse("0 1\n0 2 1 1\n", ENTRAIN_PARSE, ":2: 4 columns where the first edge has 2");
    refuse("0 1 2 -1\n", ENTRAIN_PARSE, ":1: delay -1 must be 0 to 1e6 seconds");
    refuse("0 1 2 1e7\n", ENTRAIN_PARSE, ":1: delay 1e7 must be");
    refuse("0 1 2 inf\n", ENTRAIN_PARSE, ":1: \"inf\" is not a number");
    refuse("0 1 2\n0 2\n", ENTRAIN_PARSE, ":2: 2 columns where the first edge has 3");
    refuse("0 1\n0 2 1\n", ENTRAIN_PARSE, ":2: 3 columns where the first edge has 2");
    refuse("0 1 nan\n", ENTRAIN_PARSE, ":1: \"nan\" is not a number");
    refuse("0 1 0x10\n", ENTRAIN_PARSE, ":1: \"0x10\" is not a number");
    refuse("0 1 1e\n", ENTRAIN_PARSE, ":1: \"1e\" is not a number");
    refuse("0 1 -\n", ENTRAIN_PARSE, ":1: \"-\" is not a number");
    refuse("0 1 1e999\n", ENTRAIN_PARSE, ":1: weight 1e999 must be between");
    refuse("0 1 -1e31\n", ENTRAIN_PARSE, ":1: weight -1e31 must be between");
    refuse("0 16777215\n", ENTRAIN_LIMIT, ":1: vertex 16777215: vertices are 0 to 16777214 at most");
    refuse("0 99999999999999999999999999999\n", ENTRAIN_LIMIT, ":1: vertex 99999999999999999999999999999: ");
    refuse("0 18446744073709551617\n", ENTRAIN_LIMIT, ":1: vertex 18446744073709551617: ");
    refuse("0 \xff\xfe\n", ENTRAIN_PARSE, ":1: \"\?\?\" is not a whole number");
    refuse_bytes("0 1\n1\0 2\n", 9, file_config(), ENTRAIN_PARSE,
                 ":2: byte 0x00 at column 2; is this a text file?");
    refuse_bytes("\x7f"
                 "ELF\2\1\1\0",
                 8, file_config(), ENTRAIN_PARSE, ":1: byte 0x02 at column 5");
    entrain_topology_config sized = file_config();
    sized.size = 3;
    refuse_bytes("0 1\n1 3\n", 8, sized, ENTRAIN_PARSE, ":2: vertex 3 is outside 0 to 2");
    char longest[5000];
    memset(longest, ' ', sizeof longest);
    memcpy(longest, "0 1\n", 4);
    refuse_bytes(longest, sizeof longest, file_config(), ENTRAIN_PARSE,
                 ":2: the line is longer than 4096 bytes");
    memset(longest, '1', 200);
    memcpy(longest + 200, "x 1", 3);
    refuse_bytes(longest, 203, file_config(), ENTRAIN_PARSE,
                 ":1: \"1111111111111111111111111111111111111111...\" is not");
}

static void matrix_faults_are_refused_with_their_line(void **state) {
    (void)state;
#define HEADER "%%MatrixMarket matrix coordinate pattern symmetric\n"
    refuse("%%MatrixMarket matrix array real general\n", ENTRAIN_PARSE, ":1: the header must read");
    refuse("%%MatrixMarket matrix coordinate real\n", ENTRAIN_PARSE, ":1: the header must read");
    refuse("%%MatrixMarket matrix coordinate complex general\n", ENTRAIN_PARSE,
           ":1: a matrix of \"complex\"");
    refuse("%%MatrixMarket matrix coordinate real hermitian\n", ENTRAIN_PARSE, ":1: a \"hermitian\" matrix");
    refuse("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 1\n", ENTRAIN_INVALID,
           "set topology.directed to true");
    entrain_topology_config directed = file_config();
    directed.directed = true;
    refuse_bytes(HEADER, strlen(HEADER), directed, ENTRAIN_INVALID, "set topology.directed to false");
    refuse(HEADER, ENTRAIN_PARSE, ":2: 0 columns where the size should stand");
    refuse(HEADER "3 3\n", ENTRAIN_PARSE, ":2: 2 columns where the size should stand");
    refuse(HEADER "3 x 1\n", ENTRAIN_PARSE, ":2: \"x\" is not a whole number");
    refuse(HEADER "3 4 1\n", ENTRAIN_PARSE, ":2: a graph needs a square matrix, not 3 x 4");
    refuse(HEADER "1 1 1\n", ENTRAIN_LIMIT, ":2: 1 vertices are outside 2 to 16777215");
    refuse(HEADER "16777216 16777216 1\n", ENTRAIN_LIMIT, ":2: 16777216 vertices are outside");
    refuse(HEADER "3 3 1\n2 1\n3 1\n", ENTRAIN_PARSE, ":4: more entries than the 1 announced");
    refuse(HEADER "3 3 99999999999999999\n2 1\n", ENTRAIN_PARSE,
           ": ends after 1 of 99999999999999999 entries");
    refuse(HEADER "3 3 0\n", ENTRAIN_PARSE, ": holds no edges");
    refuse(HEADER "3 3 1\n0 1\n", ENTRAIN_PARSE, ":3: vertex 0 is outside 1 to 3");
    refuse(HEADER "3 3 1\n4 1\n", ENTRAIN_PARSE, ":3: vertex 4 is outside 1 to 3");
    refuse(HEADER "3 3 1\n1 3\n", ENTRAIN_PARSE, ":3: entry (1, 3) is above the diagonal");
    refuse(HEADER "3 3 1\n2 2\n", ENTRAIN_PARSE, ":3: vertex 2 to itself");
    refuse(HEADER "3 3 1\n2 1 5\n", ENTRAIN_PARSE, ":3: 3 columns where the header promises 2");
    entrain_topology_config sized = file_config();
    sized.size = 4;
    refuse_bytes(HEADER "3 3 1\n2 1\n", strlen(HEADER) + 10, sized, ENTRAIN_INVALID,
                 ":2: 3 rows, but topology.size is 4");
#undef HEADER
}

static void files_that_cannot_be_read_are_refused(void **state) {
    (void)state;
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    entrain_topology_config config = file_config();
    config.file = "/nowhere/edges.txt";
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_IO, error,
                  "/nowhere/edges.txt: cannot be opened: No such file or directory");
    config.file = "/";
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_IO, error,
                  "/: cannot be read: Is a directory");
    config.file = NULL;
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                  "topology.file");
    config.file = "";
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                  "topology.file");
    const char text[] = "0 1 5\n";
    write_bytes(text, sizeof text - 1);
    config = file_config();
    config.weight_low = 0;
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                  "has weights of its own; leave topology.weight_low and weight_high at 1");
    unlink(path);
    assert_null(topology);
}

// More than one chunk and a few growths; the same graph as from memory.
static void a_long_file_is_read_whole(void **state) {
    (void)state;
    enum { COUNT = 60000 };
    static char text[COUNT * 24];
    static entrain_edge edges[COUNT];
    size_t size = 0;
    for (uint32_t e = 0; e < COUNT; e++) {
        edges[e] = (entrain_edge){e, (e * 7 + 1) % COUNT, (double)(e % 100) / 8};
        edges[e].to = edges[e].to == e ? (e + 1) % COUNT : edges[e].to;
        size += (size_t)snprintf(text + size, 24, "%u %u %g\n", edges[e].from, edges[e].to, edges[e].weight);
    }
    write_bytes(text, size);
    entrain_topology *from_file, *from_memory;
    entrain_error error = {0};
    entrain_topology_config config = file_config();
    config.directed = true;
    CHECK_OK(entrain_topology_create(&config, &from_file, &error), error);
    CHECK_OK(entrain_topology_from_edges(COUNT, edges, COUNT, true, true, &from_memory, &error), error);
    entrain_topology_view a = entrain_topology_look(from_file), b = entrain_topology_look(from_memory);
    assert_int_equal(a.vertex_count, COUNT);
    assert_int_equal(a.arc_count, COUNT);
    assert_memory_equal(a.in_offsets, b.in_offsets, (COUNT + 1) * sizeof *a.in_offsets);
    assert_memory_equal(a.in_speakers, b.in_speakers, COUNT * sizeof *a.in_speakers);
    assert_memory_equal(a.in_weights, b.in_weights, COUNT * sizeof *a.in_weights);
    assert_memory_equal(a.out_hearers, b.out_hearers, COUNT * sizeof *a.out_hearers);
    entrain_topology_release(from_file);
    entrain_topology_release(from_memory);
    unlink(path);
}

static void failing_blocks_leave_nothing_and_no_open_file(void **state) {
    (void)state;
    char text[40000];
    size_t size = 0;
    for (int e = 0; e < 3000; e++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%d %d 1\n", e % 50, e % 50 + 1);
    write_bytes(text, size);
    int64_t live = entrain__memory_live();
    int next_file = dup(0);
    close(next_file);
    entrain_topology_config config = file_config();
    uint64_t failures = 0;
    for (uint64_t n = 1;; n++) {
        entrain_topology *topology = NULL;
        entrain_error error = {0};
        entrain__memory_fail_at(n);
        entrain_status status = entrain_topology_create(&config, &topology, &error);
        entrain__memory_fail_at(0);
        entrain_topology_release(topology);
        assert_int_equal(entrain__memory_live(), live);
        if (status == ENTRAIN_OK)
            break;
        assert_int_equal(status, ENTRAIN_NO_MEMORY);
        assert_null(topology);
        assert_true(strlen(error.sentence) > 0);
        failures++;
    }
    assert_true(failures >= 12);
    int file = dup(0);
    assert_int_equal(file, next_file);
    close(file);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edge_list_is_read_with_every_separator_and_comment),
        cmocka_unit_test(directed_lines_go_from_speaker_to_hearer),
        cmocka_unit_test(weights_are_drawn_for_a_file_without),
        cmocka_unit_test(a_fourth_column_is_the_delay),
        cmocka_unit_test(matrix_market_is_read),
        cmocka_unit_test(faults_are_refused_with_their_line),
        cmocka_unit_test(matrix_faults_are_refused_with_their_line),
        cmocka_unit_test(files_that_cannot_be_read_are_refused),
        cmocka_unit_test(a_long_file_is_read_whole),
        cmocka_unit_test(failing_blocks_leave_nothing_and_no_open_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
