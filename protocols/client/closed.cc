// Clients in a closed loop: see closed.h.

#include "protocols/client/closed.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace lockstep::client {
namespace {

// Numbers of requests go on above those of an earlier life, which nobody has kept.
constexpr int kLifeShift = 40;

}  // namespace

ClosedLoop::ClosedLoop(const Config& config, const core::Seat& seat)
    : config_(config), home_(seat.index), contents_(*seat.contents), clients_(config.count) {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    clients_[i].request = core::RequestId(seat.incarnation << kLifeShift);
    clients_[i].attempts = static_cast<std::uint32_t>(IdOf(i).value() % config.replicas.size);
  }
}

void ClosedLoop::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) Invoke(now, i, out);
}

void ClosedLoop::Invoke(const core::Now& now, std::uint32_t index, core::Effects& out) {
  Client& client = clients_[index];
  if (config_.requests > 0 && client.made == config_.requests) return;
  ++client.made;
  client.request = core::RequestId(client.request.value() + 1);
  client.invoked = now.monotonic();
  if (config_.is_local) client.attempts = home_;
  SendRequest(now, index, out);
}

void ClosedLoop::SendRequest(const core::Now& now, std::uint32_t index, core::Effects& out) {
  Client& client = clients_[index];
  const std::uint64_t number = client.request.value();
  const core::Bytes content =
      contents_.Make(config_.generator, core::Run{number, 1, 1}, config_.request_bytes);
  if (!std::exchange(client.is_waiting, true)) {
    out.Note({core::NoteKind::kInvoked, core::NodeId(), core::StreamId(), core::Run{number, 1, 1},
              IdOf(index).value(), content.Digest()});
  }
  out.Request(config_.replicas.Replica(client.attempts++), IdOf(index), client.request, content);
  client.retry_at = now.monotonic() + config_.retry;
  if (!std::exchange(is_retry_set_, true)) out.SetTimer(kRetry, client.retry_at);
}

void ClosedLoop::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kThought) {
    OnThought(now, out);
  } else {
    OnRetryTime(now, out);
  }
}

void ClosedLoop::Think(core::Instant until, std::uint32_t index, core::Effects& out) {
  // Nearly always behind all others: they think for equal times.
  auto at = thinkers_.end();
  while (at != thinkers_.begin() && until < std::prev(at)->until) --at;
  const bool is_first = at == thinkers_.begin();
  thinkers_.insert(at, {until, index});
  if (is_first) out.SetTimer(kThought, until);
}

void ClosedLoop::OnThought(const core::Now& now, core::Effects& out) {
  while (!thinkers_.empty() && thinkers_.front().until <= now.monotonic()) {
    const std::uint32_t index = thinkers_.front().index;
    thinkers_.pop_front();
    Invoke(now, index, out);
  }
  if (!thinkers_.empty()) out.SetTimer(kThought, thinkers_.front().until);
}

void ClosedLoop::OnRetryTime(const core::Now& now, core::Effects& out) {
  std::optional<core::Instant> next;
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    const Client& client = clients_[i];
    if (!client.is_waiting) continue;
    if (client.retry_at <= now.monotonic()) SendRequest(now, i, out);
    next = std::min(next.value_or(client.retry_at), client.retry_at);
  }
  is_retry_set_ = next.has_value();
  if (next) out.SetTimer(kRetry, *next);
}

void ClosedLoop::OnAnswer(const core::Now& now, core::ClientId id, core::RequestId request,
                          const core::Bytes& answer, core::Effects& out) {
  const std::uint64_t index = id.value() - config_.first.value();
  if (index >= clients_.size()) return;  // Another's.
  Client& client = clients_[index];
  if (!client.is_waiting || request != client.request) return;  // Answered before.
  client.is_waiting = false;
  out.Note({core::NoteKind::kReturned, core::NodeId(), core::StreamId(),
            core::Run{request.value(), 1, 1}, id.value(), answer.Digest()});
  const bool took_time = now.monotonic() > client.invoked;
  Think(now.monotonic() + (took_time ? config_.think : std::max(config_.think, kLeastThink)),
        static_cast<std::uint32_t>(index), out);
}

// Nobody has anything to say to a client but answers.
void ClosedLoop::OnMessage(const core::Now&, core::NodeId from, const core::Bytes&,
                           core::Effects& out) {
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

}  // namespace lockstep::client
