/// @file cpus.h  What the cgroup allows; apart so that a test can show it other files than this machine's.
#ifndef ENTRAIN_SCHEDULER_CPUS_H
#define ENTRAIN_SCHEDULER_CPUS_H

#include <stdint.h>

/// Whole cpus (rounded up) that the cpu quota allows to the process whose membership is written in @p
/// cgroup_file (as /proc/self/cgroup), with hierarchies mounted below @p root (as /sys/fs/cgroup): the least
/// over its group and all groups above, version 2 and version 1. UINT32_MAX when there is none.
uint32_t entrain__quota_cpus(const char *cgroup_file, const char *root);

#endif
