// Streams against the laws of TCP: see streams.h.

#include "tools/validate/streams.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "tools/validate/batch_means.h"
#include "tools/validate/lab.h"

namespace lockstep::validate {
namespace {

constexpr std::uint64_t kMss = 1'450;
constexpr double kCardBytes = 1.25e9 * 1'450 / 1'500;  // payload a second

double Seconds(core::Duration span) { return static_cast<double>(span.ps()) * 1e-12; }
double Megabits(double bytes_per_second) { return bytes_per_second * 8e-6; }

// Keeps its send buffer full.
class Flooder final : public QuietNode {
 public:
  Flooder(core::NodeId to, std::uint64_t size) : to_(to), payload_(Filler(size)) {}
  void OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) override {
    OnWritable(now, to_, out);
  }
  void OnWritable(const core::Now&, core::NodeId, core::Effects& out) override {
    while (out.CreditLeft(to_) >= payload_.byte_count().value()) out.Send(to_, payload_);
    out.AwaitWritable(to_, payload_.byte_count());
  }

 private:
  core::NodeId to_;
  core::Bytes payload_;
};

class Counter final : public QuietNode {
 public:
  explicit Counter(std::vector<double>& bytes) : bytes_(bytes) {}
  void OnMessage(const core::Now&, core::NodeId from, const core::Bytes& payload,
                 core::Effects&) override {
    bytes_[from.value()] += static_cast<double>(payload.size());
  }

