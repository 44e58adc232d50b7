// Optimistic transmission (OTU), as GeoBFT sends between clusters: a leader, and who replaces it.
//
// In the good case: the leader, replica 0 of the sending cluster, sends each message to receivers
// 0 .. u_r, of which one at least is correct; each of these broadcasts it to all others of its
// cluster, and who has a message already drops the copy.
//
// When the leader fails: a receiver that gets nothing for a timeout asks, all senders and all peers
// of its own cluster, for position `held`, and for a view (see watch.h). A peer that holds it sends
// it. A sender whose log has it says so: only then does the receiver begin to suspect. When u_r + 1
// receivers ask for a view, so that a correct one is among them, replica view mod n_s leads: it
// sends on from the greatest position that u_r + 1 receivers say they have reached, below which a
// correct receiver holds everything. So after at most u_s + 1 leaders one is correct.
//
// Source: the Picsou paper, section 6 (a timeout, and the next leader, at most u_s + 1 rounds), and
// GeoBFT (ResilientDB, VLDB 2020): joining in, help from peers, and that views are changed by
// requests of receivers. Decided here, where these are silent or about something else:
// - GeoBFT sends in every round, so that silence alone is a fault. Here a stream may rest:
// receivers
//   ask once in each timeout while nothing comes, and what is not committed is not missed.
// - The next leader stays. It is no leader of the sending cluster's own log, which is not asked.
// - Each receiver asks for itself; u_r + 1 that are counted at each sender take the place of the
//   n - f local votes before one request goes across.
// - Requests and answers bear authenticators, batches none: nobody's contents are checked here.
// - A leader goes on without a receiver that has taken nothing for a timeout while another one
//   could be sent more; what such a one has missed its peers have.
// - A restarted sender leads when it is asked to, whatever its index. A receiver keeps the last
//   `retain` bytes for its peers; who is further behind than these is not helped.
// Variant::kArtifact is what the artifact runs: no timer, so that nobody asks and a dead leader
// stops the stream.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/c3b/config.h"
#include "protocols/c3b/inbound.h"
#include "protocols/c3b/kept.h"
#include "protocols/c3b/messages.h"
#include "protocols/c3b/outbound.h"
#include "protocols/c3b/watch.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/passing.h"
#include "protocols/core/program.h"

namespace lockstep::c3b {

class Optimistic : public core::Node, public core::LogReader {
 public:
  // `log` and `owner` outlive the node.
  Optimistic(const Config& config, const core::Seat& seat, core::Log& log, core::LogOwner& owner);

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
  // What one receiver of the other cluster has asked for, at most.
  struct Asked {
    std::uint64_t view = 0;
    std::uint64_t held = 0;
  };
  // What was handed over to a peer last, when it asked.
  struct Helped {
    std::uint64_t from = 0;
    std::optional<core::Instant> at;
  };

  // False where it is not for this replica, or not from whom it says.
  bool Handle(const core::Now& now, core::NodeId from, const Message& message, core::Effects& out);
  // As a receiver.
  void Receive(const core::Now& now, const std::vector<core::Records>& data, core::Effects& out);
  void AskAll(core::Effects& out);
  void AskOne(core::NodeId to, core::Effects& out);
  void Help(const core::Now& now, std::uint32_t peer, std::uint64_t position, core::Effects& out);
  void SetWait(const core::Now& now, core::Effects& out);
  // As a sender.
  void OnAsk(const core::Now& now, std::uint32_t receiver, const Ask& ask, core::Effects& out);
  void TakeView(std::uint64_t view, core::Effects& out);
  // The greatest of all receivers' numbers that one of u_r + 1 correct ones has reached.
  std::uint64_t AskedOfAll(std::uint64_t Asked::*number) const;

  bool has_timer() const { return config_.variant == Variant::kPaper; }

  Config config_;
  core::Seat seat_;
  core::Log& log_;
  Outbound outbound_;
  Inbound inbound_;
  core::Passing passing_;
  std::optional<Watch> watch_;  // from the start on
  Kept kept_;
  std::vector<Helped> helped_;  // helped_[index in the own cluster]
  std::uint64_t view_ = 0;
  bool is_leading_;
  std::vector<Asked> asked_;  // asked_[receiver]
};

}  // namespace lockstep::c3b
