// The list of experiments, and what each runs in full and when it is quick.

#include <cstdint>
#include <vector>

#include "tools/validate/conservation.h"
#include "tools/validate/finding.h"
#include "tools/validate/latency.h"
#include "tools/validate/poisson.h"
#include "tools/validate/queueing.h"
#include "tools/validate/streams.h"

namespace lockstep::validate {
namespace {

std::vector<unsigned> Loads(const Effort& effort) {
  if (effort.is_quick) return {30, 50, 80};
  return {30, 50, 80, 90, 95};
}

void RunDeterministic(const Effort& effort, const Report& report) {
  for (const unsigned load : Loads(effort)) report(WaitAtPort(Sizes::kEqual, load, effort));
}

void RunExponential(const Effort& effort, const Report& report) {
  for (const unsigned load : Loads(effort)) report(WaitAtPort(Sizes::kExponential, load, effort));
}

void RunLoss(const Effort& effort, const Report& report) {
  report(LossAtPort(50, 4, effort));
  report(LossAtPort(80, 5, effort));
  report(LossAtPort(90, 10, effort));
  report(LossAtPort(100, 7, effort));
  report(LossAtPort(150, 3, effort));
}

void RunTandem(const Effort& effort, const Report& report) {
  for (const unsigned load : Loads(effort)) {
    if (load <= 90) report(WaitInTandem(load, /*is_drawn_anew=*/true, effort));
  }
  for (const unsigned load : {50U, 80U}) {
    report(WaitInTandem(load, /*is_drawn_anew=*/false, effort));
  }
}

void RunWorld(const Effort& effort, const Report& report) {
  report(WaitInWorld(Sizes::kEqual, 50, 1, effort));
  if (!effort.is_quick) {
    report(WaitInWorld(Sizes::kEqual, 80, 1, effort));
    report(WaitInWorld(Sizes::kEqual, 80, 7, effort));
  }
  report(WaitInWorld(Sizes::kExponential, 50, 1, effort));
  if (!effort.is_quick) {
    report(WaitInWorld(Sizes::kExponential, 80, 1, effort));
    report(WaitInWorld(Sizes::kExponential, 80, 7, effort));
    report(WaitInWorld(Sizes::kExponential, 90, 1, effort));
  }
}

void RunLindley(const Effort& effort, const Report& report) {
  const std::uint64_t messages = effort.is_quick ? 100'000 : 2'000'000;
  for (const unsigned load : {50U, 90U, 99U}) report(WaitsByLindley(load, messages, effort));
}

void RunIncast(const Effort&, const Report& report) {
  for (const std::uint32_t senders : {1U, 2U, 37U, 500U}) {
    report(Incast({senders, core::ByteCount(1'063), 10'000'000'000}));
  }
  report(Incast({31, core::ByteCount(1'499), 7'000'000'000}));
  report(Incast({8, core::ByteCount(580), 100'000'000'000}));
}

void RunChain(const Effort&, const Report& report) {
  for (const bool is_cut_through : {true, false}) {
    for (const std::uint32_t switches : {1U, 2U, 3U}) {
      report(ChainLatency({switches, is_cut_through, core::ByteCount(580), 100'000'000'000}));
    }
  }
  report(ChainLatency({3, true, core::ByteCount(1'630), 25'000'000'000}));
  report(ChainLatency({3, false, core::ByteCount(1'630), 25'000'000'000}));
}

void RunBounds(const Effort&, const Report& report) {
  constexpr std::int64_t kMebi = 1 << 20;
  const core::Duration near = core::Duration::Microseconds(25);
  const core::Duration far = core::Duration::Milliseconds(25);
  report(GoodputOfBounded({"card, 10 Gbit/s", 0, 64 * kMebi, near}));
  report(GoodputOfBounded({"pair's cap, 1 Gbit/s", 1'000'000'000, 64 * kMebi, near}));
  report(GoodputOfBounded({"pair's cap, 170 Mbit/s, R = 132 ms", 170'000'000, 8 * kMebi,
                           core::Duration::Milliseconds(66)}));
  report(GoodputOfBounded({"window, 4 MiB, R = 50 ms", 0, 4 * kMebi, far}));
  report(GoodputOfBounded({"window, 1 MiB, R = 50 ms, cap above", 1'000'000'000, kMebi, far}));
}

void RunSlowStart(const Effort&, const Report& report) {
  for (std::uint32_t round = 0; round < 6; ++round) report(SlowStart(round));
}

void RunReno(const Effort& effort, const Report& report) {
  const std::uint64_t losses = effort.is_quick ? 1'200 : 6'000;
  for (const std::int64_t delay_ms : {5, 20, 50}) {
    for (const std::uint64_t one_in : {400U, 2'500U, 10'000U}) {
      if (effort.is_quick && (one_in > 2'500 || delay_ms > 20)) continue;
      report(GoodputUnderLoss({one_in, delay_ms, 1, losses}, /*is_by_padhye=*/false));
    }
  }
}

void RunHeavyLoss(const Effort& effort, const Report& report) {
  const std::uint64_t losses = effort.is_quick ? 1'200 : 6'000;
  for (const std::uint64_t one_in : {100U, 50U, 25U}) {
    report(GoodputUnderLoss({one_in, 20, 200, losses}, /*is_by_padhye=*/true));
  }
}

void RunShares(const Effort&, const Report& report) {
  for (const std::uint32_t streams : {2U, 4U, 16U}) {
    report(SumOfShares(streams));
    report(FairnessOfShares(streams, core::ByteCount(0)));
  }
  report(FairnessOfShares(4, core::ByteCount(256 << 10)));
}

void RunConservation(const Effort& effort, const Report& report) {
  Conservation(effort.is_quick ? 1 : 5, report);
}

}  // namespace

const std::vector<Experiment>& Experiments() {
  static const std::vector<Experiment> kExperiments = {
      {"md1", "Mean wait at a port, equal sizes, in service times",
       "M/D/1: rho / (2 (1 - rho)); Pollaczek and Khinchine.", RunDeterministic},
      {"mm1", "Mean wait at a port, exponential sizes, in service times",
       "M/M/1: rho / (1 - rho); Kleinrock, Queueing Systems I, 3.2.", RunExponential},
      {"mm1k", "Rate of loss at a port with room for K packets",
       "M/M/1/K: (1 - rho) rho^K / (1 - rho^(K+1)); Kleinrock, 3.6.", RunLoss},
      {"tandem", "Mean wait at two ports in a row, exponential sizes, in service times",
       "2 rho / (1 - rho), where a packet's size is drawn anew at the second port; Burke 1956.",
       RunTandem},
      {"world", "Mean wait from node to node through a switch, in service times",
       "As M/D/1 and M/M/1 at the port.", RunWorld},
      {"lindley", "Each wait from node to node, equal sizes: the largest difference in ps",
       "max(0, w + service - gap); Lindley 1952, and Friedman 1965 for the card before the port.",
       RunLindley},
      {"incast", "Completion of an incast, the last message, in ns",
       "Serialisation + delay + k x serialisation + delay; every message before it, too.",
       RunIncast},
      {"chain", "Latency through 1 to 3 switches, in ns",
       "2 cards + links (wire + FEC) + switches; serialisation once, or once a link.", RunChain},
      {"bounds", "Goodput of one stream, in Mbit/s, within 1 %", "min(card, cap, window / R).",
       RunBounds},
      {"slowstart", "Segments that arrive in a round trip of slow start",
       "10 x 2^i; RFC 6928, RFC 5681.", RunSlowStart},
      {"reno", "Goodput of one stream under loss, in Mbit/s, within 10 %",
       "1.31 MSS / (R sqrt(p)); Mathis et al. 1997.", RunReno},
      {"heavyloss", "Goodput of one stream under heavy loss, in Mbit/s",
       "Padhye et al. 1998, (30), T0 = 200 ms.", RunHeavyLoss},
      {"shares", "Streams through one port of 10 Gbit/s, within 1 %",
       "The port less headers; Jain's index 1.", RunShares},
      {"conservation", "What enters comes out, is dropped, or is in flight",
       "Samples are audits: instants at which in = delivered + dropped + in flight was asserted.",
       RunConservation},
  };
  return kExperiments;
}

}  // namespace lockstep::validate
