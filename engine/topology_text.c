// The parser of edge lists and Matrix Market matrices. One body for files, tests and the fuzzer: it sees a
// source of bytes and fills a list of edges, or says which line it does not understand.
//
// Edge list: 0-based, `from to [weight [delay]]` a line, separated by blanks, tabs or commas; what follows #
// or % on a line is a comment. The first edge decides whether there are weights and delays; all others must
// agree.
//
// Matrix Market: `%%MatrixMarket matrix coordinate real|integer|pattern general|symmetric`, then `rows
// columns entries`, then entries `row column [value]`, 1-based, read as `from to [weight]`. A general matrix
// is a directed graph, a symmetric one (its lower triangle) an undirected graph.
//
// Memory grows with what was read, never with what a header promises.
#include "engine/topology.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/assert.h"

enum { CHUNK_BYTES = 1 << 16, LINE_BYTES_MAX = 4096, WORDS_MAX = 6, SHOWN_BYTES_MAX = 40 };

typedef struct text_reader {
    entrain__text_source source;
    entrain_error *error_out;
    const entrain_topology_config *config;
    locale_t locale; // "C": a decimal point is a point whatever the program's locale
    uint64_t line_number;
    char *words[WORDS_MAX]; // of the current line
    unsigned word_count;
    uint32_t vertex_first, vertex_last; // numbers a vertex may have in this file
    uint64_t edge_count;                // announced by Matrix Market
    bool matrix, symmetric, weighted, delayed, at_end;
    size_t chunk_at, chunk_size;
    char line[LINE_BYTES_MAX + 1];
    char chunk[CHUNK_BYTES];
} text_reader;

#define REFUSE_LINE(reader, status, format, ...)                                                             \
    return entrain_error_set((reader)->error_out, status, "%s:%llu: " format, (reader)->source.name,         \
                             (unsigned long long)(reader)->line_number, __VA_ARGS__)

// A word as it may be shown: printable, and not too long. The buffer is the caller's.
static const char *shown(const char *word, char *buffer) {
    size_t size = 0;
    for (; word[size] != '\0' && size < SHOWN_BYTES_MAX; size++)
        buffer[size] = word[size] >= ' ' && word[size] <= '~' ? word[size] : '?';
    strcpy(buffer + size, word[size] != '\0' ? "..." : "");
    return buffer;
}

// ---- lines ----

static entrain_status fill_chunk(text_reader *reader) {
    ptrdiff_t size = reader->source.read(reader->source.context, reader->chunk, CHUNK_BYTES);
    if (size < 0)
        return entrain_error_set(reader->error_out, ENTRAIN_IO, "%s: cannot be read: %s", reader->source.name,
                                 strerrordesc_np(errno));
    ENTRAIN_ASSERT(size <= CHUNK_BYTES);
    reader->chunk_at = 0;
    reader->chunk_size = (size_t)size;
    reader->at_end = size == 0;
    return ENTRAIN_OK;
}

static entrain_status check_characters(text_reader *reader, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)reader->line[i];
        if (byte < ' ' && byte != '\t')
            REFUSE_LINE(reader, ENTRAIN_PARSE, "byte 0x%02x at column %zu; is this a text file?", byte,
                        i + 1);
    }
    return ENTRAIN_OK;
}

// Puts the next line, without its end, into reader->line. At the end of the text, at_end is true and the line
// empty.
static entrain_status next_line(text_reader *reader) {
    size_t size = 0;
    bool ended = false;
    reader->line_number++;
    while (!ended) {
        if (reader->chunk_at == reader->chunk_size) {
            entrain_status status = fill_chunk(reader);
            if (status != ENTRAIN_OK)
                return status;
            if (reader->at_end) {
                reader->at_end = size == 0; // a last line without a newline is a line
                break;
            }
        }
        const char *from = reader->chunk + reader->chunk_at;
        size_t left = reader->chunk_size - reader->chunk_at;
        const char *newline = memchr(from, '\n', left);
        size_t piece = newline != NULL ? (size_t)(newline - from) : left;
        if (size + piece > LINE_BYTES_MAX)
            REFUSE_LINE(reader, ENTRAIN_PARSE, "the line is longer than %d bytes; is this an edge list?",
                        (int)LINE_BYTES_MAX);
        memcpy(reader->line + size, from, piece);
        size += piece;
        ended = newline != NULL;
        reader->chunk_at += piece + (ended ? 1 : 0);
    }
    if (size > 0 && reader->line[size - 1] == '\r')
        size--;
    reader->line[size] = '\0';
    return check_characters(reader, size);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == ','; }

