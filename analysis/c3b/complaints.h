// Which messages a sender may take for lost, worked out from the reports it heard.
//
// A report of receiver j is (p, φ-list up to φ_end): p and what the list leaves out are *missing*.
// The first report of a missing k′ is no complaint. A later one, at least `repeat_interval` after
// the first, is, once for each (receiver, k′, attempt), if it counts: if p was QUACKed at this
// sender, this report included. Complaints of r_r + 1 receivers order the next attempt, and all
// counters of that k′ start anew. What is below the QUACK is complained about no more. A report
// whose p is below what its receiver has acknowledged before is out of date, and says nothing. Of
// what nobody can have committed yet nobody can have lost anything, so reports say nothing of that.
//
// The number of attempts found here is the most that a correct sender can have noted: where the
// rule leaves room, we count the complaint. So 1/1000 of the interval is given away, for the
// sender's clock may run that much faster, and as much as faults and profile can put a clock ahead;
// and a report withdraws a receiver's earlier ones about
// what it now holds only if it counts, since a sender may leave other reports unread.
//
// Invariant: an honest sender never notes attempt t of a k′ before it is noted here. (By induction:
// while both are at t, its first reports are never older than ours, nor its complaints more.)
//
// Source: the Picsou paper, on duplicate QUACKs and on stake.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/c3b/schedule.h"
#include "analysis/c3b/stream_facts.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// Places [begin, end) of a line of lanes.
struct Stretch {
  std::uint64_t begin;
  std::uint64_t end;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// One statement of a receiver, as it was heard.
struct Report {
  core::Instant at;
  std::uint64_t receiver = 0;  // index within its cluster
  std::uint64_t acknowledged = 0;
  std::uint64_t phi_end = 0;  // 0: no list
  std::span<const core::Run> listed;
  std::uint64_t committed = kSeqLimit;  // k′ below it may exist by now
};

class ComplaintBook {
 public:
  struct Rule {
    Schedule schedule;
    std::uint64_t acks_needed = 1;        // u_r + 1: a QUACK
    std::uint64_t complaints_needed = 1;  // r_r + 1: an attempt
    core::Duration repeat_interval;
    core::Duration clock_ahead = {};        // what a sender's clock may gain on us, at most
    std::vector<std::uint32_t> stake = {};  // by receiver, of which these are; empty: one each
  };

  // `quack`: what was QUACKed at the sender before, in another view of the clusters.
  explicit ComplaintBook(const Rule& rule, std::uint64_t quack = 0);

  // Takes a report. Calls `note(Stretch)` for each stretch of k′ of which it orders the next
  // attempt.
  template <typename Note>
  void Hear(const Report& report, Note&& note) {
    Take(report);
    for (const Stretch& stretch : ordered_) note(stretch);
  }

  // How many k′ from 0 on acks_needed receivers, or receivers of that stake, have acknowledged.
  std::uint64_t quack() const { return quack_; }
  const core::LaneLine& line() const { return line_; }
  // Entries of state, for tests of memory.
  std::size_t size() const;

 private:
  // What one receiver has reported missing, at places [begin, end).
  struct Doubt {
    std::uint64_t begin;
    std::uint64_t end;
    std::int64_t since_ps;  // of the first report
    bool is_complaint;
  };
  using Doubts = std::vector<Doubt>;  // sorted, disjoint
  struct Judged {
    std::uint64_t begin;
    std::uint64_t end;
    bool is_missing;
  };
  // New complaints, and what complains of them.
  struct Part {
    Stretch where;
    std::uint64_t stake;
  };

  void Take(const Report& report);
  std::uint64_t StakeOf(std::uint64_t receiver) const {
    return rule_.stake.empty() ? 1 : rule_.stake[receiver];
  }
  void RaiseQuack(std::uint64_t receiver, std::uint64_t acknowledged);
  void RaiseQuackByStake();
  void ListJudged(std::uint64_t begin, std::uint64_t end, std::uint64_t acknowledged,
                  std::span<const core::Run> listed);
  void ListLane(std::uint64_t at, std::uint64_t stop, std::size_t& next_held);
  void Sweep(const Report& report, bool is_counted);
  void Settle(Doubt doubt, const Judged& judged, const Report& report, bool is_counted);
  void Emit(const Doubt& doubt);
  void CountComplaints(std::uint64_t receiver);
  void AddComplaintsOf(std::uint64_t receiver, std::uint64_t least);
  static Doubts::const_iterator FirstBeyond(Doubts::const_iterator at, Doubts::const_iterator end,
                                            std::uint64_t place);
  void EraseOrdered(Doubts& doubts);

  Rule rule_;
  core::LaneLine line_;
  std::uint64_t total_stake_ = 0;
  std::int64_t patience_ps_;                 // of the repeat interval, less what we give away
  std::vector<std::uint64_t> acknowledged_;  // acknowledged_[receiver]: the greatest heard
  std::uint64_t quack_ = 0;
  std::vector<Doubts> doubts_;    // doubts_[receiver]
  std::vector<Stretch> ordered_;  // attempts that the last report ordered

  // Reused between reports.
  std::vector<std::uint64_t> ranked_;  // numbers, or receivers
  std::vector<Stretch> held_;          // the φ-list, by place
  std::vector<Judged> judged_;         // what the report says, by place
  Doubts swept_;
  std::vector<Stretch> fresh_;  // new complaints, in order
  std::vector<Part> parts_;     // of these, as they are counted
  std::vector<Part> counted_;
};

}  // namespace lockstep::analysis