 private:
  std::vector<double>& bytes_;
};

std::string Milliseconds(core::Duration span) {
  return std::to_string(span.ps() / 1'000'000'000) + " ms";
}

StreamsSetup OneStream(core::Duration delay) {
  StreamsSetup setup;
  setup.link = LabScenario({2}).network.intra;
  setup.link.delay = delay;
  return setup;
}

StreamsSetup ManyStreams(std::uint32_t streams) {
  StreamsSetup setup = OneStream(core::Duration::Microseconds(25));
  setup.link.window = core::ByteCount(1 << 20);
  setup.senders = streams;
  setup.message_bytes = 50'000;
  setup.warmup = core::Duration::Milliseconds(100);
  setup.interval = core::Duration::Milliseconds(500);
  return setup;
}

}  // namespace

double MathisGoodput(double mss, double round_trip_s, double loss) {
  return mss / round_trip_s * 1.31 / std::sqrt(loss);
}

double PadhyeGoodput(double mss, double round_trip_s, double timeout_s, double loss) {
  return mss /
         (round_trip_s * std::sqrt(2 * loss / 3) +
          timeout_s * std::min(1.0, 3 * std::sqrt(3 * loss / 8)) * loss * (1 + 32 * loss * loss));
}

double JainIndex(const std::vector<double>& shares) {
  double sum = 0;
  double squares = 0;
  for (const double share : shares) {
    sum += share;
    squares += share * share;
  }
  return sum * sum / (static_cast<double>(shares.size()) * squares);
}

std::vector<std::vector<double>> PayloadByInterval(const StreamsSetup& setup) {
  sim::Scenario scenario = LabScenario({setup.senders + 1});
  scenario.network.intra = setup.link;
  scenario.network.send_buffer = core::ByteCount(16 << 20);
  if (setup.port_queue.value() > 0) scenario.profile.fabric.port_queue = setup.port_queue;
  const core::NodeId receiver(setup.senders);
  std::vector<double> bytes(setup.senders);
  Lab lab(std::move(scenario), [&](const core::Seat& seat) -> std::unique_ptr<core::Node> {
    if (seat.self == receiver) return std::make_unique<Counter>(bytes);
    return std::make_unique<Flooder>(receiver, setup.message_bytes);
  });
  std::vector<std::vector<double>> readings;
  lab.Run(setup.warmup);
  for (std::uint32_t i = 1; i <= setup.intervals; ++i) {
    std::fill(bytes.begin(), bytes.end(), 0);
    lab.Run(setup.warmup + setup.interval * i);
    readings.push_back(bytes);
  }
  lab.Finish();
  return readings;
}

Finding GoodputUnderLoss(const LossSetup& setup, bool is_by_padhye) {
  const double round_trip = 2e-3 * static_cast<double>(setup.delay_ms);
  const double loss = 1 / static_cast<double>(setup.one_in);
  const double mathis = MathisGoodput(kMss, round_trip, loss);
  const double timeout = std::max(round_trip, 1e-3 * static_cast<double>(setup.timeout_min_ms));
  const double padhye = PadhyeGoodput(kMss, round_trip, timeout, loss);

  StreamsSetup streams = OneStream(core::Duration::Milliseconds(setup.delay_ms));
  streams.link.segmentation = sim::Segmentation::kMtu;
  streams.link.loss = {1, setup.one_in};
  streams.link.window = core::ByteCount(64 << 20);
  streams.link.retransmit_after = core::Duration::Milliseconds(setup.timeout_min_ms);
  streams.message_bytes = 16 << 10;
  // So many segments until so many are lost, by the law. In each interval several dozen are, so
  // that one interval's goodput hardly knows of the one before.
  const double lasts = static_cast<double>(setup.losses * setup.one_in * kMss) / mathis;
  streams.intervals = 40;
  streams.interval = core::Duration::Picoseconds(static_cast<std::int64_t>(lasts / 40 * 1e12));
  streams.warmup = streams.interval;
  BatchMeans goodput(1);
  goodput.Add(0);  // In place of the batch that it throws away: the warm-up is over.
  for (const std::vector<double>& reading : PayloadByInterval(streams)) {
    goodput.Add(Megabits(reading[0] / Seconds(streams.interval)));
  }
  return {"p = 1/" + std::to_string(setup.one_in) +
              ", R = " + Milliseconds(core::Duration::Milliseconds(2 * setup.delay_ms)),
          is_by_padhye ? Claim::kReported : Claim::kWithin,
          Megabits(is_by_padhye ? padhye : mathis),
          goodput.mean(),
          goodput.half_width(),
          0.1,
          goodput.samples()};
}

Finding GoodputOfBounded(const BoundSetup& setup) {
  StreamsSetup streams = OneStream(setup.delay);
  streams.link.window = core::ByteCount(setup.window);
  streams.link.pair_rate_bps = setup.pair_rate_bps;
  streams.message_bytes = 16 << 10;
  streams.warmup = core::Duration::Milliseconds(1'500);
  streams.interval = core::Duration::Milliseconds(2'500);
  // A segment of 64 KiB, with its headers, and its acknowledgement are on two wires beside the
  // delays.
  const double segment = 2 * 8 * ((64 << 10) + 46 * 50 + 66) / 1e10;
  const double round_trip = 2 * Seconds(setup.delay) + segment;
  double bound = std::min(kCardBytes, static_cast<double>(setup.window) / round_trip);
  if (setup.pair_rate_bps > 0) {
    bound = std::min(bound, static_cast<double>(setup.pair_rate_bps) / 8);
  }
  const double goodput = PayloadByInterval(streams)[0][0] / Seconds(streams.interval);
  return {setup.name, Claim::kWithin, Megabits(bound), Megabits(goodput), 0, 0.01};
}

Finding SlowStart(std::uint32_t round) {
  StreamsSetup streams = OneStream(core::Duration::Milliseconds(50));
  streams.link.segmentation = sim::Segmentation::kMtu;
  streams.link.window = core::ByteCount(64 << 20);
  streams.message_bytes = kMss;
  // A flight arrives half a round trip after it was sent.
  streams.warmup = core::Duration::Milliseconds(100) * round + core::Duration::Milliseconds(40);
  streams.interval = core::Duration::Milliseconds(60);
  const double segments = PayloadByInterval(streams)[0][0] / static_cast<double>(kMss);
  return {"round trip i = " + std::to_string(round), Claim::kExact,
          static_cast<double>(10U << round), segments};
}

Finding SumOfShares(std::uint32_t streams) {
  const StreamsSetup setup = ManyStreams(streams);
  double sum = 0;
  const std::vector<double> shares = PayloadByInterval(setup)[0];
  for (const double bytes : shares) sum += bytes;
  return {std::to_string(streams) + " streams, together, Mbit/s",
          Claim::kWithin,
          Megabits(kCardBytes),
          Megabits(sum / Seconds(setup.interval)),
          0,
          0.01};
}

Finding FairnessOfShares(std::uint32_t streams, core::ByteCount port_queue) {
  StreamsSetup setup = ManyStreams(streams);
  std::string text = std::to_string(streams) + " streams, Jain's index";
  setup.port_queue = port_queue;
  const bool is_lossy = port_queue.value() > 0;
  if (is_lossy) {
    text += ", port of " + std::to_string(port_queue.value() >> 10) + " KiB";
    setup.link.segmentation = sim::Segmentation::kMtu;
    setup.interval = core::Duration::Seconds(1);
  }
  const double index = JainIndex(PayloadByInterval(setup)[0]);
  return {text, is_lossy ? Claim::kReported : Claim::kWithin, 1, index, 0, 0.01};
}

}  // namespace lockstep::validate
