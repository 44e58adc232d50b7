// What the published artifact takes for lost (`rule: artifact`), counted as it counts.
//
// A *report* of receiver j is its ACK and bitmap. It judges the positions from the QUACK on, which
// it has entered already, up to its last set bit, or, where none is set, up to the first that it
// lacks, and 8192 of them at most: *missing* are the first that it lacks and zero bits, the others
// it *has*. For each position and receiver the first *missing* gives a count of 0, and each further
// one adds 1. *Has* silences the receiver for that position, whose count stands from then on, and
// adds its stake to what is settled; settled stake above f closes the position. c is the greatest
// value such that receivers with stake of f + 1 or more have a count of c or more; when it changes,
// and is above 0, attempt c is ordered. After the third the position is never judged again.
//
// Positions that this replica sends first are not judged. Nothing asks whether a position exists,
// or when it was QUACKed, and no clock is read: that is the rule, not an omission.
//
// Source: the artifact (acknowledgment_tracker.cpp, scrooge.cpp), as its running program was
// measured. That a silenced receiver's count stands is read from there, too.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "protocols/core/program.h"
#include "protocols/picsou/artifact_schedule.h"
#include "protocols/picsou/messages.h"

namespace lockstep::picsou {

class ArtifactTracker {
 public:
  static constexpr std::uint64_t kJudgedMost = 8192;
  static constexpr std::uint64_t kAttemptsMost = 3;

  struct Order {
    std::uint64_t position = 0;
    std::uint64_t attempt = 0;
    friend bool operator==(const Order&, const Order&) = default;
  };

  // Of the replica `self` of the senders. `schedule` outlives the tracker.
  ArtifactTracker(const ArtifactSchedule& schedule, std::uint32_t self,
                  const core::Cluster& receivers);

  // Takes a report, which the QUACK has taken before, and returns what it orders, until the next
  // call.
  const std::vector<Order>& Report(std::uint32_t receiver, const Ack& ack, std::uint64_t quack);
  // c: attempts that were ordered so far on a position that is not QUACKed.
  std::uint64_t AttemptsOn(std::uint64_t position) const;
  // Positions of which something is remembered.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    bool is_open = false;
    std::uint8_t attempts = 0;
    std::uint64_t settled = 0;  // stake
    // By receiver: how often it said *missing*, as far as that matters, and whether it has it.
    absl::InlinedVector<std::uint8_t, 8> said;
  };
  static constexpr std::uint8_t kSilenced = 0x80;

  void Advance(std::uint64_t quack);
  void ListHeld(const Ack& ack, std::uint64_t begin, std::uint64_t end);
  void Judge(Entry& entry, std::uint64_t position, std::uint32_t receiver, bool is_held);

  const ArtifactSchedule& schedule_;
  std::uint32_t self_;
  std::vector<std::uint64_t> stake_;  // stake_[receiver]
  std::uint64_t f_;                   // in stake
  std::uint64_t base_ = 0;            // position of the first entry
  std::deque<Entry> entries_;

  // Reused between reports.
  std::vector<std::uint8_t> held_;  // by position, from the first that is judged
  std::vector<Order> ordered_;
};

}  // namespace lockstep::picsou
