// Leader to leader (LL): one replica sends, one receives and passes on.
//
// Replica 0 of the sending cluster sends each message to replica 0 of the other, which broadcasts
// it to the others of its cluster. Nothing is acknowledged, asked for or sent again, and the others
// send nothing across: a message is delivered to all if both leaders are correct, and nothing is
// promised where one of them is not.
//
// Source: the Picsou paper, section 6. Variant::kArtifact is what its artifact runs over its log
// that is there from the start: the others are not silenced, so that replica i sends the whole
// stream to replica i of the other cluster, where there is one. Decided here: there, too, only
// receiver 0 passes on what it gets, since the load of the leader is said to be the same.

#pragma once

#include "protocols/c3b/config.h"
#include "protocols/c3b/inbound.h"
#include "protocols/c3b/outbound.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/passing.h"
#include "protocols/core/program.h"

namespace lockstep::c3b {

class LeaderToLeader : public core::Node, public core::LogReader {
 public:
  // `log` and `owner` outlive the node.
  LeaderToLeader(const Config& config, const core::Seat& seat, core::Log& log,
                 core::LogOwner& owner);

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
  bool is_leader_;
  Outbound outbound_;
  Inbound inbound_;
  core::Passing passing_;
};

}  // namespace lockstep::c3b
