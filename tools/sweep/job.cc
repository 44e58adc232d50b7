// Jobs and answers as text: see job.h.
//
// JSON refuses what is not UTF-8, and errors may quote anything; so what is not is replaced.

#include "tools/sweep/job.h"

#include <cmath>
#include <optional>
#include <utility>

#include "nlohmann/json.hpp"

#include "protocols/core/check.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;

template <typename T>
json Maybe(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

template <typename T>
std::optional<T> MaybeOf(const json& value) {
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json Parsed(const std::string& text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  CHECK(value.is_array());
  return value;
}

}  // namespace

std::string Encode(const Job& job) {
  json changes = json::array();
  for (const auto& [pointer, value] : job.changes) changes.push_back({pointer, value});
  return Dump(json::array({job.run, job.point, job.seed, std::move(changes)}));
}

Job DecodeJob(const std::string& text) {
  const json value = Parsed(text);
  Job job;
  job.run = value[0];
  job.point = value[1];
  job.seed = value[2];
  for (const json& change : value[3]) job.changes.emplace_back(change[0], change[1]);
  return job;
}

std::string Encode(const analysis::RunRow& row) {
  // JSON has no word for what is not finite, and results leave it out.
  json metrics = json::object();
  for (const auto& [name, value] : row.metrics)
    if (std::isfinite(value)) metrics[name] = value;
  return Dump(
      json::array({row.run, row.point, row.seed, static_cast<int>(row.outcome), row.error,
                   row.recipe, row.digest, Maybe(row.events), row.verdict, row.is_as_expected,
                   row.oracles, row.receipts, Maybe(row.simulated_ps), row.wall_us,
                   Maybe(row.steps), Maybe(row.memory_kb), std::move(metrics)}));
}

analysis::RunRow DecodeRow(const std::string& text) {
  const json value = Parsed(text);
  std::size_t i = 0;
  const auto next = [&]() -> const json& { return value[i++]; };
  analysis::RunRow row;
  row.run = next();
  row.point = next();
  row.seed = next();
  row.outcome = static_cast<analysis::Outcome>(next().get<int>());
  row.error = next();
  row.recipe = next();
  row.digest = next();
  row.events = MaybeOf<std::uint64_t>(next());
  row.verdict = next();
  row.is_as_expected = next();
  row.oracles = next();
  row.receipts = next();
  row.simulated_ps = MaybeOf<std::int64_t>(next());
  row.wall_us = next();
  row.steps = MaybeOf<std::uint64_t>(next());
  row.memory_kb = MaybeOf<std::uint64_t>(next());
  row.metrics = next().get<std::map<std::string, double>>();
  return row;
}

}  // namespace lockstep::sweep
