// Which lanes are active in which round: a function of the decided prefix of the log alone.
//
// A change that stands in a batch of round R holds from round R + alpha on. Only batches of lanes
// that are active in R are read, in rotated order: with the others replicas would part ways, since
// not all know those. A change names the epoch that it means to end, so that a late duplicate
// changes nothing; one that would leave fewer lanes than a quorum changes nothing either.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "protocols/chora/batch.h"
#include "protocols/chora/slot.h"

namespace lockstep::chora {

// Position 0 of a round is that of lane round mod N, for fairness.
constexpr std::uint32_t RotatedLane(std::uint64_t round, std::uint32_t position,
                                    std::uint32_t lanes) {
  return static_cast<std::uint32_t>((round + position) % lanes);
}

class Lanes {
 public:
  // What a snapshot at a round holds of the lanes.
  struct State {
    std::uint64_t round = 0;
    std::vector<std::uint64_t> lanesets;  // of rounds round .. round + alpha - 1
    std::vector<std::uint64_t> epochs;    // epochs[lane]: the round from which its state holds
    friend bool operator==(const State&, const State&) = default;
  };

  // `history`: how many rounds behind the newest one are asked for.
  Lanes(std::uint32_t lanes, std::uint32_t quorum, std::uint32_t alpha, std::uint64_t history)
      : quorum_(quorum), alpha_(alpha), end_(alpha), epochs_(lanes) {
    std::uint64_t size = 1;
    while (size < history + alpha + 1) size *= 2;
    history_.assign(size, (std::uint64_t{1} << lanes) - 1);
  }

  // Active lanes of `round`, which must be known, and not too old.
  std::uint64_t At(std::uint64_t round) const { return history_[round & (history_.size() - 1)]; }
  // One past the last round whose lanes are known.
  std::uint64_t end() const { return end_; }
  // Of the last of these: what has been changed, be it in effect or not yet.
  std::uint64_t newest() const { return At(end_ - 1); }
  std::uint64_t EpochOf(std::uint32_t lane) const { return epochs_[lane]; }

  // The lanes of round end(): those of the round before, changed. Returns the lanes that changed.
  std::uint64_t Extend(std::span<const Reconf> changes) {
    std::uint64_t active = newest();
    std::uint64_t changed = 0;
    for (const Reconf& change : changes) {
      const bool is_stale = change.epoch != epochs_[change.lane];
      if (is_stale || Has(active, change.lane) == change.is_on) continue;
      if (!change.is_on && CountBits(active) <= quorum_) continue;
      active ^= Bit(change.lane);
      changed |= Bit(change.lane);
      epochs_[change.lane] = end_;
    }
    history_[end_ & (history_.size() - 1)] = active;
    ++end_;
    return changed;
  }

  // As after the last Extend, when the next round to be passed is `round`.
  State Capture(std::uint64_t round) const {
    State state{round, {}, epochs_};
    for (std::uint32_t i = 0; i < alpha_; ++i) state.lanesets.push_back(At(round + i));
    return state;
  }
  void Restore(const State& state) {
    end_ = state.round;
    for (const std::uint64_t active : state.lanesets) {
      history_[end_ & (history_.size() - 1)] = active;
      ++end_;
    }
    epochs_ = state.epochs;
  }

 private:
  std::uint32_t quorum_;
  std::uint32_t alpha_;
  std::uint64_t end_;
  std::vector<std::uint64_t> epochs_;
  std::vector<std::uint64_t> history_;  // history_[round modulo its size]
};

}  // namespace lockstep::chora
