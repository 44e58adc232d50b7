// Complaints, and the attempts that they order.
//
// A receiver that says again that it misses a position, after what lies before it was QUACKed,
// complains. When r_r + 1 receivers have complained at least one of them does not lie: the next
// attempt is noted, and schedule.h says whose it is. Positions inside a φ-list are judged likewise.
//
// Rule (decided where the paper, section 4.2, is silent): a repeat counts only if it comes after
// the receiver's cumulative ACK p was QUACKed here, and at least the repeat interval after that
// receiver's first report of the position; once for each (receiver, position, attempt). All
// counters of a position start anew when an attempt is noted. The first report may be older than
// the QUACK. A receiver that reports to hold the position takes back what it said of it. A report
// whose cumulative ACK is below what its receiver has acknowledged before is out of date, and
// changes nothing.
//
// By stake, replicas and pairs don't go at one pace: whoever has the greatest share falls behind
// the others, and what is yet to come looks like holes below what the others have. So what is above
// the newest position that a receiver has reported of the same first pair, or of the same first
// sender, is missing there only since it reported that one, as TCP's timer begins anew with each
// acknowledgement of new data (RFC 6298, section 5.3). Who is dead shows nothing new. In large
// clusters that would be a number for each three replicas: then for senders alone, or not at all.
//
// Kept by lanes of the schedule, as intervals: a thousand equal fates are one entry, and
// what nobody misses is none.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/interval_map.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "protocols/picsou/messages.h"
#include "protocols/picsou/repeat_interval.h"
#include "protocols/picsou/schedule.h"

namespace lockstep::picsou {

// Positions of one residue class whose next attempt has been noted.
struct Attempt {
  core::Run positions;
  std::uint64_t number = 0;  // 1 is the first resend
  friend bool operator==(const Attempt&, const Attempt&) = default;
};

class ComplaintTracker {
 public:
  // By stake, so much that receivers have shown is remembered at most: see News.
  static constexpr std::uint64_t kNewsMost = 1U << 17;

  // `lanes`: of the schedule. `complaints_needed` is r_r + 1; where `stake` says that of each
  // receiver, it is that of the complainers.
  ComplaintTracker(std::uint64_t lanes, std::uint32_t receivers, std::uint64_t complaints_needed,
                   RepeatInterval repeat_interval, std::vector<std::uint32_t> stake = {});
  // By the stake of either side, and by these turns.
  ComplaintTracker(const Schedule& schedule, std::uint64_t complaints_needed,
                   RepeatInterval repeat_interval, std::vector<std::uint32_t> stake);

  RepeatInterval& interval() { return interval_; }

  // `receiver` says that it holds every position below `cumulative`.
  void TakeBackBelow(std::uint32_t receiver, std::uint64_t cumulative);
  // Takes a report of `receiver`, after it has entered the QUACK, and returns the attempts that it
  // completes. Positions below the QUACK, which never decreases, are settled.
  std::vector<Attempt> Report(core::Instant now, std::uint32_t receiver, const Ack& ack,
                              std::uint64_t quack);
  // Entries of state, for tests of memory.
  std::size_t size() const;

 private:
  static constexpr std::size_t kPruneFirst = 16;
  struct Missing {
    core::Instant since;  // of the first report
    bool is_complaint = false;
    friend bool operator==(const Missing&, const Missing&) = default;
  };
  using MissingMap = core::IntervalMap<Missing>;  // by place
  // Places [begin, end).
  struct Stretch {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  struct Judged {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool is_missing = false;
    std::uint64_t attempts = 0;  // noted so far, where it is missing
  };

  // The newest position of a pair, or of a sender, that a receiver has reported to hold.
  struct Newest {
    std::uint64_t end = 0;  // one past it
    core::Instant since;    // when it was reported first
  };
  struct News {
    std::vector<Newest> of_pair;    // of_pair[sender * receivers + receiver]; may be left out
    std::vector<Newest> of_sender;  // of_sender[sender]
  };
  // Notes what `ack` shows, by a receiver that had acknowledged what is below `from`.
  void LookForNews(core::Instant now, std::uint32_t receiver, std::uint64_t from, const Ack& ack);
  void Show(core::Instant now, News& news, std::uint64_t begin, std::uint64_t end) const;
  // Of suspect_, what there was no news of for long enough is complained about, and the rest is
  // missing only since there was.
  void JudgeSuspects(core::Instant now, std::uint32_t receiver);
  // The same of positions of one pair, of which there was news at `since`.
  void JudgeSuspect(core::Instant now, std::uint32_t receiver, const Judged& suspect,
                    core::Instant since);

  // Lists what `ack` says of the positions in [from, to).
  void ListJudged(const Ack& ack, std::uint64_t from, std::uint64_t to);
  // Adds to judged_ that the places [begin, end) are missing, by what was attempted so far.
  void AddMissing(std::uint64_t begin, std::uint64_t end);
  // Notes the next attempt for those of `fresh` that enough receivers complain about.
  void CountComplaints(const Stretch& fresh, std::vector<Attempt>& noted);
  // Forgets attempts on what is settled, now and then.
  void PruneAttempts(std::uint64_t quack);

  core::LaneLine line_;
  std::optional<Schedule> by_stake_;
  std::vector<News> news_;  // news_[receiver], by stake
  std::uint64_t complaints_needed_;
  std::vector<std::uint32_t> stake_;  // stake_[receiver]; empty: one each
  RepeatInterval interval_;
  std::vector<std::uint64_t> acknowledged_;  // acknowledged_[receiver]: its greatest cumulative ACK
  // missing_[receiver]; where it has not reported for long, what is settled may linger.
  std::vector<MissingMap> missing_;
  core::IntervalMap<std::uint64_t> attempts_;  // noted so far, by place
  std::size_t prune_at_ = kPruneFirst;         // entries of attempts_ that call for pruning

  // Reused between reports.
  std::vector<Stretch> held_;  // the φ-list, by place
  std::vector<Judged> judged_;
  std::vector<Stretch> fresh_;   // new complaints
  std::vector<Judged> suspect_;  // the same, but for news of their pairs
  std::vector<MissingMap::Interval> scratch_;
};

}  // namespace lockstep::picsou
