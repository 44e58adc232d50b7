// Streams: see stream.h.

#include "sim/net/stream.h"

#include <utility>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kReordering = 3;  // later segments acknowledged: DupThresh of RFC 5681

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

core::ByteCount BytesOf(std::uint64_t size) {
  return core::ByteCount(static_cast<std::int64_t>(size));
}

std::unique_ptr<Shaper> ShaperOf(const TokenBucket& pace) {
  return pace.rate_bps == 0 ? nullptr : std::make_unique<Shaper>(pace);
}

}  // namespace

StreamSpec::StreamSpec(const LinkClass& link, core::ByteCount mtu_payload)
    : segment_bytes(SegmentBytes(link, mtu_payload)),
      mss(link.segmentation == Segmentation::kBytes
              ? segment_bytes
              : static_cast<std::uint64_t>(mtu_payload.value())),
      is_cut_at_messages(link.segmentation == Segmentation::kMessage),
      is_cold(link.is_cold),
      window(static_cast<std::uint64_t>(link.window.value())),
      // A quarter of the window; less where a segment would not fit into what that leaves.
      tell_after(std::min(window / 4, window - segment_bytes + 1)),
      congestion(link.congestion),
      timeout_min(link.retransmit_after),
      give_up(link.give_up),
      pace{link.pair_rate_bps, link.pair_burst} {}

Stream::Stream(core::NodeId from, core::NodeId to, const StreamSpec& spec, OutboundPool& pool)
    : from_(from),
      to_(to),
      spec_(&spec),
      pool_(&pool),
      pace_(ShaperOf(spec.pace)),
      reno_(spec.congestion, spec.mss, spec.timeout_min) {}

// --- The connection ---

void Stream::StandOpen(core::Duration round_trip, bool is_accepted) {
  state_ = State::kOpen;
  reno_.OnRoundTrip(round_trip);
  if (is_accepted) accepted_ = epoch_;
}

void Stream::BeginOpening(core::Instant now) {
  state_ = State::kOpening;
  Hear(now);
}

void Stream::Accept(std::uint32_t epoch) {
  if (accepted_ == epoch) return;  // The answer was lost, and it was asked again.
  accepted_ = epoch;
  arrived_ = {};
  unread_ = read_told_ = 0;
}

void Stream::OnAccepted(core::Instant now) {
  state_ = State::kOpen;
  if (!is_opening_resent_) reno_.OnRoundTrip(now - silent_since_);
  Hear(now);
}

std::vector<Message> Stream::Reset(core::ByteCount* untaken) {
  std::vector<Message> lost;
  *untaken = core::ByteCount(0);
  if (out_ != nullptr) {
    for (std::size_t i = 0; i < out_->messages.size(); ++i) {
      Message& message = out_->messages[i].message;
      if (i >= out_->taken) *untaken = *untaken + message.credit;
      lost.push_back(std::move(message));
    }
    *out_ = Outbound();
  }
  const std::uint32_t next = epoch_ + 1;
  std::unique_ptr<Outbound> out = std::move(out_);
  // A pace is the pair's, whatever becomes of its connection.
  std::unique_ptr<Shaper> pace = std::move(pace_);
  *this = Stream(from_, to_, *spec_, *pool_);
  epoch_ = next;
  pace_ = std::move(pace);
  if (out != nullptr) pool_->Return(std::move(out));
  return lost;
}

std::vector<Message> Stream::OrphanSent() {
  std::vector<Message> lost;
  if (out_ != nullptr) {
    Ring<Outbound::Outgoing>& messages = out_->messages;
    std::size_t sent = 0;
    while (sent < messages.size() && messages[sent].end <= sent_) ++sent;
    for (std::size_t i = sent; i < messages.size(); ++i)
      lost.push_back(std::move(messages[i].message));
    while (messages.size() > sent) messages.pop_back();
    out_->taken = sent;
    out_->flights.clear();
    out_->sendings.clear();
    out_->lost.clear();
    is_orphaned_ = sent > 0;
  }
  ++epoch_;
  state_ = State::kClosed;
  is_in_card_ = is_shut_ = resends_at_once_ = is_opening_resent_ = is_timeout_set = false;
  queued_ = sent_ = read_known_ = 0;
  next_order_ = acked_order_ = in_flight_ = recovered_at_ = 0;
  reno_ = Reno(spec_->congestion, spec_->mss, spec_->timeout_min);
  ReturnIfIdle();
  return lost;
}

