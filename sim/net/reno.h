// How much of a stream may be in flight, and when to give up waiting for an acknowledgement.
//
// Congestion is controlled as by Reno: slow start and congestion avoidance by bytes (RFC 5681, RFC
// 3465), half the flight at a loss and once a round trip (RFC 6675). The retransmission timeout is
// that of RFC 6298.

#pragma once

#include <cstdint>
#include <limits>

#include "protocols/core/time.h"
#include "sim/net/network_spec.h"

namespace lockstep::sim {

// Bytes.
class Reno {
 public:
  // `mss`: what one segment carries. With kNone the window is never closed. The timeout is at least
  // a second until a round trip has been measured.
  Reno(Congestion congestion, std::uint64_t mss, core::Duration timeout_min);

  std::uint64_t window() const { return window_; }
  core::Duration timeout() const { return timeout_; }
  // `in_flight`: before the acknowledgement; growth needs a window that was used.
  void OnAcked(std::uint64_t bytes, std::uint64_t in_flight);
  void OnRoundTrip(core::Duration sample);
  void OnLoss(std::uint64_t in_flight);
  // Nothing was heard, and nothing is taken for lost: only the timeout doubles.
  void BackOff();
  void OnTimeout(std::uint64_t in_flight);

 private:
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max() / 2;

  Congestion congestion_;
  std::uint64_t mss_;
  std::uint64_t window_;
  std::uint64_t threshold_ = kUnlimited;  // of slow start
  std::uint64_t acked_ = 0;               // since the window last grew in congestion avoidance
  core::Duration timeout_min_;
  core::Duration timeout_;
  core::Duration smoothed_;  // round trip; 0: none measured yet
  core::Duration variation_;
};

}  // namespace lockstep::sim
