// Budgets of faults: see scenario_budget.h.

#include "sim/scenario/scenario_budget.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstep::sim {
namespace {

using core::Cluster;
using core::Instant;
using core::NodeId;

// "3 of a fail (a0, a1, a2)".
std::string Spent(const std::set<NodeId>& hosts, const Cluster& cluster, std::string_view how) {
  constexpr std::size_t kNamedMax = 5;
  std::vector<std::string> names;
  for (const NodeId host : hosts) {
    if (names.size() == kNamedMax) {
      names.push_back("...");
      break;
    }
    names.push_back(HostName({cluster}, host));
  }
  return absl::StrCat(hosts.size(), " of ", cluster.name, " ", std::string(how), " (",
                      absl::StrJoin(names, ", "), ")");
}

// Adds the hosts of a cluster that a fault hits.
void AddTargets(const Fault& fault, const Cluster& cluster, std::set<NodeId>& hosts) {
  for (const NodeId host : fault.targets)
    if (cluster.Has(host)) hosts.insert(host);
}

// Adds as many more as a fault hits at most that chooses them while it runs; after all others.
void AddChosen(const Fault& fault, const Cluster& cluster, std::set<NodeId>& hosts) {
  std::uint64_t left = *fault.body->hits();
  for (const NodeId host : fault.targets)
    if (left > 0 && cluster.Has(host) && hosts.insert(host).second) --left;
}

// A fault that is over when its host is up again, as far as a concurrent budget is concerned.
bool IsForAWhile(const Fault& fault, bool is_concurrent) {
  return is_concurrent && fault.kind->is_crash;
}

// Whether a crash, struck when it can be known, keeps its hosts down at `now`.
bool IsDownAt(const Fault& fault, Instant now) {
  const bool is_once = !fault.activation.on && !fault.activation.is_repeated();
  return is_once && fault.body->IsDownAt(fault, now);
}

// What is overspent by the first `count` faults, and how; empty where nothing is.
std::string WhyOverspent(const Cluster& cluster, bool is_concurrent,
                         const std::vector<Fault>& faults, std::size_t count) {
  std::set<NodeId> failing;
  std::set<NodeId> lying;
  for (std::size_t i = 0; i < count; ++i) {
    if (faults[i].spends_r()) AddTargets(faults[i], cluster, lying);
    if (faults[i].spends_u() && !IsForAWhile(faults[i], is_concurrent) && !faults[i].body->hits())
      AddTargets(faults[i], cluster, failing);
  }
  for (std::size_t i = 0; i < count; ++i)
    if (faults[i].body->hits()) AddChosen(faults[i], cluster, failing);
  if (failing.size() > cluster.u)
    return absl::StrCat(Spent(failing, cluster, "fail"), ", u = ", cluster.u);
  if (lying.size() > cluster.r)
    return absl::StrCat(Spent(lying, cluster, "lie"), ", r = ", cluster.r);
  // Most are down where one of them has just crashed.
  for (std::size_t begins = 0; begins < count; ++begins) {
    if (!IsForAWhile(faults[begins], is_concurrent)) continue;
    std::set<NodeId> down = failing;
    for (std::size_t i = 0; i < count; ++i)
      if (IsForAWhile(faults[i], is_concurrent) && IsDownAt(faults[i], faults[begins].at))
        AddTargets(faults[i], cluster, down);
    if (down.size() > cluster.u)
      return absl::StrCat(Spent(down, cluster, "are down"), " at ",
                          FormatDuration(faults[begins].at - Instant()), ", u = ", cluster.u);
  }
  return "";
}

}  // namespace

void CheckBudgets(std::vector<Parameters>& entries, const Scenario& scenario) {
  for (std::size_t c = 0; c < scenario.clusters.size(); ++c) {
    const auto why_with = [&](std::size_t count) {
      return WhyOverspent(scenario.clusters[c], scenario.is_concurrent[c], scenario.faults, count);
    };
    if (why_with(entries.size()).empty()) continue;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string why = why_with(i + 1);
      if (why.empty()) continue;
      entries[i]
          .Object(scenario.faults[i].kind->name)
          .Fail("target",
                absl::StrCat("overspends the budget: ", why,
                             "; where that is the point, say \"negative_control\": true"));
      break;
    }
  }
}

}  // namespace lockstep::sim
