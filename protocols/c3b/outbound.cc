// The sending side of a baseline: see outbound.h.

#include "protocols/c3b/outbound.h"

#include <algorithm>
#include <vector>

namespace lockstep::c3b {
namespace {

// Bytes of a batch beside contents and records: our own header and run headers.
constexpr std::uint64_t kOverhead = 64 + core::Batcher::kItemsMax * 32;

core::Batcher::Config BatcherConfig(const Config& config) {
  core::Batcher::Config batcher;
  batcher.receivers = 1;
  batcher.batch_bytes = config.batch_bytes;
  batcher.batch_delay = config.batch_delay;
  batcher.overhead_max = std::max(kOverhead, config.wire.batch_bytes);
  batcher.record_bytes = config.wire.record_bytes;
  return batcher;
}

}  // namespace

Outbound::Outbound(const Config& config, const core::Seat& seat, core::Log& log, const Route& route,
                   std::optional<core::Duration> patience)
    : config_(config),
      log_(log),
      route_(route),
      patience_(patience),
      batcher_(BatcherConfig(config)),
      waits_(config.other.first, config.other.size),
      pace_(seat.send_buffer),
      is_given_up_(config.other.size),
      wanted_since_(config.other.size) {}

void Outbound::Pump(const core::Now& now, core::Effects& out) {
  if (route_.count == 0) return;
  do {
    while (SendBatch(now, out)) {
    }
  } while (Walk(now, out));
  waits_.List(out);
  const auto flush = batcher_.NextFlush();
  if (flush && *flush > now.monotonic() && flush != flush_timer_) out.SetTimer(kFlush, *flush);
  flush_timer_ = flush;
  if (patience_) SetGiveUp(now, out);
}

void Outbound::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kPace) pace_.OnTick();
  if (timer == kGiveUp) {
    give_up_timer_.reset();
    GiveUp(now);
  }
  Pump(now, out);
}

void Outbound::OnWritable(const core::Now& now, std::uint32_t receiver, core::Effects& out) {
  waits_.Forget(receiver);
  wanted_since_[receiver].reset();
  is_given_up_[receiver] = false;
  Pump(now, out);
}

void Outbound::Take(const Route& route) {
  batcher_.DropBelow(~std::uint64_t{0});
  route_ = route;
  std::fill(is_given_up_.begin(), is_given_up_.end(), false);
}

void Outbound::SkipTo(std::uint64_t position) {
  batcher_.DropBelow(position);
  route_.next = std::max(route_.next, position);
}

std::int64_t Outbound::CreditLeft(const core::Effects& out) const {
  std::int64_t least = core::Credit::kUnlimited;
  ForEachReceiver([&](std::uint32_t receiver) {
    least = std::min(least, out.CreditLeft(config_.other.Replica(receiver)));
  });
  return least;
}

void Outbound::Want(const core::Now& now, std::uint64_t bytes, const core::Effects& out) {
  ForEachReceiver([&](std::uint32_t receiver) {
    const std::int64_t left = out.CreditLeft(config_.other.Replica(receiver));
    if (left >= static_cast<std::int64_t>(bytes)) return;
    waits_.Want(receiver, bytes);
    if (!wanted_since_[receiver]) wanted_since_[receiver] = now.monotonic();
  });
}

void Outbound::GiveUp(const core::Now& now) {
  const auto is_late = [&](std::uint32_t receiver) {
    const auto since = wanted_since_[receiver];
    return since && now.monotonic() - *since >= *patience_;
  };
  bool is_any_left = false;
  ForEachReceiver([&](std::uint32_t receiver) { is_any_left |= !is_late(receiver); });
  if (!is_any_left) return;
  ForEachReceiver([&](std::uint32_t receiver) {
    if (is_late(receiver)) is_given_up_[receiver] = true;
  });
}

void Outbound::SetGiveUp(const core::Now& now, core::Effects& out) {
  if (give_up_timer_) return;
  // The first at which one of those that are waited for has been late for so long.
  std::optional<core::Instant> next;
  ForEachReceiver([&](std::uint32_t receiver) {
    const auto since = wanted_since_[receiver];
    if (since) next = std::min(next.value_or(core::Instant::Max()), *since + *patience_);
  });
  if (!next) return;
  // All of them are late: one of them may no longer be when the next has been so for a while.
  if (*next <= now.monotonic()) next = now.monotonic() + *patience_;
  give_up_timer_ = next;
  out.SetTimer(kGiveUp, *next);
}

bool Outbound::Walk(const core::Now& now, core::Effects& out) {
  const std::uint64_t limit = log_.Positions().value();
  if (route_.next >= limit || batcher_.HasFull(0)) return false;
  const std::int64_t credit = CreditLeft(out);
  if (credit < static_cast<std::int64_t>(batcher_.FullBatchCredit())) {
    Want(now, batcher_.FullBatchCredit(), out);
    return false;
  }
  const bool is_paced = limit >= core::Log::kEndless && credit == core::Credit::kUnlimited;
  if (is_paced && !pace_.Allows(now, kPace, out)) return false;
  const std::uint64_t stride = route_.stride;
  const std::uint64_t available = (limit - route_.next + stride - 1) / stride;
  const core::Extent extent = log_.Uniform(core::Run{route_.next, available, stride});
  const std::uint64_t each = std::max<std::uint64_t>(1, extent.size + config_.wire.record_bytes);
  const std::uint64_t per_batch = (config_.batch_bytes + each - 1) / each;
  const std::uint64_t take = std::min(extent.count, per_batch);
  batcher_.Queue(0, {core::Run{route_.next, take, stride}, extent.size, 0}, now.monotonic());
  route_.next += take * stride;
  if (is_paced) pace_.Take(take * each);
  out.Spend(core::Work::kSkip, take * (stride - 1));
  return true;
}

bool Outbound::SendBatch(const core::Now& now, core::Effects& out) {
  if (!batcher_.IsDue(0, now.monotonic())) return false;
  const core::Batcher::Batch due = batcher_.Take(0, now.monotonic(), CreditLeft(out));
  if (due.items.empty()) {
    Want(now, due.wanted, out);
    return false;
  }
  Batch batch{config_.out_stream, {}};
  for (const core::Batcher::Item& item : due.items) {
    batch.data.push_back({item.run, item.size, log_.Contents(item.run)});
  }
  // Built once, however many receive it.
  out.Spend(core::Work::kSend, core::CountOf(batch.data),
            core::ByteCount(static_cast<std::int64_t>(core::BytesOf(batch.data))));
  const core::Bytes payload = Encode(batch, config_.wire);
  ForEachReceiver(
      [&](std::uint32_t receiver) { out.Send(config_.other.Replica(receiver), payload); });
  return true;
}

}  // namespace lockstep::c3b
