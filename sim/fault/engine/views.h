// Views that faults announce: who counts how much, and whose turn is which, from an instant on.
//
// What they are follows from the scenario alone; who announces them, and how, stands in
// view_body.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/time.h"
#include "protocols/core/view.h"
#include "sim/fault/engine/fault.h"

namespace lockstep::sim {

// What a fault changes of one cluster; the rest of the view is as it was before.
struct ViewChange {
  std::uint64_t epoch = 1;   // the number of the view
  std::string cluster_name;  // as the scenario says
  core::NodeId first;        // of the cluster
  // By index; empty: as it was. Zeros are those that are no members from then on.
  std::vector<std::uint32_t> stake;
  // Who are members; the stake of each is what it last was as one. Empty: as it was.
  std::vector<core::NodeId> members;
  std::vector<std::uint32_t> positions;  // as core::Cluster's; empty: as it was
  core::Duration spread;                 // a replica hears within so long
};

// A view, and when it is announced.
struct AnnouncedView {
  core::Instant at;
  core::View view;
};
// View 0: the clusters as they are at first.
core::View FirstView(const WorldSpec& spec);
// All that the faults of a world announce, by number; each is what the changes up to it make of the
// clusters.
std::vector<AnnouncedView> ViewsOf(const WorldSpec& spec);

}  // namespace lockstep::sim
