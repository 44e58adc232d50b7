// Streams: see transport.h.

#include "sim/net/transport.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"
#include "sim/net/nic.h"

namespace lockstep::sim {

Stream::Stream(core::NodeId from, core::NodeId to, const LinkClass& link)
    : from_(from),
      to_(to),
      segment_bytes_(static_cast<std::uint64_t>(link.segment.value())),
      window_(static_cast<std::uint64_t>(link.window.value())),
      // A quarter of the window; less where a segment would not fit into what that leaves.
      tell_after_(std::min(window_ / 4, window_ - segment_bytes_ + 1)),
      pair_rate_bps_(link.pair_rate_bps) {}

void Stream::Queue(Message message) {
  // An empty message takes a byte, as its frame would; without one it would never be sent.
  queued_ += std::max<std::uint64_t>(1, message.payload.size());
  messages_.push_back({std::move(message), queued_});
}

std::optional<Segment> Stream::Next(core::Instant now) {
  if (is_in_card_ || now < next_allowed_) return std::nullopt;
  Segment segment;
  if (!lost_.empty()) {
    segment = lost_.front();
    lost_.pop_front();
  } else {
    const std::uint64_t size = std::min(segment_bytes_, queued_ - sent_);
    if (size == 0 || sent_ + size - read_known_ > window_) return std::nullopt;
    segment = {sent_, sent_ + size};
    sent_ += size;
  }
  is_in_card_ = true;
  if (pair_rate_bps_ > 0) {
    const core::ByteCount size(static_cast<std::int64_t>(segment.end - segment.begin));
    next_allowed_ = now + SerializationTime(size, pair_rate_bps_);
  }
  return segment;
}

std::optional<core::Instant> Stream::PacedUntil(core::Instant now) {
  const bool has_work = !lost_.empty() || sent_ < queued_;
  if (is_in_card_ || now >= next_allowed_ || !has_work) return std::nullopt;
  if (pace_told_ == next_allowed_) return std::nullopt;
  pace_told_ = next_allowed_;
  return next_allowed_;
}

std::vector<core::ByteCount> Stream::OnSent(const Segment& segment) {
  is_in_card_ = false;
  std::vector<core::ByteCount> taken;
  while (taken_ < messages_.size() && messages_[taken_].end <= segment.end) {
    taken.push_back(messages_[taken_].message.credit);
    ++taken_;
  }
  return taken;
}

std::vector<Message> Stream::OnArrived(const Segment& segment) {
  std::vector<Message> complete;
  if (segment.begin > arrived_) {
    early_[segment.begin] = segment.end;
    return complete;
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
  return complete;
}

std::optional<std::uint64_t> Stream::OnRead(core::ByteCount size) {
  CHECK(unread_ >= static_cast<std::uint64_t>(size.value()));
  unread_ -= static_cast<std::uint64_t>(size.value());
  return ReportRead();
}

std::optional<std::uint64_t> Stream::ReportRead() {
  const std::uint64_t read = arrived_ - unread_;
  if (read - read_told_ < tell_after_) return std::nullopt;
  read_told_ = read;
  return read;
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
  lost_.clear();
  early_.clear();
  is_in_card_ = false;
  pace_told_ = core::Instant();
  ++epoch_;
  return lost;
}

}  // namespace lockstep::sim
