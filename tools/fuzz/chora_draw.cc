// The cluster that is drawn: see chora_draw.h. What happens to it stands in chora_storm.cc.

#include "tools/fuzz/chora_draw.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/chora/batch.h"
#include "protocols/chora/config.h"
#include "protocols/chora/messages.h"
#include "tools/fuzz/chora_storm.h"
#include "tools/fuzz/dice.h"
#include "tools/fuzz/machine.h"

namespace lockstep::fuzz {
namespace {

using nlohmann::json;

std::string Ns(std::int64_t ns) { return absl::StrCat(ns, "ns"); }

std::uint32_t DrawReplicas(Dice& dice) {
  const std::uint64_t which = dice.Below(10);
  return which < 6 ? 3 : which < 9 ? 5 : 7;
}

// Sizes as 2.11 (20) asks for, or as small as they may be.
struct Cluster {
  chora::Config config;
  std::uint64_t client_window = 1;  // requests of a client that may be open
};

Cluster DrawCluster(Dice& dice, std::uint32_t replicas, bool is_roomy, bool is_priced) {
  Cluster cluster;
  chora::Config& config = cluster.config;
  config.cluster.size = replicas;
  config.depth = static_cast<std::uint32_t>(dice.Between(1, 3));
  config.vote_rounds = config.depth + static_cast<std::uint32_t>(dice.Between(1, 7));
  config.alpha = static_cast<std::uint32_t>(dice.Between(1, 3));
  // Mostly so small that whoever stalls acts up to the end of the window.
  const std::uint64_t beyond = dice.Percent(60) ? dice.Between(1, 6) : dice.Between(1, 40);
  config.hard_window = is_roomy ? 64 * config.depth + dice.Below(32) : config.depth + beyond;
  const std::uint64_t soft_least = (4 * std::uint64_t{config.faults()} + 8) * config.depth;
  config.soft_window =
      is_roomy ? soft_least : dice.Between(1, std::min(config.hard_window, soft_least));
  const std::uint64_t checkpoint_most = dice.Percent(70) ? 6 : 12;
  config.checkpoint_rounds = is_roomy ? dice.Between(16, 40) : dice.Between(2, checkpoint_most);
  config.ring_rounds =
      config.hard_window + config.depth + 4 * config.checkpoint_rounds + dice.Below(8);
  // So that lanes change often.
  config.dead_rounds = dice.Percent(50) ? dice.Between(1, 4) : dice.Between(4, 16);
  config.batch_commands = dice.Between(1, 4);
  config.command_bytes_max = 24;
  const std::uint64_t packet_least =
      is_roomy ? chora::kRepairHeadBytes + 27 * 6 * std::uint64_t{replicas} : 250;
  config.packet_bytes = std::min<std::uint64_t>(
      std::max<std::uint64_t>(packet_least, 350) + dice.Below(1'000), is_roomy ? 1'472 : 1'400);
  cluster.client_window = dice.Between(1, 4);
  config.state_rounds = dice.Between(1, 8);
  config.clock = dice.Percent(25) ? chora::ClockMode::kSelf : chora::ClockMode::kSynced;
  config.gain_permille = static_cast<std::uint32_t>(dice.Between(100, 300));
  // A way takes a little more than 1 us: so from a third of it, where all is late, to five.
  std::uint64_t least_ns = is_priced ? 1'500 * config.depth : 1'600;
  // Where repairs are more than a line carries the card drops them, and nothing says how long it
  // then takes: a message and a packet of repair to each peer, with their heads, at 100 Gb/s.
  const std::uint64_t pair_bytes = config.packet_bytes + 66 + 130;
  least_ns = std::max(least_ns, config.depth * (replicas - 1) * (8 * pair_bytes / 100 + 1));
  const std::uint64_t round_ns = is_roomy
                                     ? std::max<std::uint64_t>(dice.Between(1'600, 6'000), least_ns)
                                     : dice.Between(400, 6'000);
  config.round_length = core::Duration::Nanoseconds(static_cast<std::int64_t>(round_ns));
  return cluster;
}

json LayerOf(const chora::Config& config, Dice& dice) {
  return {{"protocol", "chora"},
          {"round_length", Ns(config.round_length.ps() / 1'000)},
          {"depth", config.depth},
          {"vote_rounds", config.vote_rounds},
          {"alpha", config.alpha},
          {"soft_window", config.soft_window},
          {"hard_window", config.hard_window},
          {"checkpoint_rounds", config.checkpoint_rounds},
          {"ring_rounds", config.ring_rounds},
          {"dead_rounds", config.dead_rounds},
          {"batch_commands", config.batch_commands},
          {"command_bytes_max", absl::StrCat(config.command_bytes_max, "B")},
          {"packet_bytes", absl::StrCat(config.packet_bytes, "B")},
          {"state_rounds", config.state_rounds},
          {"clock", config.clock == chora::ClockMode::kSelf ? "self" : "synced"},
          {"gain_permille", config.gain_permille},
          {"machine", dice.Percent(50) ? "counter" : "key_value"}};
}

json StackOf(const Cluster& cluster, Dice& dice) {
  const chora::Config& config = cluster.config;
  json stack = json::array({LayerOf(config, dice)});
  if (dice.Percent(90)) {
    const std::int64_t interval_ns = config.interval().ps() / 1'000;
    json clients = {{"client", "closed"},
                    {"clients", dice.Between(1, 4)},
                    {"window", cluster.client_window},
                    {"request_bytes", dice.Between(8, 20)},
                    {"think", Ns(static_cast<std::int64_t>(dice.Below(4)) * interval_ns)},
                    {"retry", Ns(static_cast<std::int64_t>(dice.Between(20, 60)) * interval_ns)}};
    // Of a store they ask operations, of a size that these have.
    if (stack[0]["machine"] == "key_value") clients.erase("request_bytes");
    stack.push_back(std::move(clients));
  }
  return stack;
}

}  // namespace

Draw DrawChora(std::uint64_t seed, const Fixed& fixed) {
  const core::Random random = core::Random(seed).Fork("fuzz");
  Dice dice(random.Fork("cluster"));
  const std::uint32_t drawn = DrawReplicas(dice);
  const std::uint32_t replicas = fixed.replicas.value_or(drawn);
  Draw draw;
  draw.is_to_heal = dice.Percent(33);
  const bool is_priced = dice.Percent(30);
  const Cluster cluster = DrawCluster(dice, replicas, draw.is_to_heal, is_priced);
  const chora::Config& config = cluster.config;
  draw.interval = config.interval();
  draw.first_round = core::Instant() + config.round_length * 2;
  // Rounds of trouble; of calm no more than it takes, where recovery is promised.
  const auto stormy = static_cast<std::int64_t>(dice.Between(30, 120));
  const std::int64_t calm =
      draw.is_to_heal ? 3'000 + 8 * static_cast<std::int64_t>(config.hard_window) : 60;
  draw.heal = draw.first_round + draw.interval * stormy;
  const core::Instant end = draw.heal + draw.interval * calm;
  const auto ns = [](core::Instant at) { return Ns(at.ps() / 1'000); };
  json& scenario = draw.scenario;
  scenario = {
      {"lockstep", 1},
      {"name", absl::StrCat("fuzz of Chora-R, seed ", seed)},
      {"why", draw.is_to_heal ? "Drawn by lockstep fuzz; it must recover."
                              : "Drawn by lockstep fuzz; too small to promise recovery."},
      {"run", {{"for", ns(end)}, {"seed", seed}}},
      {"profile", DrawMachine(dice, is_priced)},
      {"network",
       {{"intra",
         {{"transport", "datagram"},
          {"segment", "mtu"},
          {"delay", "1us"},
          {"jitter", Ns(static_cast<std::int64_t>(dice.Below(300)))}}}}},
      {"phases", {{"heal", ns(draw.heal)}, {"settle", Ns((end - draw.heal).ps() / 1'000 - 1)}}}};
  scenario["clusters"] =
      json::array({{{"name", "a"},
                    {"size", replicas},
                    {"budget", {{"u", config.faults()}, {"r", 0}, {"concurrent", true}}},
                    {"stack", StackOf(cluster, dice)}}});
  scenario["faults"] = DrawFaults(config, stormy, draw, Dice(random.Fork("faults")));
  return draw;
}

}  // namespace lockstep::fuzz
