// A whole world against queueing theory: see poisson.h.

#include "tools/validate/poisson.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/check.h"
#include "protocols/core/random.h"
#include "sim/chance/distribution.h"
#include "tools/validate/batch_means.h"
#include "tools/validate/lab.h"

namespace lockstep::validate {
namespace {

constexpr std::int64_t kPortBps = 8'000'000'000;  // a byte is a nanosecond
constexpr core::Duration kMeanService = core::Duration::Milliseconds(1);
constexpr core::Duration kWire = core::Duration::Microseconds(3);

struct Setup {
  Sizes sizes = Sizes::kEqual;
  unsigned load_percent = 50;
  std::uint32_t senders = 1;
  std::int64_t card_times = 1'000'000;  // faster than the port
  std::uint64_t seed = 1;
};

// Told when a message was sent, and what it has waited in all queues together.
using OnWait = std::function<void(core::Instant sent, core::Duration wait)>;

// On its way from one sender, in order.
struct Sent {
  core::Instant at;
  core::Duration alone;  // what it takes where nothing is in its way
};
using InFlight = std::vector<std::deque<Sent>>;  // [sender]

class Sender final : public QuietNode {
 public:
  Sender(const Setup& setup, const core::Seat& seat, std::deque<Sent>& in_flight)
      : gap_(sim::Distribution::Exponential(core::Duration::Picoseconds(
            kMeanService.ps() * 100 * setup.senders / setup.load_percent))),
        service_(setup.sizes == Sizes::kEqual ? sim::Distribution(kMeanService)
                                              : sim::Distribution::Exponential(kMeanService)),
        gaps_(seat.random.Fork("gaps")),
        services_(seat.random.Fork("services")),
        receiver_(setup.senders),
        card_times_(setup.card_times),
        in_flight_(in_flight) {}

  void OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) override {
    SetNext(now, out);
  }
  void OnTimer(const core::Now& now, core::TimerId, core::Effects& out) override {
    const core::ByteCount size((service_.Sample(services_).ps() + 500) / 1'000);
    // A nanosecond a byte at the port, and the card so much faster; rounded up to picoseconds.
    const std::int64_t at_port = size.value() * 1'000;
    const std::int64_t at_card = (at_port + card_times_ - 1) / card_times_;
    in_flight_.push_back(
        {now.monotonic(), core::Duration::Picoseconds(at_card + at_port) + kWire + kWire});
    out.Send(receiver_, Filler(static_cast<std::uint64_t>(size.value())));
    SetNext(now, out);
  }

 private:
  void SetNext(const core::Now& now, core::Effects& out) {
    out.SetTimer(core::TimerId(0), now.monotonic() + gap_.Sample(gaps_));
  }

  sim::Distribution gap_;
  sim::Distribution service_;
  core::Random gaps_;
  core::Random services_;
  core::NodeId receiver_;
  std::int64_t card_times_;
  std::deque<Sent>& in_flight_;
};

class Receiver final : public QuietNode {
 public:
  Receiver(InFlight& in_flight, const OnWait& on_wait) : in_flight_(in_flight), on_wait_(on_wait) {}
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes&,
                 core::Effects&) override {
    std::deque<Sent>& sent = in_flight_[from.value()];
    CHECK(!sent.empty());
    on_wait_(sent.front().at, now.monotonic() - sent.front().at - sent.front().alone);
    sent.pop_front();
  }

 private:
  InFlight& in_flight_;
  const OnWait& on_wait_;
};

// Runs until `is_enough`.
void Run(const Setup& setup, const OnWait& on_wait, const std::function<bool()>& is_enough) {
  sim::Scenario scenario = LabScenario({setup.senders + 1});
  scenario.seed = setup.seed;
  scenario.network.intra.transport = sim::Transport::kDatagram;
  scenario.network.intra.segmentation = sim::Segmentation::kMessage;
  scenario.network.send_buffer = core::ByteCount(std::int64_t{1} << 50);
  sim::NicSpec& nic = scenario.profile.nic;
  nic.tx = nic.rx = {};
  nic.header = core::ByteCount(0);
  nic.mtu_payload = core::ByteCount(std::int64_t{1} << 40);
  sim::WireSpec wire;
  wire.delay = kWire;
  scenario.network.topology = Star(scenario, wire, kPortBps);
  for (sim::Edge& edge : scenario.network.topology->edges) {
    if (edge.from < setup.senders) edge.rate_bps *= setup.card_times;
  }
  InFlight in_flight(setup.senders);
  Lab lab(std::move(scenario), [&](const core::Seat& seat) -> std::unique_ptr<core::Node> {
    if (seat.index == setup.senders) return std::make_unique<Receiver>(in_flight, on_wait);
    return std::make_unique<Sender>(setup, seat, in_flight[seat.index]);
  });
  while (!is_enough()) lab.RunSteps(4'096);
  lab.Finish();
}

std::string Text(const Setup& setup) {
  const std::string load = std::to_string(setup.load_percent);
  return std::string(setup.sizes == Sizes::kEqual ? "M/D/1" : "M/M/1") + ", load 0." +
         std::string(2 - std::min<std::size_t>(2, load.size()), '0') + load + ", " +
         std::to_string(setup.senders) + (setup.senders == 1 ? " sender" : " senders");
}

}  // namespace

Finding WaitInWorld(Sizes sizes, unsigned load_percent, std::uint32_t senders,
                    const Effort& effort) {
  Setup setup;
  setup.sizes = sizes;
  setup.load_percent = load_percent;
  setup.senders = senders;
  setup.seed = effort.seed;
  // Alone, it may be of any speed; the cards of several would shape what they send.
  if (sizes == Sizes::kEqual && senders == 1) setup.card_times = 2;
  const double load = load_percent / 100.0;
  BatchMeans waits(BatchLength(load));
  bool is_enough = false;
  Run(
      setup,
      [&](core::Instant, core::Duration wait) {
        if (is_enough) return;
        waits.Add(static_cast<double>(wait.ps()) / static_cast<double>(kMeanService.ps()));
        is_enough = waits.IsEnough(effort.half_width, effort.samples_max);
      },
      [&] { return is_enough; });
  return {Text(setup),        Claim::kInterval,  MeanWait(sizes, load), waits.mean(),
          waits.half_width(), effort.half_width, waits.samples()};
}

Finding WaitsByLindley(unsigned load_percent, std::uint64_t messages, const Effort& effort) {
  Setup setup;
  setup.load_percent = load_percent;
  setup.card_times = 2;
  setup.seed = effort.seed;
  Finding found{Text(setup) + ", each message", Claim::kExact};
  std::int64_t by_recursion = 0;
  core::Instant before;
  std::int64_t farthest = 0;
  Run(
      setup,
      [&](core::Instant sent, core::Duration wait) {
        const std::int64_t gap = (sent - before).ps();
        const std::int64_t service = found.samples == 0 ? 0 : kMeanService.ps();
        by_recursion = std::max<std::int64_t>(0, by_recursion + service - gap);
        before = sent;
        farthest = std::max(farthest, std::abs(wait.ps() - by_recursion));
        ++found.samples;
      },
      [&] { return found.samples >= messages; });
  found.measured = static_cast<double>(farthest);
  return found;
}

}  // namespace lockstep::validate
