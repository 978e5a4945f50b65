/// @file bench_plot.h  The picture of `entrain bench SCENARIO`: ns per agent and tick over workers.
#ifndef ENTRAIN_SIMS_BENCH_PLOT_H
#define ENTRAIN_SIMS_BENCH_PLOT_H

#include "sims/bench_report.h"

/// One panel per "size" of the report's rows, one line per "policy", over "workers": "ns_median", with bars
/// from "ns_q1" to "ns_q3". Rows without a time are not drawn. A note on stderr where there is no picture.
void bench_plot_policies(bench_report *report, const char *title);

#endif