std::vector<Message> Stream::Forget() {
  accepted_ = kNoEpoch;
  arrived_ = {};
  unread_ = read_told_ = 0;
  is_half_open_ = false;
  life_.reset();
  std::vector<Message> lost;
  if (!is_orphaned_) return lost;
  is_orphaned_ = false;
  while (!out_->messages.empty()) lost.push_back(out_->messages.Take().message);
  out_->taken = 0;
  ReturnIfIdle();
  return lost;
}

// --- The sender ---

void Stream::Queue(Message message) {
  CHECK(!is_orphaned_);
  if (out_ == nullptr) out_ = pool_->Lend();
  // An empty message takes a byte, as its frame would; without one it would never be sent.
  queued_ += std::max<std::uint64_t>(1, message.payload.size());
  out_->messages.push_back({std::move(message), queued_});
}

void Stream::ReturnIfIdle() {
  if (out_ == nullptr || !out_->messages.empty() || !out_->flights.empty() || is_in_card_) return;
  while (!out_->sendings.empty()) out_->sendings.pop_front();
  while (!out_->lost.empty()) out_->lost.pop_front();
  pool_->Return(std::move(out_));
}

// Of the first flight that does not begin before that.
std::size_t Stream::IndexAt(std::uint64_t begin) const {
  const Ring<Flight>& flights = out_->flights;
  std::size_t first = 0;
  for (std::size_t count = flights.size(); count > 0;) {
    const std::size_t half = count / 2;
    const bool is_before = flights[first + half].segment.begin < begin;
    first = is_before ? first + half + 1 : first;
    count = is_before ? count - half - 1 : half;
  }
  return first;
}

Stream::Flight* Stream::FlightAt(std::uint64_t begin) {
  const std::size_t found = IndexAt(begin);
  Ring<Flight>& flights = out_->flights;
  return found == flights.size() || flights[found].segment.begin != begin ? nullptr
                                                                          : &flights[found];
}

bool Stream::HasLost() {
  while (!out_->lost.empty()) {
    const Flight* flight = FlightAt(out_->lost.front());
    if (flight != nullptr && flight->is_lost) return true;
    out_->lost.pop_front();  // Acknowledged after all.
  }
  return false;
}

// Of the segment that is to be sent next; 0 where there is none.
std::uint64_t Stream::NextSize() {
  if (HasLost()) return FlightAt(out_->lost.front())->segment.size();
  std::uint64_t end = queued_;
  if (spec_->is_cut_at_messages && sent_ < queued_) end = out_->messages[out_->taken].end;
  return std::min(spec_->segment_bytes, end - sent_);
}

bool Stream::Fits(std::uint64_t size) const {
  return in_flight_ == 0 || in_flight_ + size <= reno_.window();
}

std::optional<Segment> Stream::Next(core::Instant now) {
  if (is_in_card_ || out_ == nullptr) return std::nullopt;
  const std::uint64_t size = NextSize();
  if (size == 0) return std::nullopt;
  const bool is_again = !out_->lost.empty();
  // The first segment of a loss goes at once (RFC 6675, section 5, step 4.3).
  if (!Fits(size) && !(is_again && resends_at_once_)) return std::nullopt;
  if (!is_again && sent_ + size - read_known_ > spec_->window) {
    if (!is_shut_ && !IsOutstanding()) Hear(now);
    is_shut_ = true;
    return std::nullopt;
  }
  is_shut_ = false;
  if (pace_) {
    if (pace_->Earliest(now, BytesOf(size)) > now) return std::nullopt;
    pace_->Take(now, BytesOf(size));
  }
  is_in_card_ = true;
  if (is_again) {
    Flight& flight = *FlightAt(out_->lost.front());
    out_->lost.pop_front();
    flight.is_lost = false;
    flight.is_resent = true;
    resends_at_once_ = false;
    Sent(now, flight);
    return flight.segment;
  }
  if (!IsOutstanding()) silent_since_ = now;
  Flight& flight = out_->flights.Add();
  flight = {{sent_, sent_ + size}, 0, now, false, false, false};
  sent_ += size;
  Sent(now, flight);
  return flight.segment;
}

