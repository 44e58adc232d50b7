// Announced views: see views.h.

#include "sim/fault/engine/views.h"

#include <algorithm>
#include <utility>

#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

using core::NodeId;

// A cluster as the changes so far have made it.
struct Standing {
  core::View::Members members;
  std::vector<std::uint32_t> stake;  // what each last had as a member
  std::vector<bool> is_member;
};

std::vector<const Fault*> ByNumber(const WorldSpec& spec) {
  std::vector<const Fault*> faults;
  for (const Fault& fault : spec.faults)
    if (fault.body->view_change() != nullptr) faults.push_back(&fault);
  std::stable_sort(faults.begin(), faults.end(), [](const Fault* a, const Fault* b) {
    return a->body->view_change()->epoch < b->body->view_change()->epoch;
  });
  return faults;
}

std::vector<Standing> AtFirst(const WorldSpec& spec) {
  std::vector<Standing> standings;
  for (const core::Cluster& cluster : spec.clusters) {
    if (cluster.is_client) continue;
    Standing standing;
    standing.members = {cluster.first, cluster.size, cluster.stake, cluster.positions};
    for (std::uint32_t i = 0; i < cluster.size; ++i)
      standing.stake.push_back(static_cast<std::uint32_t>(cluster.StakeOf(i)));
    standing.is_member.assign(cluster.size, true);
    standings.push_back(std::move(standing));
  }
  return standings;
}

void Apply(const ViewChange& change, Standing& standing) {
  const std::size_t size = standing.stake.size();
  for (std::size_t i = 0; i < std::min(size, change.stake.size()); ++i) {
    standing.is_member[i] = change.stake[i] > 0;
    if (change.stake[i] > 0) standing.stake[i] = change.stake[i];
  }
  if (!change.members.empty()) {
    for (std::size_t i = 0; i < size; ++i)
      standing.is_member[i] =
          std::ranges::count(change.members,
                             NodeId(change.first.value() + static_cast<std::uint32_t>(i))) > 0;
  }
  if (!change.positions.empty()) {
    standing.members.positions = change.positions;
    // By index goes without saying.
    if (std::ranges::is_sorted(change.positions)) standing.members.positions.clear();
  }
  std::vector<std::uint32_t>& stake = standing.members.stake;
  stake.clear();
  for (std::size_t i = 0; i < size; ++i)
    stake.push_back(standing.is_member[i] ? standing.stake[i] : 0);
  if (std::ranges::all_of(stake, [](std::uint32_t each) { return each == 1; })) stake.clear();
}

}  // namespace

core::View FirstView(const WorldSpec& spec) {
  core::View view;
  for (const Standing& standing : AtFirst(spec)) view.clusters.push_back(standing.members);
  return view;
}

std::vector<AnnouncedView> ViewsOf(const WorldSpec& spec) {
  std::vector<Standing> standings = AtFirst(spec);
  std::vector<AnnouncedView> views;
  for (const Fault* fault : ByNumber(spec)) {
    const ViewChange& change = *fault->body->view_change();
    AnnouncedView announced{fault->at, {change.epoch, {}}};
    for (Standing& standing : standings) {
      if (standing.members.first == change.first) Apply(change, standing);
      announced.view.clusters.push_back(standing.members);
    }
    views.push_back(std::move(announced));
  }
  return views;
}

}  // namespace lockstep::sim
