// Settings of a cluster: see config.h.

#include "protocols/chora/config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "protocols/chora/batch.h"
#include "protocols/chora/messages.h"

namespace lockstep::chora {
namespace {

absl::Status Wanted(std::string_view what, std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(what), ": want ", std::string(wanted)));
}

absl::Status ValidateRounds(const Config& config) {
  if (config.depth < 1 || config.depth > 64) return Wanted("depth", "1 to 64");
  if (config.round_length.ps() < static_cast<std::int64_t>(config.depth) ||
      config.round_length > core::Duration::Seconds(1)) {
    return Wanted("round_length", "a time of at least one picosecond for each round, at most 1 s");
  }
  if (config.vote_rounds < config.depth + 1 || config.vote_rounds > Config::kVoteRoundsMax) {
    return Wanted("vote_rounds",
                  absl::StrCat("depth + 1 = ", config.depth + 1, " to ", Config::kVoteRoundsMax,
                               ", or one lost message loses votes"));
  }
  if (config.alpha < 1 || config.alpha > 1'024) {
    return Wanted("alpha", "1 to 1024: replicas learn of a change at different times");
  }
  return absl::OkStatus();
}

absl::Status ValidateWindows(const Config& config) {
  const std::uint64_t hard_least = config.depth + 1;
  if (config.hard_window < hard_least || config.hard_window > Config::kWindowMax) {
    return Wanted("hard_window",
                  absl::StrCat("depth + 1 = ", hard_least, " to ", Config::kWindowMax));
  }
  if (config.soft_window > config.hard_window) return Wanted("soft_window", "at most hard_window");
  if (config.checkpoint_rounds < 1 || config.checkpoint_rounds > Config::kWindowMax) {
    return Wanted("checkpoint_rounds", absl::StrCat("1 to ", Config::kWindowMax));
  }
  const std::uint64_t ring_least = config.hard_window + config.depth + 4 * config.checkpoint_rounds;
  if (config.ring_rounds < ring_least || config.ring_rounds > 16 * Config::kWindowMax) {
    return Wanted(
        "ring_rounds",
        absl::StrCat("at least hard_window + depth + 4 checkpoint_rounds = ", ring_least));
  }
  if (config.dead_rounds < 1) return Wanted("dead_rounds", "at least 1");
  return absl::OkStatus();
}

absl::Status ValidatePackets(const Config& config) {
  if (config.command_bytes_max > Config::kCommandBytesMax) {
    return Wanted("command_bytes_max", absl::StrCat("at most ", Config::kCommandBytesMax));
  }
  if (config.batch_commands < 1 || config.batch_commands > Batch::kCommandsMax) {
    return Wanted("batch_commands", absl::StrCat("1 to ", Batch::kCommandsMax));
  }
  // Changes of lanes make room for themselves, but one command must always fit.
  const std::uint64_t needed =
      RoundOverhead(config) +
      std::max(Batch::BytesOf(0, config.batch_commands,
                              config.batch_commands * config.command_bytes_max, true),
               Batch::BytesOf(Batch::kReconfsMax, 1, config.command_bytes_max, true));
  if (config.packet_bytes < needed) {
    return Wanted("packet_bytes", absl::StrCat("at least ", needed, ", so that a batch of ",
                                               config.batch_commands, " commands fits a message"));
  }
  if (config.packet_bytes < kRepairBytesLeast || config.packet_bytes > 1U << 20) {
    return Wanted("packet_bytes", absl::StrCat(kRepairBytesLeast, " to 1048576"));
  }
  return absl::OkStatus();
}

// What the log core does for a round of empty batches, and for one command more in each.
constexpr std::int64_t kMessageNs = 100;
constexpr std::int64_t kBuildNs = 150;
constexpr std::int64_t kBookkeepNs = 60;
constexpr std::int64_t kCommandNs = 15;

}  // namespace

