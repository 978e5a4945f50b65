// What a script keeps from call to call, through a checkpoint: every kind of value comes back as it was,
// bytes are the same whichever way the table was filled, and what would be forgotten is refused by name.
#include "check.h"

#include <string.h>

#include "sims/lua_sandbox.h"

static bool takes(const char *path) { return strcmp(path, "on_sample") == 0; }

static sandbox *open_box(const char *text) {
    sandbox *box = NULL;
    json_t *tree = NULL;
    entrain_error error = {0};
    const sandbox_limits limits = sandbox_limits_defaults();
    const entrain_status status =
        sandbox_open("test.lua", text, strlen(text), &limits, takes, &box, &tree, &error);
    if (status != ENTRAIN_OK)
        fail_msg("%s", error.sentence);
    json_decref(tree);
    return box;
}

// What a call answers, as JSON text, the caller's to free; NULL: nothing.
static char *call(sandbox *box, int number) {
    json_t *argument = json_pack("{s:i}", "n", number), *reply = NULL;
    int line;
    entrain_error error = {0};
    if (sandbox_call(box, "on_sample", argument, &reply, &line, &error) != ENTRAIN_OK)
        fail_msg("%s", error.sentence);
    json_decref(argument);
    char *text = reply != NULL ? json_dumps(reply, JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(reply);
    return text;
}

// Bytes, or NULL with the sentence.
static void *put_down(sandbox *box, size_t *size_out, entrain_error *error_out) {
    entrain_archive *archive = NULL;
    assert_int_equal(entrain_archive_write_memory(&archive, error_out), ENTRAIN_OK);
    sandbox_archive(box, "on_sample", archive);
    return entrain_archive_data(archive, size_out, error_out);
}

static entrain_status take_up(sandbox *box, const void *data, size_t size, entrain_error *error_out) {
    entrain_archive *archive = NULL;
    assert_int_equal(entrain_archive_read_memory(data, size, "memory", &archive, error_out), ENTRAIN_OK);
    sandbox_archive(box, "on_sample", archive);
    return entrain_archive_end(archive, error_out);
}

static const char everything[] =
    "return { on_sample = function(s)\n"
    "  if s.n == 1 then\n"
    "    state = { whole = 7, real = 7.0, small = -0.0, huge = math.huge, nan = 0/0, yes = true, no = "
    "false,\n"
    "      text = 'a\\0b', empty = {}, list = { 1, 2, { 3 } }, [5] = 'five', [2.5] = 'half', [-1] = {} }\n"
    "    state.draw = math.random()\n"
    "  end\n"
    "  local said = {}\n"
    "  for k, v in pairs(state) do said[#said + 1] = tostring(k) .. '=' .. tostring(v) end\n"
    "  return { what = (table.concat(said, ' '):gsub('\\0', 'NUL')), kinds = math.type(state.whole) .. "
    "math.type(state.real),\n"
    "    size = #state.text, sign = 1 / state.small < 0, odd = state.nan ~= state.nan, deep = "
    "state.list[3][1],\n"
    "    next = math.random(1000000) }\n"
    "end }\n";

static void test_every_value_comes_back(void **state) {
    (void)state;
    sandbox *one = open_box(everything), *two = open_box(everything);
    entrain_error error = {0};
    size_t size = 0, again_size = 0;
    free(put_down(one, &size, &error)); // the first looks at what there is
    free(call(one, 1));
    void *data = put_down(one, &size, &error);
    assert_non_null(data);
    assert_int_equal(take_up(two, data, size, &error), ENTRAIN_OK);
    void *again = put_down(two, &again_size, &error);
    assert_non_null(again);
    assert_int_equal(size, again_size);
    assert_memory_equal(data, again, size);
    for (int n = 2; n < 5; n++) {
        char *left = call(one, n), *right = call(two, n);
        assert_string_equal(left, right);
        assert_non_null(strstr(left, "\"kinds\": \"integerfloat\""));
        assert_non_null(strstr(left, "\"sign\": true"));
        assert_non_null(strstr(left, "\"size\": 3"));
        free(left);
        free(right);
    }
    free(data);
    free(again);
    sandbox_close(one);
    sandbox_close(two);
}

// Of a list with holes the length is any of several; Lua's places decide, and it is the same afterwards.
static void test_lists_with_holes_are_as_long(void **state) {
    (void)state;
    static const char holes[] =
        "return { on_sample = function(s)\n"
        "  if s.n == 1 then\n"
        "    state = { full = { 1, 2, 3 }, late = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, none = { [3] = "
        "1, [9] = 2 },\n"
        "      grown = {}, far = { [1] = 1, [2] = 2, [4] = 4, [8] = 8, [16] = 16, [1 << 40] = 1 } }\n"
        "    for i = 2, 8 do state.late[i] = nil end\n"
        "    for i = 1, 40 do state.grown[i] = i end\n"
        "    for i = 20, 30 do state.grown[i] = nil end\n"
        "  end\n"
        "  return { full = #state.full, late = #state.late, none = #state.none, grown = #state.grown }\n"
        "end }\n";
    sandbox *one = open_box(holes), *two = open_box(holes);
    entrain_error error = {0};
    size_t size = 0;
    free(put_down(one, &size, &error));
    free(call(one, 1));
    void *data = put_down(one, &size, &error);
    assert_non_null(data);
    assert_int_equal(take_up(two, data, size, &error), ENTRAIN_OK);
    char *left = call(one, 2), *right = call(two, 2);
    assert_string_equal(left, right);
    assert_non_null(strstr(left, "\"late\": 12"));
    free(left);
    free(right);
    free(data);
    sandbox_close(one);
    sandbox_close(two);
}

// The order in which a table was filled, and what was taken out again, is not to be seen.
static void test_bytes_are_canonical(void **state) {
    (void)state;
    sandbox *up = open_box(
                "return { on_sample = function(s) state = {} for i = 1, 99 do state['k' .. i] = i end end }"),
            *down = open_box(
                "return { on_sample = function(s) state = { x = 1 } for i = 99, 1, -1 do state['k' .. i] = "
                "i end state.x = nil end }");
    entrain_error error = {0};
    size_t size = 0, other_size = 0;
    free(put_down(up, &size, &error));
    free(put_down(down, &size, &error));
    free(call(up, 1));
    free(call(down, 1));
    void *data = put_down(up, &size, &error), *other = put_down(down, &other_size, &error);
    assert_int_equal(size, other_size);
    assert_memory_equal(data, other, size);
    free(data);
    free(other);
    sandbox_close(up);
    sandbox_close(down);
}

static void test_what_would_be_forgotten_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence; // NULL: nothing is wrong
    } cases[] = {
        {"return { on_sample = function(s) state.n = (state.n or 0) + 1 end }", NULL},
        {"local n = 0 return { on_sample = function(s) n = n + 1 end }", "changes the local n, which"},
        {"return { on_sample = function(s) done = true end }", "changes the global done, which"},
        {"t = {} return { on_sample = function(s) t.x = s.n end }", "changes the global t, which"},
        {"local t = { { 1 } } return { on_sample = function(s) t[1][1] = 2 end }",
         "changes the local t, which"},
        {"local n = 0 function add() n = n + 1 end return { on_sample = function(s) add() end }",
         "changes the global add, which"},
        {"local list = { 1, 2, 3 } local function sum() return #list end return { on_sample = function(s) "
         "state.n = "
         "sum() end }",
         NULL},
        {"local state = state return { on_sample = function(s) state.n = s.n end }", NULL},
        {"return { on_sample = function(s) state.f = print end }",
         "state.f is a function; a checkpoint holds"},
        {"return { on_sample = function(s) state.a = { b = { print } } end }", "state.a.b[1] is a function"},
        {"return { on_sample = function(s) local t = {} state.a = t state.b = t end }",
         "state.b is a table that is there twice"},
        {"return { on_sample = function(s) state.me = state end }",
         "state.me is a table that is there twice"},
        {"return { on_sample = function(s) setmetatable(state, {}) end }", "state has a metatable"},
        {"return { on_sample = function(s) state[true] = 1 end }", "state"},
        {"return { on_sample = function(s) local t = state for i = 1, 40 do t.t = {} t = t.t end end }",
         "lies deeper than 32 tables"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        sandbox *box = open_box(cases[c].text);
        entrain_error error = {0};
        size_t size = 0;
        void *data = put_down(box, &size, &error);
        assert_non_null(data);
        free(data);
        free(call(box, 1));
        data = put_down(box, &size, &error);
        if ((data == NULL) != (cases[c].sentence != NULL) ||
            (data == NULL && strstr(error.sentence, cases[c].sentence) == NULL))
            fail_msg("%s: %s", cases[c].text, data == NULL ? error.sentence : "was written");
        free(data);
        sandbox_close(box);
    }
}

