// The numbers of a run by name: what a sweep records of each, and what its expectations speak of.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

namespace lockstep::analysis {

struct MetricInfo {
  std::string_view name;  // "published_per_s"
  std::string_view unit;
  std::string_view meaning;
};
// Every metric that MetricsOf can give, sorted by name.
const std::vector<MetricInfo>& KnownMetrics();

// Of a summary as Judge::Summary() makes it; what was not measured is left out.
std::map<std::string, double> MetricsOf(const nlohmann::json& summary);

}  // namespace lockstep::analysis
