// Congestion control and the retransmission timeout: see reno.h.

#include "sim/net/reno.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

constexpr core::Duration kTimeoutMax = core::Duration::Seconds(60);     // RFC 6298, (2.5)
constexpr core::Duration kTimeoutOpening = core::Duration::Seconds(1);  // (2.1)

}  // namespace

Reno::Reno(Congestion congestion, std::uint64_t mss, core::Duration timeout_min)
    : congestion_(congestion),
      mss_(mss),
      // The initial window of RFC 6928.
      window_(std::min(10 * mss, std::max<std::uint64_t>(2 * mss, 14'600))),
      timeout_min_(timeout_min),
      timeout_(std::max(timeout_min, kTimeoutOpening)) {
  if (congestion_ == Congestion::kNone) window_ = kUnlimited;
}

void Reno::OnAcked(std::uint64_t bytes, std::uint64_t in_flight) {
  if (congestion_ == Congestion::kNone) return;
  if (window_ < threshold_) {
    if (2 * in_flight >= window_) window_ = std::min(threshold_, window_ + bytes);
    return;
  }
  if (in_flight + in_flight / 8 + 2 * mss_ < window_) return;  // Others bound the sender.
  acked_ += bytes;
  if (acked_ < window_) return;
  acked_ -= window_;
  window_ += mss_;
}

void Reno::OnLoss(std::uint64_t in_flight) {
  if (congestion_ == Congestion::kNone) return;
  threshold_ = std::max(in_flight / 2, 2 * mss_);
  window_ = threshold_;
  acked_ = 0;
}

void Reno::BackOff() { timeout_ = std::min(timeout_ * 2, std::max(kTimeoutMax, timeout_min_)); }

void Reno::OnTimeout(std::uint64_t in_flight) {
  BackOff();
  if (congestion_ == Congestion::kNone) return;
  threshold_ = std::max(in_flight / 2, 2 * mss_);
  window_ = mss_;
  acked_ = 0;
}

// SRTT and RTTVAR with alpha = 1/8 and beta = 1/4 (RFC 6298, section 2).
void Reno::OnRoundTrip(core::Duration sample) {
  const auto ps = [](std::int64_t n) { return core::Duration::Picoseconds(n); };
  if (smoothed_.ps() == 0) {
    smoothed_ = sample;
    variation_ = ps(sample.ps() / 2);
  } else {
    const std::int64_t error = sample.ps() - smoothed_.ps();
    variation_ += ps(((error < 0 ? -error : error) - variation_.ps()) / 4);
    smoothed_ += ps(error / 8);
  }
  timeout_ = std::max(timeout_min_, smoothed_ + variation_ * 4);
}

}  // namespace lockstep::sim