// Cuts the line into words, up to a comment. WORDS_MAX of them are enough to refuse a line for having too
// many.
static void split_words(text_reader *reader) {
    char *at = reader->line;
    at[strcspn(at, "#%")] = '\0';
    for (reader->word_count = 0; reader->word_count < WORDS_MAX; reader->word_count++) {
        while (is_blank(*at))
            at++;
        if (*at == '\0')
            return;
        reader->words[reader->word_count] = at;
        while (*at != '\0' && !is_blank(*at))
            at++;
        if (*at != '\0')
            *at++ = '\0';
    }
}

// The next line with something on it, as words; at the end of the text, none.
static entrain_status next_words(text_reader *reader) {
    reader->word_count = 0;
    while (reader->word_count == 0) {
        entrain_status status = next_line(reader);
        if (status != ENTRAIN_OK || reader->at_end)
            return status;
        split_words(reader);
    }
    return ENTRAIN_OK;
}

// ---- numbers ----

// Digits only. Saturates, so that any number too large for anything stays too large.
static entrain_status parse_natural(text_reader *reader, const char *word, uint64_t *value_out) {
    char buffer[SHOWN_BYTES_MAX + 4];
    uint64_t value = 0;
    for (const char *at = word; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            REFUSE_LINE(reader, ENTRAIN_PARSE, "\"%s\" is not a whole number", shown(word, buffer));
        value = value > UINT64_MAX / 10 - 1 ? UINT64_MAX : value * 10 + (uint64_t)(*at - '0');
    }
    *value_out = value;
    return ENTRAIN_OK;
}

static entrain_status parse_vertex(text_reader *reader, const char *word, uint32_t *vertex_out) {
    uint64_t value;
    entrain_status status = parse_natural(reader, word, &value);
    if (status != ENTRAIN_OK)
        return status;
    if (value >= reader->vertex_first && value <= reader->vertex_last) {
        *vertex_out = (uint32_t)value - reader->vertex_first;
        return ENTRAIN_OK;
    }
    char buffer[SHOWN_BYTES_MAX + 4];
    if (reader->matrix)
        REFUSE_LINE(reader, ENTRAIN_PARSE, "vertex %s is outside %u to %u", shown(word, buffer),
                    reader->vertex_first, reader->vertex_last);
    if (reader->config->size != 0)
        REFUSE_LINE(reader, ENTRAIN_PARSE,
                    "vertex %s is outside %u to %u; raise the swarm's size, or mend the line",
                    shown(word, buffer), reader->vertex_first, reader->vertex_last);
    REFUSE_LINE(reader, ENTRAIN_LIMIT, "vertex %s: vertices are 0 to %u at most", shown(word, buffer),
                reader->vertex_last);
}

static entrain_status parse_number(text_reader *reader, const char *word, double *number_out) {
    char buffer[SHOWN_BYTES_MAX + 4];
    char *end = NULL;
    double number = NAN;
    if (word[strspn(word, "0123456789.eE+-")] == '\0') // no hexadecimals, no words such as "inf"
        number = strtod_l(word, &end, reader->locale);
    if (end == NULL || end == word || *end != '\0')
        REFUSE_LINE(reader, ENTRAIN_PARSE, "\"%s\" is not a number", shown(word, buffer));
    *number_out = number;
    return ENTRAIN_OK;
}

static entrain_status parse_weight(text_reader *reader, const char *word, double *weight_out) {
    char buffer[SHOWN_BYTES_MAX + 4];
    entrain_status status = parse_number(reader, word, weight_out);
    if (status == ENTRAIN_OK && !(fabs(*weight_out) <= ENTRAIN_WEIGHT_MAX))
        REFUSE_LINE(reader, ENTRAIN_PARSE, "weight %s must be between -2^100 and 2^100", shown(word, buffer));
    return status;
}

static entrain_status parse_delay(text_reader *reader, const char *word, double *delay_out) {
    char buffer[SHOWN_BYTES_MAX + 4];
    entrain_status status = parse_number(reader, word, delay_out);
    if (status == ENTRAIN_OK && !(*delay_out >= 0 && *delay_out <= ENTRAIN_DELAY_MAX_S))
        REFUSE_LINE(reader, ENTRAIN_PARSE, "delay %s must be 0 to 1e6 seconds", shown(word, buffer));
    return status;
}

// ---- edges ----