void Stream::Sent(core::Instant now, Flight& flight) {
  if (in_flight_ == 0) heard_ = now;
  in_flight_ += flight.segment.size();
  flight.order = next_order_++;
  flight.sent = now;
  card_end_ = flight.segment.end;
  out_->sendings.push_back({flight.segment.begin, flight.order});
}

std::optional<core::Instant> Stream::PacedUntil(core::Instant now) {
  if (!pace_ || is_in_card_ || out_ == nullptr) return std::nullopt;
  const std::uint64_t size = NextSize();
  if (size == 0) return std::nullopt;
  const core::Instant at = pace_->Earliest(now, BytesOf(size));
  if (at <= now || at == pace_told_) return std::nullopt;
  pace_told_ = at;
  return at;
}

void Stream::OnSent(std::vector<core::ByteCount>& taken) {
  is_in_card_ = false;
  if (out_ == nullptr) return;
  const Ring<Outbound::Outgoing>& messages = out_->messages;
  while (out_->taken < messages.size() && messages[out_->taken].end <= card_end_) {
    taken.push_back(messages[out_->taken].message.credit);
    ++out_->taken;
  }
  ReturnIfIdle();
}

void Stream::OnWindow(core::Instant now, std::uint64_t read) {
  Hear(now);
  read_known_ = std::max(read_known_, read);
}

void Stream::OnAck(core::Instant now, const Packet& ack) {
  OnWindow(now, ack.read);
  if (!IsOutstanding()) return;
  Ring<Flight>& flights = out_->flights;
  const bool is_recovering = flights.front().segment.begin < recovered_at_;
  const Flight* named = FlightAt(ack.name);
  if (named != nullptr && !named->is_acked && !named->is_resent)
    reno_.OnRoundTrip(now - named->sent);
  // From its segment to both sides as far as that is news, and from the beginning: what has come
  // while an acknowledgement was lost.
  const std::size_t middle = IndexAt(ack.name);
  for (std::size_t i = middle; i < flights.size() && !flights[i].is_acked; ++i) {
    if (flights[i].segment.end > ack.segment.end) break;
    AckFlight(flights[i], is_recovering);
  }
  for (std::size_t i = middle; i > 0 && !flights[i - 1].is_acked; --i) {
    if (flights[i - 1].segment.begin < ack.segment.begin) break;
    AckFlight(flights[i - 1], is_recovering);
  }
  while (!flights.empty() && (flights.front().is_acked || flights.front().segment.end <= ack.got)) {
    if (!flights.front().is_acked) AckFlight(flights.front(), is_recovering);
    flights.pop_front();
  }
  FindLosses();
  ReturnIfIdle();
}

void Stream::AckFlight(Flight& flight, bool is_recovering) {
  const std::uint64_t size = flight.segment.size();
  if (!is_recovering) reno_.OnAcked(size, in_flight_);
  if (!flight.is_lost) in_flight_ -= size;
  flight.is_acked = true;
  flight.is_lost = false;
  acked_order_ = std::max(acked_order_, flight.order + 1);
}

void Stream::FindLosses() {
  Ring<Sending>& sendings = out_->sendings;
  while (!sendings.empty()) {
    const Sending oldest = sendings.front();
    Flight* flight = FlightAt(oldest.begin);
    const bool is_open = flight != nullptr && !flight->is_acked && flight->order == oldest.order;
    if (is_open && oldest.order + kReordering >= acked_order_) return;
    sendings.pop_front();
    if (is_open) DeclareLost(*flight);
  }
}

