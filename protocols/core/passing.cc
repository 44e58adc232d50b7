// What is passed on within a cluster: see passing.h.

#include "protocols/core/passing.h"

#include <utility>

namespace lockstep::core {

Passing::Passing(const Cluster& own, const Cluster& other, const Seat& seat)
    : own_(own),
      other_(other),
      self_(seat.index),
      limit_(static_cast<std::uint64_t>(seat.send_buffer.value())),
      waits_(own.first, own.size),
      queues_(own.size) {}

void Passing::Broadcast(const Bytes& payload, Effects& out) {
  for (std::uint32_t i = 0; i < own_.size; ++i)
    if (i != self_) Put(i, payload, out);
  waits_.List(out);
  RegulateReading(out);
}

void Passing::Tell(std::uint32_t index, const Bytes& payload, Effects& out) {
  Put(index, payload, out);
  waits_.List(out);
  RegulateReading(out);
}

void Passing::Put(std::uint32_t index, const Bytes& payload, Effects& out) {
  queues_[index].waiting.push_back(payload);
  queues_[index].bytes += payload.size();
  Drain(index, out);
}

void Passing::OnWritable(std::uint32_t index, Effects& out) {
  waits_.Forget(index);
  Drain(index, out);
  waits_.List(out);
  RegulateReading(out);
}

void Passing::OnView(const Cluster& own, Effects& out) {
  own_ = own;
  RegulateReading(out);
}

void Passing::Drain(std::uint32_t index, Effects& out) {
  Queue& queue = queues_[index];
  const NodeId to = own_.Replica(index);
  while (!queue.waiting.empty()) {
    if (queue.waiting.front().byte_count().value() > out.CreditLeft(to)) {
      waits_.Want(index, queue.waiting.front().size());
      return;
    }
    Bytes payload = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    queue.bytes -= payload.size();
    out.Spend(Work::kBroadcast, 1, payload.byte_count());
    out.Send(to, std::move(payload));
  }
}

void Passing::RegulateReading(Effects& out) {
  // Up to u replicas, or that stake, may be slow on purpose; more, and the cluster cannot keep up.
  std::uint64_t behind = 0;
  for (std::uint32_t i = 0; i < own_.size; ++i) {
    if (queues_[i].bytes > (is_holding_ ? limit_ / 2 : limit_)) behind += own_.StakeOf(i);
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

}  // namespace lockstep::core
