// Remarks on what was measured: see measurement.h.

#include "analysis/measurement.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::analysis {
namespace {

using nlohmann::json;

double At(const json& row, std::initializer_list<const char*> keys) {
  const json* at = &row;
  for (const char* key : keys) {
    const auto found = at->find(key);
    if (!at->is_object() || found == at->end()) return 0;
    at = &*found;
  }
  return at->is_number() ? at->get<double>() : 0;
}

void PutLeast(json& into, const char* key, double value) {
  if (!into.contains(key) || value < into[key].get<double>()) into[key] = value;
}

// At which its protocol resends, as it promises to its oracle of resends.
std::optional<double> ResendIntervalOf(const Recipe& recipe, const Stream& stream) {
  for (const Promise& promise : recipe.promises) {
    const bool is_about =
        promise.scope.kind == Scope::Kind::kStream && promise.scope.id == stream.stream.value();
    const double ps = At(promise.parameters, {"repeat_interval_ps"});
    if (is_about && ps > 0) return ps / 1e12;
  }
  return std::nullopt;
}

bool HasResent(const json& summary, const std::string& stream) {
  return std::ranges::any_of(summary["oracles"], [&](const json& row) {
    return row.value("stream", "") == stream && At(row, {"counts", "resends"}) > 0;
  });
}

void AddStream(const Recipe& recipe, const Stream& stream, const json& summary, const json& row,
               double measured_s, json& into) {
  const double published = At(row, {"as_published", "messages_per_s"});
  const double delivered = At(row, {"as_delivered", "messages_per_s"});
  if (const double swing = At(row, {"outstanding_swing"}); swing > 0)
    PutLeast(into, "windows", published * measured_s / swing);
  if (const double latency_us = At(row, {"latency", "p50_us"}); latency_us > 0)
    PutLeast(into, "latencies", measured_s * 1e6 / latency_us);
  const std::optional<double> interval_s = ResendIntervalOf(recipe, stream);
  if (interval_s && HasResent(summary, row.value("stream", "")))
    PutLeast(into, "resend_cycles", measured_s / *interval_s);
  if (const double most = std::max(published, delivered); most > 0) {
    const double difference = std::abs(published - delivered) / most;
    into["difference"] = std::max(difference, At(into, {"difference"}));
  }
}

}  // namespace

json MeasuredFor(const Recipe& recipe, const json& summary) {
  json into = json::object();
  const double measured_s = (At(summary, {"end_ps"}) - At(summary, {"warmup_ps"})) / 1e12;
  if (!(measured_s > 0)) return into;
  for (std::size_t i = 0; i < recipe.streams.size(); ++i)
    AddStream(recipe, recipe.streams[i], summary, summary["streams"][i], measured_s, into);
  if (const auto clients = summary.find("clients"); clients != summary.end()) {
    for (const json& row : *clients) {
      const double latency_us = At(row, {"latency", "p50_us"});
      if (latency_us > 0) PutLeast(into, "latencies", measured_s * 1e6 / latency_us);
    }
  }
  return into;
}

std::vector<std::string> RemarksOn(const json& measured_for) {
  std::vector<std::string> remarks;
  const auto too_few = [&](const char* key, double least, const char* of) {
    if (!measured_for.contains(key) || measured_for[key] >= least) return;
    remarks.push_back(absl::StrFormat("the measured time holds %.3g %s; below %.0f a rate is none",
                                      measured_for[key].get<double>(), of, least));
  };
  too_few("windows", kWindowsLeast, "windows (as much as what was outstanding varied by)");
  too_few("latencies", kLatenciesLeast, "latencies");
  too_few("resend_cycles", kResendCyclesLeast, "resend cycles");
  if (const double difference = At(measured_for, {"difference"}); difference > kDifferenceMost)
    remarks.push_back(
        absl::StrFormat("what was published, as counted at the senders, and what was delivered "
                        "differ by %.0f %%",
                        difference * 100));
  return remarks;
}

json MeasuredForOf(const std::map<std::string, double>& metrics) {
  json measured_for = json::object();
  for (const auto& [metric, key] :
       {std::pair("measured_windows", "windows"), std::pair("measured_latencies", "latencies"),
        std::pair("measured_resend_cycles", "resend_cycles"),
        std::pair("published_difference", "difference")}) {
    if (const auto found = metrics.find(metric); found != metrics.end())
      measured_for[key] = found->second;
  }
  return measured_for;
}

void RemarksOfMany::Add(const json& measured_for) {
  for (const auto& [key, value] : measured_for.items()) {
    const auto number = value.get<double>();
    if (RemarksOn({{key, number}}).empty()) continue;
    Worst& worst = worst_[key];
    const bool is_worse = key == "difference" ? number > worst.value : number < worst.value;
    if (worst.runs == 0 || is_worse) worst.value = number;
    ++worst.runs;
  }
}

std::vector<std::pair<std::uint64_t, std::string>> RemarksOfMany::All() const {
  std::vector<std::pair<std::uint64_t, std::string>> all;
  for (const auto& [key, worst] : worst_)
    all.emplace_back(worst.runs, RemarksOn({{key, worst.value}}).front());
  return all;
}

}  // namespace lockstep::analysis
