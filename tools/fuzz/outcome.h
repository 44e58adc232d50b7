// What came of one draw, as a worker tells it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::fuzz {

// How often faults of one kind stood in a draw, and how many of them had an effect.
struct Bites {
  std::string kind;
  std::uint64_t faults = 0;
  std::uint64_t effective = 0;
  friend bool operator==(const Bites&, const Bites&) = default;
};

struct Outcome {
  // "holds", "violated", "stuck" (it was to recover and did not), "overspent", "idle" (no two
  // replicas committed anything that could be compared), or "failed" (the run did not come to its
  // end).
  std::string verdict = "failed";
  std::string oracle;  // who objects first, where the verdict is "violated"
  std::string text;    // what is wrong; empty where nothing is
  bool is_to_heal = false;
  std::uint64_t replicas = 0;
  std::uint64_t rounds = 0;          // that were simulated
  std::vector<Bites> bites;          // by kind, each once, sorted
  std::vector<std::string> reached;  // what the protocol was brought to do
  friend bool operator==(const Outcome&, const Outcome&) = default;

  bool is_failure() const {
    return verdict != "holds" && verdict != "overspent" && verdict != "idle";
  }
};

// Text between processes; Decode gives back what Encode was given. What cannot be read is a bug of
// ours, since no other program writes it.
std::string Encode(const Outcome& outcome);
Outcome DecodeOutcome(const std::string& text);

}  // namespace lockstep::fuzz
