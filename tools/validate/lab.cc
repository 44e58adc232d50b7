// Worlds for experiments: see lab.h.

#include "tools/validate/lab.h"

#include <string>
#include <utility>

namespace lockstep::validate {
namespace {

// Says nothing of any message.
class NoFields final : public core::MessageFields {
 public:
  std::span<const core::TypeSpec> types() const override { return {}; }
  bool Read(const core::Bytes&, core::FieldedMessage&) const override { return false; }
  core::Bytes Build(const core::FieldedMessage&, const core::Signer&,
                    core::Identity) const override {
    return {};
  }
};

sim::Profile FreeProfile() {
  sim::Profile profile;
  profile.name = "free";
  profile.nic.rate_bps = 10'000'000'000;
  profile.nic.tx.bytes = core::ByteCount(64 << 20);
  profile.nic.rx.bytes = core::ByteCount(64 << 20);
  profile.fabric.port_queue = core::ByteCount(64 << 20);
  profile.nic.mtu_payload = core::ByteCount(1'450);
  profile.nic.header = core::ByteCount(50);
  for (const char* stage : {"receive", "protocol", "send"}) profile.AddStage(stage);
  profile.receive_message.stage = sim::Profile::kReceiveStage;
  profile.call.stage = sim::Profile::kProtocolStage;
  profile.send_message.stage = sim::Profile::kSendStage;
  return profile;
}

void Connect(sim::Topology& topology, std::uint32_t a, std::uint32_t b, const sim::WireSpec& wire,
             std::int64_t rate_bps) {
  const std::string& from = topology.vertices[a].name;
  const std::string& to = topology.vertices[b].name;
  topology.edges.push_back({a, b, from + "-" + to, rate_bps, {}, wire});
  topology.edges.push_back({b, a, to + "-" + from, rate_bps, {}, wire});
}

sim::Topology HostsOnly(std::uint32_t hosts) {
  sim::Topology topology;
  topology.hosts = hosts;
  for (std::uint32_t i = 0; i < hosts; ++i) {
    topology.vertices.push_back({"h" + std::to_string(i), {}});
  }
  return topology;
}

}  // namespace

core::Bytes Filler(std::uint64_t size) { return core::Bytes::Filler({0, 0, 0, 1, size, 0}); }

sim::Scenario LabScenario(const std::vector<std::uint32_t>& sizes) {
  sim::Scenario scenario;
  scenario.name = "lab";
  scenario.end = core::Instant::Max();
  scenario.heal = scenario.end;
  scenario.period = core::Duration::Seconds(100'000);
  scenario.seed = 1;
  scenario.profile = FreeProfile();
  std::uint32_t first = 0;
  for (const std::uint32_t size : sizes) {
    const std::string name(1, static_cast<char>('a' + scenario.clusters.size()));
    scenario.clusters.push_back({name, core::NodeId(first), size, 0, 0});
    first += size;
  }
  sim::LinkClass link;
  link.transport = sim::Transport::kStream;
  link.delay = core::Duration::Microseconds(25);
  link.segment = core::ByteCount(64 << 10);
  link.window = core::ByteCount(4 << 20);
  link.retransmit_after = core::Duration::Milliseconds(1);
  scenario.network.intra = link;
  scenario.network.cross = link;
  scenario.network.send_buffer = core::ByteCount(8 << 20);
  return scenario;
}

sim::Topology Star(const sim::Scenario& scenario, const sim::WireSpec& wire,
                   std::int64_t rate_bps) {
  std::uint32_t hosts = 0;
  for (const core::Cluster& cluster : scenario.clusters) hosts += cluster.size;
  sim::Topology star = HostsOnly(hosts);
  star.vertices.push_back({"switch", {}});
  for (std::uint32_t i = 0; i < hosts; ++i) Connect(star, i, hosts, wire, rate_bps);
  return star;
}

sim::Topology Chain(std::uint32_t switches, const sim::SwitchSpec& forwarding,
                    const sim::WireSpec& wire, std::int64_t rate_bps) {
  sim::Topology chain = HostsOnly(2);
  std::uint32_t before = 0;
  for (std::uint32_t i = 0; i < switches; ++i) {
    chain.vertices.push_back({"switch" + std::to_string(i), forwarding});
    Connect(chain, before, 2 + i, wire, rate_bps);
    before = 2 + i;
  }
  Connect(chain, before, 1, wire, rate_bps);
  return chain;
}

class Lab::BuiltProgram final : public core::Program {
 public:
  BuiltProgram(const std::vector<core::Cluster>& clusters, Lab::Build build)
      : clusters_(clusters), build_(std::move(build)) {}
  const std::vector<core::Cluster>& clusters() const override { return clusters_; }
  std::unique_ptr<core::Node> Build(const core::Seat& seat) const override { return build_(seat); }
  const core::MessageFields& Fields(core::ClusterId) const override { return fields_; }

 private:
  const std::vector<core::Cluster>& clusters_;
  Lab::Build build_;
  NoFields fields_;
};

Lab::Lab(sim::Scenario scenario, Build build, const std::vector<trace::Sink*>& sinks)
    : scenario_(std::move(scenario)),
      program_(std::make_unique<BuiltProgram>(scenario_.clusters, std::move(build))),
      world_(std::make_unique<sim::World>(scenario_, *program_, sinks)) {}

Lab::~Lab() = default;

void Lab::Run(core::Duration until) {
  while (world_->Run(core::Instant() + until, 4'096)) {
  }
}

}  // namespace lockstep::validate
