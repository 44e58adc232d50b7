// Latencies that have closed forms: see latency.h.

#include "tools/validate/latency.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/check.h"
#include "tools/validate/lab.h"

namespace lockstep::validate {
namespace {

constexpr std::int64_t kHeader = 50;

class OneShot final : public QuietNode {
 public:
  OneShot(core::NodeId to, std::uint64_t size) : to_(to), size_(size) {}
  void OnStart(const core::Now&, std::span<const core::Bytes>, core::Effects& out) override {
    out.Send(to_, Filler(size_));
  }

 private:
  core::NodeId to_;
  std::uint64_t size_;
};

class Listener final : public QuietNode {
 public:
  explicit Listener(std::vector<core::Instant>& arrivals) : arrivals_(arrivals) {}
  void OnMessage(const core::Now& now, core::NodeId, const core::Bytes&, core::Effects&) override {
    arrivals_.push_back(now.monotonic());
  }

 private:
  std::vector<core::Instant>& arrivals_;
};

// When the datagrams arrive that all hosts but `receiver` send it at time 0.
std::vector<core::Instant> ArrivalsAt(std::uint32_t receiver, core::ByteCount size,
                                      sim::Scenario scenario) {
  scenario.network.intra.transport = sim::Transport::kDatagram;
  scenario.network.intra.segmentation = sim::Segmentation::kMessage;
  scenario.profile.nic.header = core::ByteCount(kHeader);
  scenario.profile.nic.mtu_payload = size;
  std::vector<core::Instant> arrivals;
  const auto payload = static_cast<std::uint64_t>(size.value() - kHeader);
  Lab lab(std::move(scenario), [&](const core::Seat& seat) -> std::unique_ptr<core::Node> {
    if (seat.index == receiver) return std::make_unique<Listener>(arrivals);
    return std::make_unique<OneShot>(core::NodeId(receiver), payload);
  });
  lab.Run(core::Duration::Seconds(10));
  lab.Finish();
  return arrivals;
}

// Not the model's own: what is compared must not come from what it is compared with.
core::Duration Serialisation(core::ByteCount size, std::int64_t rate_bps) {
  const std::int64_t bit_ps = 8 * size.value() * 1'000'000'000'000;  // sizes below a megabyte
  return core::Duration::Picoseconds(bit_ps / rate_bps + (bit_ps % rate_bps == 0 ? 0 : 1));
}

double Nanoseconds(core::Duration span) { return static_cast<double>(span.ps()) / 1'000; }

std::string SizeAndRate(core::ByteCount size, std::int64_t rate_bps) {
  return std::to_string(size.value()) + " B at " + std::to_string(rate_bps / 1'000'000'000) +
         " Gbit/s";
}

}  // namespace

Finding Incast(const IncastSetup& setup) {
  sim::WireSpec wire;
  wire.delay = core::Duration::Picoseconds(1'234'567);
  sim::Scenario scenario = LabScenario({setup.senders + 1});
  scenario.network.topology = Star(scenario, wire, setup.rate_bps);
  const auto arrivals = ArrivalsAt(setup.senders, setup.size, std::move(scenario));
  CHECK(arrivals.size() == setup.senders);
  const core::Duration serialisation = Serialisation(setup.size, setup.rate_bps);
  Finding found{std::to_string(setup.senders) + " x " + SizeAndRate(setup.size, setup.rate_bps),
                Claim::kExact};
  found.samples = setup.senders;
  core::Duration farthest;
  for (std::uint32_t i = 1; i <= setup.senders; ++i) {
    const core::Instant expected =
        core::Instant() + serialisation + wire.delay + serialisation * i + wire.delay;
    const core::Duration off =
        core::Duration::Picoseconds(std::abs((arrivals[i - 1] - expected).ps()));
    if (off < farthest) continue;
    farthest = off;
    found.formula = Nanoseconds(expected - core::Instant());
    found.measured = Nanoseconds(arrivals[i - 1] - core::Instant());
  }
  return found;
}

Finding ChainLatency(const ChainSetup& setup) {
  const core::Duration card = core::Duration::Nanoseconds(330);
  const core::Duration forwarding = core::Duration::Nanoseconds(350);
  sim::WireSpec wire;
  wire.delay = core::Duration::Nanoseconds(10);
  wire.fec = core::Duration::Nanoseconds(90);
  sim::SwitchSpec kind;
  kind.is_cut_through = setup.is_cut_through;
  kind.latency = sim::Distribution(forwarding);
  sim::Scenario scenario = LabScenario({2});
  scenario.profile.nic.tx_latency = sim::Distribution(card);
  scenario.profile.nic.rx_latency = sim::Distribution(card);
  scenario.network.topology = Chain(setup.switches, kind, wire, setup.rate_bps);
  const auto arrivals = ArrivalsAt(1, setup.size, std::move(scenario));
  CHECK(arrivals.size() == 1);
  const std::int64_t links = setup.switches + 1;
  const core::Duration serialisation = Serialisation(setup.size, setup.rate_bps);
  const core::Duration expected = card * 2 + (wire.delay + wire.fec) * links +
                                  forwarding * setup.switches +
                                  serialisation * (setup.is_cut_through ? 1 : links);
  return {SizeAndRate(setup.size, setup.rate_bps) + ", " + std::to_string(setup.switches) +
              (setup.is_cut_through ? " cut through" : " store and forward"),
          Claim::kExact,
          Nanoseconds(expected),
          Nanoseconds(arrivals[0] - core::Instant()),
          0,
          0,
          1};
}

}  // namespace lockstep::validate
