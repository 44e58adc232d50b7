// Sums of times: see scenario_times.h.

#include "sim/scenario/scenario_times.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

using absl::int128;
using core::Duration;
using core::Instant;
using nlohmann::json;

constexpr int128 kLast = std::numeric_limits<std::int64_t>::max();
constexpr int128 kDay = 86'400'000'000'000'000;  // in ps
constexpr std::array<std::string_view, core::kClocks> kClockNames = {"monotonic", "synced", "wall"};

std::string Days(int128 ps) { return absl::StrCat(static_cast<std::int64_t>(ps / kDay), " days"); }

int128 Drifted(Duration time, std::int64_t ppb) { return int128(time.ps()) * ppb / 1'000'000'000; }

// --- Clocks ---

// By how much something moves a clock at most, from then on.
struct Move : ClockMove {
  std::size_t fault;
};

// Of each clock that is moved, by host: in order of time, those of one time in that of the list, as
// they happen.
using ClockOfHost = std::pair<core::NodeId, core::Clock>;
absl::btree_map<ClockOfHost, std::vector<Move>> MovesOf(const Scenario& scenario) {
  absl::btree_map<ClockOfHost, std::vector<Move>> moves;
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const Fault& fault = scenario.faults[i];
    const int128 times = fault.BeginsBy(scenario.end);
    for (ClockMove move : fault.body->Moves(fault, scenario.end)) {
      move.forth *= times;
      move.back *= times;
      for (const core::NodeId host : fault.targets) moves[{host, move.clock}].push_back({move, i});
    }
  }
  for (auto& [clock, of_clock] : moves)
    std::stable_sort(of_clock.begin(), of_clock.end(),
                     [](const Move& a, const Move& b) { return a.at < b.at; });
  return moves;
}

// How far a clock that nothing is done to can be from zero by the end.
int128 BaseOf(const Scenario& scenario, core::Clock clock) {
  const ClockSpec& clocks = scenario.profile.clocks;
  const ClockBounds& bounds = clock == core::Clock::kMonotonic ? clocks.monotonic
                              : clock == core::Clock::kSynced  ? clocks.synced
                                                               : clocks.wall;
  const Duration lasts = scenario.end - Instant();
  const int128 start = clock == core::Clock::kWall ? clocks.wall_start.ps() : 0;
  return int128(lasts.ps()) + bounds.offset_max.ps() + Drifted(lasts, bounds.drift_ppb_max) +
         (start < 0 ? -start : start);
}

// How far this clock comes; an error where that is too far.
int128 CheckClock(Parameters& reader, const Scenario& scenario, const ClockOfHost& of,
                  const std::vector<Move>& moves) {
  const auto [host, clock] = of;
  int128 forth = 0;
  int128 back = 0;
  int128 furthest = BaseOf(scenario, clock);
  const int128 base = furthest;
  for (const Move& move : moves) {
    forth += move.forth;
    back += move.back;
    const int128 most = base + std::max(forth, -back);
    furthest = std::max(furthest, most);
    if (most <= kReadingMost.ps()) continue;
    const Fault& fault = scenario.faults[move.fault];
    reader.FailInside(
        "faults",
        absl::StrCat(move.fault, "/", std::string(fault.kind->name), "/", std::string(move.key)),
        absl::StrCat("want the ", std::string(kClockNames[static_cast<std::size_t>(clock)]),
                     " clock of ", HostName(scenario.clusters, host), " to stay within ",
                     Days(kReadingMost.ps()),
                     " of zero by the end of the run; with all that is "
                     "done to it, it may come to ",
                     Days(most)));
    return furthest;
  }
  return furthest;
}

// --- What nodes add ---

// The longest time that a stack names, and where, within it.
struct Named {
  Duration time;
  std::string inside;
};
void FindLongest(const json& value, const std::string& inside, std::string_view key, Named& found) {
  std::optional<Duration> time;
  if (value.is_string()) {
    if (const auto read = ParseDuration(value.get_ref<const std::string&>()); read.ok())
      time = *read;
  } else if (value.is_number_unsigned()) {
    const std::size_t unit = key.rfind('_');
    const auto read = ParseDuration(
        absl::StrCat(value.get<std::uint64_t>(),
                     unit == std::string_view::npos ? "" : std::string(key.substr(unit + 1))));
    if (read.ok()) time = *read;
  }
  if (time && *time > found.time) found = {*time, inside};
  for (const auto& [name, each] : value.items())
    if (value.is_structured()) FindLongest(each, absl::StrCat(inside, "/", name), name, found);
}

// Twice, since some of them come in sums: a time to wait, and one to wait before that.
void CheckStacks(const Scenario& scenario, int128 furthest, Parameters& reader) {
  for (std::size_t c = 0; c < scenario.stacks.size(); ++c) {
    Named longest;
    FindLongest(scenario.stacks[c], "", "", longest);
    const int128 most = (kLast - furthest) / 2;
    if (longest.time.ps() <= most) continue;
    const std::string place = scenario.stack_pointers[c] + longest.inside;
    constexpr std::string_view kClusters = "/clusters/";
    reader.FailInside("clusters", place.substr(kClusters.size()),
                      absl::StrCat("want at most ", Days(most), ", since the clocks of this ",
                                   "scenario come to ", Days(furthest),
                                   ", and can show no more than ", Days(kLast)));
  }
}

// --- Messages that are kept ---

void CheckKept(Parameters& reader, const Scenario& scenario) {
  int128 sum = (scenario.end - Instant()).ps();
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const LongestKept kept = scenario.faults[i].body->Kept();
    sum += kept.ps;
    if (kept.ps == 0 || sum <= kLast) continue;
    reader.FailInside(
        "faults",
        absl::StrCat(i, "/", std::string(scenario.faults[i].kind->name), "/",
                     std::string(kept.key)),
        absl::StrCat("want less: a message that all faults keep would come ", Days(sum),
                     " after the start, and there are no more than ", Days(kLast)));
    return;
  }
}

}  // namespace

void CheckTimes(Parameters& reader, const Scenario& scenario) {
  int128 furthest = 0;
  for (int i = 0; i < core::kClocks; ++i) {
    const auto clock = static_cast<core::Clock>(i);
    const int128 base = BaseOf(scenario, clock);
    furthest = std::max(furthest, base);
    if (base <= kReadingMost.ps()) continue;
    reader.FailInside(
        "run", "for",
        absl::StrCat("want a run by whose end each clock is within ", Days(kReadingMost.ps()),
                     " of zero; the ", std::string(kClockNames[static_cast<std::size_t>(i)]),
                     " clock, as the profile has it, may come to ", Days(base)));
    return;
  }
  for (const auto& [clock, moves] : MovesOf(scenario))
    furthest = std::max(furthest, CheckClock(reader, scenario, clock, moves));
  if (!reader.ok()) return;
  CheckStacks(scenario, furthest, reader);
  CheckKept(reader, scenario);
}

}  // namespace lockstep::sim