// Nonsense with good checksums: refused, or some state; never a crash, and no memory that the limits do
// not allow.
static void test_nonsense_is_refused(void **state) {
    (void)state;
    sandbox *box = open_box(
        "return { on_sample = function(s) state = { a = { 1, 'two', 3.5, true }, b = 'text' } end }");
    entrain_error error = {0};
    size_t size = 0;
    free(put_down(box, &size, &error));
    free(call(box, 1));
    free(put_down(box, &size, &error));
    uint64_t draw = 1;
    for (uint32_t turn = 0; turn < 2000; turn++) {
        entrain_archive *archive = NULL;
        assert_int_equal(entrain_archive_write_memory(&archive, &error), ENTRAIN_OK);
        entrain_archive_section(archive, "script");
        for (uint32_t i = 0; i < 40; i++) {
            draw = draw * UINT64_C(6364136223846793005) + 1442695040888963407u;
            uint32_t number = (uint32_t)(draw >> 33) % ((draw >> 60) < 12 ? 8 : UINT32_MAX);
            entrain_archive_u32(archive, &number);
        }
        void *data = entrain_archive_data(archive, &size, &error);
        assert_non_null(data);
        (void)take_up(box, data, size, &error);
        free(data);
    }
    sandbox_close(box);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value_comes_back),
        cmocka_unit_test(test_lists_with_holes_are_as_long),
        cmocka_unit_test(test_bytes_are_canonical),
        cmocka_unit_test(test_what_would_be_forgotten_is_refused),
        cmocka_unit_test(test_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
