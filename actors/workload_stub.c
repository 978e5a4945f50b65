// Until workload.c is here: names for the command's lists, and nothing measured. Weak, so that it may come any time.
#include "entrain/workload.h"

#define STUB __attribute__((weak))

STUB const char *entrain_pattern_name(entrain_pattern pattern) {
    static const char *const names[] = {"high-frequency", "burst", "steady", "mixed", "sparse"};
    return pattern < ENTRAIN_PATTERN_COUNT ? names[pattern] : NULL;
}
STUB const char *entrain_pattern_summary(entrain_pattern pattern) { return entrain_pattern_name(pattern); }
STUB double entrain_pattern_rate(entrain_pattern pattern) { return pattern < ENTRAIN_PATTERN_COUNT ? 1 : 0; }
STUB const char *entrain_breaker_name(entrain_breaker breaker) {
    static const char *const names[] = {"closed", "open", "half-open"};
    return breaker < ENTRAIN_BREAKER_COUNT ? names[breaker] : NULL;
}
STUB entrain_status entrain_workload_measure(entrain_workload *workload, entrain_workload_totals *totals_out) {
    (void)workload;
    *totals_out = (entrain_workload_totals){0};
    return ENTRAIN_OK;
}
STUB entrain_status entrain_workload_check(const entrain_workload_totals *totals, entrain_error *error_out) {
    (void)totals, (void)error_out;
    return ENTRAIN_OK;
}
