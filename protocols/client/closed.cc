// Clients in a closed loop: see closed.h.

#include "protocols/client/closed.h"

#include <algorithm>
#include <utility>

#include "protocols/core/request.h"

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
  out.Send(config_.replicas.Replica(client.attempts++),
           core::EncodeFrame({core::Frame::kRequest, IdOf(index), client.request, content}));
  out.SetTimer(core::TimerId(index), now.monotonic() + config_.retry);
}

void ClosedLoop::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  const auto index = static_cast<std::uint32_t>(timer.value());
  if (clients_[index].is_waiting) {
    SendRequest(now, index, out);
  } else {
    Invoke(now, index, out);
  }
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
  out.SetTimer(
      core::TimerId(index),
      now.monotonic() + (took_time ? config_.think : std::max(config_.think, kLeastThink)));
}

// Nobody has anything to say to a client but answers.
void ClosedLoop::OnMessage(const core::Now&, core::NodeId from, const core::Bytes&,
                           core::Effects& out) {
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

}  // namespace lockstep::client
