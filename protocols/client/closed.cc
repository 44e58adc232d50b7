// Clients in a closed loop: see closed.h.

#include "protocols/client/closed.h"

#include <algorithm>
#include <iterator>

namespace lockstep::client {

ClosedLoop::ClosedLoop(const Config& config, const core::Seat& seat)
    : requester_(config, seat), ready_(config.count, config.window) {}

void ClosedLoop::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  for (std::uint32_t i = 0; i < ready_.size(); ++i) InvokeReady(now, i, out);
}

void ClosedLoop::InvokeReady(const core::Now& now, std::uint32_t client, core::Effects& out) {
  while (ready_[client] > 0 && requester_.HasMore(client) && requester_.MayInvoke(client)) {
    --ready_[client];
    requester_.Invoke(now, client, out);
  }
}

void ClosedLoop::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kThought) {
    OnThought(now, out);
  } else {
    requester_.OnRetryTime(now, out);
  }
}

void ClosedLoop::Think(const Thinker& thinker, core::Effects& out) {
  // Nearly always behind all others: they think for equal times.
  auto at = thinkers_.end();
  while (at != thinkers_.begin() && thinker.until < std::prev(at)->until) --at;
  const bool is_first = at == thinkers_.begin();
  thinkers_.insert(at, thinker);
  if (is_first) out.SetTimer(kThought, thinker.until);
}

void ClosedLoop::OnThought(const core::Now& now, core::Effects& out) {
  while (!thinkers_.empty() && thinkers_.front().until <= now.monotonic()) {
    const Thinker thinker = thinkers_.front();
    thinkers_.pop_front();
    ready_[thinker.client] += thinker.requests;
    InvokeReady(now, thinker.client, out);
  }
  if (!thinkers_.empty()) out.SetTimer(kThought, thinkers_.front().until);
}

void ClosedLoop::OnAnswer(const core::Now& now, core::ClientId id, core::RequestId request,
                          const core::Bytes& answer, core::Effects& out) {
  const auto answered = requester_.OnAnswer(now, id, request, answer, out);
  if (!answered) return;
  const core::Duration think = requester_.config().think;
  const core::Duration pause = answered->took_time ? think : std::max(think, kLeastThink);
  Think({now.monotonic() + pause, answered->client, 1}, out);
  // Others may have waited for the oldest to be answered. They come in a call of their own: this
  // one may list work, behind which their notes would come later than what they ask for.
  if (ready_[answered->client] > 0) Think({now.monotonic(), answered->client, 0}, out);
}

// Nobody has anything to say to a client but answers.
void ClosedLoop::OnMessage(const core::Now&, core::NodeId from, const core::Bytes&,
                           core::Effects& out) {
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

}  // namespace lockstep::client
