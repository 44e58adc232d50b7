// Requests of clients: see requester.h.

#include "protocols/client/requester.h"

#include <algorithm>
#include <utility>

namespace lockstep::client {
namespace {

// Numbers of requests go on above those of an earlier life, which nobody has kept.
constexpr int kLifeShift = 40;

}  // namespace

Requester::Requester(const Config& config, const core::Seat& seat)
    : config_(config),
      home_(seat.index),
      contents_(*seat.contents),
      before_first_(seat.incarnation << kLifeShift),
      clients_(config.count) {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    clients_[i].newest = before_first_;
    clients_[i].asked = static_cast<std::uint32_t>(IdOf(i).value() % config.replicas.size);
  }
}

bool Requester::HasMore(std::uint32_t index) const {
  return config_.requests == 0 ||
         clients_[index].newest.value() - before_first_.value() < config_.requests;
}

bool Requester::MayInvoke(std::uint32_t index) const {
  const Client& client = clients_[index];
  return client.open.empty() ||
         client.newest.value() + 1 - client.open.front().request.value() < config_.window;
}

core::Bytes Requester::ContentOf(std::uint32_t index, core::RequestId request) const {
  if (config_.operations)
    return core::EncodeOperation(config_.operations->Of(IdOf(index), request));
  return contents_.Make(config_.generator, core::Run{request.value(), 1, 1}, config_.request_bytes);
}

void Requester::Invoke(const core::Now& now, std::uint32_t index, core::Effects& out) {
  Client& client = clients_[index];
  client.newest = core::RequestId(client.newest.value() + 1);
  const core::Bytes content = ContentOf(index, client.newest);
  out.Note({core::NoteKind::kInvoked, core::NodeId(), core::StreamId(),
            core::Run{client.newest.value(), 1, 1}, IdOf(index).value(), content.Digest()});
  client.open.push_back({client.newest, now.monotonic(), {}, 0});
  Send(now, index, client.open.back(), content, out);
}

void Requester::Send(const core::Now& now, std::uint32_t index, Open& open,
                     const core::Bytes& content, core::Effects& out) {
  const std::uint32_t attempt =
      config_.is_local ? home_ + open.attempts++ : clients_[index].asked++;
  // What is open is at most what is asked for, also when that is asked for again.
  const core::RequestId low = clients_[index].open.front().request;
  out.Request(config_.replicas.Replica(attempt), IdOf(index), open.request, low, content);
  open.retry_at = now.monotonic() + config_.retry;
  if (!std::exchange(is_retry_set_, true)) out.SetTimer(kRetry, open.retry_at);
}

void Requester::OnRetryTime(const core::Now& now, core::Effects& out) {
  std::optional<core::Instant> next;
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    for (Open& open : clients_[i].open) {
      if (open.retry_at <= now.monotonic()) Send(now, i, open, ContentOf(i, open.request), out);
      next = std::min(next.value_or(open.retry_at), open.retry_at);
    }
  }
  is_retry_set_ = next.has_value();
  if (next) out.SetTimer(kRetry, *next);
}

std::optional<Requester::Answered> Requester::OnAnswer(const core::Now& now, core::ClientId id,
                                                       core::RequestId request,
                                                       const core::Bytes& answer,
                                                       core::Effects& out) {
  const std::uint64_t index = id.value() - config_.first.value();
  if (index >= clients_.size()) return std::nullopt;  // Another's.
  std::vector<Open>& open = clients_[index].open;
  const auto found = std::find_if(open.begin(), open.end(),
                                  [&](const Open& each) { return each.request == request; });
  if (found == open.end()) return std::nullopt;  // Answered before.
  const Answered answered{static_cast<std::uint32_t>(index), now.monotonic() > found->invoked};
  open.erase(found);
  out.Note({core::NoteKind::kReturned, core::NodeId(), core::StreamId(),
            core::Run{request.value(), 1, 1}, id.value(), answer.Digest()});
  return answered;
}

}  // namespace lockstep::client
