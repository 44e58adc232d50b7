// What a replica passes on within its own cluster: to each peer as its credit allows.
//
// The same for all of them, and in order. Who cannot take it has it wait; where more peers than may
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

namespace lockstep::c3b {

class Passing {
 public:
  Passing(const core::Cluster& own, const core::Cluster& other, const core::Seat& seat);

  // To all others of the own cluster.
  void Broadcast(const core::Bytes& payload, core::Effects& out);
  void OnWritable(std::uint32_t index, core::Effects& out);

 private:
  // What waits for credit towards one peer.
  struct Queue {
    std::list<core::Bytes> waiting;  // costs nothing where nothing waits, as nearly always
    std::uint64_t bytes = 0;
  };

  void Drain(std::uint32_t index, core::Effects& out);
  void RegulateReading(core::Effects& out);

  core::Cluster own_;
  core::Cluster other_;
  std::uint32_t self_;
  std::uint64_t limit_;  // bytes that may wait for a peer that is not behind
  core::CreditWaits waits_;
  std::vector<Queue> queues_;  // queues_[index]
  bool is_holding_ = false;
};

}  // namespace lockstep::c3b
