// Small worlds, for experiments and tests: nodes made by a function, hosts that cost nothing,
// clocks that are right.
//
// Only cards, ports and wires take any time, so that what is measured is what they did. Who wants
// more (a price, a loss, a fault) changes the scenario before the world is made of it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/fields.h"
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
  void OnSubmit(const core::Now&, core::ClientId, core::RequestId, core::RequestId,
                const core::Bytes&, core::Effects&) override {}
};

// `size` bytes that say nothing.
core::Bytes Filler(std::uint64_t size);

// Clusters "a", "b", ... of these sizes, u = (n - 1) / 3 each, r = 0, joined by streams without
// loss, delay 25 us. Cards and ports of 10 Gbit/s, so that a byte takes 800 ps, with 64 MiB of
// queue; 50 B of headers for each 1,450 B. Stages are "receive", "protocol", "send" and "disk".
sim::Scenario LabScenario(const std::vector<std::uint32_t>& sizes);
// Bytes on a wire of LabScenario of a packet with this payload, and how long it takes them.
core::ByteCount WireSize(std::uint64_t payload);
core::Duration WireTime(std::uint64_t payload);

// Hosts "h0", "h1", ... that nothing joins yet.
sim::Topology HostsOnly(std::uint32_t hosts);
// Joins two vertices, "a" and "b", by "a-b" and "b-a"; cards, unlike ports of switches, have a
// queue of their own.
void Connect(sim::Topology& topology, std::uint32_t a, std::uint32_t b, const sim::WireSpec& wire,
             std::int64_t rate_bps, core::ByteCount card_queue = {});
// All hosts of `scenario` around one switch, by wires of this kind and ports of this rate.
sim::Topology Star(const sim::Scenario& scenario, const sim::WireSpec& wire, std::int64_t rate_bps);
// Two hosts, and so many switches between them, all of one rate.
sim::Topology Chain(std::uint32_t switches, const sim::SwitchSpec& forwarding,
                    const sim::WireSpec& wire, std::int64_t rate_bps);

// A program of nodes that a function makes.
class BuiltProgram final : public core::Program {
 public:
  using Builder = std::function<std::unique_ptr<core::Node>(const core::Seat&)>;

  // `fields`, which outlives it, reads the messages; by default nobody can.
  BuiltProgram(std::vector<core::Cluster> clusters, Builder build,
               const core::MessageFields* fields = nullptr);
  const std::vector<core::Cluster>& clusters() const override { return clusters_; }
  std::unique_ptr<core::Node> Build(const core::Seat& seat) const override { return build_(seat); }
  const core::MessageFields& Fields(core::ClusterId) const override { return *fields_; }

 private:
  std::vector<core::Cluster> clusters_;
  Builder build_;
  const core::MessageFields* fields_;
};

class Lab {
 public:
  // Sinks and fields outlive it.
  Lab(sim::Scenario scenario, BuiltProgram::Builder build,
      const std::vector<trace::Sink*>& sinks = {}, const core::MessageFields* fields = nullptr);
  Lab(const Lab&) = delete;  // What is inside refers to it.
  Lab& operator=(const Lab&) = delete;

  // Runs all that is due until then, inclusive.
  void Run(core::Duration until);
  // Runs so many steps.
  void RunSteps(std::uint64_t steps) { world_.Run(core::Instant::Max(), steps); }
  sim::World& world() { return world_; }
  // Ends the run, which CHECKs that no byte was lost sight of.
  void Finish() { world_.Finish(/*is_cut=*/false); }

 private:
  sim::Scenario scenario_;
  BuiltProgram program_;
  sim::World world_;
};

}  // namespace lockstep::validate