static entrain_status check_columns(text_reader *reader) {
    char buffer[SHOWN_BYTES_MAX + 4];
    const unsigned wanted = reader->delayed ? 4 : reader->weighted ? 3 : 2, most = reader->matrix ? 3 : 4;
    if (reader->word_count == wanted)
        return ENTRAIN_OK;
    if (reader->word_count > most)
        REFUSE_LINE(reader, ENTRAIN_PARSE, "\"%s\" follows where the line should end after from, to%s",
                    shown(reader->words[most], buffer),
                    reader->matrix ? " and weight" : ", weight and delay");
    if (reader->word_count == 1)
        REFUSE_LINE(reader, ENTRAIN_PARSE, "\"%s\" stands alone; an edge is: from to [weight%s]",
                    shown(reader->words[0], buffer), reader->matrix ? "" : " [delay]");
    REFUSE_LINE(reader, ENTRAIN_PARSE, "%u columns where %s %u; every edge has a %s or none has",
                reader->word_count, reader->matrix ? "the header promises" : "the first edge has", wanted,
                reader->delayed || reader->word_count == 4 ? "delay" : "weight");
}

// The words of one line as an edge.
static entrain_status take_edge(text_reader *reader, entrain__edges *edges) {
    uint32_t from, to;
    double weight = 1, delay = 0;
    entrain_status status = check_columns(reader);
    if (status == ENTRAIN_OK)
        status = parse_vertex(reader, reader->words[0], &from);
    if (status == ENTRAIN_OK)
        status = parse_vertex(reader, reader->words[1], &to);
    if (status == ENTRAIN_OK && reader->weighted)
        status = parse_weight(reader, reader->words[2], &weight);
    if (status == ENTRAIN_OK && reader->delayed)
        status = parse_delay(reader, reader->words[3], &delay);
    if (status != ENTRAIN_OK)
        return status;
    if (from == to)
        REFUSE_LINE(reader, ENTRAIN_PARSE,
                    "vertex %u to itself; self-loops are not allowed, leave the line out",
                    from + reader->vertex_first);
    if (reader->symmetric && from < to)
        REFUSE_LINE(reader, ENTRAIN_PARSE,
                    "entry (%u, %u) is above the diagonal; a symmetric matrix is stored as its lower "
                    "triangle",
                    from + 1, to + 1);
    uint32_t largest = from > to ? from : to;
    edges->vertex_count = largest >= edges->vertex_count ? largest + 1 : edges->vertex_count;
    status = entrain__edges_append(edges, from, to, weight, reader->error_out);
    if (status == ENTRAIN_OK && reader->delayed)
        edges->delays[edges->count - 1] = delay;
    return status;
}

static entrain_status parse_edge_list(text_reader *reader, entrain__edges *edges) {
    reader->vertex_first = 0;
    reader->vertex_last = (reader->config->size != 0 ? reader->config->size : ENTRAIN_VERTICES_MAX) - 1;
    reader->weighted = reader->word_count >= 3;
    reader->delayed = edges->delayed = reader->word_count >= 4;
    entrain_status status = entrain__edges_reserve(edges, 1024, reader->weighted, reader->error_out);
    while (status == ENTRAIN_OK && reader->word_count != 0) {
        status = take_edge(reader, edges);
        if (status == ENTRAIN_OK)
            status = next_words(reader);
    }
    if (status == ENTRAIN_OK && edges->count == 0)
        return entrain_error_set(reader->error_out, ENTRAIN_PARSE, "%s: holds no edges", reader->source.name);
    if (reader->config->size != 0)
        edges->vertex_count = reader->config->size;
    return status;
}

// ---- Matrix Market ----

static const char matrix_mark[] = "%%MatrixMarket";

static bool is_matrix(const char *line) {
    return strncasecmp(line, matrix_mark, sizeof matrix_mark - 1) == 0;
}

// "%%MatrixMarket matrix coordinate field symmetry": what we can read of it, and that directed agrees.
static entrain_status parse_matrix_header(text_reader *reader) {
    char buffer[SHOWN_BYTES_MAX + 4];
    memmove(reader->line, reader->line + sizeof matrix_mark - 1,
            strlen(reader->line) - (sizeof matrix_mark - 1) + 1);
    split_words(reader);
    char **words = reader->words;
    if (reader->word_count != 4 || strcasecmp(words[0], "matrix") != 0 ||
        strcasecmp(words[1], "coordinate") != 0)
        REFUSE_LINE(reader, ENTRAIN_PARSE,
                    "the header must read %s matrix coordinate real|integer|pattern "
                    "general|symmetric",
                    matrix_mark);
    bool pattern = strcasecmp(words[2], "pattern") == 0;
    if (!pattern && strcasecmp(words[2], "real") != 0 && strcasecmp(words[2], "integer") != 0)
        REFUSE_LINE(reader, ENTRAIN_PARSE,
                    "a matrix of \"%s\" cannot be weights; only real, integer and pattern can",
                    shown(words[2], buffer));
    bool symmetric = strcasecmp(words[3], "symmetric") == 0;
    if (!symmetric && strcasecmp(words[3], "general") != 0)
        REFUSE_LINE(reader, ENTRAIN_PARSE, "a \"%s\" matrix cannot be read; only general and symmetric can",
                    shown(words[3], buffer));
    if (symmetric == reader->config->directed)
        REFUSE_LINE(reader, ENTRAIN_INVALID, "%s; set topology.directed to %s",
                    symmetric ? "a symmetric matrix is an undirected graph"
                              : "a general matrix is a directed graph",
                    symmetric ? "false" : "true");
    reader->matrix = true;
    reader->symmetric = symmetric;
    reader->weighted = !pattern;
    return ENTRAIN_OK;
}

