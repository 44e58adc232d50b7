// A replica of the artifact: see artifact_replica.h.

#include "protocols/picsou/artifact_replica.h"

#include <algorithm>
#include <utility>

#include "protocols/picsou/artifact_wire.h"
#include "protocols/picsou/notes.h"

namespace lockstep::picsou {
namespace {

constexpr core::TimerId kNoopTimer(0);
constexpr core::TimerId kPassTimer(1);
constexpr core::TimerId kPaceTimer(2);

ArtifactOutbox::Config OutboxConfig(const Config& config, const ArtifactSchedule& schedule) {
  ArtifactOutbox::Config outbox;
  outbox.receivers = config.other.size;
  outbox.batch_bytes = config.batch_bytes;
  outbox.batch_delay = config.batch_delay;
  outbox.stride = schedule.stride();
  // Resends depend on more than the first pair does.
  outbox.resend_stride = schedule.stride() == 1 ? 1 : schedule.period();
  return outbox;
}

}  // namespace

ArtifactReplica::ArtifactReplica(const Config& config, const core::Seat& seat, core::Log& log,
                                 core::LogOwner& owner)
    : config_(config),
      seat_(seat),
      log_(log),
      owner_(owner),
      codec_(config.wire, config.PhiOnWire(), Rule::kArtifact),
      schedule_(config.own, config.other),
      inbound_(ArtifactSchedule(config.other, config.own).stride(), config.PhiOnWire(),
               config.PhiOnWire()),
      quacks_(config.other.size, config.other.u + 1, config.other.stake),
      tracker_(schedule_, seat.index, config.other),
      outbox_(OutboxConfig(config, schedule_)),
      passing_(config.own, config.other, seat),
      other_waits_(config.other.first, config.other.size),
      pace_(seat.send_buffer),
      noop_turn_(seat.index % config.other.size) {}

void ArtifactReplica::OnStart(const core::Now& now, std::span<const core::Bytes>,
                              core::Effects& out) {
  last_batch_ = now.monotonic();
  last_message_ = now.monotonic();
  out.SetTimer(kNoopTimer, now.monotonic() + config_.noop_delay);
  out.SetTimer(kPassTimer, now.monotonic() + config_.max_delay);
  Walk(now, out);
}

void ArtifactReplica::OnCommitted(const core::Now& now, core::Effects& out) { Walk(now, out); }

void ArtifactReplica::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                                core::Effects& out) {
  const Codec::Decoded decoded = codec_.Decode(payload);
  if (decoded.batch && config_.other.Has(from)) {
    OnBatch(now, from, decoded, out);
    return;
  }
  const bool is_of_peer = config_.own.Has(from) && from != seat_.self;
  if (is_of_peer && decoded.broadcast && decoded.broadcast->stream == config_.in_stream) {
    const bool was_open = is_ack_window_open();
    Receive(now, decoded.broadcast->data, out);
    if (!was_open && is_ack_window_open()) Walk(now, out);
  } else {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
  }
}

void ArtifactReplica::OnBatch(const core::Now& now, core::NodeId from,
                              const Codec::Decoded& decoded, core::Effects& out) {
  const Batch& batch = *decoded.batch;
  const bool is_ours =
      batch.data_stream == config_.in_stream && batch.ack_stream == config_.out_stream &&
      seat_.verifier->VerifyMac(core::SpeakerOf(from), decoded.signed_digest, decoded.mac);
  if (!is_ours) {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
    return;
  }
  if (!batch.data.empty()) {
    Receive(now, batch.data, out);
    const std::uint64_t report_bytes = ArtifactBitmapBytes(ArtifactReport(inbound_.Report()));
    passing_.Broadcast(
        EncodeArtifact(Broadcast{config_.in_stream, batch.data, inbound_.cumulative()},
                       report_bytes),
        out);
  }
  OnReport(now, from.value() - config_.other.first.value(), batch.ack, out);
  Walk(now, out);
}

void ArtifactReplica::Receive(const core::Now& now, const std::vector<core::Records>& data,
                              core::Effects& out) {
  const std::uint64_t before = inbound_.cumulative();
  inbound_.Receive(now, config_.in_stream, data, owner_, out);
  if (inbound_.cumulative() != before) batches_since_ack_ = 0;
}

void ArtifactReplica::OnReport(const core::Now& now, std::uint32_t receiver, const Ack& ack,
                               core::Effects& out) {
  if (const auto quack = quacks_.Ack(receiver, ack.cumulative)) {
    out.Note({core::NoteKind::kQuacked, core::NodeId(), config_.out_stream, core::Run{*quack, 1, 1},
              0, 0});
    log_.Release(core::SeqNo(std::min(*quack, outbox_.FirstWaiting().value_or(*quack))));
    owner_.OnQuacked(now, core::SeqNo(*quack), out);
    walked_ = std::max(walked_, *quack);
  }
  const std::vector<ArtifactTracker::Order>& orders =
      tracker_.Report(receiver, ack, quacks_.quack());
  for (std::size_t i = 0; i < orders.size();) {
    // What is ordered side by side is one note.
    std::size_t count = 1;
    while (i + count < orders.size() && orders[i + count].attempt == orders[i].attempt &&
           orders[i + count].position == orders[i].position + count)
      ++count;
    out.Note({kComplaint, core::NodeId(), config_.out_stream,
              core::Run{orders[i].position, count, 1}, orders[i].attempt, 0});
    for (; count > 0; --count, ++i) {
      // What does not exist yet is sent as soon as it does.
      if (orders[i].position < walked_)
        MakeTurns(now, orders[i].position, orders[i].attempt, orders[i].attempt, out);
    }
  }
}

