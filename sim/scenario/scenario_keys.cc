// The keys of a scenario: see scenario_keys.h.

#include "sim/scenario/scenario_keys.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/random.h"
#include "protocols/parameters/key_reader.h"
#include "sim/scenario/ratio_json.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Keys;
using core::Option;
using core::Required;

// "mtu", "message", or (of a stream) a size.
void ReadSegment(Parameters& reader, LinkClass& link) {
  const nlohmann::json* segment = reader.Raw("segment");
  if (segment != nullptr && *segment == "mtu") {
    link.segmentation = Segmentation::kMtu;
  } else if (segment != nullptr && *segment == "message") {
    link.segmentation = Segmentation::kMessage;
  } else if (link.transport == Transport::kStream) {
    link.segment = reader.SizeOr("segment", link.segment);
  } else {
    reader.FailWanted("segment", "\"mtu\" or \"message\", since these are datagrams");
  }
  if (reader.ok() && link.segment.value() == 0) reader.FailWanted("segment", "a size above zero");
}

// What packets meet on their way, where no topology says it.
void DescribeWay(Keys& keys, LinkClass& link) {
  // Twice the delay has to stay within 64 bits.
  constexpr Duration kLongest = Duration::Seconds(86'400);
  keys.Time(Required("delay", "One way, host to host."), link.delay, kLongest);
  keys.Time({"jitter", "Added to the delay of each packet, uniform from 0 to this."}, link.jitter,
            kLongest);
  keys.Other({"loss", "Of each packet.", false, "[0, 1]"}, "ratio", [&] {
    link.loss = ReadRatioOr(ParametersOf(keys), "loss", {0, 1});
  });
}

// What a stream needs and a datagram has not.
void DescribeStream(Keys& keys, LinkClass& link) {
  static constexpr Option kCongestions[] = {{"none"}, {"reno"}};
  static constexpr Option kOpenings[] = {{"warm", "its connection stands at time 0."},
                                         {"cold", "it is opened when something is sent."}};
  keys.Choice({"congestion", "Reno's congestion control, or none."}, link.congestion, kCongestions);
  keys.Rate({"pair_rate", "Limit for each ordered pair of hosts.", false, "none"},
            link.pair_rate_bps);
  keys.Only(link.pair_rate_bps > 0, {"pair_rate"}, [&](Keys& limited) {
    limited.Size({"pair_burst", "What pair_rate lets pass at once, as a token bucket does."},
                 link.pair_burst);
  });
  link.window = core::ByteCount(4 << 20);
  keys.Size({"window", "Sent and not yet read by the receiving host."}, link.window, {1});
  link.retransmit_after = Duration::Milliseconds(200);
  keys.Period(
      {"retransmit_after", "Least retransmission timeout, for what nothing later is acknowledged."},
      link.retransmit_after);
  keys.Period({"give_up",
               "A sender that has heard nothing for so long, though it waits for an answer, resets "
               "the stream: what it carried is lost."},
              link.give_up);
  std::size_t open = 0;
  keys.Choice({"open", "When the connection is made."}, open, kOpenings);
  link.is_cold = open == 1;
}

template <typename Described>
std::vector<KeyInfo> Listed(Described described) {
  KeyLister keys;
  Describe(keys, described);
  return keys.Take();
}

}  // namespace

void Describe(Keys& keys, RunKeys& run) {
  keys.Period(Required("for", "Simulated time of the whole run."), run.lasts);
  keys.Time({"warmup", "Measuring begins then."}, run.warmup);
  keys.Integer(Required("seed", "Of all that is random: so that every run can be repeated."),
               run.seed, {});
  keys.Period({"period", "Between two rows of metrics."}, run.period);
  keys.Integer({"ties",
                "What is due at one instant comes in an order that this number chooses: of hosts, "
                "of kinds of inputs and of senders. Faults and restarts stay first, and whatever "
                "it makes due at the same instant comes after it. No protocol may lean on the "
                "order.",
                false, "hosts by their numbers, then messages, timers, requests"},
               run.ties, {1});
}

