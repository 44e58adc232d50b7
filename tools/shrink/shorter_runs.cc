// Shorter runs: see candidates.h.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "tools/shrink/candidates.h"

namespace lockstep::shrink {
namespace {

using core::Duration;
using nlohmann::json;

std::optional<Duration> TimeAt(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return std::nullopt;
  const auto time = ParseDuration(object[key].get_ref<const std::string&>());
  return time.ok() ? std::optional(*time) : std::nullopt;
}

// Few digits that are not zero, so that nobody takes it for a number that matters.
Duration RoundedUp(Duration time, std::int64_t below) {
  std::int64_t unit = 1;
  while (time.ps() / unit >= below) unit *= 10;
  return Duration::Picoseconds((time.ps() + unit - 1) / unit * unit);
}

struct Phases {
  Duration heal;
  Duration settle;
  Duration lasts;
};

class Shortener {
 public:
  Shortener(const json& scenario, const Phases& now) : scenario_(scenario), now_(now) {}

  void Add(const std::string& what, const Phases& phases) {
    // By a tenth at least: what is less is no gain, and there would be no end of it.
    const bool is_shorter = phases.lasts.ps() <= now_.lasts.ps() / 10 * 9;
    if (!is_shorter || phases.lasts <= Duration() || phases.heal + phases.settle > phases.lasts)
      return;
    json document = scenario_;
    document["run"]["for"] = FormatDuration(phases.lasts);
    document["phases"] = {{"heal", FormatDuration(phases.heal)},
                          {"settle", FormatDuration(phases.settle)}};
    if (const auto warmup = TimeAt(document["run"], "warmup"); warmup && *warmup >= phases.lasts)
      document["run"].erase("warmup");
    candidates_.push_back({absl::StrCat("/run/for: ", FormatDuration(now_.lasts), " -> ",
                                        FormatDuration(phases.lasts), " (", what, ")"),
                           std::move(document)});
  }
  std::vector<Candidate> Take() { return std::move(candidates_); }

 private:
  const json& scenario_;
  Phases now_;
  std::vector<Candidate> candidates_;
};

Duration Half(Duration time) { return Duration::Picoseconds(time.ps() / 2); }
Duration RoundHalf(Duration time) { return RoundedUp(Half(time), 100); }

}  // namespace

std::vector<Candidate> ShorterRuns(const json& scenario, Duration violated_at) {
  const std::optional<Duration> lasts =
      scenario.contains("run") ? TimeAt(scenario["run"], "for") : std::nullopt;
  if (!lasts) return {};
  const json phases = scenario.value("phases", json::object());
  // As the reader has them by default.
  Phases now{TimeAt(phases, "heal").value_or(Half(*lasts)), Duration(), *lasts};
  now.settle = TimeAt(phases, "settle").value_or(now.lasts - std::min(now.heal, now.lasts));
  Shortener shorter(scenario, now);
  const Duration cut = RoundedUp(violated_at + Duration::Picoseconds(1), 1000);
  shorter.Add("behind the violation", {std::min(now.heal, cut), Duration(), cut});
  const Duration early = std::min(now.heal, Half(cut));
  shorter.Add("behind the violation, with time to settle", {early, cut - early, cut});
  shorter.Add("behind the violation, all of it to settle", {Duration(), cut, cut});
  shorter.Add("its phases", {now.heal, now.settle, now.heal + now.settle});
  const Duration heal = RoundHalf(now.heal);
  const Duration settle = RoundHalf(now.settle);
  shorter.Add("heal and settle halved", {heal, settle, heal + settle});
  shorter.Add("settle halved", {now.heal, settle, now.heal + settle});
  shorter.Add("heal halved", {heal, now.settle, heal + now.settle});
  return shorter.Take();
}

}  // namespace lockstep::shrink
