// Worlds for experiments: see lab.h.

#include "tools/validate/lab.h"

#include <algorithm>
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
const NoFields kNoFields;

constexpr std::int64_t kRateBps = 10'000'000'000;
constexpr std::int64_t kMtuPayload = 1'450;
constexpr std::int64_t kHeader = 50;

sim::Profile FreeProfile() {
  sim::Profile profile;
  profile.name = "free";
  profile.nic.rate_bps = kRateBps;
  profile.nic.tx.bytes = core::ByteCount(64 << 20);
  profile.nic.rx.bytes = core::ByteCount(64 << 20);
  profile.fabric.port_queue = core::ByteCount(64 << 20);
  profile.nic.mtu_payload = core::ByteCount(kMtuPayload);
  profile.nic.header = core::ByteCount(kHeader);
  for (const char* stage : {"receive", "protocol", "send", "disk"}) profile.AddStage(stage);
  profile.receive_message.stage = sim::Profile::kReceiveStage;
  profile.call.stage = sim::Profile::kProtocolStage;
  profile.send_message.stage = sim::Profile::kSendStage;
  return profile;
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
    scenario.clusters.push_back({name, core::NodeId(first), size, /*u=*/(size - 1) / 3, /*r=*/0});
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

core::ByteCount WireSize(std::uint64_t payload) {
  const auto bytes = static_cast<std::int64_t>(payload);
  const std::int64_t packets = std::max<std::int64_t>(1, (bytes + kMtuPayload - 1) / kMtuPayload);
  return core::ByteCount(bytes + kHeader * packets);
}

core::Duration WireTime(std::uint64_t payload) {
  return core::Duration::Picoseconds(8'000'000'000'000 / kRateBps) * WireSize(payload).value();
}

sim::Topology HostsOnly(std::uint32_t hosts) {
  sim::Topology topology;
  topology.hosts = hosts;
  for (std::uint32_t i = 0; i < hosts; ++i) {
    topology.vertices.push_back({"h" + std::to_string(i), {}});
  }
  return topology;
}

void Connect(sim::Topology& topology, std::uint32_t a, std::uint32_t b, const sim::WireSpec& wire,
             std::int64_t rate_bps, core::ByteCount card_queue) {
  const auto add = [&](std::uint32_t from, std::uint32_t to) {
    const std::string name = topology.vertices[from].name + "-" + topology.vertices[to].name;
    const core::ByteCount queue = topology.is_host(from) ? card_queue : core::ByteCount();
    topology.edges.push_back({from, to, name, rate_bps, queue, wire});
  };
  add(a, b);
  add(b, a);
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

BuiltProgram::BuiltProgram(std::vector<core::Cluster> clusters, Builder build,
                           const core::MessageFields* fields)
    : clusters_(std::move(clusters)),
      build_(std::move(build)),
      fields_(fields == nullptr ? &kNoFields : fields) {}

Lab::Lab(sim::Scenario scenario, BuiltProgram::Builder build,
         const std::vector<trace::Sink*>& sinks, const core::MessageFields* fields)
    : scenario_(std::move(scenario)),
      program_(scenario_.clusters, std::move(build), fields),
      world_(scenario_, program_, sinks) {}

void Lab::Run(core::Duration until) {
  while (world_.Run(core::Instant() + until, 4'096)) {
  }
}

}  // namespace lockstep::validate
