// What one node sends, to each peer in order, as its credit allows.
//
// Holds next to nothing: whoever puts something in asks IsIdle first wherever more could come than
// one message a peer.

#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "protocols/core/bytes.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"

namespace lockstep::kafka {

class Outbox {
 public:
  void Send(core::NodeId to, core::Bytes payload, core::Effects& out);
  // Whether nothing waits for it.
  bool IsIdle(core::NodeId to) const { return !waiting_.contains(to); }
  void OnWritable(core::NodeId peer, core::Effects& out);

 private:
  static bool Fits(core::NodeId to, const core::Bytes& payload, const core::Effects& out) {
    return out.CreditLeft(to) >= payload.byte_count().value();
  }

  std::map<core::NodeId, std::deque<core::Bytes>> waiting_;  // by peer; never empty ones
};

}  // namespace lockstep::kafka
