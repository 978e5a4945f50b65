// Where the workers are, as hwloc sees it where there is hwloc, and by the numbers of cpus alone where not.
//
// hwloc may be missing twice: when Entrain is built (ENTRAIN_HWLOC is not defined), and when a program is
// linked. The library refers to it weakly, as it does to jemalloc, so that a program of libentrain.a links
// without it, fully static ones included (Debian has no static libudev, which libhwloc.a needs).
//
// The distance of two cpus is how many levels their tree must be climbed to a common branch: 0 for one and
// the same, then those of a core, of a shared cache, of a package, in whatever levels the machine has. Only
// the order counts. Weighing levels by latency would be guessing, and would change nothing in who is asked
// first.
#include "scheduler/machine.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/assert.h"
#include "scheduler/cpus.h"

#ifdef ENTRAIN_HWLOC

#include <hwloc.h>

#pragma weak hwloc_get_api_version
#pragma weak hwloc_topology_init
#pragma weak hwloc_topology_destroy
#pragma weak hwloc_topology_load
#pragma weak hwloc_topology_set_synthetic
#pragma weak hwloc_topology_set_xml
#pragma weak hwloc_topology_is_thissystem
#pragma weak hwloc_get_type_depth
#pragma weak hwloc_get_nbobjs_by_depth
#pragma weak hwloc_get_obj_by_depth

static const char *why_no_hwloc(void) {
    if (hwloc_topology_init == NULL)
        return "this program does not link hwloc";
    if (hwloc_get_api_version() >> 16 != HWLOC_API_VERSION >> 16)
        return "this program links another major version of hwloc than Entrain was built for";
    return NULL;
}

static bool is_xml(const char *description) {
    size_t size = strlen(description);
    return size > 4 && strcmp(description + size - 4, ".xml") == 0;
}

static bool load(hwloc_topology_t topology, const char *description) {
    if (description != NULL &&
        (is_xml(description) ? hwloc_topology_set_xml(topology, description)
                             : hwloc_topology_set_synthetic(topology, description)) != 0)
        return false;
    return hwloc_topology_load(topology) == 0;
}

static hwloc_obj_t core_of(hwloc_obj_t cpu) {
    hwloc_obj_t core = cpu;
    while (core != NULL && core->type != HWLOC_OBJ_CORE)
        core = core->parent;
    return core;
}

static uint32_t distance_of(hwloc_obj_t a, hwloc_obj_t b) {
    const int leaf = a->depth;
    while (a != b) {
        const int deeper = a->depth > b->depth ? a->depth : b->depth; // branches may lack a level
        a = a->depth == deeper ? a->parent : a;
        b = b->depth == deeper ? b->parent : b;
        ENTRAIN_ASSERT(a != NULL && b != NULL); // one machine is the root of all
    }
    return (uint32_t)(leaf - a->depth);
}

// Deals to the workers from *dealt on those of the usable cpus that are their core's @p sibling-th. Returns
// how many usable cpus there are.
static uint32_t deal_siblings(hwloc_topology_t topology, const entrain__cpu_mask *allowed, uint32_t sibling,
                              uint32_t worker_count, uint32_t *dealt, hwloc_obj_t *cpus_out) {
    const int depth = hwloc_get_type_depth(topology, HWLOC_OBJ_PU);
    const uint32_t cpus = (uint32_t)hwloc_get_nbobjs_by_depth(topology, depth);
    uint32_t usable = 0, before = 0; // in its core
    hwloc_obj_t core = NULL;
    for (uint32_t i = 0; i < cpus; i++) {
        hwloc_obj_t cpu = hwloc_get_obj_by_depth(topology, depth, i);
        if (allowed != NULL && !entrain__cpus_has(allowed, cpu->os_index))
            continue;
        usable++;
        before = core_of(cpu) != NULL && core_of(cpu) == core ? before + 1 : 0; // they follow one another
        core = core_of(cpu);
        if (before == sibling && *dealt < worker_count)
            cpus_out[(*dealt)++] = cpu;
    }
    return usable;
}

// False: hwloc sees none of the cpus that we may use.
static bool fill_in(hwloc_topology_t topology, const entrain__cpu_mask *allowed, uint32_t worker_count,
                    entrain__machine *machine_out, uint32_t *distances_out) {
    hwloc_obj_t cpus[ENTRAIN_WORKERS_MAX];
    uint32_t dealt = 0, usable = deal_siblings(topology, allowed, 0, worker_count, &dealt, cpus);
    if (usable == 0)
        return false;
    for (uint32_t sibling = 1; dealt < worker_count && dealt < usable; sibling++)
        deal_siblings(topology, allowed, sibling, worker_count, &dealt, cpus);
    for (uint32_t worker = dealt; worker < worker_count; worker++)
        cpus[worker] = cpus[worker - usable];
    for (uint32_t i = 0; i < worker_count; i++) {
        machine_out->cpus[i] = cpus[i]->os_index;
        for (uint32_t j = 0; distances_out != NULL && j < worker_count; j++)
            distances_out[i * worker_count + j] = distance_of(cpus[i], cpus[j]);
    }
    machine_out->cpu_count = usable;
    machine_out->knows_distances = true;
    return true;
}

