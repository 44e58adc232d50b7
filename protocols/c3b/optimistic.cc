// Optimistic transmission: see optimistic.h.

#include "protocols/c3b/optimistic.h"

#include <algorithm>

#include "protocols/c3b/notes.h"
#include "protocols/core/quorum.h"

namespace lockstep::c3b {
namespace {

constexpr core::TimerId kWait(3);
static_assert(kWait != Outbound::kFlush && kWait != Outbound::kPace && kWait != Outbound::kGiveUp);

// Of the leader, from `next` on.
Route LeadingRoute(const Config& config, std::uint64_t next) {
  return {0, config.other.u + 1, 1, next};
}

std::optional<core::Duration> PatienceOf(const Config& config) {
  if (config.variant == Variant::kArtifact) return std::nullopt;
  return config.timeout;
}

}  // namespace

Optimistic::Optimistic(const Config& config, const core::Seat& seat, core::Log& log,
                       core::LogOwner& owner)
    : config_(config),
      seat_(seat),
      log_(log),
      outbound_(config, seat, log, Route(), PatienceOf(config)),
      inbound_(config.in_stream, owner, 1),
      passing_(config.own, config.other, seat),
      kept_(config.retain),
      helped_(config.own.size),
      is_leading_(seat.index == 0 && (seat.incarnation == 0 || !has_timer())),
      asked_(config.other.size) {
  if (is_leading_) outbound_.Take(LeadingRoute(config, 0));
}

void Optimistic::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  outbound_.Pump(now, out);
  if (!has_timer()) return;
  watch_.emplace(config_.own, config_.other, seat_.index, config_.timeout, now.monotonic());
  SetWait(now, out);
}

void Optimistic::OnCommitted(const core::Now& now, core::Effects& out) { outbound_.Pump(now, out); }

void Optimistic::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer != kWait) {
    outbound_.OnTimer(now, timer, out);
    return;
  }
  const std::uint64_t before = watch_->view();
  if (watch_->OnTick(now.monotonic())) {
    if (watch_->view() != before) {
      out.Note({kSuspects, core::NodeId(), config_.in_stream, core::Run{watch_->view(), 1, 1},
                watch_->held(), 0});
    }
    AskAll(out);
  }
  SetWait(now, out);
}

void Optimistic::SetWait(const core::Now& now, core::Effects& out) {
  out.SetTimer(kWait, watch_->NextTick(now.monotonic()));
}

void Optimistic::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  if (config_.own.Has(peer)) {
    passing_.OnWritable(peer.value() - config_.own.first.value(), out);
  } else {
    outbound_.OnWritable(now, peer.value() - config_.other.first.value(), out);
  }
}

