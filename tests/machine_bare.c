// scheduler/machine.c once more, as it is where hwloc was not found: test_machine.c runs both.
#undef ENTRAIN_HWLOC
#define entrain__machine_look machine_look_bare
#include "scheduler/machine.c" // NOLINT(bugprone-suspicious-include): a second copy of it is the point
