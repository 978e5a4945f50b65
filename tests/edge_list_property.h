/// @file edge_list_property.h  What holds for any bytes given to the parser of edge lists; ctest and the
/// fuzzer share it.
///
/// Whatever the bytes: they are refused with a sentence, or understood as edges between vertices that exist;
/// however the bytes come in pieces, the answer is the same; and nothing is left behind.
#ifndef ENTRAIN_TESTS_EDGE_LIST_PROPERTY_H
#define ENTRAIN_TESTS_EDGE_LIST_PROPERTY_H

#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/fingerprint.h"
#include "engine/topology.h"

typedef struct byte_source {
    const uint8_t *bytes;
    size_t size, at, piece_max;
} byte_source;

static ptrdiff_t read_bytes(void *context, void *bytes, size_t size) {
    byte_source *source = context;
    size_t left = source->size - source->at, piece = size < left ? size : left;
    piece = piece < source->piece_max ? piece : source->piece_max;
    if (piece > 0)
        memcpy(bytes, source->bytes + source->at, piece);
    source->at += piece;
    return (ptrdiff_t)piece;
}

// The answer as one number: the edges, or the sentence.
static uint64_t parse_bytes(const uint8_t *bytes, size_t size, size_t piece_max,
                            const entrain_topology_config *config) {
    byte_source source = {bytes, size, 0, piece_max};
    entrain__edges edges = {.directed = config->directed};
    entrain_error error = {0};
    ENTRAIN_ASSERT(entrain__arena_create(&edges.scratch) == ENTRAIN_OK);
    entrain_status status =
        entrain__edges_parse((entrain__text_source){read_bytes, &source, "bytes"}, config, &edges, &error);
    uint64_t answer = entrain__mix64((uint64_t)status + 1);
    if (status != ENTRAIN_OK) {
        ENTRAIN_ASSERT(error.status == status && strncmp(error.sentence, "bytes:", 6) == 0);
        for (const char *at = error.sentence; *at != '\0'; at++) {
            ENTRAIN_ASSERT(*at >= ' ' && *at <= '~');
            answer = entrain__mix_fold(answer, (uint64_t)*at);
        }
    } else {
        ENTRAIN_ASSERT(edges.count > 0 && edges.vertex_count >= 2 &&
                       edges.vertex_count <= ENTRAIN_VERTICES_MAX);
        for (uint64_t e = 0; e < edges.count; e++) {
            entrain__pair pair = edges.pairs[e];
            ENTRAIN_ASSERT(pair.from < edges.vertex_count && pair.to < edges.vertex_count &&
                           pair.from != pair.to);
            answer = entrain__mix_fold(answer, (uint64_t)pair.from << 32 | pair.to);
        }
        if (edges.vertex_count <= 65536) {
            entrain_topology *topology = NULL;
            entrain__topology_shape shape = {.kind = ENTRAIN_TOPOLOGY_EDGE_LIST};
            uint64_t arc_count = edges.count * (edges.directed ? 1 : 2);
            ENTRAIN_ASSERT(entrain__topology_build(shape, &edges, &topology, &error) == ENTRAIN_OK);
            entrain_topology_view view = entrain_topology_look(topology);
            ENTRAIN_ASSERT(view.arc_count == arc_count);
            for (uint64_t a = 0; view.weighted && a < arc_count; a++)
                ENTRAIN_ASSERT(view.in_weights[a] >= -1 && view.in_weights[a] <= 1);
            for (uint64_t a = 0; view.in_delays != NULL && a < arc_count; a++)
                ENTRAIN_ASSERT(view.in_delays[a] >= view.delay_low && view.in_delays[a] <= view.delay_high);
            ENTRAIN_ASSERT(view.delay_low >= 0 && view.delay_high <= ENTRAIN_DELAY_MAX_S &&
                           (view.in_delays != NULL) == (view.delay_low < view.delay_high));
            entrain_topology_release(topology);
        }
    }
    entrain__arena_destroy(edges.scratch);
    return answer;
}

static void edge_list_property(const uint8_t *bytes, size_t size) {
    int64_t live = entrain__memory_live();
    for (int variant = 0; variant < 4; variant++) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = ENTRAIN_TOPOLOGY_EDGE_LIST;
        config.directed = variant % 2 != 0;
        config.size = variant / 2 != 0 ? 10 : 0;
        uint64_t whole = parse_bytes(bytes, size, SIZE_MAX, &config);
        ENTRAIN_ASSERT(parse_bytes(bytes, size, 7, &config) == whole);
        ENTRAIN_ASSERT(size > 512 || parse_bytes(bytes, size, 1, &config) == whole);
    }
    ENTRAIN_ASSERT(entrain__memory_live() == live);
}

#endif
