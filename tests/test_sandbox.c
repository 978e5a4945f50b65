// The Lua that scenario files run in: what it has, what it computes, and that nothing gets it to run for
// ever.
#include "check.h"

#include <lualib.h>
#include <math.h>
#include <unistd.h>

#include "entrain/math.h"
#include "sims/lua_sandbox.h"

static entrain_error error;

static entrain_status run(const char *text, json_t **tree_out) {
    sandbox_limits limits = sandbox_limits_defaults();
    memset(&error, 0, sizeof error);
    return sandbox_run("dir/x.lua", text, strlen(text), &limits, tree_out, &error);
}

// The script must end well; its table as JSON text, to be freed.
static char *result(const char *text) {
    json_t *tree = NULL;
    entrain_status status = run(text, &tree);
    if (status != ENTRAIN_OK)
        fail_msg("%s\nanswered %s: %s", text, entrain_status_name(status), error.sentence);
    char *json = json_dumps(tree, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(tree);
    return json;
}

#define CHECK_RESULT(text, json)                                                                             \
    do {                                                                                                     \
        char *check_json = result(text);                                                                     \
        assert_string_equal(check_json, json);                                                               \
        free(check_json);                                                                                    \
    } while (0)

static void check_sentence(void) {
    size_t size = strlen(error.sentence);
    assert_true(size > 10 && size < 1000);
    assert_null(strchr(error.sentence, '\n'));
    assert_true(error.sentence[size - 1] == '.' || error.sentence[size - 1] == '?');
}

#define CHECK_FAILS(text, wanted, words)                                                                     \
    do {                                                                                                     \
        json_t *check_tree = (json_t *)(uintptr_t)8;                                                         \
        CHECK_REFUSED(run(text, &check_tree), wanted, error, words);                                         \
        assert_ptr_equal(check_tree, (json_t *)(uintptr_t)8);                                                \
        check_sentence();                                                                                    \
    } while (0)

static void tables_become_json(void **state) {
    (void)state;
    CHECK_RESULT("return {}", "{}");
    CHECK_RESULT("return { b = 1, a = 1.0, c = 'x', d = true, e = { 1, 2.5 }, f = { g = {} } }",
                 "{\"a\":1.0,\"b\":1,\"c\":\"x\",\"d\":true,\"e\":[1,2.5],\"f\":{\"g\":{}}}");
    CHECK_RESULT("return { a = 2^53, b = 1 << 62, c = 7 // 2, d = 7 / 2, e = -0.0 }",
                 "{\"a\":9007199254740992.0,\"b\":4611686018427387904,\"c\":3,\"d\":3.5,\"e\":-0.0}");
    CHECK_RESULT("local t = { 1 } return { t, t }", "[[1],[1]]"); // twice, but no cycle
    CHECK_RESULT("return { a = 'gr\\u{fc}n' }", "{\"a\":\"gr\xc3\xbcn\"}");
}

static void what_json_cannot_hold_is_refused_with_its_path(void **state) {
    (void)state;
    CHECK_FAILS("return { a = { b = { 1, 2, print } } }", ENTRAIN_INVALID,
                "dir/x.lua: a.b[3] is a function; only");
    CHECK_FAILS("return { a = 0/0 }", ENTRAIN_INVALID, "a is not a number (NaN); a finite number is wanted");
    CHECK_FAILS("return { a = { 1/0 } }", ENTRAIN_INVALID, "a[1] is infinite");
    CHECK_FAILS("return { swarm = { 1, size = 2 } }", ENTRAIN_INVALID,
                "swarm is both a list and a table of keys");
    CHECK_FAILS("return { a = { 1, nil, 3 } }", ENTRAIN_INVALID,
                "a is a list with holes (it holds 2 values, the last at [3])");
    CHECK_FAILS("return { a = { [0] = 1 } }", ENTRAIN_INVALID,
                "a has a key that is a number below 1 or not whole");
    CHECK_FAILS("return { a = { [1.5] = 1 } }", ENTRAIN_INVALID,
                "a has a key that is a number below 1 or not whole");
    CHECK_FAILS("return { [true] = 1 }", ENTRAIN_INVALID, "the returned table has a key that is boolean");
    CHECK_FAILS("local t = {} t.a = { b = t } return t", ENTRAIN_INVALID, "a.b contains itself");
    CHECK_FAILS("local t = {} for i = 1, 32 do t = { t } end return t", ENTRAIN_INVALID,
                "deeper than 32 tables");
    CHECK_RESULT("local t = 1 for i = 1, 32 do t = { t } end return t",
                 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    CHECK_FAILS("return { a = 'x\\0y' }", ENTRAIN_INVALID, "a: the text holds a NUL character");
    CHECK_FAILS("return { a = 'x\\xff' }", ENTRAIN_INVALID,
                "a: the text is not UTF-8; save the file as UTF-8");
    CHECK_FAILS("return { ['\\xff'] = 1 }", ENTRAIN_INVALID, "a key is not UTF-8");
    CHECK_FAILS("return 7", ENTRAIN_INVALID,
                "dir/x.lua: the script returned a number, and it must end by returning a table");
    CHECK_FAILS("local x = 1", ENTRAIN_INVALID, "the script returned nothing");
#ifndef ENTRAIN_CHECKED // sanitizers take 15 s over it
    // Few tables, told many times over: refused before memory is.
    CHECK_FAILS("local t = {} for i = 1, 1000 do t[i] = i end for i = 1, 3 do local u = {} for j = 1, 100 do "
                "u[j] = t end "
                "t = u end return t",
                ENTRAIN_INVALID, "holds more than 20 million values");
#endif
}

static void messages_carry_file_and_line(void **state) {
    (void)state;
    CHECK_FAILS("\n\nreturn { a = }", ENTRAIN_PARSE,
                "dir/x.lua:3: unexpected symbol near '}'; the file must be Lua 5.4");
    CHECK_FAILS("\nlocal a = nil\nreturn { b = a.c }", ENTRAIN_INVALID,
                "dir/x.lua:3: attempt to index a nil value (local 'a').");
    CHECK_FAILS("error('size must be even')", ENTRAIN_INVALID, "dir/x.lua:1: size must be even.");
    CHECK_FAILS("error('two\\nlines\\27[31m', 0)", ENTRAIN_INVALID, "dir/x.lua: two lines [31m.");
    CHECK_FAILS("error({})", ENTRAIN_INVALID,
                "dir/x.lua: the script raised a table as an error; raise a text");
    CHECK_FAILS("return { a = os.time() }", ENTRAIN_INVALID,
                "dir/x.lua:1: attempt to index a nil value (global 'os'); "
                "scenario scripts have no os");
    CHECK_FAILS("require 'x'", ENTRAIN_INVALID, "scenario scripts have no require");
    CHECK_FAILS("error(('long '):rep(1000))", ENTRAIN_INVALID, "long long long");
    CHECK_FAILS("error(('\xc3\xbc'):rep(1000), 0)", ENTRAIN_INVALID, "\xc3\xbc....");
}

static void compiled_lua_is_refused(void **state) {
    (void)state;
    CHECK_FAILS("\x1bLua", ENTRAIN_PARSE, "compiled Lua is not accepted");
    CHECK_FAILS("return { a = string.dump(print) }", ENTRAIN_INVALID, "field 'dump'");
}

// Everything a script can name, so that nothing comes in unnoticed.
static void the_library_is_exactly_this(void **state) {
    (void)state;
    CHECK_RESULT(
        "local out = {} for k, v in pairs(_G) do out[#out + 1] = k end return { table.concat(out, ' ') }",
        "[\"_G _VERSION assert error getmetatable ipairs logrange math next pairs pcall print range rawequal "
        "rawget "
        "rawlen "
        "rawset select setmetatable state string table tonumber tostring type utf8 xpcall\"]");
    CHECK_RESULT(
        "local out = {} for k, v in pairs(math) do out[#out + 1] = k end return { table.concat(out, ' ') }",
        "[\"abs acos asin atan ceil cos exp floor fmod huge log max maxinteger min mininteger modf pi random "
        "randomseed sin sqrt tan tointeger type ult\"]");
    CHECK_RESULT(
        "local out = {} for k, v in pairs(string) do out[#out + 1] = k end return { table.concat(out, ' ') }",
        "[\"byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper\"]");
    CHECK_RESULT(
        "local out = {} for k, v in pairs(table) do out[#out + 1] = k end return { table.concat(out, ' ') }",
        "[\"concat insert move pack remove sort unpack\"]");
    CHECK_RESULT(
        "local out = {} for k, v in pairs(utf8) do out[#out + 1] = k end return { table.concat(out, ' ') }",
        "[\"char charpattern codepoint codes len offset\"]");
    CHECK_RESULT("local m = getmetatable('').__index return { m == string }", "[true]");
}

// ---- limits

static void nothing_swallows_the_end(void **state) {
    (void)state;
    static const char *const endless[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "xpcall(function() error('x') end, function() while true do end end)",
        "local function f() return pcall(f) end while true do f() end",
        "local t = setmetatable({}, { __index = function() while true do end end }) local x = t.a",
        "do local x <close> = setmetatable({}, { __close = function() while true do end end }) end",
        "local function f() local x <close> = setmetatable({}, { __close = f }) end while 1 do pcall(f) end",
        "table.sort({ 2, 1 }, function() while true do end end)",
        "('x'):gsub('x', function() while true do end end)",
        "for i = 1, math.huge do end",
        "goto a ::a:: goto a",
        // C functions that take long, or would
        "while true do pcall(string.rep, 'x', 20000000) end",
        "local s = ('a'):rep(30) s:find(('a?'):rep(30) .. s .. 'b')",
        "local s = ('a'):rep(100) s:find(('.-'):rep(20) .. 'b')",
        "local s = ('a'):rep(100) s:gsub(('.-'):rep(20) .. 'b', '')",
        "local s = ('a'):rep(100) for x in s:gmatch(('a*'):rep(20) .. 'b') do end",
        "while true do pcall(string.find, ('a'):rep(1000), ('.-'):rep(20) .. 'b') end",
        "local s = ('('):rep(200000) s:find('%b()')  for i = 1, 1000 do s:gsub('%b()', '') end",
        "table.move({}, 1, 1 << 60, 2)",
        "while true do table.unpack({}, 1, 100000) end",
        "table.concat(setmetatable({}, { __len = function() return 1 << 60 end })) while true do end",
        "local t = {} for i = 1, 100000 do t[i] = i end while true do for k in pairs(t) do break end end",
        "local t = {} for i = 1, 100000 do t[i] = i end while true do next(t) end",
        "local t = range(1, 100000) while true do table.insert(t, 1, 1) table.remove(t, 1) end",
        "local t = {} for i = 1, 100000 do t[i] = '' end while true do table.concat(t) end",
        "local s = ('x'):rep(1000000) while true do s:upper() end",
        "local s = ('x'):rep(10000000) while true do s:byte(1) utf8.len(s) tonumber(s) end",
        "while true do range(1, 100000) end",
        "while true do local t = {} for i = 1, 100 do t[i] = {} end end",
    };
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        json_t *tree;
        sandbox_limits limits = sandbox_limits_defaults();
        limits.work = i < 2 ? limits.work : limits.work / 10;
        entrain_status status =
            sandbox_run("dir/x.lua", endless[i], strlen(endless[i]), &limits, &tree, &error);
        bool plain = strstr(endless[i], "__len") != NULL; // refused at once
        if (status != (plain ? ENTRAIN_INVALID : ENTRAIN_LIMIT))
            fail_msg("%s\nanswered %s: %s", endless[i], entrain_status_name(status), error.sentence);
        const char *words = i < 2 ? "dir/x.lua:1: the script did not end within 100 million instructions"
                                  : "dir/x.lua:1: the script did not end within 10 million instructions";
        if (!plain && strstr(error.sentence, words) == NULL)
            fail_msg("%s\nsaid: %s", endless[i], error.sentence);
        check_sentence();
    }
}

static void memory_is_bounded(void **state) {
    (void)state;
    CHECK_FAILS("local t = {} for i = 1, 1e9 do t[i] = i end", ENTRAIN_LIMIT,
                "needs more than 64 MiB of memory");
    CHECK_FAILS("local s = 'x' while true do s = s .. s end", ENTRAIN_LIMIT,
                "needs more than 64 MiB of memory");
    CHECK_FAILS("return { ('x'):rep(1 << 40) }", ENTRAIN_LIMIT, "needs more than 64 MiB of memory");
    CHECK_FAILS(
        "local t = {} while true do local ok = pcall(function() for i = 1, 1e9 do t[#t + 1] = i end end) end",
        ENTRAIN_LIMIT, "memory");
    CHECK_FAILS("local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return { f(1e7) }",
                ENTRAIN_INVALID, "stack overflow");
    // At the brink: every allocation makes Lua collect everything.
    CHECK_FAILS("local keep = {} while pcall(function() for i = 1, 100 do keep[#keep + 1] = "
                "('%d'):format(#keep):rep(10) end "
                "end) do end while true do end",
                ENTRAIN_LIMIT, "dir/x.lua");
    CHECK_RESULT(
        "return { (''):rep(1 << 62), ('ab'):rep(3, '-'), ('x'):rep(0), ('x'):rep(-1), (''):rep(3, ',') }",
        "[\"\",\"ab-ab-ab\",\"\",\"\",\",,\"]");
}

static void processor_time_is_the_last_resort(void **state) {
    (void)state;
    // One instruction that compares 16 MB.
    const char *text =
        "local a, b = ('x'):rep(16000000) .. 'a', ('x'):rep(16000000) .. 'a' while a == b do end";
    sandbox_limits limits = sandbox_limits_defaults();
    limits.processor_s = 0.2;
    json_t *tree;
    CHECK_REFUSED(sandbox_run("x.lua", text, strlen(text), &limits, &tree, &error), ENTRAIN_LIMIT, error,
                  "did not end within 0.2 s of processor time");
}

static void finalizers_are_refused(void **state) {
    (void)state;
    CHECK_FAILS("setmetatable({}, { __gc = function() while true do end end })", ENTRAIN_INVALID,
                "finalizers (__gc) are not for scenario scripts");
    // Added afterwards, Lua does not look at it.
    CHECK_RESULT(
        "local m = {} for i = 1, 100 do setmetatable({}, m) end m.__gc = function() while true do end end "
        "local t for i = 1, 100000 do t = { t and 1 } end return { 1 }",
        "[1]");
}

// ---- what functions compute

static void pairs_and_next_walk_in_sorted_order(void **state) {
    (void)state;
    CHECK_RESULT(
        "local t = { b = 1, a = 2, [3] = 3, [1] = 4, [2.5] = 5, [-1] = 6, aa = 7, [''] = 8, [1e300] = 9, [1 "
        "<< 62] = 10, "
        "[-1e300] = 11, [math.huge] = 12 } "
        "local out, again = {}, {} for k, v in pairs(t) do out[#out + 1] = v end "
        "local k, v = next(t) while k do again[#again + 1] = v k, v = next(t, k) end return { out, again }",
        "[[11,6,4,5,3,10,9,12,8,2,7,1],[11,6,4,5,3,10,9,12,8,2,7,1]]");
    CHECK_RESULT("local t, n = {}, 0 for i = 1, 100 do t['k' .. i] = i end "
                 "for k in pairs(t) do t[k] = nil n = n + 1 end return { n, next(t) == nil }",
                 "[100,true]");
    CHECK_RESULT("local t, out = { a = 1, b = 2, c = 3 }, {} for k in pairs(t) do t.b = nil out[#out + 1] = "
                 "k end return out",
                 "[\"a\",\"c\"]");
    CHECK_FAILS("for k in pairs({ [true] = 1 }) do end", ENTRAIN_INVALID,
                "dir/x.lua:1: pairs: a key is a boolean, which has no place in sorted order");
    CHECK_FAILS("next({ [{}] = 1 })", ENTRAIN_INVALID, "next: a key is a table");
}

static void random_numbers_are_repeatable(void **state) {
    (void)state;
    const char *text =
        "local t = {} for i = 1, 100 do t[i] = math.random() end for i = 1, 100 do t[#t + 1] = "
        "math.random(6) end "
        "for i = 1, 9 do t[#t + 1] = math.random(-3, 3) t[#t + 1] = math.random(0) end return t";
    char *first = result(text), *second = result(text);
    assert_string_equal(first, second);
    free(first);
    free(second);
    CHECK_RESULT(
        "local a = math.random() math.random() math.randomseed() local b = math.random() math.randomseed(2) "
        "local c = math.random() math.randomseed(2.0) local d = math.random() math.randomseed(1) "
        "return { a == b, c == d, a == c, math.random() == a }",
        "[true,true,false,true]");
    CHECK_RESULT("local low, high = 9, 0 for i = 1, 1000 do local x = math.random(6) low, high = "
                 "math.min(low, x), math.max(high, x) "
                 "end return { low, high, math.type(math.random(1, 1)), math.random(5, 5) }",
                 "[1,6,\"integer\",5]");
    CHECK_RESULT("return { pcall(math.random, math.mininteger, math.maxinteger) and true }", "[true]");
    CHECK_FAILS("math.random(2, 1)", ENTRAIN_INVALID, "interval is empty");
    entrain_random key = entrain_random_key(1, ENTRAIN_STREAM_SCRIPT);
    json_t *tree;
    CHECK_OK(run("math.random() return { math.random() }", &tree), error);
    assert_true(json_real_value(json_array_get(tree, 0)) == entrain_random_uniform(key, 0, 1, 0));
    json_decref(tree);
}

static void mathematics_is_our_own(void **state) {
    (void)state;
    json_t *tree;
    CHECK_OK(
        run("return { math.sin(1), math.cos(1), math.tan(1), math.exp(1), math.log(3), math.atan(1, -2), "
            "math.asin(0.3), "
            "math.acos(0.3), math.log(8, 2), math.sqrt(2), math.atan(0.5), math.asin(1), math.acos(-1) }",
            &tree),
        error);
    double expected[] = {entrain_sin(1),
                         entrain_cos(1),
                         entrain_tan(1),
                         entrain_exp(1),
                         entrain_log(3),
                         entrain_atan2(1, -2),
                         entrain_atan2(0.3, sqrt(0.7 * 1.3)),
                         entrain_atan2(sqrt(0.7 * 1.3), 0.3),
                         entrain_log(8) / entrain_log(2),
                         sqrt(2),
                         entrain_atan2(0.5, 1),
                         entrain_atan2(1, 0),
                         entrain_atan2(0, -1)};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_true(json_number_value(json_array_get(tree, i)) == expected[i]);
    json_decref(tree);
}

static void no_address_is_ever_shown(void **state) {
    (void)state;
    CHECK_RESULT(
        "return { tostring({}), tostring(print), ('%s %s'):format({}, print), tostring(nil), tostring(1.5), "
        "tostring(setmetatable({}, { __tostring = function() return 'me' end })) }",
        "[\"table\",\"function\",\"table function\",\"nil\",\"1.5\",\"me\"]");
    CHECK_FAILS("return { ('%10p'):format({}) }", ENTRAIN_INVALID, "differs from run to run");
    CHECK_RESULT("return { ('%%p %5.1f|%-3d|%q'):format(1.25, 7, 'x') }", "[\"%p   1.2|7  |\\\"x\\\"\"]");
}

// To stderr, behind the file's name: stdout is for data.
static void print_goes_to_stderr(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    json_t *tree;
    entrain_status status = run("print('size', 5, nil, {}) print() return {}", &tree);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    CHECK_OK(status, error);
    json_decref(tree);
    char text[100] = "";
    rewind(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text, "dir/x.lua: size\t5\tnil\ttable\ndir/x.lua: \n");
}

static void ranges_are_lists(void **state) {
    (void)state;
    CHECK_RESULT("return logrange(1, 1000, 4)", "[1,10,100,1000]");
    CHECK_RESULT("return logrange(2, 4, 9)", "[2,3,4]"); // whole ones, each once
    CHECK_RESULT("return logrange(100, 1e6, 5)", "[100.0,1000.0,10000.0,100000.0,1000000.0]");
    CHECK_RESULT("return logrange(-1, -4.0, 3)", "[-1.0,-2.0,-4.0]");
    CHECK_FAILS("return logrange(0, 4, 3)", ENTRAIN_INVALID, "of one sign and not 0");
    CHECK_FAILS("return logrange(1, 4, 1)", ENTRAIN_INVALID, "count 2 to 1000000");
    CHECK_RESULT("return range(1, 5)", "[1,2,3,4,5]");
    CHECK_RESULT("return range(10, 1, -4)", "[10,6,2]");
    CHECK_RESULT("return range(0, 1, 0.25)", "[0.0,0.25,0.5,0.75,1.0]");
    CHECK_RESULT("local r = range(0, 1, 0.1) return { #r, r[#r] == 1 }", "[11,true]");
    CHECK_RESULT("local r = range(0, 0.3, 0.1) return { #r, r[#r] <= 0.3 }", "[4,true]");
    CHECK_RESULT("return { #range(2, 1), #range(1, 2, -1), #range(1, 1000000), #range(0, 1, 5) }",
                 "[0,0,1000000,1]");
    CHECK_RESULT("return range(math.mininteger, math.maxinteger, math.maxinteger)",
                 "[-9223372036854775808,-1,9223372036854775806]");
    CHECK_FAILS("return range(1, 1000001)", ENTRAIN_INVALID,
                "range: more than 1000000 entries; take a larger step");
    CHECK_FAILS("return range(0, 1, 1e-7)", ENTRAIN_INVALID, "more than 1000000 entries");
    CHECK_FAILS("return range(0, 1, 0)", ENTRAIN_INVALID, "the step not 0");
    CHECK_FAILS("return range(0, math.huge)", ENTRAIN_INVALID, "must be finite");
    CHECK_FAILS("return range()", ENTRAIN_INVALID, "bad argument #1");
}

static void table_functions_do_what_luas_do(void **state) {
    (void)state;
    CHECK_RESULT("local t = { 3, 1, 2 } table.sort(t) return t", "[1,2,3]");
    CHECK_RESULT("local t = { 'b', 'a', 'C' } table.sort(t, function(a, b) return a > b end) return t",
                 "[\"b\",\"a\",\"C\"]");
    // Stable: the tens decide, the ones keep their order.
    CHECK_RESULT("local t = { 25, 11, 23, 12, 21, 13, 10 } table.sort(t, function(a, b) return a // 10 < b "
                 "// 10 end) return t",
                 "[11,12,13,10,25,23,21]");
    CHECK_RESULT("local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1000 end table.sort(t) "
                 "for i = 1, 1000 do if t[i] ~= i - 1 then return { i } end end return { 'sorted' }",
                 "[\"sorted\"]");
    CHECK_FAILS("table.sort({ 1, 'x' })", ENTRAIN_INVALID, "attempt to compare");
    CHECK_RESULT("local t = { 1, 2, 3 } table.insert(t, 4) table.insert(t, 1, 0) local a, b = "
                 "table.remove(t), table.remove(t, 1) "
                 "return { t, a, b, table.concat(t, ','), table.concat({}), { table.unpack(t, 2) }, #{ "
                 "table.unpack({}) }, "
                 "table.move({ 1, 2, 3 }, 1, 3, 2), table.move({ 1, 2, 3 }, 2, 3, 1), table.pack(1, 2).n, "
                 "table.remove({}) == nil, table.concat({ 1, 2.5, 'x' }, '-', 2, 3) }",
                 "[[1,2,3],4,0,\"1,2,3\",\"\",[2,3],0,[1,1,2,3],[2,3,3],2,true,\"2.5-x\"]");
    CHECK_FAILS("table.insert({}, 5, 1)", ENTRAIN_INVALID, "position out of bounds");
    CHECK_FAILS("table.concat({ {} })", ENTRAIN_INVALID, "invalid value (a table at index 1)");
    CHECK_FAILS("table.insert(setmetatable({}, {}), 1)", ENTRAIN_INVALID,
                "a plain table, without metatable, is wanted");
}

static void protected_calls_still_protect(void **state) {
    (void)state;
    CHECK_RESULT("local ok, e = pcall(error, 'x') local a, b, c = pcall(function(...) return ... end, 1, 2) "
                 "local h, g = xpcall(error, function(m) return m .. '!' end, 'y') "
                 "local p, q, r = xpcall(function(...) return ... end, print, 3, 4) "
                 "return { ok, e, a, b, c, h, g, p, q, r, select('#', pcall(function() end)) }",
                 "[false,\"x\",true,1,2,false,\"y!\",true,3,4,1]");
}

// ---- patterns

static void patterns_follow_the_manual(void **state) {
    (void)state;
    CHECK_RESULT(
        "return { { ('hello world'):find('o w') }, { ('hello'):find('l+') }, { ('a.b'):find('.', 1, true) }, "
        "{ ('key = value'):match('^(%w+)%s*=%s*(%w+)$') }, { ('abc'):match('()b()') }, "
        "{ ('f(a(b)c)d'):match('%b()') }, { ('THE (quick) fox'):find('%f[%a]%a+%f[%A]', 5) }, "
        "{ ('x'):match('y') == nil }, { ('aXb'):gsub('%u', '%0%0') }, { ('abc'):gsub('', '-') }, "
        "{ ('hello world'):gsub('(%w+) (%w+)', '%2 %1') }, { ('$a $b'):gsub('%$(%w+)', { a = 1 }) }, "
        "{ ('abc'):gsub('%w', function(c) if c ~= 'b' then return c:upper() end end) }, "
        "{ ('abab'):gsub('^ab', 'x') }, { ('aaa'):gsub('a', 'b', 2) }, { ('[]]'):find('[]]') }, "
        "{ ('a-z'):match('[a%-z]+') }, { ('xyxy'):match('(xy)%1') }, { ('\\0a'):find('%z') == nil, "
        "('\\0a'):find('\\0') } }",
        "[[5,7],[3,4],[2,2],[\"key\",\"value\"],[2,3],[\"(a(b)c)\"],[6,10],[true],[\"aXXb\",1],[\"-a-b-c-\","
        "4],"
        "[\"world hello\",1],[\"1 "
        "$b\",2],[\"AbC\",3],[\"xab\",1],[\"bba\",2],[2,2],[\"a-z\"],[\"xy\"],[true,1,1]]");
    CHECK_FAILS("('x'):find('[a')", ENTRAIN_INVALID, "malformed pattern (missing ']')");
    CHECK_FAILS("('x'):find('%')", ENTRAIN_INVALID, "malformed pattern (ends with '%')");
    CHECK_FAILS("('x'):find('(x')", ENTRAIN_INVALID, "unfinished capture");
    CHECK_FAILS("('x'):find('x)')", ENTRAIN_INVALID, "invalid pattern capture");
    CHECK_FAILS("('x'):find('%1')", ENTRAIN_INVALID, "invalid capture index");
    CHECK_FAILS("('x'):gsub('x', '%2')", ENTRAIN_INVALID, "invalid capture index %2 in replacement string");
    CHECK_FAILS("('x'):gsub('x', '%a')", ENTRAIN_INVALID, "invalid use of '%'");
    CHECK_FAILS("('x'):find(('x'):rep(300))", ENTRAIN_INVALID, "pattern too complex");
}

// The same thousands of drawn patterns through ours and through Lua's: where both accept one, they must
// agree.
static const char DRAWN_PATTERNS[] =
    "local pieces = { 'a', 'b', '.', '%a', '%d', '%s', '%%', '[ab]', '[^a]', '[%d-]', '*', '+', '-', '?', "
    "'(', ')', '()', '^', '$', "
    "'%b()', '%f[%a]', '%1', '%A', '[a-c]', ']', '1', ' ' } "
    "local subjects = { '', 'a', 'ab', 'aab1 b', '(a(b)1)', 'bbb-a', ' a b ', '%a$', 'abcabc', '11a^b' } "
    "local state = 12345 "
    "local function draw(n) state = (state * 1103515245 + 12345) % 2147483648 return state // 65536 % n + 1 "
    "end "
    "local out = {} "
    "local function show(ok, ...) local t = { ok and 'ok' or 'refused' } if ok then for i = 1, select('#', "
    "...) do "
    "t[#t + 1] = tostring((select(i, ...))) end end out[#out + 1] = table.concat(t, ',') end "
    "for i = 1, 3000 do "
    "  local p = {} for j = 1, draw(6) do p[j] = pieces[draw(#pieces)] end p = table.concat(p) "
    "  local s = subjects[draw(#subjects)] "
    "  show(pcall(string.find, s, p, draw(4) - 2)) show(pcall(string.match, s, p)) show(pcall(string.gsub, "
    "s, p, '<%0>')) "
    "  show(pcall(function() local t = {} for a, b in s:gmatch(p) do t[#t + 1] = tostring(a) .. ':' .. "
    "tostring(b) end "
    "  return table.concat(t, ';') end)) "
    "end return out";

static void patterns_agree_with_luas_own(void **state) {
    (void)state;
    json_t *ours;
    CHECK_OK(run(DRAWN_PATTERNS, &ours), error);
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    assert_int_equal(luaL_dostring(L, DRAWN_PATTERNS), LUA_OK);
    size_t compared = 0;
    assert_int_equal(lua_rawlen(L, -1), json_array_size(ours));
    for (size_t i = 0; i < json_array_size(ours); i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        const char *theirs = lua_tostring(L, -1), *mine = json_string_value(json_array_get(ours, i));
        // Ours looks at the whole pattern first; Lua's may succeed, or fail, before it sees the fault.
        if (strcmp(mine, "refused") != 0) {
            assert_string_equal(mine, theirs);
            compared++;
        }
        lua_pop(L, 1);
    }
    assert_true(compared > 4000);
    lua_close(L);
    json_decref(ours);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_become_json),
        cmocka_unit_test(what_json_cannot_hold_is_refused_with_its_path),
        cmocka_unit_test(messages_carry_file_and_line),
        cmocka_unit_test(compiled_lua_is_refused),
        cmocka_unit_test(the_library_is_exactly_this),
        cmocka_unit_test(nothing_swallows_the_end),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(processor_time_is_the_last_resort),
        cmocka_unit_test(finalizers_are_refused),
        cmocka_unit_test(pairs_and_next_walk_in_sorted_order),
        cmocka_unit_test(random_numbers_are_repeatable),
        cmocka_unit_test(mathematics_is_our_own),
        cmocka_unit_test(no_address_is_ever_shown),
        cmocka_unit_test(print_goes_to_stderr),
        cmocka_unit_test(ranges_are_lists),
        cmocka_unit_test(table_functions_do_what_luas_do),
        cmocka_unit_test(protected_calls_still_protect),
        cmocka_unit_test(patterns_follow_the_manual),
        cmocka_unit_test(patterns_agree_with_luas_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
