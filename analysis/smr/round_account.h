// What there is to say of lock-step rounds: which batch was in time for whom, which was not and
// why, and where a replica says otherwise. Found in the events of a run by round_ledger.h, written
// to traces and read back by round_lines.h.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analysis/smr/breach_cause.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

struct RoundRules {
  core::Cluster cluster;
  std::uint64_t depth = 1;      // D
  core::Duration round_length;  // L
  core::Instant warmup;         // what is measured begins here

  // In time with less than this to spare is only just in time: 5 % of L.
  core::Duration tight() const { return core::Duration::Picoseconds(round_length.ps() / 20); }
};

// A batch that was not in time for one receiver.
struct Breach {
  core::Instant at;  // the boundary of the receiver
  std::uint64_t round = 0;
  std::uint32_t lane = 0;  // whose owner sent it
  std::uint32_t receiver = 0;
  BreachCause cause = BreachCause::kLatency;
  std::optional<core::Duration> over_by;  // none: it never came
  // The receiver could not know that there was a batch, so it owes no word of it.
  bool is_excused = false;
};

// A batch that was in time, but only just, or is said not to have been.
struct InTime {
  core::Instant at;  // the boundary of the receiver
  std::uint64_t round = 0;
  std::uint32_t lane = 0;
  std::uint32_t receiver = 0;
  core::Duration slack;
};

// Something that a replica says, and that is not so.
struct Mismatch {
  enum class Rule : std::uint8_t {
    kVotesOnNothing,      // it reports violations when it votes on nothing
    kVotesOnOther,        // it reports violations of a round on which it does not vote
    kOrder,               // it votes on a round that is not the next; other: the next
    kEarly,               // it votes on a round too early; other: the round of its boundary
    kReportedTooMuch,     // it reports a batch of `lane` that it had been handed
    kReportedTooLittle,   // it does not report a batch of `lane` that it had not been handed
    kDecidedWithoutVotes  // it takes `lane` as decided by votes; other: replicas that held its
                          // batch
  };
  static constexpr std::uint64_t kRules = 7;

  core::Instant at;
  std::uint32_t replica = 0;
  Rule rule = Rule::kVotesOnNothing;
  std::uint64_t round = 0;
  std::uint32_t lane = 0;
  std::uint64_t other = 0;
  // It follows from what is told of the batch, as a breach or as in time, and of the report.
  bool is_of_batch = false;
};

// What follows the name of the replica.
std::string TextOf(const Mismatch& mismatch);

// What is told of rounds as it is found.
class RoundListener {
 public:
  virtual ~RoundListener() = default;
  virtual void OnBreach(const Breach& breach) = 0;
  virtual void OnInTime(const InTime&) {}
  virtual void OnMismatch(const Mismatch& mismatch) = 0;
};

}  // namespace lockstep::analysis
