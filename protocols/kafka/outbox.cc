// What waits for credit: see outbox.h.

#include "protocols/kafka/outbox.h"

#include <utility>

namespace lockstep::kafka {

void Outbox::Send(core::NodeId to, core::Bytes payload, core::Effects& out) {
  if (IsIdle(to) && Fits(to, payload, out)) {
    out.Send(to, std::move(payload));
    return;
  }
  std::deque<core::Bytes>& queue = waiting_[to];
  if (queue.empty()) out.AwaitWritable(to, payload.byte_count());
  queue.push_back(std::move(payload));
}

void Outbox::OnWritable(core::NodeId peer, core::Effects& out) {
  const auto found = waiting_.find(peer);
  if (found == waiting_.end()) return;
  std::deque<core::Bytes>& queue = found->second;
  while (!queue.empty() && Fits(peer, queue.front(), out)) {
    out.Send(peer, std::move(queue.front()));
    queue.pop_front();
  }
  if (queue.empty()) {
    waiting_.erase(found);
  } else {
    out.AwaitWritable(peer, queue.front().byte_count());
  }
}

}  // namespace lockstep::kafka