void Stream::DeclareLost(Flight& flight) {
  const std::uint64_t in_flight = in_flight_;
  in_flight_ -= flight.segment.size();
  flight.is_lost = true;
  out_->lost.push_back(flight.segment.begin);
  if (out_->flights.front().segment.begin < recovered_at_) return;  // Part of an earlier event.
  reno_.OnLoss(in_flight);
  recovered_at_ = sent_;
  resends_at_once_ = true;
}

bool Stream::IsWaiting() const {
  if (state_ == State::kOpening) return true;
  return state_ == State::kOpen && (in_flight_ > 0 || (is_shut_ && !is_in_card_));
}

std::optional<core::Instant> Stream::TimeoutAt() const {
  if (!IsWaiting()) return std::nullopt;
  return std::min(heard_ + reno_.timeout(), silent_since_ + spec_->give_up);
}

Stream::Expiry Stream::OnTimeout(core::Instant now) {
  if (now >= silent_since_ + spec_->give_up) return Expiry::kGiveUp;
  heard_ = now;
  if (state_ == State::kOpening) {
    reno_.BackOff();
    is_opening_resent_ = true;
    return Expiry::kOpen;
  }
  if (in_flight_ == 0) {
    reno_.BackOff();
    return Expiry::kProbe;
  }
  reno_.OnTimeout(in_flight_);
  TakeForLost();
  return Expiry::kResend;
}

// All that is outstanding.
void Stream::TakeForLost() {
  out_->lost.clear();
  out_->sendings.clear();
  for (std::size_t i = 0; i < out_->flights.size(); ++i) {
    Flight& flight = out_->flights[i];
    if (flight.is_acked) continue;
    flight.is_lost = true;
    out_->lost.push_back(flight.segment.begin);
  }
  in_flight_ = 0;
  recovered_at_ = sent_;
}

// --- The receiver ---

void Stream::OnArrived(const Segment& segment, std::vector<Message>& complete) {
  arrived_.Add(segment);
  if (out_ == nullptr) return;
  // A straggler of the connection before: what is queued now is of the next, unknown here as yet.
  if (!is_orphaned_ && accepted_ != epoch_) return;
  Ring<Outbound::Outgoing>& messages = out_->messages;
  while (!messages.empty() && messages.front().end <= arrived_.whole()) {
    CHECK(out_->taken > 0);
    --out_->taken;
    complete.push_back(messages.Take().message);
    unread_ += complete.back().payload.size();
  }
  if (messages.empty()) is_orphaned_ = false;
  ReturnIfIdle();
}

void Stream::Acknowledge(const Segment& segment, Packet& ack) {
  ack.name = segment.begin;
  ack.segment = arrived_.Around(segment.begin);
  ack.got = arrived_.whole();
  ack.read = TellRead();
}

std::uint64_t Stream::TellRead() {
  read_told_ = std::max(read_told_, arrived_.whole() - unread_);
  return read_told_;
}

// What the sender knows of the window stays at least as wide as a segment, or is told anew; where
// little of it is left, every segment read is told (against silly windows, RFC 1122, 4.2.3.3).
bool Stream::OnRead(core::ByteCount size) {
  CHECK(unread_ >= static_cast<std::uint64_t>(size.value()));
  unread_ -= static_cast<std::uint64_t>(size.value());
  const std::uint64_t whole = arrived_.whole();
  const std::uint64_t untold = whole - unread_ - read_told_;
  const bool is_narrow = read_told_ + spec_->window - whole < spec_->window / 4;
  return untold >= spec_->tell_after || (is_narrow && untold >= spec_->segment_bytes);
}

std::size_t Stream::bytes_reserved() const {
  std::size_t bytes = sizeof(*this);
  if (out_ != nullptr) bytes += sizeof(Outbound);
  if (life_ != nullptr) bytes += sizeof(Life);
  if (pace_ != nullptr) bytes += sizeof(Shaper);
  return bytes;
}

}  // namespace lockstep::sim