absl::Status Validate(const Config& config) {
  const std::uint32_t n = config.replicas();
  if (n < 1 || n > Config::kReplicasMax || n % 2 == 0) {
    return Wanted("replicas", absl::StrCat("an odd number up to ", Config::kReplicasMax, ", not ",
                                           n, ": 2f + 1 tolerate f"));
  }
  if (absl::Status status = ValidateRounds(config); !status.ok()) return status;
  if (absl::Status status = ValidateWindows(config); !status.ok()) return status;
  if (absl::Status status = ValidatePackets(config); !status.ok()) return status;
  if (config.clock == ClockMode::kSelf &&
      (config.gain_permille < 1 || config.gain_permille > 1'000)) {
    return Wanted("gain_permille", "1 to 1000");
  }
  if (config.expected_delay.ps() < 0) return Wanted("expected_delay", "no negative time");
  return absl::OkStatus();
}

std::vector<std::string> Remarks(const Config& config, std::uint64_t state_bytes) {
  std::vector<std::string> remarks;
  const std::uint64_t depth = config.depth;
  const auto remark = [&](bool is_met, const std::string& text) {
    if (is_met) remarks.push_back(text);
  };
  remark(config.hard_window < 64 * depth,
         absl::StrCat("hard_window is below 64 depth = ", 64 * depth,
                      ": a gap may outlast it, and then nobody can propose"));
  const std::uint64_t soft_least = (4 * config.faults() + 8) * depth;
  remark(config.soft_window < soft_least,
         absl::StrCat("soft_window is below (4 f + 8) depth = ", soft_least,
                      ": commands wait for repairs that are not late"));
  remark(RepairEntriesLeast(config) < 6 * std::uint64_t{config.replicas()},
         "packet_bytes holds fewer than 6 N entries of repair: proposers may duel for ever");
  const auto n = static_cast<std::int64_t>(config.replicas());
  const std::int64_t empty_ns = kMessageNs * (n - 1) + kBuildNs + kBookkeepNs * n;
  remark(config.interval() <= core::Duration::Nanoseconds(empty_ns),
         absl::StrCat("round_length / depth is not above the ", empty_ns,
                      " ns that an empty round costs the log core"));
  // The offer, the first request and its answer each take a way and the half round until repairs
  // are sent; then two chunks come in a round. What is offered is kept for three checkpoints more,
  // and had better be there in one.
  const std::uint64_t transfer = 3 * depth + 2 + state_bytes / config.chunk_bytes() / 2;
  remark(transfer > 3 * config.checkpoint_rounds,
         absl::StrCat("checkpoint_rounds is below a third of the ", transfer,
                      " rounds that the transfer of a state takes: it may never end"));
  remark(transfer > config.checkpoint_rounds && transfer <= 3 * config.checkpoint_rounds,
         absl::StrCat("the transfer of a state takes ", transfer,
                      " rounds, more than checkpoint_rounds: who comes back may need several"));
  return remarks;
}

std::vector<std::string> RoundRemarks(const Config& config) {
  std::vector<std::string> remarks;
  const auto n = static_cast<std::int64_t>(config.replicas());
  const auto batch = static_cast<std::int64_t>(config.batch_commands);
  // Once: snapshot, cards, wires, switch, polling. Then sending, the last port, receiving and
  // voting work at the same time: the slowest of them is paid N - 1 times, the others once.
  constexpr std::int64_t kOnceNs = 1'270;
  constexpr std::int64_t kSendNs = 45;
  constexpr std::int64_t kReceiveAndVoteNs = 65;
  const std::int64_t port_ns = (8 * (64 * batch + 130) + 99) / 100;
  const std::int64_t slowest = std::max({kSendNs, port_ns, kReceiveAndVoteNs});
  const std::int64_t least_ns = kOnceNs + kSendNs + port_ns + kReceiveAndVoteNs + (n - 2) * slowest;
  if (config.round_length < core::Duration::Nanoseconds(least_ns)) {
    remarks.push_back(absl::StrCat("round_length is below the ", least_ns,
                                   " ns that a round takes on a rack of 100 Gb/s: most will be "
                                   "broken"));
  }
  const std::int64_t busy_ns =
      (kMessageNs + kCommandNs * batch) * (n - 1) + kBuildNs + kCommandNs * batch + kBookkeepNs * n;
  if (config.interval() <= core::Duration::Nanoseconds(busy_ns)) {
    remarks.push_back(
        absl::StrCat("batch_commands is more than a round carries: the log core needs ", busy_ns,
                     " ns for one in which all batches are full"));
  }
  // While a gap is mended, each peer is sent a packet of repair beside the round's message.
  constexpr std::int64_t kFramesBytes = 66 + 130;
  const auto pair_bytes = static_cast<std::int64_t>(config.packet_bytes) + kFramesBytes;
  const std::int64_t line_ns = (n - 1) * ((8 * pair_bytes + 99) / 100);
  if (config.interval() <= core::Duration::Nanoseconds(line_ns)) {
    remarks.push_back(absl::StrCat("packet_bytes is more than a line of 100 Gb/s carries to each ",
                                   "peer in a round, which takes ", line_ns,
                                   " ns: rounds will wait behind repairs"));
  }
  return remarks;
}

}  // namespace lockstep::chora
