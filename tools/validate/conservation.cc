// Where bytes and messages go: see conservation.h.

#include "tools/validate/conservation.h"

#include <memory>
#include <string>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/random.h"
#include "sim/trace/event.h"
#include "tools/validate/lab.h"

namespace lockstep::validate {
namespace {

bool IsStreamed(const Mix& mix, core::NodeId a, core::NodeId b) {
  return a.value() / mix.hosts_per_site != b.value() / mix.hosts_per_site;
}

// Counts what the world says it dropped. Of a stream that is a packet, of datagrams a message.
class Drops final : public trace::Sink {
 public:
  Drops(const Mix& mix, Tally& tally) : mix_(mix), tally_(tally) {}
  trace::Interest Wants() const override { return trace::kAllKinds; }
  void OnEvent(const trace::Event& event) override {
    if (event.kind != trace::EventKind::kDrop) return;
    ++(IsStreamed(mix_, event.node, event.peer) ? tally_.lost_packets : tally_.destroyed_datagrams);
  }
  void Finish() override {}

 private:
  const Mix& mix_;
  Tally& tally_;
};

// Sends messages of random sizes to random hosts at random times.
class Chatterer final : public QuietNode {
 public:
  Chatterer(const Mix& mix, const core::Seat& seat, Tally& tally)
      : mix_(mix), self_(seat.self), random_(seat.random.Fork("chatter")), tally_(tally) {}

  void OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) override {
    OnTimer(now, core::TimerId(0), out);
  }
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override {
    const std::uint32_t hosts = 2 * mix_.hosts_per_site;
    const auto step = static_cast<std::uint32_t>(1 + random_.Below(hosts - 1));
    const core::NodeId to((self_.value() + step) % hosts);
    out.Send(to, Filler(1 + random_.Below(20'000)));
    ++(IsStreamed(mix_, self_, to) ? tally_.sent_streamed : tally_.sent_datagrams);
    if (++sent_ == mix_.messages_per_host) return;
    const auto gap = static_cast<std::int64_t>(random_.Below(40'000));
    out.SetTimer(timer, now.monotonic() + core::Duration::Nanoseconds(gap));
  }
  void OnMessage(const core::Now&, core::NodeId from, const core::Bytes&, core::Effects&) override {
    ++(IsStreamed(mix_, from, self_) ? tally_.arrived_streamed : tally_.arrived_datagrams);
  }

 private:
  const Mix& mix_;
  core::NodeId self_;
  core::Random random_;
  Tally& tally_;
  std::uint64_t sent_ = 0;
};

// Each site's hosts at a leaf, and a spine between the leaves.
sim::Topology LeavesAndSpine(const Mix& mix) {
  sim::Topology topology = HostsOnly(2 * mix.hosts_per_site);
  sim::SwitchSpec forwarding;
  forwarding.buffer = core::ByteCount(mix.buffer_bytes);
  forwarding.latency = sim::Distribution::HalfNormal(core::Duration::Nanoseconds(200));
  for (const char* name : {"leaf0", "leaf1", "spine"}) {
    topology.vertices.push_back({name, forwarding});
  }
  topology.vertices.back().forwarding.is_cut_through = true;
  sim::WireSpec wire;
  wire.delay = core::Duration::Microseconds(2);
  wire.jitter = sim::Distribution::Uniform({}, core::Duration::Microseconds(5));
  wire.loss = {1, mix.loss_one_in};
  // A card's queue is its own; switches bound theirs by the shared buffer.
  const core::ByteCount card_queue(200'000);
  const std::uint32_t spine = topology.hosts + 2;
  for (std::uint32_t i = 0; i < topology.hosts + 2; ++i) {
    const std::uint32_t up = i < topology.hosts ? topology.hosts + i / mix.hosts_per_site : spine;
    Connect(topology, i, up, wire, 10'000'000'000, card_queue);
  }
  return topology;
}

}  // namespace

Tally RunMix(const Mix& mix) {
  sim::Scenario scenario = LabScenario({mix.hosts_per_site, mix.hosts_per_site});
  scenario.seed = mix.seed;
  scenario.network.intra.transport = sim::Transport::kDatagram;
  scenario.network.intra.segmentation = sim::Segmentation::kMtu;
  scenario.network.cross.segmentation = sim::Segmentation::kMtu;
  scenario.network.topology = LeavesAndSpine(mix);
  scenario.profile.nic.rx.descriptors = 64;
  Tally tally;
  Drops drops(mix, tally);
  Lab lab(std::move(scenario),
          [&](const core::Seat& seat) { return std::make_unique<Chatterer>(mix, seat, tally); },
          {&drops});
  const sim::Network& network = lab.world().network();
  while (lab.world().now() < core::Instant() + core::Duration::Seconds(1'000)) {
    lab.RunSteps(7);
    network.CheckConservation();
    ++tally.audits;
  }
  lab.Finish();
  for (std::size_t i = 0; i < trace::kDropCauses.size(); ++i) {
    tally.dropped_bytes += network.dropped(static_cast<trace::DropCause>(i)).value();
  }
  tally.delivered_bytes = network.delivered().value();
  tally.in_flight_bytes = network.in_flight().value();
  return tally;
}

void Conservation(std::uint64_t seeds, const Report& report) {
  Tally sum;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Mix mix;
    mix.seed = seed;
    const Tally tally = RunMix(mix);
    // A mix that lost nothing would show nothing.
    CHECK(tally.destroyed_datagrams > 0);
    CHECK(tally.lost_packets > 0);
    sum.sent_datagrams += tally.sent_datagrams;
    sum.arrived_datagrams += tally.arrived_datagrams;
    sum.destroyed_datagrams += tally.destroyed_datagrams;
    sum.sent_streamed += tally.sent_streamed;
    sum.arrived_streamed += tally.arrived_streamed;
    sum.in_flight_bytes += tally.in_flight_bytes;
    sum.audits += tally.audits;
  }
  const auto exact = [&](const std::string& what, std::uint64_t formula, std::uint64_t measured) {
    report({what, Claim::kExact, static_cast<double>(formula), static_cast<double>(measured), 0, 0,
            sum.audits});
  };
  exact("datagrams: sent = arrived (" + std::to_string(sum.arrived_datagrams) + ") + destroyed",
        sum.sent_datagrams, sum.arrived_datagrams + sum.destroyed_datagrams);
  exact("messages by stream: sent = arrived", sum.sent_streamed, sum.arrived_streamed);
  exact("bytes in flight when all is over", 0, static_cast<std::uint64_t>(sum.in_flight_bytes));
}

}  // namespace lockstep::validate
