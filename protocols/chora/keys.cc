// The parameters of Chora-R: see keys.h.

#include "protocols/chora/keys.h"

namespace lockstep::chora {
namespace {

constexpr std::uint64_t kMany = Config::kWindowMax;

void DescribeRounds(core::Keys& keys, Config& config) {
  keys.Period({"round_length",
               "L: a message sent at the beginning of a round is to be handled so long after."},
              config.round_length);
  keys.Integer({"depth", "D: rounds in flight; one begins every L / D."}, config.depth, {1, 64});
  keys.Integer({"vote_rounds", "H: rounds whose votes ride on each message."}, config.vote_rounds,
               {1, Config::kVoteRoundsMax});
  keys.Integer({"alpha", "Rounds from a change of lanes to its effect."}, config.alpha, {1, 1'024});
}

void DescribeWindows(core::Keys& keys, Config& config) {
  keys.Integer({"soft_window", "W_soft: commands wait beyond so many unapplied rounds."},
               config.soft_window, {1, kMany});
  keys.Integer({"hard_window", "W_hard: proposals and votes wait beyond so many undecided rounds."},
               config.hard_window, {1, kMany});
  keys.Integer({"checkpoint_rounds", "C: rounds from one snapshot to the next."},
               config.checkpoint_rounds, {1, kMany});
  config.ring_rounds = config.hard_window + config.depth + 4 * config.checkpoint_rounds;
  keys.Integer({"ring_rounds", "W: rounds that are kept.", false,
                "hard_window + depth + 4 checkpoint_rounds"},
               config.ring_rounds, {1, 16 * kMany});
  keys.Integer({"dead_rounds", "K_dead: rounds until a silent lane is given up."},
               config.dead_rounds, {1, kMany});
}

void DescribeMessages(core::Keys& keys, Config& config) {
  keys.Integer({"batch_commands", "Bmax: commands in a batch, at most."}, config.batch_commands,
               {1, kMany});
  keys.Size({"command_bytes_max", "Content of a command, at most."}, config.command_bytes_max);
  keys.Size({"packet_bytes", "Of a message, at most."}, config.packet_bytes);
  keys.Integer({"state_rounds",
                "Rounds from one note of the state's hash to the next; 0: it is never noted."},
               config.state_rounds, {0, kMany});
}

void DescribeClock(core::Keys& keys, Config& config) {
  static constexpr core::Option kClocks[] = {
      {"synced", "rounds are read from the synchronised clock."},
      {"self", "each replica nudges its rounds towards those it hears, on its monotonic clock."}};
  keys.Choice({"clock", "What rounds go by."}, config.clock, kClocks);
  keys.Integer({"gain_permille",
                "Self-aligned rounds: the share of an offset that is made good at once, in "
                "thousandths."},
               config.gain_permille, {1, 1'000});
  keys.Time({"expected_delay",
             "Self-aligned rounds: how long a message takes, until a round trip has been "
             "measured."},
            config.expected_delay);
  // Round 0 begins when all hosts are up, at one instant of the synchronised clock.
  core::Duration first = config.round_length * 2;
  keys.Time(
      {"first_round", "A: when round 0 begins, on the synchronised clock.", false, "two rounds"},
      first);
  config.first_round = core::Instant() + first;
}

}  // namespace

void Describe(core::Keys& keys, Config& config) {
  DescribeRounds(keys, config);
  DescribeWindows(keys, config);
  DescribeMessages(keys, config);
  DescribeClock(keys, config);
}

}  // namespace lockstep::chora
