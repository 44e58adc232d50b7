// What a replica passes on within its own cluster: to each peer in order, as its credit allows.
//
// Who cannot take it has it wait; where more peers than may
// fail are behind by a send buffer, what comes from the other cluster is no longer read.

#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/credit_waits.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"

namespace lockstep::core {

class Passing {
 public:
  Passing(const Cluster& own, const Cluster& other, const Seat& seat);

  // To all others of the own cluster.
  void Broadcast(const Bytes& payload, Effects& out);
  // To one of them, behind what waits for it.
  void Tell(std::uint32_t index, const Bytes& payload, Effects& out);
  bool IsIdle(std::uint32_t index) const { return queues_[index].waiting.empty(); }
  void OnWritable(std::uint32_t index, Effects& out);
  // Replicas of the own cluster have another stake from now on.
  void OnView(const Cluster& own, Effects& out);

 private:
  // What waits for credit towards one peer.
  struct Queue {
    std::list<Bytes> waiting;  // costs nothing where nothing waits, as nearly always
    std::uint64_t bytes = 0;
  };

  void Put(std::uint32_t index, const Bytes& payload, Effects& out);
  void Drain(std::uint32_t index, Effects& out);
  void RegulateReading(Effects& out);

  Cluster own_;
  Cluster other_;
  std::uint32_t self_;
  std::uint64_t limit_;  // bytes that may wait for a peer that is not behind
  CreditWaits waits_;
  std::vector<Queue> queues_;  // queues_[index]
  bool is_holding_ = false;
};

}  // namespace lockstep::core
