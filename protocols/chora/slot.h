// The slots of the log, and what a replica knows of one of them.
//
// Slot (round, lane) can be decided in two ways only: the batch that the lane's owner made for it,
// once, or nothing. Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/core/bytes.h"

namespace lockstep::chora {

enum class Value : std::uint8_t { kNoop = 0, kBatch = 1 };

// In the order of rounds; within a round, lanes go in rotated order (lanes.h).
struct SlotName {
  std::uint64_t round = 0;
  std::uint32_t lane = 0;
  friend constexpr auto operator<=>(SlotName, SlotName) = default;
};

// A lane or a replica as a mask.
constexpr std::uint64_t Bit(std::uint32_t index) { return std::uint64_t{1} << index; }
constexpr bool Has(std::uint64_t mask, std::uint32_t index) { return (mask >> index & 1U) != 0; }
// Calls `visit(index)` for each bit, from below.
template <typename Visit>
constexpr void ForEachBit(std::uint64_t mask, Visit&& visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<std::uint32_t>(std::countr_zero(mask)));
}
constexpr std::uint32_t CountBits(std::uint64_t mask) {
  return static_cast<std::uint32_t>(std::popcount(mask));
}

// Ballot 0 is the lane's owner's. Ballot b >= 1 is that of the b-th replica behind it.
constexpr std::uint32_t OwnerOf(std::uint32_t lane, std::uint64_t ballot, std::uint32_t replicas) {
  return static_cast<std::uint32_t>((lane + ballot) % replicas);
}

// Who has accepted `value` at `ballot`.
struct Tally {
  std::uint32_t ballot = 0;
  Value value = Value::kNoop;
  std::uint64_t acceptors = 0;
};

// What a slot has only when it is in trouble, as few are.
struct Contest {
  std::vector<Tally> tallies;     // of ballots >= 1
  std::uint64_t holders = 0;      // replicas that hold the batch, beside those that voted one
  std::uint32_t ballot_seen = 0;  // the greatest in anything heard of this slot

  // As proposer: what is proposed, or to be proposed when enough have promised.
  std::uint32_t ballot = 0;  // 0: nothing yet
  Value value = Value::kNoop;
  std::uint64_t payload_sent = 0;  // replicas to which the proposal has carried the batch
  std::uint64_t promised = 0;      // replicas
  std::int32_t best = -1;          // greatest ballot at which one of them has accepted
  Value best_value = Value::kNoop;
  std::uint64_t prepare_due = 0;  // replicas that are still to be asked
  std::uint64_t next_try = 0;     // round
  std::uint32_t backoff = 0;      // rounds until the try after that; 0: never tried

  // While the batch is missed: the round of the next question, and how many have been asked.
  std::uint64_t next_fetch = 0;
  std::uint32_t fetches = 0;
};

struct Slot {
  // Votes of replicas: of which one is known, and of these, which are one. Never taken back.
  std::uint64_t known = 0;
  std::uint64_t ones = 0;
  core::Bytes batch;  // where the row says that it is held

  // As acceptor. No ballot below `promised` is accepted any more.
  std::uint32_t promised = 0;
  std::int32_t accepted = -1;  // ballot; -1: none
  Value accepted_value = Value::kNoop;

  // Where there is one.
  std::uint32_t accepted_ballot() const { return static_cast<std::uint32_t>(accepted); }

  std::unique_ptr<Contest> contest;  // made when it is needed
  Contest& EnsureContest() {
    if (contest == nullptr) contest = std::make_unique<Contest>();
    return *contest;
  }
};

}  // namespace lockstep::chora
