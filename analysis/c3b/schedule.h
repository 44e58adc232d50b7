// Who should send what to whom, by the paper's rule with equal stake.
//
// k′ is sent first by replica k′ mod n_s, to receiver (k′ mod n_s + floor(k′ / n_s)) mod n_r;
// attempt t moves both on by t. So the pairs depend on k′ mod (n_s n_r) alone, its *lane*.
//
// Source: the Picsou paper, on who sends to whom. Written from that, not from protocols/picsou.

#pragma once

#include <cstdint>
#include <numeric>

namespace lockstep::analysis {

struct Schedule {
  std::uint64_t senders = 1;    // n_s
  std::uint64_t receivers = 1;  // n_r

  std::uint64_t lanes() const { return senders * receivers; }
  // Lanes for a set of k′: those of the rotation, where a replica's share is an interval. In huge
  // clusters, whose shares are short, those of the senders' turns alone do.
  std::uint64_t set_lanes() const { return lanes() <= 4096 ? lanes() : senders; }
  // Distinct pairs of one message: afterwards the rule starts over.
  std::uint64_t pairings() const { return std::lcm(senders, receivers); }

  // Index within its cluster of the designated replica of attempt `t`; 0 is the original send.
  std::uint64_t Sender(std::uint64_t lane, std::uint64_t t) const { return (lane + t) % senders; }
  std::uint64_t Receiver(std::uint64_t lane, std::uint64_t t) const {
    return (lane % senders + lane / senders + t) % receivers;
  }
  // The first attempt t >= 1 that designates `sender`; its others follow every `senders` attempts.
  std::uint64_t FirstAttemptOf(std::uint64_t sender, std::uint64_t lane) const {
    const std::uint64_t t = (sender + senders - lane % senders) % senders;
    return t == 0 ? senders : t;
  }
};

}  // namespace lockstep::analysis
