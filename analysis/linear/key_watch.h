// Whether the operations on one key of a store are linearizable, judged while they happen, in
// bounded memory.
//
// Every answer tells what stood under the key before, by its digest, so what an operation has seen
// decides what came directly before it. Just-in-time linearization (Lowe 2017): the
// *configurations* that explain all returns so far (a value, and which open operations have taken
// effect already) are carried from return to return; a return is judged when the answers to all
// operations that were open by then are known, or known never to come. What lies behind it is
// forgotten.
//
// Where operations that never return make too many configurations, or too much waits for one
// answer, the key is given up: unsure, from then on.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/operation.h"

namespace lockstep::analysis::linear {

class KeyWatch {
 public:
  static constexpr std::size_t kWaitingMax = 8'192;  // invocations and returns not judged yet
  static constexpr std::size_t kStepsMax = 20'000;    // of one return
  enum class Outcome : std::uint8_t { kFine, kViolated, kUnsure };
  // An operation, by the place that it has here until it is forgotten.
  using Slot = std::uint32_t;

  struct Culprit {
    core::Operation::Kind kind = core::Operation::Kind::kGet;
    core::ClientId client;
    core::RequestId request;
  };

  KeyWatch();

  Slot Invoke(core::Operation operation, core::ClientId client, core::RequestId request);
  // `digest`: of the answer. Not for what was abandoned.
  void Return(Slot slot, std::uint64_t digest);
  // It may have taken effect, or may yet; nobody will be told.
  void Abandon(Slot slot);
  // Nothing more will come: what is open is abandoned.
  void Finish();

  Outcome outcome() const { return outcome_; }
  // Of kViolated: the operation with whose return no order was left, and how many have returned
  // before.
  const Culprit& culprit() const { return culprit_; }
  std::uint64_t judged() const { return judged_; }
  // Operations and events that are kept, for tests of memory.
  std::size_t size() const { return slots_.size() - free_.size() + waiting_.size(); }

 private:
  // What stands under the key, and the digest of the answer to who asks for it.
  struct Value {
    std::optional<std::string> text;
    std::uint64_t answer = 0;
  };
  using ValuePtr = std::shared_ptr<const Value>;
  struct Configuration {
    ValuePtr value;
    std::vector<Slot> placed;  // of those that are open; sorted
  };
  enum class State : std::uint8_t { kFree, kOpen, kReturned, kAbandoned };
  struct Entry {
    core::Operation operation;
    core::ClientId client;
    core::RequestId request;
    std::uint64_t answer = 0;
    State state = State::kFree;
  };
  struct Event {
    Slot slot = 0;
    bool is_return = false;
  };

  static ValuePtr ValueOf(std::optional<std::string> text);
  void Judge();
  bool KnowsAnswers() const;
  void JudgeReturn(Slot slot);
  // All ways on from `from` to where `slot` has been placed.
  void Explore(Configuration from, Slot slot, std::vector<Configuration>& seen,
               std::vector<Configuration>& found);
  void PlaceReads(Configuration& configuration) const;
  void ExploreAbandoned(const Configuration& from, bool may_replace, Slot slot,
                        std::vector<Configuration>& seen, std::vector<Configuration>& found);
  void AddUnlessWorse(Configuration configuration, std::vector<Configuration>& found) const;
  // The operation has been told this value, and is not placed.
  bool HasSeen(const Configuration& configuration, Slot slot) const;
  Configuration After(const Configuration& before, Slot slot) const;
  void ForgetAbandoned();
  void Forget(Slot slot);
  void GiveUp(Outcome outcome);

  std::vector<Entry> slots_;
  std::vector<Slot> free_;
  std::deque<Event> waiting_;
  std::vector<Slot> active_;  // invoked, and the return not judged yet
  std::vector<Configuration> configurations_;
  std::size_t steps_ = 0;  // of the present return
  Outcome outcome_ = Outcome::kFine;
  Culprit culprit_;
  std::uint64_t judged_ = 0;
};

}  // namespace lockstep::analysis::linear
