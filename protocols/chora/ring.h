// The rounds that a replica keeps: a window of W rounds, N slots each, in memory that is reused.
//
// What lies below the base has been truncated and is never touched again; a slot that is not in the
// window does not exist, and must not look like a fresh one. Masks are of lanes.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/chora/slot.h"
#include "protocols/core/check.h"

namespace lockstep::chora {

// What is known of the lanes of one round.
struct Row {
  std::uint64_t heard = 0;    // replicas whose message of this round has been handled
  std::uint64_t held = 0;     // lanes whose batch is here
  std::uint64_t voted = 0;    // own votes, and of these
  std::uint64_t ones = 0;     //   which are one
  std::uint64_t decided = 0;  // lanes, and of these
  std::uint64_t batches = 0;  //   those whose batch was chosen
  std::uint64_t wanted = 0;   // lanes whose batch is looked for

  std::uint64_t proposing = 0;    // lanes in which this replica proposes a value
  std::uint64_t preparing = 0;    // lanes in which it asks for promises
  std::uint64_t accepted = 0;     // lanes in which it has accepted at a ballot >= 1
  std::uint64_t promise_due = 0;  // lanes in which it still has to answer the proposer
  std::uint64_t resolved = 0;     // lanes in which it has used ballot 1

  std::uint64_t opened_at = 0;  // the own round when it was cast
};

class Ring {
 public:
  Ring(std::uint32_t lanes, std::uint64_t rounds)
      : lanes_(lanes), rows_(rounds), slots_(rounds * lanes) {}

  std::uint64_t base() const { return base_; }
  // One past the last round that there is.
  std::uint64_t end() const { return base_ + rows_.size(); }
  bool Contains(std::uint64_t round) const { return round >= base_ && round < end(); }

  // `round` must be in the window.
  Row& row(std::uint64_t round) { return rows_[IndexOf(round)]; }
  const Row& row(std::uint64_t round) const { return rows_[IndexOf(round)]; }
  Slot& slot(SlotName name) { return slots_[IndexOf(name.round) * lanes_ + name.lane]; }
  const Slot& slot(SlotName name) const { return slots_[IndexOf(name.round) * lanes_ + name.lane]; }

  // Forgets what lies below `base`; no effect if that is not above the present one.
  void Truncate(std::uint64_t base) {
    const std::uint64_t forgotten = base > base_ ? base - base_ : 0;
    for (std::uint64_t i = 0; i < forgotten && i < rows_.size(); ++i) Clear(IndexOf(base_ + i));
    head_ = (head_ + forgotten) % rows_.size();
    base_ += forgotten;
  }

 private:
  // Without a division, since the window moves but rarely.
  std::uint64_t IndexOf(std::uint64_t round) const {
    CHECK(round - base_ < rows_.size());
    const std::uint64_t index = head_ + (round - base_);
    return index < rows_.size() ? index : index - rows_.size();
  }
  void Clear(std::uint64_t index) {
    rows_[index] = Row();
    for (std::uint32_t lane = 0; lane < lanes_; ++lane) slots_[index * lanes_ + lane] = Slot();
  }

  std::uint32_t lanes_;
  std::uint64_t base_ = 0;
  std::uint64_t head_ = 0;   // index of the row of the base
  std::vector<Row> rows_;    // rows_[head_ + i] is round base_ + i, cyclically
  std::vector<Slot> slots_;  // slots_[index of row * lanes + lane]
};

}  // namespace lockstep::chora
