// A replica's producer: see producer.h.

#include "protocols/kafka/producer.h"

#include <algorithm>

namespace lockstep::kafka {

Producer::Producer(const ChannelConfig& config, std::uint32_t index, core::Log& log)
    : config_(config), index_(index), log_(log) {}

std::uint64_t Producer::End() const {
  const std::uint64_t positions = log_.Positions().value();
  const std::uint64_t stride = config_.out.partitions();
  return positions <= index_ ? 0 : (positions - index_ - 1) / stride + 1;
}

void Producer::Pump(const core::Now& now, core::Effects& out) {
  while (!is_backing_off_ && in_flight_.size() < config_.in_flight && SendBatch(now, out)) {
  }
  SetTimeout(out);
}

bool Producer::SendBatch(const core::Now& now, core::Effects& out) {
  const std::uint64_t end = End();
  if (next_ >= end) return false;
  const std::uint64_t stride = config_.out.partitions();
  const core::Extent extent = log_.Uniform(core::Run{PositionOf(next_), end - next_, stride});
  const std::uint64_t each = std::max<std::uint64_t>(1, extent.size + config_.wire.record_bytes);
  const std::uint64_t full = std::max<std::uint64_t>(1, config_.batch_bytes / each);
  const core::Run run{PositionOf(next_), std::min(extent.count, full), stride};
  if (extent.count < full && config_.linger > core::Duration()) {
    if (!waiting_since_) waiting_since_ = now.monotonic();
    if (now.monotonic() - *waiting_since_ < config_.linger) {
      out.SetTimer(kLinger, *waiting_since_ + config_.linger);
      return false;
    }
  }
  core::Records batch{run, extent.size, {}};
  const std::uint64_t most = kHeaderBytes + BytesMost(batch, config_.wire);
  if (out.CreditLeft(leader()) < static_cast<std::int64_t>(most)) {
    out.AwaitWritable(leader(), core::ByteCount(static_cast<std::int64_t>(most)));
    return false;
  }
  batch.contents = log_.Contents(run);
  waiting_since_.reset();
  out.Spend(core::Work::kSkip, run.count * (stride - 1));
  out.Spend(core::Work::kSend, run.count, batch.contents.byte_count());
  out.Send(leader(), EncodeProduce(config_.out.stream, {batch}, config_.wire));
  next_ += run.count;
  in_flight_.push_back({next_, now.monotonic()});
  return true;
}

void Producer::OnProduced(const core::Now& now, const Produced& produced, core::Effects& out) {
  acked_ = std::max(acked_, produced.acked);
  while (!in_flight_.empty() && in_flight_.front().end <= acked_) in_flight_.pop_front();
  // Beyond what was sent: by an earlier life of this replica.
  next_ = std::max({next_, acked_, produced.end});
  if (produced.is_refused && !is_backing_off_ && produced.end < next_) {
    next_ = std::max(acked_, produced.end);
    in_flight_.clear();
    is_backing_off_ = true;
    out.SetTimer(kBackoff, now.monotonic() + config_.retry_backoff);
  }
  Pump(now, out);
}

void Producer::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kBackoff) is_backing_off_ = false;
  if (timer == kTimeout) {
    is_timeout_set_ = false;
    const bool is_late =
        !in_flight_.empty() && now.monotonic() - in_flight_.front().at >= config_.request_timeout;
    if (is_late) {
      next_ = acked_;
      in_flight_.clear();
    }
  }
  Pump(now, out);
}

// One timer for the oldest: it looks again when that has come meanwhile.
void Producer::SetTimeout(core::Effects& out) {
  if (is_timeout_set_ || in_flight_.empty()) return;
  is_timeout_set_ = true;
  out.SetTimer(kTimeout, in_flight_.front().at + config_.request_timeout);
}

}  // namespace lockstep::kafka
