// Latencies that have closed forms: incast, and chains of switches. Held to the picosecond.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "tools/validate/finding.h"

namespace lockstep::validate {

// `senders` hosts send a datagram of that size on the wire to one host, all at once, through a
// switch that stores and forwards. Number i of them, from 1, is there at
//   serialisation + delay + i * serialisation + delay
// Reports the last, or the one that is farthest from that. Nanoseconds.
struct IncastSetup {
  std::uint32_t senders = 0;
  core::ByteCount size;
  std::int64_t rate_bps = 0;
};
Finding Incast(const IncastSetup& setup);

// One datagram through a chain of `switches` with the numbers of a rack: card 330 ns each way, 10
// ns of wire and 90 ns of error correction for each link, 350 ns for each switch. The
// serialisation is paid once by switches that cut through, and on each link by those that store
// and forward. Nanoseconds.
struct ChainSetup {
  std::uint32_t switches = 1;
  bool is_cut_through = true;
  core::ByteCount size;  // on the wire
  std::int64_t rate_bps = 0;
};
Finding ChainLatency(const ChainSetup& setup);

}  // namespace lockstep::validate
