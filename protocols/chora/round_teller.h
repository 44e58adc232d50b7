// What a replica tells of a boundary: which round it is, how late, what it votes on, and whose
// messages it had not been handed by then. See notes.h.
//
// The notes of one boundary are listed together and first, so that all of them are dated at the
// instant at which it was handled. Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/core/effects.h"
#include "protocols/core/time.h"

namespace lockstep::chora {

class RoundTeller {
 public:
  RoundTeller(const Config& config, std::uint32_t self) : depth_(config.depth), self_(self) {
    all_ = config.lanes();
  }

  // A message of `round` came while there was no place for what it says.
  void Ignore(std::uint64_t round) {
    if (ignored_begin_ == ignored_end_) ignored_begin_ = round;
    if (round < ignored_begin_) ignored_begin_ = round;
    if (round >= ignored_end_) ignored_end_ = round + 1;
  }
  // It is voted on at this boundary; `heard`: replicas whose messages of it have been handled.
  void Vote(std::uint64_t round, std::uint64_t heard);
  // Says all that there is to say of the boundary of `round`.
  void Tell(std::uint64_t round, core::Duration late_by, core::Effects& out);

 private:
  bool IsBlind(std::uint64_t round) const {
    return round >= ignored_begin_ && round < ignored_end_;
  }
  void TellVotes(std::uint64_t round, core::Effects& out);

  std::uint64_t depth_;
  std::uint32_t self_;
  std::uint64_t all_ = 0;
  std::uint64_t ignored_begin_ = 0;  // messages of rounds in [begin, end) may have been ignored
  std::uint64_t ignored_end_ = 0;
  bool has_voted_ = false;       // in this life
  std::uint64_t votes_end_ = 0;  // one past the last round that has been voted on
  // Of this boundary: rounds, one after the other; and those in which something is amiss.
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
  std::vector<core::Run> blind_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> missed_;  // round, mask of lanes
};

}  // namespace lockstep::chora
