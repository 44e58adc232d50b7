// What a run has shown, as a set of abstract states: the same for runs that differ in nothing but
// numbers.
//
// A state is one of these, hashed to 64 bits; nodes are told apart by nothing:
// - an input that a node was handed (the type of a message, a timer, ...), and what came before it;
// - what a node listed upon such an input: a type that it sent, a kind of note, a timer, a save;
// - two kinds of notes in a row at a node; a note's numbers, by their powers of two;
// - why something was dropped, and the type of a message; what facts were destroyed with it;
// - what a node noted and was handed last before it crashed or came back;
// - what each oracle concluded, and what it counted, by its power of two: so it shows near misses.
// So their number is bounded by the vocabulary of a protocol, and not by the length of a run.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "analysis/checker.h"
#include "protocols/core/fields.h"
#include "protocols/core/program.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::fuzz {

using State = std::uint64_t;

// What became of messages of one type.
struct TypeFate {
  std::string name;
  bool is_handed = false;
  bool is_dropped = false;
  friend bool operator==(const TypeFate&, const TypeFate&) = default;
};

class Coverage final : public trace::Sink {
 public:
  // Of so many hosts.
  explicit Coverage(std::size_t hosts) : hosts_(hosts), sent_(kSent) {}

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  // A node is about to be handed an input: its kind, and the type of a message.
  void OnInput(core::NodeId node, std::uint64_t input);
  // One is handed a message; `fields` knows what its type is called.
  void OnHanded(const core::Bytes& payload, const core::MessageFields& fields);
  // It has listed these upon the input that was last.
  void OnListed(core::NodeId node, std::span<const core::Listed> listed);
  // Once it has finished.
  void OnChecker(const analysis::Checker& checker);

  // Sorted, each once.
  std::vector<State> Take() const;
  // The types that have been handed to anybody, by name.
  std::vector<TypeFate> Types() const;
  // By the index of a fault: what it changed, as its receipts say.
  const std::vector<std::uint64_t>& changed() const { return changed_; }

 private:
  struct Host {
    std::uint64_t input = 0;  // that it was handed last
    std::uint64_t note = 0;   // that it said last
  };

  // What somebody sent, to know it by when it is dropped.
  struct Sent {
    std::uint64_t digest = 0;
    std::uint8_t type = 0;
  };
  // By the first byte of a message.
  struct Type {
    std::string name;  // empty until one could be read
    bool is_handed = false;
    bool is_dropped = false;
  };
  static constexpr std::size_t kSent = 1'024;  // of the latest; a power of two

  void Add(std::uint64_t kind, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);
  void OnDropped(const trace::Event& event);

  std::vector<Host> hosts_;
  std::vector<std::uint64_t> changed_;
  absl::flat_hash_set<State> states_;
  std::vector<Sent> sent_;  // by the digest
  std::array<Type, 256> types_;
  core::FieldedMessage read_;
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