void Describe(Keys& keys, PhaseKeys& phases) {
  keys.Time(
      {"heal", "Every fault that spends no budget ends then.", false, "the middle of the run"},
      phases.heal);
  keys.Time({"settle", "Time allowed after it.", false, "the rest of the run"}, phases.settle);
}

void Describe(Keys& keys, Expectation& expect) {
  static constexpr Option kVerdicts[] = {
      {"holds"},     {"violated"},   {"not_exercised"},
      {"unknown"},   {"not_judged"}, {"not exercised"},  // As they are printed.
      {"not judged"}};
  std::size_t verdict = 0;
  keys.Choice({"verdict", "What the run must conclude."}, verdict, kVerdicts);
  expect.verdict = std::string(kVerdicts[verdict].name);
  std::replace(expect.verdict.begin(), expect.verdict.end(), '_', ' ');
  keys.Only(expect.verdict == "violated", {"verdict", "violated"}, [&](Keys& violated) {
    violated.Text(Required("oracle", "Who must object, such as \"R1\"."), expect.oracle);
  });
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t premature = kAny;
  keys.Integer({"premature_resends", "Most that are allowed.", false, "any number"}, premature, {});
  if (premature != kAny) expect.premature_resends = premature;
  keys.Integer({"throughput_floor",
                "Least number of different messages a second, since the warm-up, that a stream "
                "delivers to correct receivers; oracle T judges it.",
                false, "none"},
               expect.throughput_floor, {1});
  keys.Integer(
      {"kept_most",
       "Most messages that a correct sender has to keep: from its QUACK up to the last that "
       "it has sent; oracle M judges it.",
       false, "any number"},
      expect.kept_most, {1});
}

void DescribeBudget(Keys& keys, core::Cluster& cluster, bool& is_concurrent) {
  keys.Integer(Required("u", "Replicas that fail in any way, or the stake of those."), cluster.u,
               {0, core::kTotalStakeMost});
  keys.Integer(Required("r", "Of those, replicas that lie, or the stake of those."), cluster.r,
               {0, core::kTotalStakeMost});
  keys.Bool({"concurrent",
             "At most u are down at once, and whoever is back may fail again, as in a rolling "
             "restart. A replica counts from its crash until it notes that it has rejoined; one "
             "that lies or is silent counts for the whole run. Only where the protocol bears it."},
            is_concurrent);
}

void ReadStake(Parameters& entry, core::Cluster& cluster) {
  const nlohmann::json* stake = entry.Raw("stake");
  if (stake == nullptr || !entry.ok()) return;
  if (!stake->is_array() || stake->size() != cluster.size) {
    const std::string is =
        stake->is_array() ? absl::StrCat(stake->size(), " of them") : Shown(*stake);
    return entry.Fail("stake", absl::StrCat("want a list of ", cluster.size,
                                            " whole numbers, one for each replica, not ", is));
  }
  for (std::size_t i = 0; i < stake->size(); ++i) {
    const nlohmann::json& each = (*stake)[i];
    if (!each.is_number_unsigned() || each == 0 || each > core::kStakeMost)
      return entry.FailInside(
          "stake", absl::StrCat(i),
          absl::StrCat("want a whole number from 1 to ", core::kStakeMost, ", not ", Shown(each)));
    cluster.stake.push_back(each.get<std::uint32_t>());
  }
  if (cluster.total_stake() > core::kTotalStakeMost)
    entry.Fail("stake", absl::StrCat("want at most ", core::kTotalStakeMost, " in all, not ",
                                     cluster.total_stake()));
  const auto is_one = [](std::uint32_t each) { return each == 1; };
  if (std::all_of(cluster.stake.begin(), cluster.stake.end(), is_one)) cluster.stake.clear();
}

