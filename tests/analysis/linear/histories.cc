// Histories by simulation: see histories.h.

#include "tests/analysis/linear/histories.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::tests {
namespace {

using analysis::linear::Action;
using analysis::linear::History;
using analysis::linear::Operation;

// What an operation does to a value; false if that is not what it says.
bool Step(const Operation& operation, std::uint32_t until, std::string& value) {
  switch (operation.action) {
    case Action::kRead:
      return operation.returned >= until || value == operation.value;
    case Action::kWrite:
      value = operation.value;
      return true;
    case Action::kAppend:
      value += operation.value;
      return true;
    case Action::kCompareAndSet:
      if ((value == operation.expected) == operation.is_refused) return false;
      if (!operation.is_refused) value = operation.value;
      return true;
  }
  return false;
}

bool HasReturned(const Operation& operation, std::uint32_t until) {
  return operation.returned < until && operation.has_returned();
}

// Tries all orders of `left`, which may leave out what has not returned.
bool TryAll(const History& history, std::vector<std::uint32_t>& left, std::uint32_t until,
            const std::string& value) {
  const auto& all = history.operations;
  const bool is_done = std::none_of(
      left.begin(), left.end(), [&](std::uint32_t each) { return HasReturned(all[each], until); });
  if (is_done) return true;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::uint32_t chosen = left[i];
    const bool is_late = std::any_of(left.begin(), left.end(), [&](std::uint32_t other) {
      return HasReturned(all[other], until) && all[other].returned < all[chosen].invoked;
    });
    std::string next = value;
    if (is_late || !Step(all[chosen], until, next)) continue;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
    const bool is_found = TryAll(history, left, until, next);
    left.insert(left.begin() + static_cast<std::ptrdiff_t>(i), chosen);
    if (is_found) return true;
  }
  return false;
}

std::vector<std::uint32_t> OnKey(const History& history, const std::string& key,
                                 std::uint32_t until) {
  std::vector<std::uint32_t> indices;
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& each = history.operations[i];
    if (each.key == key && each.invoked < until) indices.push_back(i);
  }
  return indices;
}

// One client at its work.
struct Worker {
  std::uint32_t open = 0;  // its operation
  enum class Phase : std::uint8_t { kIdle, kInvoked, kDone } phase = Phase::kIdle;
  bool is_lost = false;
};

class Simulation {
 public:
  Simulation(const HistoryRecipe& recipe, core::Random& random)
      : recipe_(recipe), random_(random), workers_(recipe.clients) {
    history_.initial = recipe.is_register ? "nil" : "";
  }

  History Run() {
    while (history_.operations.size() < recipe_.operations || AnyOpen()) {
      Worker& worker = workers_[random_.Below(workers_.size())];
      switch (worker.phase) {
        case Worker::Phase::kIdle:
          if (history_.operations.size() < recipe_.operations) Invoke(worker);
          break;
        case Worker::Phase::kInvoked:
          if (!worker.is_lost || random_.Below(2) == 0) TakeEffect(worker);
          worker.phase = Worker::Phase::kDone;
          break;
        case Worker::Phase::kDone:
          Operation& operation = history_.operations[worker.open];
          if (!worker.is_lost) operation.returned = place_++;
          worker = Worker();
      }
    }
    return std::move(history_);
  }

 private:
  bool AnyOpen() const {
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const Worker& each) { return each.phase != Worker::Phase::kIdle; });
  }
  std::string SomeValue() {
    const std::uint64_t number =
        recipe_.values == 0 ? history_.operations.size() : random_.Below(recipe_.values);
    return recipe_.is_register ? absl::StrCat(number) : absl::StrCat("x ", number, " y");
  }
  void Invoke(Worker& worker) {
    Operation operation;
    const std::uint64_t what = random_.Below(3);
    if (what == 1) operation.action = Action::kWrite;
    if (what == 2)
      operation.action = recipe_.is_register ? Action::kCompareAndSet : Action::kAppend;
    operation.key = absl::StrCat(random_.Below(recipe_.keys));
    if (operation.action != Action::kRead) operation.value = SomeValue();
    if (operation.action == Action::kCompareAndSet) operation.expected = SomeValue();
    operation.invoked = place_++;
    worker.phase = Worker::Phase::kInvoked;
    worker.is_lost = random_.Below(100) < recipe_.lost_percent;
    worker.open = static_cast<std::uint32_t>(history_.operations.size());
    history_.operations.push_back(std::move(operation));
  }
  void TakeEffect(const Worker& worker) {
    Operation& operation = history_.operations[worker.open];
    std::string& value = values_.try_emplace(operation.key, history_.initial).first->second;
    if (operation.action == Action::kRead) operation.value = value;
    if (operation.action == Action::kCompareAndSet)
      operation.is_refused = value != operation.expected && !worker.is_lost;
    Step(operation, Operation::kNever, value);
  }

  HistoryRecipe recipe_;
  core::Random& random_;
  std::vector<Worker> workers_;
  std::map<std::string, std::string> values_;
  std::uint32_t place_ = 0;
  History history_;
};

}  // namespace

History MakeHistory(const HistoryRecipe& recipe, core::Random& random) {
  return Simulation(recipe, random).Run();
}

bool Explains(const History& history, const std::string& key,
              const std::vector<std::uint32_t>& order, std::uint32_t until) {
  std::string value = history.initial;
  std::uint32_t latest = 0;  // of the invocations so far: who comes later must not have returned
  for (const std::uint32_t i : order) {
    const Operation& each = history.operations[i];
    if (each.key != key || each.invoked >= until || each.returned < latest) return false;
    if (!Step(each, until, value)) return false;
    latest = std::max(latest, each.invoked);
  }
  const auto is_placed = [&](std::uint32_t i) {
    return std::count(order.begin(), order.end(), i) == 1;
  };
  const std::vector<std::uint32_t> all = OnKey(history, key, until);
  return std::all_of(all.begin(), all.end(), [&](std::uint32_t i) {
    return is_placed(i) || !HasReturned(history.operations[i], until);
  });
}

bool HasOrder(const History& history, const std::string& key, std::uint32_t until) {
  std::vector<std::uint32_t> left = OnKey(history, key, until);
  return TryAll(history, left, until, history.initial);
}

}  // namespace lockstep::tests
