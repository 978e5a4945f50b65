// From "size > 200 and coupling <= 2" to a function of Lua's:
//
//   return { e = function(v) return { ((v["swarm.size"] > 200 and v["coupling"] <= 2) and true or false) }
// end }
//
// The text is read as words: what is no word of Lua's and none of its libraries must be a known name, and is
// replaced by a look into the table of values. So a slip is found before anything is evaluated, and what Lua
// says about a value that is missing names it.
#include "sims/expression.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/lua_sandbox.h"
#include "sims/words.h"

enum { TEXT_BYTES_MAX = 4096, NAMES_MAX = 64, NAME_BYTES = 128 };

struct expression {
    sandbox *box;
    char *path; // "--only \"size > 200\""
    char *text; // of the script
    char *names[NAMES_MAX];
    uint32_t name_count;
};

typedef struct reader {
    expression *made;
    const char *const *names;
    FILE *to;
    entrain_error *error_out;
} reader;

static bool takes(const char *path) { return strcmp(path, "e") == 0; }

static bool is_one_of(const char *word, const char *const *words) {
    for (; *words != NULL; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

static bool ends_in(const char *name, const char *word) {
    const size_t size = strlen(name), end = strlen(word);
    return size > end && name[size - end - 1] == '.' && strcmp(name + size - end, word) == 0;
}

static entrain_status no_memory(const reader *r) {
    return entrain_error_set(r->error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for it; free some.",
                             r->made->path);
}

// The nearest name, or the nearest last word of one.
static const char *nearest(const char *const *names, const char *word) {
    enum { LASTS_MAX = 1024 };
    const char *lasts[LASTS_MAX + 1] = {NULL}, *found = entrain_nearest_word(word, names);
    if (found != NULL)
        return found;
    for (size_t i = 0; names[i] != NULL && i < LASTS_MAX; i++) {
        const char *dot = strrchr(names[i], '.');
        lasts[i] = dot != NULL ? dot + 1 : names[i];
    }
    return entrain_nearest_word(word, lasts);
}

// The name that @p word means.
static entrain_status find_name(const reader *r, const char *word, const char **name_out) {
    const char *found = NULL, *second = NULL;
    for (const char *const *name = r->names; *name != NULL; name++) {
        if (**name == '\0' && found != NULL)
            break; // those before come first
        if (strcmp(*name, word) == 0) {
            *name_out = *name;
            return ENTRAIN_OK;
        }
        if (!ends_in(*name, word))
            continue;
        if (found == NULL)
            found = *name;
        else if (strcmp(found, *name) != 0)
            second = *name;
    }
    if (second != NULL)
        return entrain_error_set(r->error_out, ENTRAIN_INVALID, "%s: %s may be %s or %s; write it in full.",
                                 r->made->path, word, found, second);
    if (found != NULL) {
        *name_out = found;
        return ENTRAIN_OK;
    }
    const char *near = nearest(r->names, word);
    return near != NULL ? entrain_error_set(r->error_out, ENTRAIN_UNKNOWN,
                                            "%s: there is nothing called %s here; did you mean %s?",
                                            r->made->path, words_text(word).text, near)
                        : entrain_error_set(r->error_out, ENTRAIN_UNKNOWN,
                                            "%s: there is nothing called %s here; keys of the scenario and "
                                            "columns of results have names.",
                                            r->made->path, words_text(word).text);
}

static entrain_status use_name(const reader *r, const char *name) {
    expression *made = r->made;
    fprintf(r->to, "v[\"%s\"]", name);
    for (uint32_t i = 0; i < made->name_count; i++)
        if (strcmp(made->names[i], name) == 0)
            return ENTRAIN_OK;
    if (made->name_count == NAMES_MAX)
        return entrain_error_set(r->error_out, ENTRAIN_LIMIT, "%s: more than %d names; use fewer.",
                                 made->path, NAMES_MAX);
    made->names[made->name_count] = strdup(name);
    return made->names[made->name_count++] != NULL ? ENTRAIN_OK : no_memory(r);
}

// A word, or words with dots between them; *at moves behind them.
static entrain_status read_word(const reader *r, const char **at) {
    static const char *const plain[] = {"and", "or", "not", "true", "false", "nil", NULL};
    static const char *const reserved[] = {"break",    "do",   "else",  "elseif", "end",   "for",
                                           "function", "goto", "if",    "in",     "local", "repeat",
                                           "return",   "then", "until", "while",  NULL};
    static const char *const libraries[] = {"math", "string", "tonumber", "tostring", "type", NULL};
    char word[NAME_BYTES], first[NAME_BYTES];
    size_t size = 0, head;
    while (isalnum((unsigned char)(*at)[size]) || (*at)[size] == '_' ||
           ((*at)[size] == '.' && (isalpha((unsigned char)(*at)[size + 1]) || (*at)[size + 1] == '_')))
        size++;
    snprintf(word, sizeof word, "%.*s", (int)size, *at);
    *at += size;
    head = strcspn(word, ".");
    snprintf(first, sizeof first, "%.*s", (int)head, word);
    if (is_one_of(word, plain) || is_one_of(first, libraries)) {
        fputs(word, r->to);
        return ENTRAIN_OK;
    }
    if (is_one_of(first, reserved))
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: %s begins a statement of Lua's, and this must be an expression, such as "
            "size > 200.",
            r->made->path, first);
    const char *name = NULL;
    entrain_status status = find_name(r, word, &name);
    return status == ENTRAIN_OK ? use_name(r, name) : status;
}

// A quoted text as it stands; *at moves behind it.
static entrain_status read_text(const reader *r, const char **at) {
    const char quote = **at;
    size_t size = 1;
    while ((*at)[size] != '\0' && (*at)[size] != quote)
        size += (*at)[size] == '\\' && (*at)[size + 1] != '\0' ? 2 : 1;
    if ((*at)[size] == '\0')
        return entrain_error_set(r->error_out, ENTRAIN_PARSE, "%s: a text is not closed; add %c at its end.",
                                 r->made->path, quote);
    fwrite(*at, 1, size + 1, r->to);
    *at += size + 1;
    return ENTRAIN_OK;
}

// What people write who come from other languages; "" when there is none at @p at.
static const char *instead_of(const char *text, const char *at) {
    if (strncmp(at, "&&", 2) == 0)
        return "write and, not &&";
    if (strncmp(at, "||", 2) == 0)
        return "write or, not ||";
    if (*at == '!')
        return "write not, or ~= for unlike, not !";
    if (strncmp(at, "--", 2) == 0)
        return "-- begins a comment; write - ( - x )";
    const bool second = at > text && strchr("=<>~", at[-1]) != NULL;
    if (*at == '=' && at[1] != '=' && !second)
        return "write == to compare, not =";
    return "";
}

static entrain_status translate(const reader *r, const char *text) {
    entrain_status status = ENTRAIN_OK;
    int depth = 0;
    fputs("return { e = function(v) return { ((", r->to);
    for (const char *at = text; *at != '\0' && status == ENTRAIN_OK;) {
        const bool method = at > text && (at[-1] == ':' || at[-1] == '.');
        const char *instead = instead_of(text, at);
        if (*instead != '\0') {
            status = entrain_error_set(r->error_out, ENTRAIN_PARSE, "%s: %s.", r->made->path, instead);
        } else if (isdigit((unsigned char)*at)) { // 1e-3 and 0x1p4, whose letters are no words
            const char *begin = at;
            while (isalnum((unsigned char)*at) || *at == '.' ||
                   ((*at == '+' || *at == '-') && strchr("eEpP", at[-1]) != NULL))
                at++;
            fwrite(begin, 1, (size_t)(at - begin), r->to);
        } else if ((isalpha((unsigned char)*at) || *at == '_') && method) { // of a text: kind:sub(1, 2)
            for (; isalnum((unsigned char)*at) || *at == '_'; at++)
                fputc(*at, r->to);
        } else if (isalpha((unsigned char)*at) || *at == '_') {
            status = read_word(r, &at);
        } else if (*at == '"' || *at == '\'') {
            status = read_text(r, &at);
        } else {
            depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
            if (depth < 0)
                status = entrain_error_set(r->error_out, ENTRAIN_PARSE, "%s: one ) too many.", r->made->path);
            fputc((unsigned char)*at < ' ' ? ' ' : *at, r->to);
            at++;
        }
    }
    if (status == ENTRAIN_OK && depth > 0)
        status = entrain_error_set(r->error_out, ENTRAIN_PARSE, "%s: a ( is not closed.", r->made->path);
    fputs(") and true or false) } end }", r->to);
    return status;
}

// Sentences about scripts name a line, "PATH:1: ..."; an expression has one only. The hint about files goes,
// too.
static entrain_status without_line(const expression *made, entrain_status status, entrain_error *error) {
    char *line = strstr(error->sentence, "\":1: ");
    if (line != NULL)
        memmove(line + 1, line + 3, strlen(line + 3) + 1);
    char *hint = strstr(error->sentence, "; the file must be Lua 5.4 that returns a table");
    if (hint != NULL)
        snprintf(hint, (size_t)(error->sentence + sizeof error->sentence - hint),
                 "; write it as in size > 200 and coupling <= 2.");
    static const char near[] = "unexpected symbol near ')'", instead[] = "it breaks off";
    char *at =
        strstr(error->sentence, near); // the bracket is ours, if the path, which quotes the text, has none
    if (at != NULL && strchr(made->path, ')') == NULL) {
        memcpy(at, instead, sizeof instead - 1);
        at += sizeof instead - 1;
        memmove(at, at + sizeof near - sizeof instead, strlen(at + sizeof near - sizeof instead) + 1);
    }
    return status;
}

entrain_status expression_make(const char *text, const char *where, const char *const *names,
                               expression **expression_out, entrain_error *error_out) {
    if (text[strspn(text, " \t\n")] == '\0')
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s is empty; write what must hold, as in size > 200.", where);
    if (strlen(text) > TEXT_BYTES_MAX || !words_is_utf8(text, strlen(text)))
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "%s is longer than %d bytes, or not UTF-8; make it shorter.", where,
                                 TEXT_BYTES_MAX);
    expression *made = calloc(1, sizeof *made);
    size_t size = 0;
    FILE *to = NULL;
    if (made != NULL && asprintf(&made->path, "%s \"%s\"", where, words_text(text).text) < 0)
        made->path = NULL;
    if (made != NULL && made->path != NULL)
        to = open_memstream(&made->text, &size);
    if (to == NULL) {
        expression_free(made);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for it; free some.",
                                 where);
    }
    const reader r = {.made = made, .names = names, .to = to, .error_out = error_out};
    entrain_status status = translate(&r, text);
    if (fclose(to) != 0 && status == ENTRAIN_OK)
        status = no_memory(&r);
    sandbox_limits limits = sandbox_limits_defaults();
    json_t *tree = NULL;
    if (status == ENTRAIN_OK) {
        status = sandbox_open(made->path, made->text, size, &limits, takes, &made->box, &tree, error_out);
        if (status != ENTRAIN_OK)
            without_line(made, status, error_out);
    }
    json_decref(tree);
    if (status != ENTRAIN_OK) {
        expression_free(made);
        return status;
    }
    *expression_out = made;
    return ENTRAIN_OK;
}

