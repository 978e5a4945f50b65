// What a reader needs to know before comparing two figures. Everything is read once, from the kernel.
#include "sims/bench_facts.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "entrain/engine.h"
#include "entrain/scheduler.h"
#include "entrain/simd.h"
#include "sims/summary.h"
#include "sims/words.h"

#ifndef ENTRAIN_BUILD_FLAGS // CMake says which; a build of another kind does not know
#define ENTRAIN_BUILD_FLAGS "unknown"
#endif

// The value of the first line "KEY : VALUE" of a file like /proc/cpuinfo, on one line.
static bool find_line(const char *path, const char *key, char *value_out, size_t size) {
    FILE *from = fopen(path, "re");
    char text[512];
    bool found = false;
    while (from != NULL && !found && fgets(text, sizeof text, from) != NULL) {
        size_t length = strlen(key);
        if (strncmp(text, key, length) != 0 || strchr("\t :", text[length]) == NULL)
            continue;
        const char *value = strchr(text, ':');
        found = value != NULL;
        if (found) {
            value += 1 + strspn(value + 1, " \t");
            text[strcspn(text, "\n")] = '\0';
            words_line(value, value_out, size);
        }
    }
    if (from != NULL)
        fclose(from);
    return found && *value_out != '\0';
}

static bool governor_of(int cpu, char *name_out, size_t size) {
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
    FILE *from = fopen(path, "re");
    if (from == NULL)
        return false;
    bool good = fgets(name_out, (int)size, from) != NULL;
    fclose(from);
    name_out[strcspn(name_out, "\n")] = '\0';
    return good && *name_out != '\0';
}

static const char *governor(char *name_out, size_t size) {
    long count = sysconf(_SC_NPROCESSORS_CONF);
    bool found = false;
    for (int cpu = 0; cpu < count; cpu++) {
        char name[32];
        if (!governor_of(cpu, name, sizeof name))
            continue;
        if (found && strcmp(name, name_out) != 0)
            return "mixed";
        snprintf(name_out, size, "%s", name);
        found = true;
    }
    return found ? name_out : "unknown";
}

static const char *widest_simd(void) {
    int level = ENTRAIN_SIMD_AVX512;
    while (level > ENTRAIN_SIMD_SSE2 && !entrain_simd_available((entrain_simd)level))
        level--;
    return entrain_simd_name((entrain_simd)level);
}

json_t *bench_facts(void) {
    char cpu[120], name[32];
    struct utsname system;
    json_t *facts = json_object();
    json_object_set_new(facts, "version", json_string(entrain_version()));
    json_object_set_new(facts, "compiler", json_string(build_compiler()));
    json_object_set_new(facts, "flags", json_string(ENTRAIN_BUILD_FLAGS));
    if (!find_line("/proc/cpuinfo", "model name", cpu, sizeof cpu))
        snprintf(cpu, sizeof cpu, "unknown");
    json_object_set_new(facts, "cpu", json_string(cpu));
    json_object_set_new(facts, "cpus", json_integer(entrain_scheduler_cpus()));
    json_object_set_new(facts, "simd", json_string(widest_simd()));
    json_object_set_new(facts, "memory_bytes",
                        json_integer((json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
    json_object_set_new(facts, "kernel", json_string(uname(&system) == 0 ? system.release : "unknown"));
    json_object_set_new(facts, "governor", json_string(governor(name, sizeof name)));
    return facts;
}

double bench_load(void) {
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : NAN;
}

void bench_date(char *text_out, size_t size) {
    time_t now = time(NULL);
    struct tm parts;
    if (gmtime_r(&now, &parts) == NULL || strftime(text_out, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(text_out, size, "unknown");
}
