// Clients in a closed loop: each has as many requests open as its window says, and makes the next
// one when one of them has been answered and it has thought for a while.
//
// A request that is answered at the instant at which it was made is thought about for at least
// kLeastThink: else time would stand still.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "protocols/client/requester.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"

namespace lockstep::client {

class ClosedLoop : public core::Node {
 public:
  static constexpr core::Duration kLeastThink = core::Duration::Nanoseconds(1);

  ClosedLoop(const Config& config, const core::Seat& seat);

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  void OnSubmit(const core::Now&, core::ClientId, core::RequestId, core::RequestId,
                const core::Bytes&, core::Effects&) override {}
  void OnAnswer(const core::Now& now, core::ClientId client, core::RequestId id,
                const core::Bytes& answer, core::Effects& out) override;

 private:
  // All clients of the host share it: those who have been answered in one call go on in one.
  static constexpr core::TimerId kThought = core::TimerId(0);

  struct Thinker {
    core::Instant until;
    std::uint32_t client;
    std::uint64_t requests;  // that it will have thought about then
  };

  void Think(const Thinker& thinker, core::Effects& out);
  void OnThought(const core::Now& now, core::Effects& out);
  // Makes the requests that it has thought about, as far as its window goes.
  void InvokeReady(const core::Now& now, std::uint32_t client, core::Effects& out);

  Requester requester_;
  std::vector<std::uint64_t> ready_;  // ready_[client]: requests that it has thought about
  std::deque<Thinker> thinkers_;      // by time
};

}  // namespace lockstep::client
