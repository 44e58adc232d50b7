// Whether what a run measured is a measurement: remarks on those that are none.
//
// A rate over less time than a few of what the protocol does at once says how much that is, not how
// fast it goes: a window that was filled and acknowledged once gives its size, divided by the time.
// What was QUACKed in the measured time is what was sent in it, but for what was outstanding when
// it began and when it ended; the two differ by no more than what is outstanding varies by. So a
// window here is that, the most since the warm-up less the least: where five of them are QUACKed,
// the rate is off by at most a fifth. The size of a window that is full all the time is no error,
// however long it takes to pass.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/recipe.h"

namespace lockstep::analysis {

// At least so many of each fit in the time that is measured.
inline constexpr double kWindowsLeast = 5;
inline constexpr double kLatenciesLeast = 20;
inline constexpr double kResendCyclesLeast = 5;
// By how much what was published (as its paper counts, at the senders) and what was delivered may
// differ.
inline constexpr double kDifferenceMost = 0.1;

// What `summary`, as Judge::Summary() makes it, has for such remarks, each number of the stream (or
// clients) that does worst; where something was not measured, it is left out:
// {"windows", "latencies", "resend_cycles", "difference"}.
//
// A window is what was outstanding at its most less at its least, since the warm-up, and only of a
// stream that is counted by QUACKs: what is counted when it is sent waits for nobody. A resend
// cycle is the interval at which a protocol resends, of a stream on which it did.
nlohmann::json MeasuredFor(const Recipe& recipe, const nlohmann::json& summary);

// A sentence for each number that is out of bounds.
std::vector<std::string> RemarksOn(const nlohmann::json& measured_for);

// The same numbers, of a run of which only its metrics are left (see metrics.h).
nlohmann::json MeasuredForOf(const std::map<std::string, double>& metrics);

// Of many runs: in how many each number is out of bounds, and the worst.
class RemarksOfMany {
 public:
  void Add(const nlohmann::json& measured_for);
  // {how many runs, the sentence on the worst of them}, of each number that is ever out of bounds.
  std::vector<std::pair<std::uint64_t, std::string>> All() const;

 private:
  struct Worst {
    std::uint64_t runs = 0;
    double value = 0;
  };
  std::map<std::string, Worst> worst_;  // by key of measured_for
};

}  // namespace lockstep::analysis
