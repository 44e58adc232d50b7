// Who sends what to whom.
//
// A pure function of position and attempt, the same at every replica. Source: the Picsou paper,
// sections 4.1 (rotation) and 4.2 (retransmitter), with positions and replicas counted from 0:
//   attempt 0: sender i = k′ mod n_s, receiver j = (i + floor(k′ / n_s)) mod n_r
//   attempt t: sender (i + t) mod n_s, receiver (j + t) mod n_r
// After the last pairing the rule starts over, so that liveness outlives the bound on resends.

#pragma once

#include <cstdint>
#include <numeric>

namespace lockstep::picsou {

struct Schedule {
  std::uint64_t senders = 0;    // n_s
  std::uint64_t receivers = 0;  // n_r

  // Positions this far apart have the same pairs at all attempts.
  std::uint64_t period() const { return senders * receivers; }
  std::uint64_t Sender(std::uint64_t position, std::uint64_t attempt) const {
    return (position % senders + attempt) % senders;
  }
  std::uint64_t Receiver(std::uint64_t position, std::uint64_t attempt) const {
    return (position % senders + position / senders + attempt) % receivers;
  }
};

}  // namespace lockstep::picsou