// ENTRAIN_EMPTY: hwloc cannot say anything of this machine.
static entrain_status look(const char *description, const entrain__cpu_mask *allowed, uint32_t worker_count,
                           entrain__machine *machine_out, uint32_t *distances_out) {
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0)
        return ENTRAIN_NO_MEMORY;
    entrain_status status = description != NULL ? ENTRAIN_INVALID : ENTRAIN_EMPTY;
    if (load(topology, description)) {
        // HWLOC_SYNTHETIC and HWLOC_XMLFILE in the environment may have put another machine in this one's
        // place.
        machine_out->here = hwloc_topology_is_thissystem(topology) != 0;
        if (fill_in(topology, machine_out->here ? allowed : NULL, worker_count, machine_out, distances_out))
            status = ENTRAIN_OK;
    }
    hwloc_topology_destroy(topology);
    return status;
}

#else

static const char *why_no_hwloc(void) { return "this Entrain was built without hwloc"; }

static entrain_status look(const char *description, const entrain__cpu_mask *allowed, uint32_t worker_count,
                           entrain__machine *machine_out, uint32_t *distances_out) {
    (void)description, (void)allowed, (void)worker_count, (void)machine_out, (void)distances_out;
    return ENTRAIN_EMPTY;
}

#endif

// Without hwloc: in the order of the cpus' numbers.
static void number_cpus(const entrain__cpu_mask *allowed, uint32_t worker_count,
                        entrain__machine *machine_out) {
    uint32_t count = 0;
    for (uint32_t cpu = 0; cpu < ENTRAIN__CPUS_MAX; cpu++) {
        if (entrain__cpus_has(allowed, cpu) && count < worker_count)
            machine_out->cpus[count] = cpu;
        count += entrain__cpus_has(allowed, cpu);
    }
    for (uint32_t worker = count; worker < worker_count; worker++)
        machine_out->cpus[worker] = machine_out->cpus[worker - count];
    machine_out->cpu_count = count;
    machine_out->here = true;
}

static const char *plural(uint32_t count) { return count == 1 ? "" : "s"; }

static entrain_status look_described(const char *description, uint32_t worker_count,
                                     entrain__machine *machine_out, uint32_t *distances_out,
                                     entrain_error *error_out) {
    const char *missing = why_no_hwloc();
    if (missing != NULL)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "machine is \"%.80s\", and %s, which would have to read it; leave machine NULL", description,
            missing);
    entrain_status status = look(description, NULL, worker_count, machine_out, distances_out);
    if (status == ENTRAIN_NO_MEMORY)
        return entrain_error_set(error_out, status,
                                 "no memory to describe a machine; free some and try again");
    if (status != ENTRAIN_OK)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "machine \"%.80s\" is neither a synthetic description of hwloc's, such as \"package:2 l3:2 "
            "core:2 pu:2\", nor "
            "the path of an .xml file that lstopo wrote; mend it, or leave it NULL for this machine",
            description);
    machine_out->here = false; // whatever its file says
    snprintf(machine_out->sentence, sizeof machine_out->sentence,
             "workers are placed on a described machine of %u cpu%s, \"%.80s\"", machine_out->cpu_count,
             plural(machine_out->cpu_count), description);
    return ENTRAIN_OK;
}

entrain_status entrain__machine_look(const char *description, uint32_t worker_count,
                                     entrain__machine *machine_out, uint32_t *distances_out,
                                     entrain_error *error_out) {
    entrain__cpu_mask allowed;
    *machine_out = (entrain__machine){0};
    if (description != NULL)
        return look_described(description, worker_count, machine_out, distances_out, error_out);
    if (!entrain__cpus_read(&allowed))
        return entrain_error_set(
            error_out, ENTRAIN_SYSTEM,
            "the system does not say which cpus this process may use; choose a policy that "
            "wants no distances, and do not pin");
    const char *missing = why_no_hwloc();
    if (missing == NULL && look(NULL, &allowed, worker_count, machine_out, distances_out) != ENTRAIN_OK)
        missing = "hwloc cannot read this machine";
    if (missing == NULL) {
        snprintf(machine_out->sentence, sizeof machine_out->sentence,
                 "workers are placed by hwloc on %u cpu%s%s", machine_out->cpu_count,
                 plural(machine_out->cpu_count),
                 machine_out->here ? "" : " of a machine that the environment describes");
        return ENTRAIN_OK;
    }
    number_cpus(&allowed, worker_count, machine_out);
    snprintf(machine_out->sentence, sizeof machine_out->sentence,
             "how far workers are apart is not known, so all are alike: %s", missing);
    return ENTRAIN_OK;
}
