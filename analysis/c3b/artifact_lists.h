// Who should send what to whom by the schedule of Picsou's published artifact.
//
// k is k′ modulo the least power of two that is not below q^2 (q - 1). Clusters of one size without
// stake have q = n: k is sent first by a = k mod n to b = (a + floor(k / n)) mod n; then, with o =
// floor(k / n^2) mod (n - 1), by a + d to b + d for d = o + 1, o + 2, ..., leaving out the
// multiples of n. All others have q = min(lcm of both totals, 1024), shares of floor(stake / (total
// / q)) in floating point, and one more for those of the least remainder, side by side; the list
// then is of the pieces of two rings that are scaled to the same length, from the first two
// replicas on. It ends when u_s + u_r + 1 messages, or more of the ring than all that may be
// faulty, are used.
//
// Source: the artifact (message_scheduler.cpp). Written from that, not from protocols/picsou.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/program.h"

namespace lockstep::analysis {

class ArtifactLists {
 public:
  struct Entry {
    std::uint32_t sender = 0;
    std::uint32_t receiver = 0;
    // As the artifact counts: consecutive for each sender, from its first one on.
    std::uint64_t turn = 0;
  };
  using List = std::vector<Entry>;

  ArtifactLists(const core::Cluster& senders, const core::Cluster& receivers);

  std::uint64_t period() const { return period_; }
  bool is_equal() const { return is_equal_; }
  std::uint64_t quantum() const { return quantum_; }
  std::uint64_t FirstSender(std::uint64_t number) const {
    return whose_sending_turn_[number % period_ % quantum_];
  }
  std::uint64_t FirstReceiver(std::uint64_t number) const {
    const std::uint64_t k = number % period_;
    return whose_receiving_turn_[(k + k / quantum_) % quantum_];
  }
  List ListOf(std::uint64_t number) const;

 private:
  bool is_equal_;
  std::uint64_t quantum_;
  std::uint64_t period_;
  std::uint64_t length_;                    // of the list, in messages or of the ring
  std::vector<std::uint64_t> sender_arcs_;  // on the ring
  std::vector<std::uint64_t> receiver_arcs_;
  std::vector<std::uint32_t> whose_sending_turn_;
  std::vector<std::uint32_t> whose_receiving_turn_;
};

}  // namespace lockstep::analysis
