/// @file recovery.h  How a swarm comes through what happens to it: the dip, the way back, what was lost.
///
///   quantity  before ______                    __________ within the band (or at 95 % of before), for 0.5 s
///                          |              ____/
///                 worst    |_____________/
///                          disruption    |--- back_s ---|     lost: the area that is missing until then
///
/// It sees no more than the samples it is given: times are exact to the distance of two of them.
#ifndef ENTRAIN_RECOVERY_H
#define ENTRAIN_RECOVERY_H

#include "entrain/goal.h"

ENTRAIN_BEGIN_DECLS

/// Recovered is who is back and stays so for this long, simulated seconds.
#define ENTRAIN_RECOVERY_HOLD_S 0.5
/// Without a goal: back at this part of the coherence of before.
#define ENTRAIN_RECOVERY_PART 0.95

/// One disruption. The quantity is coherence, or where the goal is to spread evenly what
/// entrain_goal_distance() says (1 is its bound, less is better).
typedef struct entrain_recovery {
    double at_s;   ///< of the disruption
    double before; ///< at the last sample before it; NaN: there was none
    /// To be back within. Without a goal: from 95 % of the coherence of before up; or of what it was before
    /// the earlier disruption that this one came on top of. NaN: nothing to get back to.
    double low, high;
    /// The quantity where it was farthest out (without a goal: lowest) before it was back; NaN: no sample.
    double worst;
    double worst_after_s; ///< when, since at_s
    double out;           ///< how far out of the band that was; 0: it never left
    double back_s;        ///< since at_s; 0: it never left; NaN: not until the end (or the next one)
    /// Area until it was back: of what is missing to the band, or to the coherence of before. 0: it never
    /// left.
    double lost;
    double watched_s;  ///< until the next disruption, or the end
    uint64_t samples;  ///< since at_s; 0: the next one came at once
    uint32_t relapses; ///< how often it left again after it was back
    bool goal;         ///< there was a band of a goal
    bool spread;       ///< of the quantity that entrain_goal_distance() says
    bool held;         ///< it was back for 0.5 s. Otherwise its time was cut short.
    bool cut_short;    ///< by the next disruption (not the end of the run)
} entrain_recovery;

/// Follows samples from disruption to disruption; a plain struct, nothing to free.
typedef struct entrain_recovery_watch {
    entrain_recovery now; ///< of the latest disruption, as far as it went
    bool under_way;       ///< there has been one
    bool goal;
    entrain_goal_band band;
    double reference;       ///< without a goal: what is to be got back to
    double last_s;          ///< of the latest sample
    double value, missing;  ///< at it
    double back_since_s;    ///< since when it has been back without a break; NaN: it is out
    bool sampled, relapsed; ///< there was a sample; it is out again
} entrain_recovery_watch;

/// @p band: the goal's; NULL: there is none.
ENTRAIN_API void entrain_recovery_begin(entrain_recovery_watch *watch, const entrain_goal_band *band);
/// The next sample, in the order of time. One of a disruption's tick, taken after it, comes after
/// entrain_recovery_disrupt().
ENTRAIN_API void entrain_recovery_add(entrain_recovery_watch *watch, const entrain_phase_sample *sample);
/// Something happens at @p time_s. What the one before came to is in *earlier_out: true; false: it is the
/// first.
ENTRAIN_API bool entrain_recovery_disrupt(entrain_recovery_watch *watch, double time_s,
                                          entrain_recovery *earlier_out);
/// The goal is another one from here on (NULL: none): what is under way is measured by that.
ENTRAIN_API void entrain_recovery_course(entrain_recovery_watch *watch, const entrain_goal_band *band);
/// The run is over: the latest one in *last_out, or false.
ENTRAIN_API bool entrain_recovery_end(entrain_recovery_watch *watch, entrain_recovery *last_out);
/// Whether it was back by the time its watching ended, and for 0.5 s if there was that much time.
ENTRAIN_API bool entrain_recovery_is_back(const entrain_recovery *recovery);
/// In words, without a full stop: "r fell from 0.98 to 0.31, back in the band after 2.3 s, lost 1.4 r s".
ENTRAIN_API void entrain_recovery_explain(const entrain_recovery *recovery, char *text_out, size_t size);

ENTRAIN_END_DECLS

#endif