void expression_free(expression *made) {
    if (made == NULL)
        return;
    sandbox_close(made->box);
    for (uint32_t i = 0; i < made->name_count; i++)
        free(made->names[i]);
    free(made->path);
    free(made->text);
    free(made);
}

bool expression_uses(const expression *made, const char *name) {
    for (uint32_t i = 0; i < made->name_count; i++)
        if (strcmp(made->names[i], name) == 0)
            return true;
    return false;
}

entrain_status expression_true(expression *made, const json_t *values, bool *true_out,
                               entrain_error *error_out) {
    json_t *given = json_object(), *reply = NULL;
    bool enough = given != NULL;
    for (uint32_t i = 0; enough && i < made->name_count; i++) {
        json_t *value = json_object_get(values, made->names[i]);
        if (value != NULL)
            enough = json_object_set(given, made->names[i], value) == 0;
    }
    int line = 0;
    entrain_status status = enough ? sandbox_call(made->box, "e", given, &reply, &line, error_out)
                                   : entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                                       "%s: no memory left for it; free some.", made->path);
    json_decref(given);
    if (status != ENTRAIN_OK)
        return without_line(made, status, error_out);
    *true_out = json_is_true(json_array_get(reply, 0));
    json_decref(reply);
    return ENTRAIN_OK;
}