// "rows columns entries"
static entrain_status parse_matrix_size(text_reader *reader) {
    uint64_t numbers[3];
    entrain_status status = next_words(reader);
    if (status != ENTRAIN_OK)
        return status;
    if (reader->word_count != 3)
        REFUSE_LINE(reader, ENTRAIN_PARSE, "%u columns where the size should stand: rows columns entries",
                    reader->word_count);
    for (int i = 0; i < 3; i++)
        if ((status = parse_natural(reader, reader->words[i], &numbers[i])) != ENTRAIN_OK)
            return status;
    if (numbers[0] != numbers[1])
        REFUSE_LINE(reader, ENTRAIN_PARSE, "a graph needs a square matrix, not %llu x %llu",
                    (unsigned long long)numbers[0], (unsigned long long)numbers[1]);
    if (numbers[0] < 2 || numbers[0] > ENTRAIN_VERTICES_MAX)
        REFUSE_LINE(reader, ENTRAIN_LIMIT, "%llu vertices are outside 2 to %u",
                    (unsigned long long)numbers[0], ENTRAIN_VERTICES_MAX);
    if (reader->config->size != 0 && reader->config->size != numbers[0])
        REFUSE_LINE(reader, ENTRAIN_INVALID, "%u rows, but topology.size is %u; leave it 0",
                    (unsigned)numbers[0], reader->config->size);
    reader->vertex_first = 1;
    reader->vertex_last = (uint32_t)numbers[0];
    reader->edge_count = numbers[2];
    return ENTRAIN_OK;
}

static entrain_status parse_matrix(text_reader *reader, entrain__edges *edges) {
    entrain_status status = parse_matrix_header(reader);
    if (status == ENTRAIN_OK)
        status = parse_matrix_size(reader);
    if (status == ENTRAIN_OK)
        status = entrain__edges_reserve(edges, 1024, reader->weighted, reader->error_out);
    while (status == ENTRAIN_OK) {
        status = next_words(reader);
        if (status != ENTRAIN_OK || reader->word_count == 0)
            break;
        if (edges->count == reader->edge_count)
            REFUSE_LINE(reader, ENTRAIN_PARSE, "more entries than the %llu announced",
                        (unsigned long long)reader->edge_count);
        status = take_edge(reader, edges);
    }
    if (status != ENTRAIN_OK)
        return status;
    if (edges->count != reader->edge_count)
        return entrain_error_set(reader->error_out, ENTRAIN_PARSE, "%s: ends after %llu of %llu entries",
                                 reader->source.name, (unsigned long long)edges->count,
                                 (unsigned long long)reader->edge_count);
    if (edges->count == 0)
        return entrain_error_set(reader->error_out, ENTRAIN_PARSE, "%s: holds no edges", reader->source.name);
    edges->vertex_count = reader->vertex_last;
    return ENTRAIN_OK;
}

// ---- either ----

static void skip_byte_order_mark(char *line) {
    if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
        memmove(line, line + 3, strlen(line + 3) + 1);
}

static entrain_status parse(text_reader *reader, entrain__edges *edges) {
    entrain_status status = next_line(reader);
    if (status != ENTRAIN_OK)
        return status;
    if (reader->at_end)
        return entrain_error_set(reader->error_out, ENTRAIN_PARSE, "%s: is empty", reader->source.name);
    skip_byte_order_mark(reader->line);
    if (is_matrix(reader->line))
        return parse_matrix(reader, edges);
    split_words(reader);
    if (reader->word_count == 0)
        status = next_words(reader);
    return status != ENTRAIN_OK ? status : parse_edge_list(reader, edges);
}

entrain_status entrain__edges_parse(entrain__text_source source, const entrain_topology_config *config,
                                    entrain__edges *edges, entrain_error *error_out) {
    text_reader *reader = entrain__arena_take(edges->scratch, 1, sizeof *reader);
    if (reader == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory to read it", source.name);
    reader->source = source;
    reader->config = config;
    reader->error_out = error_out;
    reader->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    edges->vertex_count = 0;
    entrain_status status;
    if (reader->locale == (locale_t)0) {
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory to read it", source.name);
    } else {
        status = parse(reader, edges);
        freelocale(reader->locale);
    }
    entrain__arena_give(edges->scratch, reader);
    return status;
}
