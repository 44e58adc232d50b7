// What a run has shown, as a set of abstract states: the same for runs that differ in nothing but
// numbers.
//
// A state is one of these, hashed to 64 bits; nodes are told apart by nothing:
// - an input that a node was handed (the type of a message, a timer, ...), and what came before it;
// - what a node listed upon such an input: a type that it sent, a kind of note, a timer, a save;
// - two kinds of notes in a row at a node; a note's numbers, by their powers of two;
// - why something was dropped; what facts were destroyed with it;
// - what a node noted and was handed last before it crashed or came back;
// - what each oracle concluded, and what it counted, by its power of two: so it shows near misses.
// So their number is bounded by the vocabulary of a protocol, and not by the length of a run.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "analysis/checker.h"
#include "protocols/core/program.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::fuzz {

using State = std::uint64_t;

class Coverage final : public trace::Sink {
 public:
  // Of so many hosts.
  explicit Coverage(std::size_t hosts) : hosts_(hosts) {}

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  // A node is about to be handed an input: its kind, and the type of a message.
  void OnInput(core::NodeId node, std::uint64_t input);
  // It has listed these upon the input that was last.
  void OnListed(core::NodeId node, std::span<const core::Listed> listed);
  // Once it has finished.
  void OnChecker(const analysis::Checker& checker);

  // Sorted, each once.
  std::vector<State> Take() const;
  // By the index of a fault: what it changed, as its receipts say.
  const std::vector<std::uint64_t>& changed() const { return changed_; }

 private:
  struct Host {
    std::uint64_t input = 0;  // that it was handed last
    std::uint64_t note = 0;   // that it said last
  };

  void Add(std::uint64_t kind, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);

  std::vector<Host> hosts_;
  std::vector<std::uint64_t> changed_;
  absl::flat_hash_set<State> states_;
};

// A program whose nodes tell what they are handed and what they list. It changes nothing.
class WatchedProgram final : public core::Program {
 public:
  // Both outlive this and its nodes.
  WatchedProgram(const core::Program& program, Coverage& coverage)
      : program_(program), coverage_(coverage) {}

  const std::vector<core::Cluster>& clusters() const override { return program_.clusters(); }
  std::unique_ptr<core::Node> Build(const core::Seat& seat) const override;
  const core::MessageFields& Fields(core::ClusterId cluster) const override {
    return program_.Fields(cluster);
  }

 private:
  const core::Program& program_;
  Coverage& coverage_;
};

}  // namespace lockstep::fuzz
