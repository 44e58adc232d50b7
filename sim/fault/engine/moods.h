// What is done to a host's speed, clocks and card, where several faults do it at a time: of speeds
// and drifts the one that stands last in the scenario's list counts, and a clock is frozen until
// the last that freezes it has ended.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/chance/ratio.h"
#include "sim/net/port.h"

namespace lockstep::sim {

class Host;
class Network;

class HostMoods {
 public:
  // All outlive this; the hosts may be filled later.
  HostMoods(const std::vector<std::unique_ptr<Host>>& hosts, Network& network)
      : hosts_(hosts), network_(network) {}

  // A fault sets it; without a value, it no longer does.
  void SetSpeed(core::Instant now, core::NodeId host, std::size_t fault,
                std::optional<Ratio> slowdown);
  void SetDrift(core::Instant now, core::NodeId host, core::Clock clock, std::size_t fault,
                std::optional<std::int64_t> ppb);
  void SetFrozen(core::Instant now, core::NodeId host, core::Clock clock, std::size_t fault,
                 bool is_frozen);
  // All clocks of a host that stands still.
  void SetAllFrozen(core::Instant now, core::NodeId host, std::size_t fault, bool is_frozen);
  void Step(core::Instant now, core::NodeId host, core::Clock clock, core::Duration by);
  void Slew(core::Instant now, core::NodeId host, core::Clock clock, core::Duration by,
            std::int64_t ppb);
  // The rate of a port, by the edge that it feeds; and links that are down until the last fault
  // that took them down has ended.
  void SetRate(core::Instant now, std::uint32_t edge, std::size_t fault,
               std::optional<std::int64_t> rate_bps);
  void TakeDown(core::Instant now, std::uint32_t edge, std::size_t fault, Port::WhileDown fate);
  void BringUp(core::Instant now, std::uint32_t edge, std::size_t fault);
  // The machine loses its power: it stands still no more, and its clocks are right when it is back.
  void OnMachineDown(core::Instant now, core::NodeId host);

 private:
  using ClockOf = std::pair<core::NodeId, core::Clock>;

  Host& HostOf(core::NodeId host) const { return *hosts_[host.value()]; }
  void Freeze(core::Instant now, core::NodeId host, core::Clock clock);

  const std::vector<std::unique_ptr<Host>>& hosts_;
  Network& network_;
  // By the fault that does it, which stands so far down in the list.
  absl::btree_map<core::NodeId, absl::btree_map<std::size_t, Ratio>> slowdowns_;
  absl::btree_map<ClockOf, absl::btree_map<std::size_t, std::int64_t>> drifts_;
  absl::btree_map<ClockOf, absl::btree_set<std::size_t>> frozen_;
  absl::btree_map<core::NodeId, absl::btree_map<std::size_t, core::Instant>> stands_;  // since
  absl::btree_map<std::uint32_t, absl::btree_map<std::size_t, std::int64_t>> rates_;   // [edge]
  absl::btree_map<std::uint32_t, std::int64_t> rates_before_;                          // [edge]
  absl::btree_map<std::uint32_t, absl::btree_set<std::size_t>> down_;                  // [edge]
};

}  // namespace lockstep::sim
