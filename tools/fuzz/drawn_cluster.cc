// Scenarios of a protocol: see drawn_cluster.h.

#include "tools/fuzz/drawn_cluster.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "tools/fuzz/draw_keys.h"
#include "tools/fuzz/machine.h"

namespace lockstep::fuzz {
namespace {

using core::Duration;
using nlohmann::json;

constexpr std::uint64_t kMessagesMost = 200;
constexpr std::uint64_t kMessageBytesMost = 10'000;
constexpr std::uint64_t kRequestBytesMost = 32;

Duration Share(Duration of, std::uint64_t numerator, std::uint64_t denominator) {
  return Duration::Picoseconds(of.ps() / static_cast<std::int64_t>(denominator) *
                               static_cast<std::int64_t>(numerator));
}

std::uint64_t WholeNs(Duration time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.ps() / 1'000, 1));
}

// What is drawn of one scenario.
class CalmDraw {
 public:
  CalmDraw(const Ground& ground, bool is_plain, const CalmOdds& odds, Dice& dice)
      : ground_(ground), is_plain_(is_plain), clients_(odds.clients), dice_(dice) {
    const Duration most = std::min(Duration::Milliseconds(100), ground.pace * 300);
    lasts_ = is_plain ? most : Share(most, dice.Between(50, 100), 100);
    odds_ = {odds.said, Share(most, 1, 200), Share(most, 1, 4)};
  }

  json Scenario(const Shape& first, const Shape& second, bool is_concurrent, Duration heal) {
    json scenario = {{"lockstep", 1},
                     {"name", "plain"},
                     {"why", "Drawn by lockstep fuzz."},
                     {"run", {{"for", TimeText(lasts_)}, {"seed", 0}}}};
    scenario["profile"] = DrawMachine(dice_, !is_plain_ && dice_.Percent(30));
    json clusters = json::array();
    clusters.push_back(ClusterOf("a", first, is_concurrent));
    if (ground_.is_c3b()) {
      clusters.push_back(ClusterOf("b", second, is_concurrent));
      // Both ends read what the other one writes.
      clusters[1]["stack"][1] = clusters[0]["stack"][1];
    }
    if (ground_.brokers)
      for (const char* from : {"a", "b"}) clusters.push_back(BrokersOf(from));
    scenario["clusters"] = std::move(clusters);
    // What protocols are made for: their times are longer than their ways.
    json network = {{"intra", Link(Share(ground_.pace, 1, 3))}};
    if (ground_.is_c3b()) network["cross"] = Link(ground_.pace * 2);
    scenario["network"] = std::move(network);
    scenario["phases"] = {{"heal", TimeText(heal)},
                          {"settle", TimeText(lasts_ - heal - Duration::Nanoseconds(1))}};
    return scenario;
  }

  Duration lasts() const { return lasts_; }

 private:
  json ClusterOf(const char* name, const Shape& shape, bool is_concurrent) {
    json budget = {{"u", shape.u}, {"r", shape.r}};
    if (is_concurrent) budget["concurrent"] = true;
    return {{"name", name}, {"size", shape.size}, {"budget", budget}, {"stack", Stack()}};
  }

  json Stack() {
    json layer = DrawKeys(ground_.layer.keys, odds_, dice_);
    layer[ground_.layer.kind] = ground_.layer.name;
    if (ground_.brokers) Hasten(layer);
    if (!ground_.rule.empty()) layer["rule"] = ground_.rule;
    if (!ground_.is_c3b()) {
      json stack = json::array({std::move(layer)});
      if (!ground_.clients.empty() && dice_.Percent(clients_)) stack.push_back(Clients());
      return stack;
    }
    const std::uint64_t messages = dice_.Log(1, kMessagesMost / 2);
    const auto per_s = static_cast<std::uint64_t>(static_cast<std::int64_t>(messages) *
                                                  1'000'000'000'000 / lasts_.ps());
    return json::array({{{"rsm", ground_.log.name},
                         {"message_bytes", dice_.Log(1, kMessageBytesMost)},
                         {"rate", std::max<std::uint64_t>(per_s, 1)}},
                        std::move(layer)});
  }

  // They bear nothing.
  json BrokersOf(const char* from) {
    json layer = DrawKeys(ground_.brokers->keys, odds_, dice_);
    layer[ground_.brokers->kind] = ground_.brokers->name;
    layer["from"] = from;
    Hasten(layer);
    return {{"name", absl::StrCat("of_", from)},
            {"size", is_plain_ ? 3 : dice_.Between(1, 4)},
            {"budget", {{"u", 0}, {"r", 0}}},
            {"stack", json::array({std::move(layer)})}};
  }

