// What a cluster of Chora-R is set to, and which settings are wrong or merely unwise.
//
// Chora-R, a reconstruction; the paper's body was not available (source: the abstract of arXiv
// 2507.12792). Letters in comments are those in which its rules are spoken of.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::chora {

enum class ClockMode : std::uint8_t {
  kSynced,  // rounds are read from the synchronised clock
  kSelf,    // each replica nudges its rounds towards those it hears, on its monotonic clock
};

struct Config {
  // Votes of all lanes fit one word with a bit to spare.
  static constexpr std::uint32_t kReplicasMax = 63;
  static constexpr std::uint32_t kVoteRoundsMax = 16;
  static constexpr std::uint64_t kWindowMax = 1U << 20;
  // Content of a command, by its length on the wire.
  static constexpr std::uint64_t kCommandBytesMax = 65'534;
  // Most of a checkpoint that travels in one message.
  static constexpr std::uint64_t kChunkBytesMax = 1'300;

  core::Cluster cluster;         // N replicas
  std::uint64_t cluster_id = 1;  // of this life of the cluster: a new one for a new bootstrap

  // L: a message sent at the beginning of a round is to be handled so long after.
  core::Duration round_length = core::Duration::Nanoseconds(1'860);
  std::uint32_t depth = 1;                  // D: rounds in flight; they begin every L / D
  std::uint32_t vote_rounds = 8;            // H: rounds whose votes ride on each message
  std::uint32_t alpha = 2;                  // rounds from a change of lanes to its effect
  std::uint64_t soft_window = 64;           // W_soft: commands wait beyond so many unapplied rounds
  std::uint64_t hard_window = 4'096;        // W_hard: acts wait beyond so many undecided rounds
  std::uint64_t ring_rounds = 8'193;        // W: rounds that are kept
  std::uint64_t checkpoint_rounds = 1'024;  // C: rounds from one snapshot to the next
  std::uint64_t dead_rounds = 16;           // K_dead: rounds of L until a silent lane is given up
  std::uint64_t batch_commands = 22;        // Bmax
  std::uint64_t command_bytes_max = 40;     // content of a command
  std::uint64_t packet_bytes = 1'472;       // of a message
  std::uint64_t state_rounds = 64;          // from one note of the state to the next; 0: none

  ClockMode clock = ClockMode::kSynced;
  core::Instant first_round;  // A: when round 0 begins, on the synchronised clock
  // Self-aligned rounds: the share of an offset that is made good at once, in thousandths, and how
  // long a message takes, until a round trip has been measured.
  std::uint32_t gain_permille = 200;
  core::Duration expected_delay = core::Duration::Nanoseconds(1'300);

  std::uint32_t replicas() const { return cluster.size; }
  std::uint32_t faults() const { return (cluster.size - 1) / 2; }                 // f
  std::uint32_t quorum() const { return faults() + 1; }                           // Q
  std::uint64_t lanes() const { return (std::uint64_t{1} << cluster.size) - 1; }  // as a mask
  std::uint64_t chunk_bytes() const {
    constexpr std::uint64_t kHeadBytes = 40;
    return std::min(kChunkBytesMax, packet_bytes - kHeadBytes);
  }
  // L / D.
  core::Duration interval() const { return core::Duration::Picoseconds(round_length.ps() / depth); }
};

// What makes a configuration illegal, naming the setting and what is wanted.
absl::Status Validate(const Config& config);

// Legal, but without a promise that a cluster in trouble recovers, one sentence for each reason.
// `state_bytes`: about how large a checkpoint becomes.
std::vector<std::string> Remarks(const Config& config, std::uint64_t state_bytes = 0);
// What rounds as long as these break, or cannot carry: they recover from it, but it may take long.
// On a rack of 100 Gb/s, with commands of 64 B.
std::vector<std::string> RoundRemarks(const Config& config);

}  // namespace lockstep::chora
