// What a topology's configuration may say: names, defaults, ranges, and what a zero stands for.
#include "engine/topology.h"

#include <string.h>

#include "engine/base/assert.h"

static const struct {
    const char *name, *summary;
    uint32_t degree; // default; 0 where the kind has none
} kinds[] = {
    [ENTRAIN_TOPOLOGY_COMPLETE] = {"complete",
                                   "everybody hears everybody, as one exact sum: the theory's mean field", 0},
    [ENTRAIN_TOPOLOGY_RING] = {"ring", "`degree` / 2 nearest neighbours on each side", 2},
    [ENTRAIN_TOPOLOGY_LATTICE] = {"lattice", "`rows` x `columns` grid with open borders, 4 neighbours inside",
                                  0},
    [ENTRAIN_TOPOLOGY_TORUS] = {"torus", "`rows` x `columns` grid closed in both directions, 4 neighbours",
                                0},
    [ENTRAIN_TOPOLOGY_SMALL_WORLD] =
        {"small-world", "ring of `degree` with each edge rewired with chance `rewire` (Watts and Strogatz)",
         8},
    [ENTRAIN_TOPOLOGY_RANDOM_REGULAR] = {"random-regular",
                                         "everybody has exactly `degree` neighbours, drawn at random", 8},
    [ENTRAIN_TOPOLOGY_ERDOS_RENYI] =
        {"erdos-renyi", "each pair linked with the same chance: `probability`, or `degree` on average", 8},
    [ENTRAIN_TOPOLOGY_SCALE_FREE] =
        {"scale-free",
         "newcomers link to `degree` / 2 earlier ones, the linked the likelier (Barabasi and Albert)", 8},
    [ENTRAIN_TOPOLOGY_STAR] = {"star", "vertex 0 and everybody else", 0},
    [ENTRAIN_TOPOLOGY_EDGE_LIST] = {"edge-list",
                                    "from a `file`: lines of `from to [weight [delay]]`, or Matrix Market",
                                    0},
};
_Static_assert(sizeof kinds / sizeof *kinds == ENTRAIN_TOPOLOGY_KIND_COUNT, "one row per kind");

const char *entrain_topology_kind_name(entrain_topology_kind kind) {
    return (unsigned)kind < ENTRAIN_TOPOLOGY_KIND_COUNT ? kinds[kind].name : NULL;
}

const char *entrain_topology_kind_summary(entrain_topology_kind kind) {
    return (unsigned)kind < ENTRAIN_TOPOLOGY_KIND_COUNT ? kinds[kind].summary : NULL;
}

entrain_topology_kind entrain_topology_kind_find(const char *name) {
    unsigned kind = 0;
    while (kind < ENTRAIN_TOPOLOGY_KIND_COUNT && strcmp(name, kinds[kind].name) != 0)
        kind++;
    return (entrain_topology_kind)kind;
}

entrain_topology_config entrain_topology_config_defaults(void) {
    return (entrain_topology_config){.kind = ENTRAIN_TOPOLOGY_RING,
                                     .rewire = 0.1,
                                     .probability = -1,
                                     .weight_low = 1,
                                     .weight_high = 1,
                                     .seed = 1};
}

#define REFUSE(...) return entrain_error_set(error_out, ENTRAIN_INVALID, __VA_ARGS__)

// The largest r with r * r <= n.
static uint32_t square_root(uint32_t n) {
    uint32_t root = 0;
    while ((uint64_t)(root + 1) * (root + 1) <= n)
        root++;
    return root;
}

// The two sizes around n that split into r x r or r x (r + 1).
static void squarish_around(uint32_t n, uint32_t *below_out, uint32_t *above_out) {
    uint32_t root = square_root(n);
    bool wide = (uint64_t)root * (root + 1) <= n;
    *below_out = root * (wide ? root + 1 : root);
    *above_out = (root + 1) * (wide ? root + 1 : root);
}