  // What waits for seconds by default waits for a part of the run; fetches no longer than what
  // gives them up, and that longer than answers take where links lose, or all is sent again and
  // again.
  void Hasten(json& layer) {
    layer["fetch"]["wait"] = TimeText(Share(lasts_, dice_.Between(1, 40), 1'000));
    layer["request_timeout"] = TimeText(Share(lasts_, dice_.Between(300, 1'500), 1'000));
    if (layer.contains("c3b"))
      layer["retry_backoff"] = TimeText(Share(lasts_, dice_.Between(1, 20), 1'000));
  }

  json Clients() {
    const LayerInfo& info = dice_.Pick(ground_.clients);
    json clients = DrawKeys(info.keys, odds_, dice_);
    clients["client"] = info.name;
    clients.erase("to");
    // Few, and soon: a thousand would ask more than any run can show.
    if (clients.contains("request_bytes"))
      clients["request_bytes"] = dice_.Log(0, kRequestBytesMost);
    clients["clients"] = dice_.Between(1, 4);
    clients["window"] = dice_.Between(1, 4);
    clients["retry"] = TimeText(Share(lasts_, 1, dice_.Between(10, 40)));
    // On a machine on which nothing costs anything an answer may come at once.
    if (info.name == "closed") {
      clients["think"] = TimeText(Share(lasts_, dice_.Between(1, 10), 100));
    } else {
      const auto asked = static_cast<std::int64_t>(dice_.Log(1, kMessagesMost));
      clients["rate"] = std::max<std::int64_t>(asked * 1'000'000'000'000 / lasts_.ps(), 1);
    }
    if (clients.contains("operations")) clients["operations"].erase("value_bytes");
    return clients;
  }

  json Link(Duration delay_most) {
    const std::uint64_t most = WholeNs(delay_most);
    const std::uint64_t delay =
        is_plain_ ? most : dice_.Log(std::max<std::uint64_t>(most / 30, 1), most);
    json link = {{"transport", ground_.is_c3b() ? "stream" : "datagram"},
                 {"delay", absl::StrCat(delay, "ns")}};
    if (!is_plain_) link["jitter"] = absl::StrCat(dice_.Below(delay + 1), "ns");
    if (!is_plain_ && dice_.Percent(20)) link["loss"] = json::array({dice_.Between(1, 20), 100});
    if (ground_.is_c3b()) link["retransmit_after"] = absl::StrCat(5 * delay + 1'000, "ns");
    return link;
  }

  const Ground& ground_;
  bool is_plain_;
  std::uint64_t clients_;
  Dice& dice_;
  Duration lasts_;
  KeyOdds odds_;
};

}  // namespace

Calm DrawCalm(const Ground& ground, const Shape& first, const Shape& second, const CalmOdds& odds,
              Dice& dice) {
  CalmDraw draw(ground, /*is_plain=*/false, odds, dice);
  const bool is_concurrent = ground.bears_concurrent && dice.Percent(70);
  const Duration heal = Share(draw.lasts(), dice.Between(20, 45), 100);
  Calm calm;
  calm.scenario = draw.Scenario(first, second, is_concurrent, heal);
  Frame& frame = calm.frame;
  frame.clusters.push_back({"a", first.size, first.u, first.r, is_concurrent});
  if (ground.is_c3b())
    frame.clusters.push_back({"b", second.size, second.u, second.r, is_concurrent});
  for (std::size_t c = 2; c < calm.scenario["clusters"].size(); ++c) {
    const json& brokers = calm.scenario["clusters"][c];
    frame.clusters.push_back(
        {brokers["name"].get<std::string>(), brokers["size"].get<std::uint32_t>(), 0, 0, false});
  }
  const bool has_intra = first.size > 1 || (ground.is_c3b() && second.size > 1);
  if (has_intra) frame.links.push_back({"intra", ground.is_c3b()});
  if (ground.is_c3b()) frame.links.push_back({"cross", true});
  frame.types = ground.types;
  frame.notes = ground.notes;
  frame.numbers = ground.numbers;
  frame.lasts = draw.lasts();
  frame.heal = heal;
  frame.bears_loss = ground.bears_loss;
  // They may be drawn not to be there.
  frame.has_certificates =
      ground.has_certificates &&
      (!ground.is_c3b() || calm.scenario["clusters"][0]["stack"][1].value("certificates", true));
  frame.has_lengths = ground.has_lengths;
  return calm;
}

void DrawStake(Dice& dice, Calm& calm) {
  constexpr std::uint64_t kLight = 5;
  constexpr std::uint64_t kHeavy = 40;
  for (std::size_t c = 0; c < calm.frame.clusters.size(); ++c) {
    if (!dice.Percent(80)) continue;
    FrameCluster& cluster = calm.frame.clusters[c];
    std::uint64_t sum = 0;
    cluster.stake.clear();
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      cluster.stake.push_back(
          static_cast<std::uint32_t>(dice.Between(1, dice.Percent(15) ? kHeavy : kLight)));
      sum += cluster.stake.back();
    }
    // As much as it bears, mostly: what is left over makes nothing go wrong.
    cluster.r = static_cast<std::uint32_t>(dice.Percent(40) ? 0 : dice.Below((sum - 1) / 3 + 1));
    const std::uint64_t most = (sum - 1 - cluster.r) / 2;
    cluster.u = static_cast<std::uint32_t>(dice.Percent(60) ? most : dice.Between(cluster.r, most));
    json& drawn = calm.scenario["clusters"][c];
    drawn["stake"] = cluster.stake;
    drawn["budget"]["u"] = cluster.u;
    drawn["budget"]["r"] = cluster.r;
  }
}

json PlainScenario(const Ground& ground, const Shape& shape, bool is_concurrent) {
  Dice dice(core::Random(0).Fork("plain"));
  CalmDraw draw(ground, /*is_plain=*/true, CalmOdds(), dice);
  return draw.Scenario(shape, shape, is_concurrent, Share(draw.lasts(), 1, 2));
}

}  // namespace lockstep::fuzz
