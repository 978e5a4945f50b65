/// @file preempt.h  Where a preemption would hurt most: marked, so that the stress test can make it happen
/// there.
#ifndef ENTRAIN_BASE_PREEMPT_H
#define ENTRAIN_BASE_PREEMPT_H

#ifdef ENTRAIN_PREEMPT
/// Gives up the processor now and then; tests/ defines it.
void entrain__preempt(void);
#define ENTRAIN__PREEMPT_POINT() entrain__preempt()
#else
#define ENTRAIN__PREEMPT_POINT() ((void)0)
#endif

#endif
