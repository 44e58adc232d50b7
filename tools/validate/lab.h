// Worlds for experiments: nodes made by a function, hosts that cost nothing, clocks that are right.
//
// Only cards, ports and wires take any time, so that what is measured is what they did.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sink.h"
#include "sim/world.h"

namespace lockstep::validate {

// A node that ignores all; experiments say what it does not.
class QuietNode : public core::Node {
 public:
  void OnStart(const core::Now&, std::span<const core::Bytes>, core::Effects&) override {}
  void OnMessage(const core::Now&, core::NodeId, const core::Bytes&, core::Effects&) override {}
  void OnTimer(const core::Now&, core::TimerId, core::Effects&) override {}
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  void OnSubmit(const core::Now&, core::ClientId, core::RequestId, const core::Bytes&,
                core::Effects&) override {}
};

// `size` bytes that say nothing.
core::Bytes Filler(std::uint64_t size);

// Clusters of these sizes, joined by streams without loss, delay 25 us; cards and ports of 10
// Gbit/s with 64 MiB of queue; 50 B of headers for each 1,450 B.
sim::Scenario LabScenario(const std::vector<std::uint32_t>& sizes);

// All hosts of `scenario` around one switch, by wires of this kind and ports of this rate.
sim::Topology Star(const sim::Scenario& scenario, const sim::WireSpec& wire, std::int64_t rate_bps);
// Two hosts, and so many switches between them, all of one rate.
sim::Topology Chain(std::uint32_t switches, const sim::SwitchSpec& forwarding,
                    const sim::WireSpec& wire, std::int64_t rate_bps);

class Lab {
 public:
  using Build = std::function<std::unique_ptr<core::Node>(const core::Seat&)>;

  // The sinks outlive it.
  Lab(sim::Scenario scenario, Build build, const std::vector<trace::Sink*>& sinks = {});
  ~Lab();

  // Runs all that is due until then, inclusive.
  void Run(core::Duration until);
  // Runs so many steps.
  void RunSteps(std::uint64_t steps) { world_->Run(core::Instant::Max(), steps); }
  const sim::World& world() const { return *world_; }
  // Ends the run, which CHECKs that no byte was lost sight of.
  void Finish() { world_->Finish(/*is_cut=*/false); }

 private:
  class BuiltProgram;

  sim::Scenario scenario_;
  std::unique_ptr<BuiltProgram> program_;
  std::unique_ptr<sim::World> world_;
};

}  // namespace lockstep::validate
