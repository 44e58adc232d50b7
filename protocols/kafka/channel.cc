// Kafka's channel on a replica: see channel.h.

#include "protocols/kafka/channel.h"

#include <algorithm>
#include <optional>

namespace lockstep::kafka {
namespace {

constexpr core::TimerId kAskAgain(3);
static_assert(kAskAgain != Producer::kLinger && kAskAgain != Producer::kBackoff &&
              kAskAgain != Producer::kTimeout);

}  // namespace

Channel::Channel(const ChannelConfig& config, const core::Seat& seat, core::Log& log,
                 core::LogOwner& owner)
    : config_(config), owner_(owner), producer_(config_, seat.index, log) {
  for (std::uint32_t broker = 0; broker < config_.in.brokers.size; ++broker)
    fetchers_.emplace_back(config_.in, broker, seat.incarnation);
}

void Channel::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  for (Fetcher& fetcher : fetchers_)
    if (fetcher.is_needed()) Ask(now, fetcher, out);
  SetTimeout(now, out);
  producer_.Pump(now, out);
}

void Channel::OnCommitted(const core::Now& now, core::Effects& out) { producer_.Pump(now, out); }

void Channel::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer != kAskAgain) {
    producer_.OnTimer(now, timer, out);
    return;
  }
  is_timeout_set_ = false;
  for (Fetcher& fetcher : fetchers_) {
    const bool is_late = now.monotonic() - fetcher.asked_at() >= config_.request_timeout;
    const bool has_room = outbox_.IsIdle(config_.in.brokers.Replica(fetcher.leader()));
    if (fetcher.is_needed() && is_late && has_room) Ask(now, fetcher, out);
  }
  SetTimeout(now, out);
}

void Channel::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  outbox_.OnWritable(peer, out);
  producer_.Pump(now, out);
}

void Channel::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                        core::Effects& out) {
  const std::optional<Message> message = Decode(payload);
  if (message && Handle(now, from, *message, out)) return;
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

bool Channel::Handle(const core::Now& now, core::NodeId from, const Message& message,
                     core::Effects& out) {
  switch (message.kind) {
    case Kind::kProduced:
      if (message.stream != config_.out.stream || from != producer_.leader()) return false;
      producer_.OnProduced(now, message.produced, out);
      return true;
    case Kind::kFetched:
      if (message.stream != config_.in.stream || !config_.in.brokers.Has(from)) return false;
      return HandleFetched(now, from.value() - config_.in.brokers.first.value(), message, out);
    case Kind::kProduce:
    case Kind::kFetch:
      break;
  }
  return false;
}

bool Channel::HandleFetched(const core::Now& now, std::uint32_t broker, const Message& fetched,
                            core::Effects& out) {
  Fetcher& fetcher = fetchers_[broker];
  const Fetcher::Taken taken = fetcher.Take(fetched);
  if (taken.verdict == Fetcher::Verdict::kWrong) return false;
  const core::StreamId stream = config_.in.stream;
  for (const core::Run& gone : taken.gone)
    out.Note({core::NoteKind::kSkipped, core::NodeId(), stream, gone, 0, 0});
  out.Spend(core::Work::kReceive, core::CountOf(taken.fresh),
            core::ByteCount(static_cast<std::int64_t>(core::BytesOf(taken.fresh))));
  for (const core::Records& fresh : taken.fresh) {
    out.Note({core::NoteKind::kDelivered, core::NodeId(), stream, fresh.run, 0,
              fresh.contents.Digest()});
    owner_.OnDelivered(now, stream, fresh.run, fresh.contents, out);
  }
  if (taken.verdict == Fetcher::Verdict::kAwaited) Ask(now, fetcher, out);
  return true;
}

void Channel::Ask(const core::Now& now, Fetcher& fetcher, core::Effects& out) {
  outbox_.Send(config_.in.brokers.Replica(fetcher.leader()),
               EncodeFetch(config_.in.stream, fetcher.Ask(now.monotonic(), config_.fetch)), out);
}

// One timer for the oldest request: it looks again when that has come meanwhile.
void Channel::SetTimeout(const core::Now& now, core::Effects& out) {
  std::optional<core::Instant> oldest;
  for (const Fetcher& fetcher : fetchers_) {
    if (!fetcher.is_needed()) continue;
    oldest = std::min(oldest.value_or(core::Instant::Max()), fetcher.asked_at());
  }
  if (!oldest || is_timeout_set_) return;
  is_timeout_set_ = true;
  // One that could not be asked again, for want of room, is looked at another time.
  const core::Instant due = *oldest + config_.request_timeout;
  out.SetTimer(kAskAgain, due > now.monotonic() ? due : now.monotonic() + config_.request_timeout);
}

// Clients speak to the state machine below, never to the C3B layer.
void Channel::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id, core::RequestId,
                       const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::kafka
