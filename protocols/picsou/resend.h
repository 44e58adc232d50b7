// Complaints, and the attempts that they order.
//
// A receiver that says again that it misses a position, after what lies before it was QUACKed,
// complains. When r_r + 1 receivers have complained at least one of them does not lie: the next
// attempt is noted, and schedule.h says whose it is. Positions inside a φ-list are judged likewise.
//
// Rule (decided where the paper, section 4.2, is silent): a repeat counts only if it comes after
// the receiver's cumulative ACK p was QUACKed here, and at least `repeat_interval` after that
// receiver's first report of the position; once for each (receiver, position, attempt). All
// counters of a position start anew when an attempt is noted. The first report may be older than
// the QUACK. A receiver that reports to hold the position takes back what it said of it.
//
// Kept by residue class of the schedule's period, as intervals: a thousand equal fates are one.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/interval_map.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "protocols/picsou/messages.h"

namespace lockstep::picsou {

// Positions of one residue class whose next attempt has been noted.
struct Attempt {
  core::Run positions;
  std::uint64_t number = 0;  // 1 is the first resend
  friend bool operator==(const Attempt&, const Attempt&) = default;
};

class ComplaintTracker {
 public:
  // `complaints_needed` is r_r + 1.
  ComplaintTracker(std::uint64_t period, std::uint32_t receivers, std::uint32_t complaints_needed,
                   core::Duration repeat_interval);

  // `receiver` holds every position below `cumulative`.
  void TakeBackBelow(std::uint32_t receiver, std::uint64_t cumulative);
  // Takes a report of `receiver`, after it has entered the QUACK, and returns the attempts that it
  // completes.
  std::vector<Attempt> Report(core::Instant now, std::uint32_t receiver, const Ack& ack,
                              std::uint64_t quack);
  // Positions below are settled.
  void ForgetBelow(std::uint64_t quack);

 private:
  struct Missing {
    core::Instant since;  // of the first report
    bool is_complaint = false;
    friend bool operator==(const Missing&, const Missing&) = default;
  };
  struct Lane {
    std::vector<core::IntervalMap<Missing>> missing;  // missing[receiver]
    core::IntervalMap<std::uint64_t> attempts;        // noted so far
  };
  // One report, cut to one lane.
  struct Judged {
    std::uint64_t lane = 0;
    std::uint64_t begin = 0;  // half-open interval of indices that are missing
    std::uint64_t end = 0;
  };

  std::uint64_t IndexAtLeast(std::uint64_t lane, std::uint64_t position) const;
  void Miss(core::Instant now, std::uint32_t receiver, const Judged& judged, bool may_count,
            std::vector<Attempt>& noted);
  // Notes the next attempt for those of [begin, end) that enough receivers complain about.
  void CountComplaints(std::uint64_t lane, std::uint64_t begin, std::uint64_t end,
                       std::vector<Attempt>& noted);

  std::uint64_t period_;
  std::uint32_t complaints_needed_;
  core::Duration repeat_interval_;
  std::vector<Lane> lanes_;  // lanes_[position % period]
};

}  // namespace lockstep::picsou
