// One-shot and all-to-all: see baseline.h.

#include "protocols/c3b/baseline.h"

#include <algorithm>
#include <vector>

namespace lockstep::c3b {
namespace {

constexpr core::TimerId kFlush(0);
constexpr core::TimerId kPace(1);
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

Baseline::Baseline(const Config& config, const core::Seat& seat, core::Log& log,
                   core::LogOwner& owner)
    : config_(config),
      seat_(seat),
      log_(log),
      owner_(owner),
      batcher_(BatcherConfig(config)),
      waits_(config.other.first, config.other.size),
      pace_(seat.send_buffer),
      next_(is_to_all() ? 0 : seat.index),
      held_(is_to_all() ? 1 : config.other.size) {}

void Baseline::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  Pump(now, out);
}

void Baseline::OnCommitted(const core::Now& now, core::Effects& out) { Pump(now, out); }

void Baseline::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kPace) pace_.OnTick();
  Pump(now, out);
}

void Baseline::Pump(const core::Now& now, core::Effects& out) {
  do {
    while (SendBatch(now, out)) {
    }
  } while (Walk(now, out));
  waits_.List(out);
  const auto flush = batcher_.NextFlush();
  if (flush && *flush > now.monotonic() && flush != flush_timer_) out.SetTimer(kFlush, *flush);
  flush_timer_ = flush;
}

std::int64_t Baseline::CreditLeft(const core::Effects& out) const {
  std::int64_t least = core::Credit::kUnlimited;
  for (std::uint32_t i = 0; i < receivers(); ++i) {
    least = std::min(least, out.CreditLeft(config_.other.Replica(first_receiver() + i)));
  }
  return least;
}

void Baseline::Want(std::uint64_t bytes, const core::Effects& out) {
  for (std::uint32_t i = 0; i < receivers(); ++i) {
    const std::uint32_t receiver = first_receiver() + i;
    const std::int64_t left = out.CreditLeft(config_.other.Replica(receiver));
    if (left < static_cast<std::int64_t>(bytes)) waits_.Want(receiver, bytes);
  }
}

bool Baseline::Walk(const core::Now& now, core::Effects& out) {
  const std::uint64_t limit = log_.Positions().value();
  if (next_ >= limit || batcher_.HasFull(0)) return false;
  const std::int64_t credit = CreditLeft(out);
  if (credit < static_cast<std::int64_t>(batcher_.FullBatchCredit())) {
    Want(batcher_.FullBatchCredit(), out);
    return false;
  }
  const bool is_paced = limit >= core::Log::kEndless && credit == core::Credit::kUnlimited;
  if (is_paced && !pace_.Allows(now, kPace, out)) return false;
  const std::uint64_t stride = Stride();
  const std::uint64_t available = (limit - next_ + stride - 1) / stride;
  const core::Extent extent = log_.Uniform(core::Run{next_, available, stride});
  const std::uint64_t each = std::max<std::uint64_t>(1, extent.size + config_.wire.record_bytes);
  const std::uint64_t per_batch = (config_.batch_bytes + each - 1) / each;
  const std::uint64_t take = std::min(extent.count, per_batch);
  batcher_.Queue(0, {core::Run{next_, take, stride}, extent.size, 0}, now.monotonic());
  next_ += take * stride;
  if (is_paced) pace_.Take(take * each);
  out.Spend(core::Work::kSkip, take * (stride - 1));
  return true;
}

bool Baseline::SendBatch(const core::Now& now, core::Effects& out) {
  if (!batcher_.IsDue(0, now.monotonic())) return false;
  const core::Batcher::Batch due = batcher_.Take(0, now.monotonic(), CreditLeft(out));
  if (due.items.empty()) {
    Want(due.wanted, out);
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
  for (std::uint32_t i = 0; i < receivers(); ++i) {
    out.Send(config_.other.Replica(first_receiver() + i), payload);
  }
  return true;
}

void Baseline::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  waits_.Forget(peer.value() - config_.other.first.value());
  Pump(now, out);
}

void Baseline::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                         core::Effects& out) {
  const std::optional<Batch> batch = Decode(payload);
  if (!batch || batch->stream != config_.in_stream || !config_.other.Has(from)) {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
    return;
  }
  const core::ByteCount bytes(static_cast<std::int64_t>(core::BytesOf(batch->data)));
  out.Spend(core::Work::kReceive, core::CountOf(batch->data), bytes);
  for (const core::Records& records : batch->data) {
    for (const core::Run& part : held_.Insert(records.run)) {
      const core::Records fresh = core::Pick(records, part);
      out.Note({core::NoteKind::kDelivered, core::NodeId(), config_.in_stream, fresh.run, 0,
                fresh.contents.Digest()});
      owner_.OnDelivered(now, config_.in_stream, fresh.run, fresh.contents, out);
    }
  }
}

void Baseline::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id,
                        core::RequestId, const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::c3b
