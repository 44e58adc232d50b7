// What is passed on within a cluster: see passing.h.

#include "protocols/c3b/passing.h"

#include <utility>

namespace lockstep::c3b {

Passing::Passing(const core::Cluster& own, const core::Cluster& other, const core::Seat& seat)
    : own_(own),
      other_(other),
      self_(seat.index),
      limit_(static_cast<std::uint64_t>(seat.send_buffer.value())),
      waits_(own.first, own.size),
      queues_(own.size) {}

void Passing::Broadcast(const core::Bytes& payload, core::Effects& out) {
  for (std::uint32_t i = 0; i < own_.size; ++i) {
    if (i == self_) continue;
    queues_[i].waiting.push_back(payload);
    queues_[i].bytes += payload.size();
    Drain(i, out);
  }
  waits_.List(out);
  RegulateReading(out);
}

void Passing::OnWritable(std::uint32_t index, core::Effects& out) {
  waits_.Forget(index);
  Drain(index, out);
  waits_.List(out);
  RegulateReading(out);
}

void Passing::Drain(std::uint32_t index, core::Effects& out) {
  Queue& queue = queues_[index];
  const core::NodeId to = own_.Replica(index);
  while (!queue.waiting.empty()) {
    if (queue.waiting.front().byte_count().value() > out.CreditLeft(to)) {
      waits_.Want(index, queue.waiting.front().size());
      return;
    }
    core::Bytes payload = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    queue.bytes -= payload.size();
    out.Spend(core::Work::kBroadcast, 1, payload.byte_count());
    out.Send(to, std::move(payload));
  }
}

void Passing::RegulateReading(core::Effects& out) {
  // Up to u replicas may be slow on purpose; more than that, and the own cluster cannot keep up.
  std::uint32_t behind = 0;
  for (const Queue& queue : queues_) {
    if (queue.bytes > (is_holding_ ? limit_ / 2 : limit_)) ++behind;
  }
  const bool should_hold = behind > own_.u;
  if (should_hold == is_holding_) return;
  is_holding_ = should_hold;
  for (std::uint32_t i = 0; i < other_.size; ++i) {
    if (should_hold) {
      out.Hold(other_.Replica(i));
    } else {
      out.Resume(other_.Replica(i));
    }
  }
}

}  // namespace lockstep::c3b
