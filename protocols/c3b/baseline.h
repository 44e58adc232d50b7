// The two baselines without acknowledgements or leaders that Picsou is compared with.
//
// One-shot (OST): replica i sends every message k′ with k′ mod n_s = i, once, always to receiver
// i mod n_r; nobody passes it on. An upper bound on speed that promises no delivery.
// All-to-all (ATA): every replica sends every message to every receiver.
// Source: the Picsou paper, section 6, and its artifact (one batch is duplicated to all receivers).

#pragma once

#include "protocols/c3b/config.h"
#include "protocols/c3b/inbound.h"
#include "protocols/c3b/outbound.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"

namespace lockstep::c3b {

class Baseline : public core::Node, public core::LogReader {
 public:
  // `log` and `owner` outlive the node.
  Baseline(const Config& config, const core::Seat& seat, core::Log& log, core::LogOwner& owner);

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override;
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override;
  void OnCommitted(const core::Now& now, core::Effects& out) override;

 private:
  Config config_;
  Outbound outbound_;
  Inbound inbound_;
};

}  // namespace lockstep::c3b
