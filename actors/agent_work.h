/// @file agent_work.h  What an agent's step calls of its workload: between agent.c and workload.c.
#ifndef ENTRAIN_ACTORS_AGENT_WORK_H
#define ENTRAIN_ACTORS_AGENT_WORK_H

#include "entrain/workload.h"

/// Bytes of an agent's column ENTRAIN_AGENT_WORK, a multiple of 8; 8 for NULL.
uint32_t entrain__work_bytes(const entrain_workload *workload);
/// Messages that one agent sends in a tick at most; 0 for NULL.
uint32_t entrain__work_sends_max(const entrain_workload *workload);
/// For the ranges' agents, in start(). @p work: the first one's element of the column. The column is zeroed.
void entrain__work_start(const entrain_workload *workload, const entrain_range *range, void *work);
/// Each tick, for all of a range: what the tick that ends brings is generated and queued. @p busy_out
/// [count]: how busy each is, 0 to 1 (0.25: as its pattern is on average), for adapt-to-traffic.
void entrain__work_generate(const entrain_workload *workload, const entrain_range *range, void *work,
                            float *busy_out);
/// Agent @p k's phase has come round in this tick: sends what it holds (entrain_range_send()). @p work:
/// its element.
void entrain__work_hand_over(const entrain_workload *workload, const entrain_range *range, uint32_t k,
                             void *work);
/// The agent ends: what it holds is shed. @p work: its element.
void entrain__work_stop(entrain_workload *workload, void *work);
/// What the workload has come to, but for what gateways hold, which is their behavior's.
void entrain__work_archive(entrain_workload *workload, entrain_archive *archive);

#endif
