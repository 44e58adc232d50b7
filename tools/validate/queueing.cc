// The port against queueing theory: see queueing.h.

#include "tools/validate/queueing.h"

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "protocols/core/ids.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/chance/distribution.h"
#include "sim/net/port.h"
#include "tools/validate/batch_means.h"

namespace lockstep::validate {
namespace {

constexpr core::Duration kMeanService = core::Duration::Milliseconds(1);

sim::PortSpec PortOfANanosecondPerByte() {
  sim::PortSpec port;
  port.rate_bps = 8'000'000'000;
  return port;
}

double InServices(core::Duration span) {
  return static_cast<double>(span.ps()) / static_cast<double>(kMeanService.ps());
}

// A Poisson stream of packets: when the next one comes, and how large it is.
class Arrivals {
 public:
  Arrivals(Sizes sizes, unsigned load_percent, std::uint64_t seed)
      : gap_(sim::Distribution::Exponential(
            core::Duration::Picoseconds(kMeanService.ps() * 100 / load_percent))),
        service_(sizes == Sizes::kEqual ? sim::Distribution(kMeanService)
                                        : sim::Distribution::Exponential(kMeanService)),
        gaps_(core::Random(seed).Fork("gaps")),
        services_(core::Random(seed).Fork("services")),
        anew_(core::Random(seed).Fork("anew")) {}

  core::Instant Next() { return now_ = now_ + gap_.Sample(gaps_); }
  core::ByteCount Size() { return BytesOf(service_.Sample(services_)); }
  // Another one of the same law.
  core::ByteCount SizeAnew() { return BytesOf(service_.Sample(anew_)); }

 private:
  static core::ByteCount BytesOf(core::Duration service) {
    return core::ByteCount((service.ps() + 500) / 1'000);
  }

  sim::Distribution gap_;
  sim::Distribution service_;
  core::Random gaps_;
  core::Random services_;
  core::Random anew_;
  core::Instant now_;
};

std::string LoadText(unsigned load_percent) {
  char text[32];
  std::snprintf(text, sizeof(text), "load %u.%02u", load_percent / 100, load_percent % 100);
  return text;
}

Finding FindingOf(std::string parameters, double formula, const BatchMeans& means,
                  const Effort& effort) {
  return {std::move(parameters), Claim::kInterval,  formula,        means.mean(),
          means.half_width(),    effort.half_width, means.samples()};
}

}  // namespace

double MeanWait(Sizes sizes, double load) {
  return load / (1 - load) / (sizes == Sizes::kEqual ? 2 : 1);
}

double LossRate(double load, std::uint32_t places) {
  if (load == 1) return 1.0 / (places + 1);
  return (1 - load) * std::pow(load, places) / (1 - std::pow(load, places + 1));
}

Finding WaitAtPort(Sizes sizes, unsigned load_percent, const Effort& effort) {
  const double load = load_percent / 100.0;
  sim::Port port(PortOfANanosecondPerByte());
  Arrivals arrivals(sizes, load_percent, effort.seed);
  BatchMeans waits(BatchLength(load));
  while (!waits.IsEnough(effort.half_width, effort.samples_max)) {
    const core::Instant now = arrivals.Next();
    waits.Add(InServices(port.Enqueue(now, arrivals.Size())->begins - now));
  }
  return FindingOf(LoadText(load_percent), MeanWait(sizes, load), waits, effort);
}

Finding LossAtPort(unsigned load_percent, std::uint32_t places, const Effort& effort) {
  sim::PortSpec spec = PortOfANanosecondPerByte();
  spec.packets = places;
  sim::Port port(spec);
  Arrivals arrivals(Sizes::kExponential, load_percent, effort.seed);
  // A full queue of so few places forgets within K^2 services, whatever the load.
  BatchMeans losses(std::uint64_t{200} * (places + 1) * (places + 1));
  while (!losses.IsEnough(effort.half_width, effort.samples_max)) {
    const core::Instant now = arrivals.Next();
    losses.Add(port.Enqueue(now, arrivals.Size()) ? 0 : 1);
  }
  return FindingOf(LoadText(load_percent) + ", K = " + std::to_string(places),
                   LossRate(load_percent / 100.0, places), losses, effort);
}

Finding WaitInTandem(unsigned load_percent, bool is_drawn_anew, const Effort& effort) {
  const double load = load_percent / 100.0;
  sim::Port first(PortOfANanosecondPerByte());
  sim::Port second(PortOfANanosecondPerByte());
  Arrivals arrivals(Sizes::kExponential, load_percent, effort.seed);
  BatchMeans waits(BatchLength(load));
  while (!waits.IsEnough(effort.half_width, effort.samples_max)) {
    const core::Instant now = arrivals.Next();
    const core::ByteCount size = arrivals.Size();
    // The first port is FIFO, so the order of its departures is that of its arrivals.
    const sim::Port::Queued at_first = *first.Enqueue(now, size);
    const sim::Port::Queued at_second =
        *second.Enqueue(at_first.ends, is_drawn_anew ? arrivals.SizeAnew() : size);
    waits.Add(InServices((at_first.begins - now) + (at_second.begins - at_first.ends)));
  }
  Finding found = FindingOf(LoadText(load_percent) + (is_drawn_anew ? "" : ", same size at both"),
                            2 * MeanWait(Sizes::kExponential, load), waits, effort);
  if (!is_drawn_anew) found.claim = Claim::kReported;
  return found;
}

}  // namespace lockstep::validate