// rows x columns = size, with every zero filled in: a given side divides the size, none given is most nearly
// square.
static entrain_status resolve_grid(entrain_topology_config *config, entrain_error *error_out) {
    bool torus = config->kind == ENTRAIN_TOPOLOGY_TORUS;
    uint32_t side_min = torus ? 3 : 1;
    uint64_t product = (uint64_t)config->rows * config->columns;
    if (config->size == 0 && product != 0 && product <= ENTRAIN_VERTICES_MAX)
        config->size = (uint32_t)product;
    if (config->size < 2 || config->size > ENTRAIN_VERTICES_MAX)
        REFUSE("topology.size: %llu is outside 2 to %u; give size, or rows and columns",
               (unsigned long long)(config->size == 0 ? product : config->size), ENTRAIN_VERTICES_MAX);
    if (config->rows == 0 && config->columns == 0) {
        config->rows = square_root(config->size);
        while (config->size % config->rows != 0)
            config->rows--;
        config->columns = config->size / config->rows;
        uint32_t below, above;
        squarish_around(config->size, &below, &above);
        if (config->rows < side_min)
            REFUSE("topology.size: %u has no split into rows and columns of 3 or more, which a torus needs "
                   "(with 2 its "
                   "two ways round would be one edge); say %u or %u, or use lattice or ring",
                   config->size, below < 9 ? 9 : below, above < 12 ? 12 : above);
        return ENTRAIN_OK;
    }
    uint32_t given = config->rows != 0 ? config->rows : config->columns;
    uint32_t other = config->size / given;
    if (config->rows != 0 && config->columns != 0 && product != config->size)
        REFUSE("topology.rows and columns: %u x %u is not the size, %u", config->rows, config->columns,
               config->size);
    if (config->size % given != 0)
        REFUSE("topology.%s: %u does not divide the size, %u", config->rows != 0 ? "rows" : "columns", given,
               config->size);
    config->rows = config->rows != 0 ? config->rows : other;
    config->columns = config->columns != 0 ? config->columns : other;
    if (config->rows < side_min || config->columns < side_min)
        REFUSE("topology.rows and columns: a torus needs 3 or more of each, not %u x %u (with 2 its two ways "
               "round would "
               "be one edge); use lattice or ring",
               config->rows, config->columns);
    return ENTRAIN_OK;
}

// Ring and small-world: half the degree on each side. Scale-free: half of it is what a newcomer brings.
static entrain_status check_even_degree(const entrain_topology_config *config, entrain_error *error_out) {
    uint32_t degree_max = (config->size - 1) / 2 * 2;
    const char *name = kinds[config->kind].name;
    if (config->size < 3)
        REFUSE("topology.size: %u is too small for %s; say 3 or more, or use lattice", config->size, name);
    if (config->degree > degree_max || config->degree % 2 != 0)
        REFUSE("topology.degree: %u must be even and from 2 to %u for %s of size %u", config->degree,
               degree_max, name, config->size);
    return ENTRAIN_OK;
}

static entrain_status check_regular(const entrain_topology_config *config, entrain_error *error_out) {
    if (config->degree >= config->size)
        REFUSE("topology.degree: %u must be from 1 to %u for random-regular of size %u", config->degree,
               config->size - 1, config->size);
    if ((uint64_t)config->degree * config->size % 2 != 0)
        REFUSE("topology.degree: %u x size %u is odd, and every edge has two ends; make one of them even",
               config->degree, config->size);
    return ENTRAIN_OK;
}

static entrain_status resolve_erdos_renyi(entrain_topology_config *config, entrain_error *error_out) {
    if (!(config->probability <= 1))
        REFUSE("topology.probability: %g is outside 0 to 1 (negative: degree / (size - 1))",
               config->probability);
    if (config->probability >= 0)
        return ENTRAIN_OK;
    if (config->degree >= config->size)
        REFUSE("topology.degree: %u must be from 1 to %u for erdos-renyi of size %u", config->degree,
               config->size - 1, config->size);
    config->probability = (double)config->degree / (double)(config->size - 1);
    return ENTRAIN_OK;
}

static entrain_status check_small_world(const entrain_topology_config *config, entrain_error *error_out) {
    if (!(config->rewire >= 0 && config->rewire <= 1))
        REFUSE("topology.rewire: %g is outside 0 to 1", config->rewire);
    return check_even_degree(config, error_out);
}

static entrain_status check_weights(const entrain_topology_config *config, entrain_error *error_out) {
    double low = config->weight_low, high = config->weight_high;
    if (!(low >= -ENTRAIN_WEIGHT_MAX && high <= ENTRAIN_WEIGHT_MAX && low <= high))
        REFUSE("topology.weight_low and weight_high: [%g, %g] must be a range within -2^100 to 2^100", low,
               high);
    return ENTRAIN_OK;
}

