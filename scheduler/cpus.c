// How many cpus this process may use: its affinity mask, cut by the cgroup's quota. And keeping threads on
// cpus.
//
// A quota of 150 ms per 100 ms is one and a half cpus, for which two workers are right: rounded up. A group
// is bound by its own quota and by those of all groups above it. Inside a container the path in
// /proc/self/cgroup may name groups that are not visible; what cannot be read does not bind, and the walk
// upwards ends at the container's own root.
#include "scheduler/cpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/scheduler.h"

enum { PATH_BYTES = 4096, LINE_BYTES = 4096 };

static uint32_t cpus_for(long long quota, long long period) {
    if (quota <= 0 || period <= 0) // -1: none
        return UINT32_MAX;
    long long cpus = quota / period + (quota % period != 0);
    return cpus < UINT32_MAX ? (uint32_t)cpus : UINT32_MAX;
}

static bool read_line(const char *path, char *line_out, int bytes) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool got = fgets(line_out, bytes, file) != NULL;
    fclose(file);
    return got;
}

// Version 2: cpu.max is "QUOTA PERIOD" or "max PERIOD".
static uint32_t quota_v2(const char *group) {
    char path[PATH_BYTES + 32], line[128];
    long long quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", group);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lld %lld", &quota, &period) != 2)
        return UINT32_MAX;
    return cpus_for(quota, period);
}

// Version 1: cpu.cfs_quota_us is -1 for none.
static uint32_t quota_v1(const char *group) {
    char path[PATH_BYTES + 32], line[128];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", group);
    if (!read_line(path, line, sizeof line))
        return UINT32_MAX;
    long long quota = strtoll(line, NULL, 10);
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", group);
    if (!read_line(path, line, sizeof line))
        return UINT32_MAX;
    return cpus_for(quota, strtoll(line, NULL, 10));
}

// The least quota of @p group below @p mount and of every group above it, the mount's root included.
static uint32_t least_upwards(const char *mount, const char *group, uint32_t (*quota)(const char *group)) {
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s%s", mount, group);
    if (length < 0 || length >= PATH_BYTES)
        return quota(mount);
    uint32_t least = UINT32_MAX;
    const size_t root = strlen(mount);
    for (;;) {
        uint32_t cpus = quota(path);
        least = cpus < least ? cpus : least;
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash < path + root)
            return least;
        *slash = '\0';
    }
}

static bool lists(const char *controllers, const char *wanted) {
    size_t size = strlen(wanted);
    for (const char *at = controllers; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, wanted, size) == 0 && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

// One line of /proc/self/cgroup: "0::/path" is version 2, "N:cpu,cpuacct:/path" version 1.
static uint32_t quota_of_line(char *line, const char *root) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL)
        return UINT32_MAX;
    controllers++;
    *group++ = '\0';
    char mount[PATH_BYTES / 2];
    if (controllers[0] == '\0')
        return least_upwards(root, group, quota_v2);
    if (!lists(controllers, "cpu"))
        return UINT32_MAX;
    snprintf(mount, sizeof mount, "%s/cpu", root); // a link to, or the name of, the hierarchy
    return least_upwards(mount, group, quota_v1);
}

uint32_t entrain__quota_cpus(const char *cgroup_file, const char *root) {
    FILE *file = fopen(cgroup_file, "re");
    if (file == NULL)
        return UINT32_MAX;
    char line[LINE_BYTES];
    uint32_t least = UINT32_MAX;
    for (bool begins = true, ends; fgets(line, sizeof line, file) != NULL; begins = ends) {
        ends = strchr(line, '\n') != NULL;
        uint32_t cpus = begins ? quota_of_line(line, root) : UINT32_MAX; // not the rest of one too long
        least = cpus < least ? cpus : least;
    }
    fclose(file);
    return least;
}

bool entrain__cpus_read(entrain__cpu_mask *mask_out) {
    *mask_out = (entrain__cpu_mask){0};
    return sched_getaffinity(0, sizeof *mask_out, &mask_out->set) == 0;
}

bool entrain__cpus_has(const entrain__cpu_mask *mask, uint32_t cpu) {
    return cpu < ENTRAIN__CPUS_MAX && CPU_ISSET_S(cpu, sizeof *mask, &mask->set);
}

int entrain__cpus_bind(pthread_t thread, const entrain__cpu_mask *mask) {
    return pthread_setaffinity_np(thread, sizeof *mask, &mask->set);
}

int entrain__cpus_pin(pthread_t thread, uint32_t cpu) {
    entrain__cpu_mask mask = {0};
    if (cpu >= ENTRAIN__CPUS_MAX)
        return EINVAL;
    CPU_SET_S(cpu, sizeof mask, &mask.set);
    return entrain__cpus_bind(thread, &mask);
}

static uint32_t affinity_cpus(void) {
    entrain__cpu_mask mask;
    if (!entrain__cpus_read(&mask))
        return 1;
    int cpus = CPU_COUNT_S(sizeof mask, &mask.set);
    return cpus < 1 ? 1 : (uint32_t)cpus;
}

uint32_t entrain_scheduler_cpus(void) {
    uint32_t cpus = affinity_cpus(), quota = entrain__quota_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota < cpus ? quota : cpus;
}
