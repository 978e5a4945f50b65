/// @file cpus.h  Which cpus a thread may use, and keeping it on one; and what the cgroup allows, apart so
/// that a test can show it other files than this machine's.
#ifndef ENTRAIN_SCHEDULER_CPUS_H
#define ENTRAIN_SCHEDULER_CPUS_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

/// Whole cpus (rounded up) that the cpu quota allows to the process whose membership is written in @p
/// cgroup_file (as /proc/self/cgroup), with hierarchies mounted below @p root (as /sys/fs/cgroup): the least
/// over its group and all groups above, version 2 and version 1. UINT32_MAX when there is none.
uint32_t entrain__quota_cpus(const char *cgroup_file, const char *root);

/// Cpus by the operating system's numbers, below this.
#define ENTRAIN__CPUS_MAX 8192

typedef union entrain__cpu_mask {
    cpu_set_t set; // what the system's calls take; the bytes are more than it has
    unsigned char bytes[ENTRAIN__CPUS_MAX / 8];
} entrain__cpu_mask;

/// The cpus that the calling thread may use. False: the system did not say.
bool entrain__cpus_read(entrain__cpu_mask *mask_out);
bool entrain__cpus_has(const entrain__cpu_mask *mask, uint32_t cpu);
/// Lets @p thread, a living one of this process, run on @p mask only. 0, or the errno of the refusal.
int entrain__cpus_bind(pthread_t thread, const entrain__cpu_mask *mask);
/// The same with one cpu.
int entrain__cpus_pin(pthread_t thread, uint32_t cpu);

#endif