static entrain_status check_delays(const entrain_topology_config *config, entrain_error *error_out) {
    const double low = config->delay_low, high = config->delay_high;
    if (!(low >= 0 && high <= ENTRAIN_DELAY_MAX_S && low <= high))
        REFUSE("topology.delay_low and delay_high: [%g, %g] must be a range within 0 to 1e6 s", low, high);
    return ENTRAIN_OK;
}

// A complete graph has no edges that could differ; the same graph with edges is erdos-renyi with
// probability 1.
static entrain_status check_complete(const entrain_topology_config *config, entrain_error *error_out) {
    if (config->directed)
        REFUSE("topology.directed: in a complete graph everybody hears everybody; leave it false");
    if (config->weight_low != 1 || config->weight_high != 1)
        REFUSE("topology.weight_low and weight_high: a complete graph has no edges to weigh; for weights use "
               "erdos-renyi "
               "with probability 1");
    if (config->delay_low != config->delay_high)
        REFUSE(
            "topology.delay_low and delay_high: a complete graph has one delay for all, not %g to %g s; make "
            "them equal, or use erdos-renyi with probability 1",
            config->delay_low, config->delay_high);
    return ENTRAIN_OK;
}

static entrain_status check_file(const entrain_topology_config *config, entrain_error *error_out) {
    if (config->file == NULL || config->file[0] == '\0')
        REFUSE("topology.file: an edge-list needs the path of its file");
    return ENTRAIN_OK;
}

// The parameters are checked once more, and copied, where they are used.
static entrain_status check_generator(entrain_topology_config *config, entrain_error *error_out) {
    if (config->generator->degree == 0)
        config->degree = 0;
    else if (config->degree == 0)
        config->degree = config->generator->degree;
    return entrain__generator_check(config->generator, error_out);
}

static entrain_status resolve_kind(entrain_topology_config *config, entrain_error *error_out) {
    switch (config->kind) {
    case ENTRAIN_TOPOLOGY_COMPLETE:
        return check_complete(config, error_out);
    case ENTRAIN_TOPOLOGY_RING:
    case ENTRAIN_TOPOLOGY_SCALE_FREE:
        return check_even_degree(config, error_out);
    case ENTRAIN_TOPOLOGY_SMALL_WORLD:
        return check_small_world(config, error_out);
    case ENTRAIN_TOPOLOGY_RANDOM_REGULAR:
        return check_regular(config, error_out);
    case ENTRAIN_TOPOLOGY_ERDOS_RENYI:
        return resolve_erdos_renyi(config, error_out);
    case ENTRAIN_TOPOLOGY_LATTICE:
    case ENTRAIN_TOPOLOGY_TORUS:
        return resolve_grid(config, error_out);
    case ENTRAIN_TOPOLOGY_EDGE_LIST:
        return check_file(config, error_out);
    case ENTRAIN_TOPOLOGY_GENERATED:
        return check_generator(config, error_out);
    default:
        return ENTRAIN_OK;
    }
}

entrain_status entrain__topology_resolve(const entrain_topology_config *config,
                                         entrain_topology_config *resolved_out, entrain_error *error_out) {
    bool own = config->kind == ENTRAIN_TOPOLOGY_GENERATED;
    if (own && config->generator == NULL)
        REFUSE("topology.generator: a generated topology needs one; give it, or choose a kind");
    if (!own && (unsigned)config->kind >= ENTRAIN_TOPOLOGY_KIND_COUNT)
        REFUSE("topology.kind: %u is none of the %d kinds", (unsigned)config->kind,
               (int)ENTRAIN_TOPOLOGY_KIND_COUNT);
    entrain_status status = check_weights(config, error_out);
    if (status == ENTRAIN_OK)
        status = check_delays(config, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_topology_config resolved = *config;
    bool grid = config->kind == ENTRAIN_TOPOLOGY_LATTICE || config->kind == ENTRAIN_TOPOLOGY_TORUS;
    bool may_be_zero = grid || config->kind == ENTRAIN_TOPOLOGY_EDGE_LIST;
    if (!(config->size == 0 && may_be_zero) && (config->size < 2 || config->size > ENTRAIN_VERTICES_MAX))
        REFUSE("topology.size: %u is outside 2 to %u", config->size, ENTRAIN_VERTICES_MAX);
    if (!grid)
        resolved.rows = resolved.columns = 0;
    if (resolved.degree == 0 && !own)
        resolved.degree = kinds[config->kind].degree;
    status = resolve_kind(&resolved, error_out);
    if (status == ENTRAIN_OK)
        *resolved_out = resolved;
    return status;
}
