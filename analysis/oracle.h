// An oracle: what it is called, what it counts, and how it makes a checker for a promise.
//
// One file an oracle; oracles.cc lists them all.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "analysis/checker.h"
#include "analysis/recipe.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// What several checkers need to know, kept once for all of them.
class SharedState {
 public:
  // A sink that is told every event before the checkers, and finished before them.
  struct Listener {
    std::shared_ptr<trace::Sink> sink;
    std::optional<core::StreamId> stream;  // that it is about; none for all
  };

  // The `Part` for this scope: that of `make()`, a std::shared_ptr<Part>, when it is first asked
  // for, and the same one afterwards.
  template <typename Part, typename Make>
  std::shared_ptr<Part> Get(const Scope& scope, Make&& make) {
    static_assert(std::is_base_of_v<trace::Sink, Part>);
    // Only looked up, never walked through: the order of these keys means nothing.
    const auto key =
        std::pair(std::type_index(typeid(Part)), std::pair(static_cast<int>(scope.kind), scope.id));
    if (const auto at = parts_.find(key); at != parts_.end()) {
      return std::static_pointer_cast<Part>(at->second);
    }
    std::shared_ptr<Part> part = make();
    std::optional<core::StreamId> stream;
    if (scope.kind == Scope::Kind::kStream) stream = core::StreamId(scope.id);
    parts_[key] = part;
    listeners_.push_back({part, stream});
    return part;
  }

  // In the order in which they were made.
  const std::vector<Listener>& listeners() const { return listeners_; }

 private:
  std::map<std::pair<std::type_index, std::pair<int, std::uint32_t>>, std::shared_ptr<trace::Sink>>
      parts_;
  std::vector<Listener> listeners_;
};

// What an oracle makes a checker from.
struct Charge {
  std::shared_ptr<const Recipe> recipe;
  const Promise& promise;
  SharedState& shared;
};

// A number that checkers of an oracle count: summed over all of them, and, where it has a name,
// for each message that was delivered, as the mean over streams.
struct CountInfo {
  std::string_view name;
  std::string_view unit;
  std::string_view meaning;
  std::string_view per_message;  // name of the ratio; empty: none
};

// Which half of correctness it judges (Alpern and Schneider 1985): that nothing bad happens, or
// that something good does in the end.
enum class Nature : std::uint8_t { kSafety, kLiveness };
constexpr std::string_view Name(Nature nature) {
  return nature == Nature::kSafety ? "safety" : "liveness";
}

struct Oracle {
  std::string_view letter;  // by which it is promised, such as "R1"
  // An error says what the promise should have been about, or which parameter is wrong.
  absl::StatusOr<std::unique_ptr<Checker>> (*make)(const Charge& charge);
  std::span<const CountInfo> counts = {};  // what Checker::counts gives, in that order
  std::string_view meaning = {};           // where the glossary has no entry for it
  Nature nature = Nature::kSafety;
};

}  // namespace lockstep::analysis