bool ArtifactReplica::MayPass(std::uint64_t position) const {
  const std::uint64_t window = std::min(config_.quack_window, kHeldMost);
  return position < quacks_.quack() + window && is_ack_window_open();
}

void ArtifactReplica::Walk(const core::Now& now, core::Effects& out) {
  const std::uint64_t end = log_.Positions().value();
  const bool is_paced =
      end >= core::Log::kEndless && out.CreditLeft(config_.other.first) == core::Credit::kUnlimited;
  std::uint64_t skipped = 0;
  for (; walked_ < end; ++walked_) {
    const bool is_open = MayPass(walked_);
    if (!is_open && passes_ == 0) break;
    if (schedule_.Sender(walked_) == seat_.index) {
      const std::uint32_t receiver = schedule_.Receiver(walked_);
      if (outbox_.queue(receiver).size() >= ArtifactOutbox::kQueueMost) break;
      if (is_paced && !pace_.Allows(now, kPaceTimer, out)) break;
      if (!is_open) --passes_;
      if (is_paced) pace_.Take(log_.Uniform(core::Run{walked_, 1, 1}).size + 1);
      Append(now, receiver, walked_, 0, out);
      continue;
    }
    ++skipped;
    if (const std::uint64_t attempts = tracker_.AttemptsOn(walked_))
      MakeTurns(now, walked_, 1, attempts, out);
  }
  if (skipped > 0) out.Spend(core::Work::kSkip, skipped);
  other_waits_.List(out);
}

void ArtifactReplica::MakeTurns(const core::Now& now, std::uint64_t position, std::uint64_t from,
                                std::uint64_t to, core::Effects& out) {
  const ArtifactSchedule::Turns turns = schedule_.TurnsOf(position, seat_.index);
  for (std::uint64_t t = from; t <= to; ++t)
    if (turns.Has(t)) Append(now, turns.receivers[t - turns.first], position, t, out);
}

void ArtifactReplica::Append(const core::Now& now, std::uint32_t receiver, std::uint64_t position,
                             std::uint64_t attempt, core::Effects& out) {
  const std::uint64_t size = log_.Uniform(core::Run{position, 1, 1}).size;
  last_message_ = now.monotonic();
  if (outbox_.Append(receiver, position, size, attempt, now.monotonic())) Flush(now, receiver, out);
}

void ArtifactReplica::Flush(const core::Now& now, std::uint32_t receiver, core::Effects& out) {
  Batch batch;
  batch.data_stream = config_.out_stream;
  batch.ack_stream = config_.in_stream;
  batch.ack = ArtifactReport(inbound_.Report());
  const core::NodeId to = config_.other.Replica(receiver);
  for (const ArtifactOutbox::Item& item : outbox_.Close(receiver)) {
    batch.data.push_back({item.run, item.size, log_.Contents(item.run)});
    if (item.attempt > 0) out.Note({kResent, to, config_.out_stream, item.run, item.attempt, 0});
  }
  out.Spend(core::Work::kSend, core::CountOf(batch.data),
            core::ByteCount(static_cast<std::int64_t>(core::BytesOf(batch.data))));
  outbox_.queue(receiver).push_back(
      codec_.Encode(batch, *seat_.signer, config_.other.Speaker(receiver)));
  last_batch_ = now.monotonic();
  if (!batch.data.empty()) ++batches_since_ack_;
  Drain(receiver, out);
}

void ArtifactReplica::Drain(std::uint32_t receiver, core::Effects& out) {
  std::deque<core::Bytes>& queue = outbox_.queue(receiver);
  const core::NodeId to = config_.other.Replica(receiver);
  while (!queue.empty()) {
    if (queue.front().byte_count().value() > out.CreditLeft(to)) {
      other_waits_.Want(receiver, queue.front().size());
      return;
    }
    core::Bytes payload = std::move(queue.front());
    queue.pop_front();
    out.Send(to, std::move(payload));
  }
}

void ArtifactReplica::SendNoop(const core::Now& now, core::Effects& out) {
  const std::uint32_t receiver = noop_turn_;
  noop_turn_ = (noop_turn_ + 1) % config_.other.size;
  if (outbox_.queue(receiver).size() < ArtifactOutbox::kQueueMost) Flush(now, receiver, out);
}

void ArtifactReplica::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kNoopTimer) {
    if (now.monotonic() - last_batch_ >= config_.noop_delay) {
      // Its timer waits on where the window is closed.
      if (is_ack_window_open()) SendNoop(now, out);
      out.SetTimer(kNoopTimer, now.monotonic() + config_.noop_delay);
    } else {
      out.SetTimer(kNoopTimer, last_batch_ + config_.noop_delay);
    }
  }
  if (timer == kPassTimer) {
    if (now.monotonic() - last_message_ >= config_.max_delay) passes_ = 1;
    out.SetTimer(kPassTimer, now.monotonic() + config_.max_delay);
  }
  if (timer == kPaceTimer) pace_.OnTick();
  Walk(now, out);
  passes_ = 0;
}

void ArtifactReplica::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  if (config_.own.Has(peer)) {
    passing_.OnWritable(peer.value() - config_.own.first.value(), out);
    return;
  }
  const std::uint32_t receiver = peer.value() - config_.other.first.value();
  other_waits_.Forget(receiver);
  Drain(receiver, out);
  Walk(now, out);
}

// Clients speak to the state machine below, never to the C3B layer.
void ArtifactReplica::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id,
                               core::RequestId, const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::picsou