void Optimistic::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                           core::Effects& out) {
  const std::optional<Message> message = DecodeAny(payload);
  if (message && Handle(now, from, *message, out)) return;
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

bool Optimistic::Handle(const core::Now& now, core::NodeId from, const Message& message,
                        core::Effects& out) {
  const bool is_own = config_.own.Has(from);
  if (!is_own && !config_.other.Has(from)) return false;
  const core::Cluster& cluster = is_own ? config_.own : config_.other;
  const std::uint32_t index = from.value() - cluster.first.value();
  const auto is_authentic = [&] {
    return has_timer() &&
           seat_.verifier->VerifyMac(core::SpeakerOf(from), message.signed_digest, message.mac);
  };
  switch (message.kind) {
    case Kind::kBatch:
      if (is_own || message.batch.stream != config_.in_stream) return false;
      Receive(now, message.batch.data, out);
      passing_.Broadcast(Encode(message.batch, config_.wire, Kind::kBroadcast), out);
      return true;
    case Kind::kBroadcast:
      if (!is_own || message.batch.stream != config_.in_stream) return false;
      Receive(now, message.batch.data, out);
      return true;
    case Kind::kHelp: {
      if (!is_own || message.batch.stream != config_.in_stream || !has_timer()) return false;
      const std::uint64_t before = inbound_.Frontier();
      Receive(now, message.batch.data, out);
      // Who has helped is asked for more.
      if (inbound_.Frontier() > before) AskOne(from, out);
      return true;
    }
    case Kind::kAsk:
      if (message.ask.stream != (is_own ? config_.in_stream : config_.out_stream)) return false;
      if (!is_authentic()) return false;
      if (!is_own) {
        OnAsk(now, index, message.ask, out);
        return true;
      }
      watch_->OnView(now.monotonic(), index, message.ask.view);
      Help(now, index, message.ask.held, out);
      return true;
    case Kind::kCommitted:
      if (is_own || message.committed.stream != config_.in_stream || !is_authentic()) return false;
      watch_->OnCommitted(now.monotonic(), index, message.committed.end);
      return true;
  }
  return false;
}

// --- As a receiver ---

void Optimistic::Receive(const core::Now& now, const std::vector<core::Records>& data,
                         core::Effects& out) {
  const std::vector<core::Records> fresh = inbound_.Receive(now, data, out);
  if (!has_timer()) return;
  for (const core::Records& records : fresh) kept_.Add(records);
  watch_->OnHeld(now.monotonic(), inbound_.Frontier());
}

void Optimistic::AskAll(core::Effects& out) {
  for (std::uint32_t i = 0; i < config_.other.size; ++i) AskOne(config_.other.Replica(i), out);
  for (std::uint32_t i = 0; i < config_.own.size; ++i) {
    if (i != seat_.index) AskOne(config_.own.Replica(i), out);
  }
}

void Optimistic::AskOne(core::NodeId to, core::Effects& out) {
  // Where there is no room for it, it is asked for again soon.
  if (out.CreditLeft(to) < static_cast<std::int64_t>(kAskBytesMax)) return;
  const Ask ask{config_.in_stream, watch_->view(), inbound_.Frontier()};
  out.Send(to, Encode(ask, *seat_.signer, core::SpeakerOf(to)));
}

void Optimistic::Help(const core::Now& now, std::uint32_t peer, std::uint64_t position,
                      core::Effects& out) {
  if (position >= inbound_.Frontier()) return;
  // The same again only when what was sent must have been lost.
  Helped& helped = helped_[peer];
  const bool is_early = helped.at && now.monotonic() - *helped.at < config_.timeout;
  if (is_early && position <= helped.from) return;
  const Batch batch{config_.in_stream, kept_.From(position, config_.batch_bytes)};
  if (batch.data.empty()) return;
  const core::Bytes payload = Encode(batch, config_.wire, Kind::kHelp);
  const core::NodeId to = config_.own.Replica(peer);
  if (payload.byte_count().value() > out.CreditLeft(to)) return;
  helped = {position, now.monotonic()};
  out.Spend(core::Work::kBroadcast, 1, payload.byte_count());
  out.Send(to, payload);
}

// --- As a sender ---

std::uint64_t Optimistic::AskedOfAll(std::uint64_t Asked::*number) const {
  std::vector<std::uint64_t> numbers;
  for (const Asked& asked : asked_) numbers.push_back(asked.*number);
  return core::ReachedBy(std::move(numbers), config_.other.u + 1);
}

void Optimistic::OnAsk(const core::Now& now, std::uint32_t receiver, const Ask& ask,
                       core::Effects& out) {
  Asked& asked = asked_[receiver];
  asked.view = std::max(asked.view, ask.view);
  asked.held = std::max(asked.held, ask.held);
  const std::uint64_t view = AskedOfAll(&Asked::view);
  if (view > view_) TakeView(view, out);
  // What a correct receiver holds its peers get from there.
  if (is_leading_) outbound_.SkipTo(AskedOfAll(&Asked::held));
  const std::uint64_t end = log_.Positions().value();
  const core::NodeId to = config_.other.Replica(receiver);
  if (ask.held < end && out.CreditLeft(to) >= static_cast<std::int64_t>(kAskBytesMax)) {
    const Committed committed{config_.out_stream, end};
    out.Send(to, Encode(committed, *seat_.signer, core::SpeakerOf(to)));
  }
  outbound_.Pump(now, out);
}

void Optimistic::TakeView(std::uint64_t view, core::Effects& out) {
  view_ = view;
  is_leading_ = view % config_.own.size == seat_.index;
  const std::uint64_t next = AskedOfAll(&Asked::held);
  outbound_.Take(is_leading_ ? LeadingRoute(config_, next) : Route());
  if (is_leading_)
    out.Note({kLeads, core::NodeId(), config_.out_stream, core::Run{view, 1, 1}, next, 0});
}

// Clients speak to the state machine below, never to the C3B layer.
void Optimistic::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id,
                          core::RequestId, const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::c3b