namespace {

// By Fisher and Yates.
std::vector<std::uint32_t> Shuffled(std::uint32_t size, core::Random random) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t left = size; left > 1; --left)
    std::swap(order[left - 1], order[random.Below(left)]);
  return order;
}

bool IsOrder(const nlohmann::json& positions, std::uint32_t size) {
  if (!positions.is_array() || positions.size() != size) return false;
  std::vector<bool> is_there(size);
  for (const nlohmann::json& each : positions) {
    if (!each.is_number_unsigned() || each >= size) return false;
    const auto index = each.get<std::uint32_t>();
    if (is_there[index]) return false;
    is_there[index] = true;
  }
  return true;
}

}  // namespace

void ReadPositions(Parameters& entry, std::uint64_t seed, core::Cluster& cluster) {
  const nlohmann::json* positions = entry.Raw("positions");
  if (positions == nullptr || !entry.ok() || *positions == "by index") return;
  if (*positions == "random") {
    cluster.positions =
        Shuffled(cluster.size, core::Random(seed).Fork(absl::StrCat("positions/", cluster.name)));
  } else if (IsOrder(*positions, cluster.size)) {
    cluster.positions = positions->get<std::vector<std::uint32_t>>();
    if (std::ranges::is_sorted(cluster.positions)) cluster.positions.clear();
  } else {
    entry.FailWanted("positions",
                     absl::StrCat("\"by index\", \"random\", or a list of all indices from 0 to ",
                                  cluster.size - 1, " in the order of turns"));
  }
}

void DescribeLink(Keys& keys, bool has_topology, LinkClass& link) {
  static constexpr Option kTransports[] = {{"datagram", "each message for itself, like UDP."},
                                           {"stream", "reliable, in order, windowed, like TCP."}};
  keys.Choice(Required("transport", "How messages travel."), link.transport, kTransports);
  keys.Only(!has_topology, {"", "", "without a topology, which else says it"},
            [&](Keys& way) { DescribeWay(way, link); });
  const bool is_stream = link.transport == Transport::kStream;
  link.segmentation = is_stream ? Segmentation::kBytes : Segmentation::kMessage;
  link.segment = core::ByteCount(64 << 10);
  keys.Other(
      {"segment",
       "What travels, is lost and is resent as one packet: a size (of a stream), \"mtu\": "
       "what one MTU carries, or \"message\": a whole message.",
       false, "64KiB of a stream, \"message\" of datagrams"},
      "segment", [&] { ReadSegment(ParametersOf(keys), link); }, "size");
  keys.Only(is_stream, {"transport", "stream"},
            [&](Keys& stream) { DescribeStream(stream, link); });
}

Parameters& ParametersOf(Keys& keys) { return dynamic_cast<KeyReader&>(keys).parameters(); }

std::vector<KeyGroup> ListScenarioKeys() {
  std::vector<KeyGroup> groups;
  const auto add = [&](const char* name, const char* pointer, const char* meaning,
                       std::vector<KeyInfo> keys) {
    groups.push_back({name, pointer, meaning, std::move(keys)});
  };
  add("run", "/run", "How long, and from which seed.", Listed(RunKeys()));
  core::Cluster cluster;
  bool is_concurrent = false;
  KeyLister budget;
  DescribeBudget(budget, cluster, is_concurrent);
  add("budget", "/clusters/N/budget",
      "Required of replicas. Faults that a cluster bears (UpRight): at most u replicas fail in any "
      "way, of which at most r lie. BFT: u = r = f; CFT: r = 0. Where the cluster has stake, these "
      "are amounts of it.",
      budget.Take());
  LinkClass link;
  KeyLister links;
  DescribeLink(links, /*has_topology=*/false, link);
  add("link", "/network/CLASS", "How hosts of one class of pairs are connected.", links.Take());
  add("phases", "/phases", "When the network heals.", Listed(PhaseKeys()));
  add("expect", "/expect", "What the run must conclude.", Listed(Expectation()));
  return groups;
}

}  // namespace lockstep::sim
