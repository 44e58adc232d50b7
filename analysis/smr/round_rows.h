// The last rounds of a lock-step cluster, as far as somebody may still ask about them: what each
// replica did in them, and how the message of each to each fared.
//
// A ring that is only as long as it has to be: it begins short, so that it stays in the cache, and
// doubles where a round would be forgotten that is still needed, up to a bound of memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocols/core/time.h"

namespace lockstep::analysis {

class RoundRows {
 public:
  // A replica in a round. Masks are of replicas.
  enum class State : std::uint8_t { kAhead, kBegun, kPassedOver };
  struct Seat {
    // Its own boundary of this round.
    core::Instant began;
    core::Duration late;  // on its clock; so the round began, nominally, at began - late
    core::Instant completed;
    // As a voter on this round.
    core::Instant voted_at;         // the boundary at which it votes
    core::Duration voted_late;      // of that boundary
    std::uint64_t voted_round = 0;  // of that boundary
    std::uint64_t handed = 0;       // whose batches it has been handed, in this life
    std::uint64_t arrived = 0;      // whose messages have come to its host
    std::uint64_t lost = 0;         // whose messages to it were destroyed
    std::uint64_t unresolved = 0;   // violations whose cause is not known yet
    std::uint64_t unreported = 0;   // lanes it was not handed and does not complain of
    std::uint64_t owed = 0;         // lanes of which it owes a report, since it was not handed them
    std::uint64_t told = 0;         // lanes decided otherwise than by votes
    // As an owner of a lane.
    std::uint64_t sent_to = 0;
    std::uint32_t on_time = 0;  // replicas that had handled its batch when they voted
    std::uint32_t maybe = 0;    // those that may have held it all the same, from another message
    State state = State::kAhead;
    bool is_repeated = false;  // a later life has come to it, and has told others of no batch
    bool is_completed = false;
    bool has_committed = false;
    core::Instant committed_at;
  };
  // The message of an owner to another replica; what is there, masks say.
  struct Pair {
    core::Instant sent;
    core::Instant arrived;  // at its host
    core::Instant handed;
    std::uint64_t id = 0;
  };

  static constexpr std::size_t kNone = ~std::size_t{0};
  // What all of it may take, about.
  static constexpr std::size_t kBytesMost = std::size_t{64} << 20;

  explicit RoundRows(std::uint32_t replicas);

  // Where a round stands; kNone where it is not kept.
  std::size_t Find(std::uint64_t round) const {
    const std::size_t row = round & (rounds_.size() - 1);
    return rounds_[row] == round ? row : kNone;
  }
  // The round that has the place of this one; kNobody where it is free.
  std::uint64_t OccupantOf(std::uint64_t round) const {
    return rounds_[round & (rounds_.size() - 1)];
  }
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  // Keeps it, in place of whatever has its place.
  std::size_t Keep(std::uint64_t round);
  // Doubles the ring; false where that would be too much.
  bool Grow();

  Seat& seat(std::size_t row, std::uint32_t replica) { return seats_[row * replicas_ + replica]; }
  Pair& pair(std::size_t row, std::uint32_t from, std::uint32_t to) {
    return pairs_[(row * replicas_ + from) * replicas_ + to];
  }
  std::size_t size() const { return rounds_.size(); }
  // Of this row; kNobody where there is none.
  std::uint64_t round(std::size_t row) const { return rounds_[row]; }

 private:
  std::size_t replicas_;
  std::vector<std::uint64_t> rounds_;  // as many as a power of two
  std::vector<Seat> seats_;
  std::vector<Pair> pairs_;
};

}  // namespace lockstep::analysis
