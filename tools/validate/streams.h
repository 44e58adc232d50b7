// Streams against the laws of TCP: bounds on goodput, slow start, loss, and sharing.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/time.h"
#include "sim/scenario/scenario.h"
#include "tools/validate/finding.h"

namespace lockstep::validate {

// Mathis, Semke, Mahdavi, Ott, "The macroscopic behavior of the TCP congestion avoidance
// algorithm" (CCR 1997): mss / R * 1.31 / sqrt(p), where losses are independent and every segment
// is acknowledged. Payload bytes a second.
double MathisGoodput(double mss, double round_trip_s, double loss);
// Padhye, Firoiu, Towsley, Kurose, "Modeling TCP throughput" (SIGCOMM 1998), equation (30) with
// b = 1 and no bound by the window:
//   mss / (R sqrt(2p/3) + T0 min(1, 3 sqrt(3p/8)) p (1 + 32 p^2))
double PadhyeGoodput(double mss, double round_trip_s, double timeout_s, double loss);
// (sum x)^2 / (n sum x^2): 1 where all shares are equal, 1/n where one has it all (Jain 1984).
double JainIndex(const std::vector<double>& shares);

struct StreamsSetup {
  sim::LinkClass link;         // of all pairs
  core::ByteCount port_queue;  // 0: the lab's
  std::uint32_t senders = 1;   // to one host, each with as much to say as it may
  std::uint64_t message_bytes = 0;
  core::Duration warmup;
  core::Duration interval;      // between readings
  std::uint32_t intervals = 1;  // after the warm-up
};
// payload[interval][sender]: bytes handed to the receiving node.
std::vector<std::vector<double>> PayloadByInterval(const StreamsSetup& setup);

struct LossSetup {
  std::uint64_t one_in = 400;
  std::int64_t delay_ms = 5;        // one way; the round trip is twice that
  std::int64_t timeout_min_ms = 1;  // least retransmission timeout
  std::uint64_t losses = 2'000;     // to see, about
};
// Goodput of one stream without any other bound, in Mbit/s, against the law of Mathis et al.,
// within a tenth; or, only reported, against that of Padhye et al.
Finding GoodputUnderLoss(const LossSetup& setup, bool is_by_padhye);

// Goodput of one stream in Mbit/s, against min(card, pair's cap, window / R), within 1 %.
struct BoundSetup {
  std::string name;
  std::int64_t pair_rate_bps = 0;  // 0: none
  std::int64_t window = 0;
  core::Duration delay;
};
Finding GoodputOfBounded(const BoundSetup& setup);

// Segments that arrive in round trip number `round`, from 0: 10 * 2^round (RFC 6928, RFC 5681).
Finding SlowStart(std::uint32_t round);

// So many streams through one port: what they get together, in Mbit/s, and Jain's index. Without
// losses the queue holds all windows; with `port_queue` they lose packets and back off.
Finding SumOfShares(std::uint32_t streams);
Finding FairnessOfShares(std::uint32_t streams, core::ByteCount port_queue);

}  // namespace lockstep::validate
