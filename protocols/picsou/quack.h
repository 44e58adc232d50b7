// Quorum acknowledgements ("quacks").
//
// Finds the highest number that enough receivers have acknowledged for at least one of them to be
// correct. Knows nothing of time or resending; resend.h decides those.
//
// Invariant: the QUACK never decreases.
// Source: the Picsou paper, sections 4.1 (QUACKs) and 5 (stake), and on reconfiguration: only
// acknowledgements of one view are counted together, and what was QUACKed before stays delivered.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace lockstep::picsou {

class QuackCounter {
 public:
  // `acks_needed` is u_r + 1: then at least one of them comes from a replica that does not fail.
  // Where `stake` says that of each receiver, it is that of those that are needed.
  QuackCounter(std::uint32_t receivers, std::uint64_t acks_needed,
               std::vector<std::uint32_t> stake = {});

  // Receiver `receiver` says that it holds `cumulative` messages without a gap; a lower number than
  // before is ignored. The QUACK, if this has raised it.
  std::optional<std::uint64_t> Ack(std::uint32_t receiver, std::uint64_t cumulative);

  // Another view begins: what receivers acknowledge from now on counts towards the QUACK, by the
  // stake that they have in it, and what they have acknowledged before does not any more. The QUACK
  // stays.
  void OnView(std::uint64_t acks_needed, std::vector<std::uint32_t> stake);

  // How many messages a quorum holds: every position below is safe.
  std::uint64_t quack() const { return quack_; }

 private:
  std::uint64_t acks_needed_ = 1;
  std::vector<std::uint32_t> stake_;  // stake_[receiver]; empty: one each
  std::vector<std::uint64_t> acks_;   // acks_[receiver]: its highest, of this view
  std::uint64_t quack_ = 0;
};

}  // namespace lockstep::picsou
