// An adversary without the simulator and without timing: a whole cluster of replicas driven by
// direct calls in random order, over a network that loses, repeats, delays and reorders, on clocks
// that disagree, through pauses and crashes that lose the memory; then healed.
//
// What must hold at every moment is checked from outside: one decision and one batch for each slot,
// one order of execution, no command twice, no decided batch without a live holder, no floor below
// an act that was forgotten. What must hold after healing: nothing is undecided, and every client
// has been answered.

#pragma once

#include <cstdint>
#include <string>

#include "protocols/chora/config.h"

namespace lockstep::tests {

struct AdversaryOptions {
  std::uint64_t seed = 0;
  std::uint32_t replicas = 3;
  // Windows as a cluster needs them to recover: only then is healing asked for.
  bool is_healing_asked = true;
  std::uint64_t stormy_rounds = 150;
  // Of this share of messages some bytes are changed on their way. No promise holds then, but that
  // nobody falls over it: nothing else is checked.
  std::uint64_t damage_percent = 0;
};

struct AdversaryOutcome {
  std::string failure;          // empty: all that was asked held
  std::string objections;       // of the oracles that Chora-R promises; empty: none
  std::string letters;          // of those that object
  std::uint64_t decisions = 0;  // slots, as seen from outside
  std::uint64_t crashes = 0;
  std::uint64_t rejoins = 0;
  std::uint64_t installs = 0;
  std::uint64_t lane_changes = 0;
  std::uint64_t healing_rounds = 0;
  std::uint64_t commands = 0;  // executed first
};

// One run; the same options give the same run.
AdversaryOutcome RunAdversary(const AdversaryOptions& options);

}  // namespace lockstep::tests
