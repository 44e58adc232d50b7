// The numbers of a run by name: what a sweep records of each, and what its expectations speak of.
//
// Of several streams a metric takes the mean, the sum or the worst, as its meaning says.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

namespace lockstep::analysis {

struct Oracle;  // analysis/oracle.h

struct MetricInfo {
  std::string_view name;  // "published_per_s"
  std::string_view unit;
  std::string_view meaning;
};
// Every metric that MetricsOf can give, sorted by name: those of every run, and what the oracles of
// the table, and `more`, count.
std::vector<MetricInfo> KnownMetrics(std::span<const Oracle* const> more = {});

// All of these are of a summary as Judge::Summary() makes it.

// What was not measured is left out. Of notes it has those kinds that belong to no protocol.
std::map<std::string, double> MetricsOf(const nlohmann::json& summary);

// How often nodes noted what, in all and a second, of every kind that they noted, by such names.
std::map<std::string, double> NoteMetricsOf(const nlohmann::json& summary);
// "notes_KIND" and "notes_KIND_per_s".
std::array<std::string, 2> NoteMetricNames(std::string_view kind);

// {"I": "holds", ...}: by oracle the worst verdict over its streams.
nlohmann::json OraclesOf(const nlohmann::json& summary);

// [{"id", "kind", "touched", "changed"}, ...], as declared.
nlohmann::json ReceiptsOf(const nlohmann::json& summary);

}  // namespace lockstep::analysis
