// Budgets of faults: see scenario_budget.h.

#include "sim/scenario/scenario_budget.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "sim/fault/engine/views.h"

namespace lockstep::sim {
namespace {

using core::Cluster;
using core::Instant;
using core::NodeId;

std::uint64_t StakeOf(NodeId host, const Cluster& cluster) {
  return cluster.StakeOf(host.value() - cluster.first.value());
}

// How many hosts of a cluster these are, or how much stake they have.
std::uint64_t Weight(const std::set<NodeId>& hosts, const Cluster& cluster) {
  std::uint64_t weight = 0;
  for (const NodeId host : hosts) weight += StakeOf(host, cluster);
  return weight;
}

// "3 of a fail (a0, a1, a2)", "replicas with a stake of 5 of a fail (a0, a1)".
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
  const std::string amount = cluster.has_stake()
                                 ? absl::StrCat("replicas with a stake of ", Weight(hosts, cluster))
                                 : absl::StrCat(hosts.size());
  return absl::StrCat(amount, " of ", cluster.name, " ", std::string(how), " (",
                      absl::StrJoin(names, ", "), ")");
}

// Adds the hosts of a cluster that a fault hits.
void AddTargets(const Fault& fault, const Cluster& cluster, std::set<NodeId>& hosts) {
  for (const NodeId host : fault.targets)
    if (cluster.Has(host)) hosts.insert(host);
}

// Adds as many more as a fault hits at most that chooses them while it runs, those with most stake;
// after all others.
void AddChosen(const Fault& fault, const Cluster& cluster, std::set<NodeId>& hosts) {
  std::uint64_t left = *fault.body->hits();
  std::vector<NodeId> targets;
  for (const NodeId host : fault.targets)
    if (cluster.Has(host)) targets.push_back(host);
  std::stable_sort(targets.begin(), targets.end(),
                   [&](NodeId a, NodeId b) { return StakeOf(a, cluster) > StakeOf(b, cluster); });
  for (const NodeId host : targets)
    if (left > 0 && hosts.insert(host).second) --left;
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
  if (Weight(failing, cluster) > cluster.u)
    return absl::StrCat(Spent(failing, cluster, "fail"), ", u = ", cluster.u);
  if (Weight(lying, cluster) > cluster.r)
    return absl::StrCat(Spent(lying, cluster, "lie"), ", r = ", cluster.r);
  // Most are down where one of them has just crashed.
  for (std::size_t begins = 0; begins < count; ++begins) {
    if (!IsForAWhile(faults[begins], is_concurrent)) continue;
    std::set<NodeId> down = failing;
    for (std::size_t i = 0; i < count; ++i)
      if (IsForAWhile(faults[i], is_concurrent) && IsDownAt(faults[i], faults[begins].at))
        AddTargets(faults[i], cluster, down);
    if (Weight(down, cluster) > cluster.u)
      return absl::StrCat(Spent(down, cluster, "are down"), " at ",
                          FormatDuration(faults[begins].at - Instant()), ", u = ", cluster.u);
  }
  return "";
}

}  // namespace

void CheckBudgets(std::vector<Parameters>& entries, const Scenario& scenario) {
  const std::vector<AnnouncedView> views = ViewsOf(scenario);
  for (std::size_t c = 0; c < scenario.clusters.size(); ++c) {
    const Cluster& cluster = scenario.clusters[c];
    const auto why_with = [&](std::size_t count) {
      std::string why = WhyOverspent(cluster, scenario.is_concurrent[c], scenario.faults, count);
      for (const AnnouncedView& each : views) {
        const std::optional<Cluster> then = each.view.Of(cluster);
        if (!why.empty() || !then || then->stake == cluster.stake) continue;
        why = WhyOverspent(*then, scenario.is_concurrent[c], scenario.faults, count);
        if (!why.empty()) why = absl::StrCat("in view ", each.view.number, " ", why);
      }
      return why;
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
