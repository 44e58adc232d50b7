// Streams: see transport.h.

#include "sim/net/transport.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kReordering = 3;  // later segments acknowledged: DupThresh of RFC 5681
constexpr core::Duration kTimeoutMax = core::Duration::Seconds(60);  // RFC 6298, (2.5)

std::uint64_t SegmentBytes(const LinkClass& link, core::ByteCount mtu_payload) {
  switch (link.segmentation) {
    case Segmentation::kBytes:
      return static_cast<std::uint64_t>(link.segment.value());
    case Segmentation::kMtu:
      return static_cast<std::uint64_t>(mtu_payload.value());
    case Segmentation::kMessage:
      return static_cast<std::uint64_t>(link.window.value());
  }
  CHECK(false);
}

std::optional<Shaper> PaceOf(const LinkClass& link) {
  if (link.pair_rate_bps == 0) return std::nullopt;
  return Shaper(TokenBucket{link.pair_rate_bps, link.pair_burst});
}

}  // namespace

// --- Congestion control ---

Reno::Reno(Congestion congestion, std::uint64_t mss, core::Duration timeout_min)
    : congestion_(congestion),
      mss_(mss),
      // The initial window of RFC 6928.
      window_(std::min(10 * mss, std::max<std::uint64_t>(2 * mss, 14'600))),
      timeout_min_(timeout_min),
      timeout_(timeout_min) {
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

void Reno::OnTimeout(std::uint64_t in_flight) {
  timeout_ = std::min(timeout_ * 2, std::max(kTimeoutMax, timeout_min_));
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

// --- Sender ---

Stream::Stream(core::NodeId from, core::NodeId to, const LinkClass& link,
               core::ByteCount mtu_payload, core::Duration round_trip)
    : from_(from),
      to_(to),
      segment_bytes_(SegmentBytes(link, mtu_payload)),
      mss_(link.segmentation == Segmentation::kBytes
               ? segment_bytes_
               : static_cast<std::uint64_t>(mtu_payload.value())),
      is_cut_at_messages_(link.segmentation == Segmentation::kMessage),
      window_(static_cast<std::uint64_t>(link.window.value())),
      // A quarter of the window; less where a segment would not fit into what that leaves.
      tell_after_(std::min(window_ / 4, window_ - segment_bytes_ + 1)),
      timeout_min_(link.retransmit_after),
      congestion_(link.congestion),
      round_trip_(round_trip),
      pace_(PaceOf(link)),
      reno_(link.congestion, mss_, link.retransmit_after) {
  reno_.OnRoundTrip(round_trip_);
}

void Stream::Queue(Message message) {
  // An empty message takes a byte, as its frame would; without one it would never be sent.
  queued_ += std::max<std::uint64_t>(1, message.payload.size());
  messages_.push_back({std::move(message), queued_});
}

Stream::Flight* Stream::FlightAt(std::uint64_t begin) {
  const auto found = std::lower_bound(
      flights_.begin(), flights_.end(), begin,
      [](const Flight& flight, std::uint64_t at) { return flight.segment.begin < at; });
  return found == flights_.end() || found->segment.begin != begin ? nullptr : &*found;
}

bool Stream::HasLost() {
  while (!lost_.empty()) {
    const Flight* flight = FlightAt(lost_.front());
    if (flight != nullptr && flight->is_lost) return true;
    lost_.pop_front();  // Acknowledged after all.
  }
  return false;
}

std::uint64_t Stream::NewSegmentSize() const {
  std::uint64_t end = queued_;
  if (is_cut_at_messages_ && sent_ < queued_) end = messages_[taken_].end;
  return std::min(segment_bytes_, end - sent_);
}

bool Stream::Fits(std::uint64_t size) const {
  return in_flight_ == 0 || in_flight_ + size <= reno_.window();
}

std::optional<Segment> Stream::Next(core::Instant now) {
  if (is_in_card_) return std::nullopt;
  const bool is_again = HasLost();
  const std::uint64_t size = is_again ? FlightAt(lost_.front())->segment.size() : NewSegmentSize();
  if (size == 0) return std::nullopt;
  // The first segment of a loss goes at once (RFC 6675, section 5, step 4.3).
  if (!Fits(size) && !(is_again && resends_at_once_)) return std::nullopt;
  if (!is_again && sent_ + size - read_known_ > window_) return std::nullopt;
  if (pace_) {
    const core::ByteCount bytes(static_cast<std::int64_t>(size));
    if (pace_->Earliest(now, bytes) > now) return std::nullopt;
    pace_->Take(now, bytes);
  }
  is_in_card_ = true;
  if (is_again) {
    Flight& flight = *FlightAt(lost_.front());
    lost_.pop_front();
    flight.is_lost = false;
    flight.is_resent = true;
    resends_at_once_ = false;
    Sent(now, flight);
    return flight.segment;
  }
  flights_.push_back({{sent_, sent_ + size}, 0, now, false, false, false});
  sent_ += size;
  Sent(now, flights_.back());
  return flights_.back().segment;
}

void Stream::Sent(core::Instant now, Flight& flight) {
  if (in_flight_ == 0) heard_ = now;
  in_flight_ += flight.segment.size();
  flight.order = next_order_++;
  flight.sent = now;
  sendings_.push_back({flight.segment.begin, flight.order});
}

std::optional<core::Instant> Stream::PacedUntil(core::Instant now) {
  if (!pace_ || is_in_card_) return std::nullopt;
  const std::uint64_t size = HasLost() ? FlightAt(lost_.front())->segment.size() : NewSegmentSize();
  if (size == 0) return std::nullopt;
  const core::Instant at = pace_->Earliest(now, core::ByteCount(static_cast<std::int64_t>(size)));
  if (at <= now || at == pace_told_) return std::nullopt;
  pace_told_ = at;
  return at;
}

void Stream::OnSent(const Segment& segment, std::vector<core::ByteCount>& taken) {
  is_in_card_ = false;
  while (taken_ < messages_.size() && messages_[taken_].end <= segment.end) {
    taken.push_back(messages_[taken_].message.credit);
    ++taken_;
  }
}

void Stream::OnAcked(core::Instant now, std::uint64_t begin, std::uint64_t read) {
  heard_ = now;
  OnWindow(read);
  Flight* flight = FlightAt(begin);
  if (flight == nullptr || flight->is_acked) return;
  const std::uint64_t size = flight->segment.size();
  timeouts_ = 0;
  const bool is_recovering = flights_.front().segment.begin < recovered_at_;
  if (!is_recovering) reno_.OnAcked(size, in_flight_);
  if (!flight->is_resent) reno_.OnRoundTrip(now - flight->sent);
  if (!flight->is_lost) in_flight_ -= size;
  flight->is_acked = true;
  flight->is_lost = false;
  acked_order_ = std::max(acked_order_, flight->order + 1);
  while (!flights_.empty() && flights_.front().is_acked) flights_.pop_front();
  FindLosses();
}

void Stream::FindLosses() {
  while (!sendings_.empty()) {
    const Sending oldest = sendings_.front();
    Flight* flight = FlightAt(oldest.begin);
    const bool is_open = flight != nullptr && !flight->is_acked && flight->order == oldest.order;
    if (is_open && oldest.order + kReordering >= acked_order_) return;
    sendings_.pop_front();
    if (is_open) DeclareLost(*flight);
  }
}

void Stream::DeclareLost(Flight& flight) {
  const std::uint64_t in_flight = in_flight_;
  in_flight_ -= flight.segment.size();
  flight.is_lost = true;
  lost_.push_back(flight.segment.begin);
  if (flights_.front().segment.begin < recovered_at_) return;  // Part of an earlier event.
  reno_.OnLoss(in_flight);
  recovered_at_ = sent_;
  resends_at_once_ = true;
}

std::optional<core::Instant> Stream::TimeoutAt() const {
  if (in_flight_ == 0) return std::nullopt;
  return heard_ + reno_.timeout();
}

unsigned Stream::OnTimeout(core::Instant now) {
  reno_.OnTimeout(in_flight_);
  lost_.clear();
  sendings_.clear();
  for (Flight& flight : flights_) {
    if (flight.is_acked) continue;
    flight.is_lost = true;
    lost_.push_back(flight.segment.begin);
  }
  in_flight_ = 0;
  recovered_at_ = sent_;
  heard_ = now;
  return ++timeouts_;
}

// --- Receiver ---

void Stream::OnArrived(const Segment& segment, std::vector<Message>& complete) {
  if (segment.begin > arrived_) {
    early_[segment.begin] = segment.end;
    return;
  }
  arrived_ = std::max(arrived_, segment.end);
  while (!early_.empty() && early_.begin()->first <= arrived_) {
    arrived_ = std::max(arrived_, early_.begin()->second);
    early_.erase(early_.begin());
  }
  while (!messages_.empty() && messages_.front().end <= arrived_) {
    CHECK(taken_ > 0);
    --taken_;
    unread_ += messages_.front().message.payload.size();
    complete.push_back(std::move(messages_.front().message));
    messages_.pop_front();
  }
}

std::optional<std::uint64_t> Stream::OnRead(core::ByteCount size) {
  CHECK(unread_ >= static_cast<std::uint64_t>(size.value()));
  unread_ -= static_cast<std::uint64_t>(size.value());
  return ReportRead();
}

// What the sender knows of the window stays at least as wide as a segment, or is told anew; where
// little of it is left, every segment read is told (against silly windows, RFC 1122, 4.2.3.3).
std::optional<std::uint64_t> Stream::ReportRead() {
  const std::uint64_t read = arrived_ - unread_;
  const std::uint64_t untold = read - read_told_;
  const bool is_narrow = read_told_ + window_ - arrived_ < window_ / 4;
  if (untold < tell_after_ && !(is_narrow && untold >= segment_bytes_)) return std::nullopt;
  read_told_ = read;
  return read;
}

std::uint64_t Stream::Acknowledge() {
  read_told_ = std::max(read_told_, arrived_ - unread_);
  return read_told_;
}

std::vector<Message> Stream::Reset(core::ByteCount* untaken) {
  std::vector<Message> lost;
  *untaken = core::ByteCount(0);
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    if (i >= taken_) *untaken = *untaken + messages_[i].message.credit;
    lost.push_back(std::move(messages_[i].message));
  }
  messages_.clear();
  taken_ = 0;
  queued_ = sent_ = read_known_ = arrived_ = unread_ = read_told_ = 0;
  flights_.clear();
  sendings_.clear();
  lost_.clear();
  early_.clear();
  next_order_ = acked_order_ = in_flight_ = recovered_at_ = 0;
  timeouts_ = 0;
  resends_at_once_ = is_in_card_ = is_half_open_ = false;
  pace_told_ = core::Instant();
  reno_ = Reno(congestion_, mss_, timeout_min_);
  reno_.OnRoundTrip(round_trip_);
  ++epoch_;
  return lost;
}

}  // namespace lockstep::sim
