// What came of one draw, as a worker tells it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/fuzz/coverage.h"

namespace lockstep::fuzz {

// How often faults of one kind stood in a draw, and how many of them had an effect.
struct Bites {
  std::string kind;
  std::uint64_t faults = 0;
  std::uint64_t effective = 0;
  friend bool operator==(const Bites&, const Bites&) = default;
};

struct Outcome {
  // "holds", "slow" (what was to come in the end came, but later than the scenario allows, or is
  // still coming after 30 s), "violated", "stuck" (it was to recover and did not), "overspent", "idle" (nothing was put to
  // the test), "unknown", or "failed" (the run did not come to its end).
  std::string verdict = "failed";
  std::string oracle;  // who objects first, where the verdict is "violated"
  std::string text;    // what is wrong; empty where nothing is
  bool is_to_heal = false;
  std::uint64_t replicas = 0;        // of the first cluster
  std::uint64_t rounds = 0;          // that were simulated
  std::vector<Bites> bites;          // by kind, each once, sorted
  std::vector<std::string> reached;  // what the protocol was brought to do
  std::uint64_t at_ps = 0;           // when what is wrong was seen
  // It was run on for so many times what its scenario allows after the heal.
  std::uint64_t stretch = 1;
  std::vector<State> states = {};    // that it has shown, sorted
  std::vector<TypeFate> types = {};  // of messages that were handed or dropped, by name
  std::string cause = {};  // which kind of violation, where the oracle tells several apart
  friend bool operator==(const Outcome&, const Outcome&) = default;

  // "L (left behind)": who objects, and to what; empty where nobody does.
  std::string Objection() const { return cause.empty() ? oracle : oracle + " (" + cause + ")"; }
  bool is_failure() const {
    return verdict == "violated" || verdict == "stuck" || verdict == "failed";
  }
};

// Text between processes; Decode gives back what Encode was given. What cannot be read is a bug of
// ours, since no other program writes it.
std::string Encode(const Outcome& outcome);
Outcome DecodeOutcome(const std::string& text);

}  // namespace lockstep::fuzz
