// A replica as the published artifact of Picsou runs it (`rule: artifact`), defects included, so
// that what is measured of its program can be compared with what is simulated.
//
// It shares with Picsou's own replica what both do alike: how QUACKs are found (quack.h), what a
// receiver holds (inbound.h), the messages, notes and credit. Its own are the schedule
// (artifact_schedule.h), the counting of what is missing (artifact_tracker.h), when batches leave
// (artifact_outbox.h) and how long they are (artifact_wire.h). It takes no notice of r, asks nobody
// for what it lacks, gives no hints, and knows no clock in its complaints.
//
// Where the artifact was not measured, this is decided here: what a quorum has acknowledged is not
// sent for the first time any more (a replica that comes back begins there); a receiver that takes
// nothing holds the sender up when 8 batches wait for it, but not its no-ops to others.
//
// Source: the artifact (scrooge.cpp), as its running program was measured.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/credit_waits.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/pace.h"
#include "protocols/core/passing.h"
#include "protocols/core/program.h"
#include "protocols/picsou/artifact_outbox.h"
#include "protocols/picsou/artifact_schedule.h"
#include "protocols/picsou/artifact_tracker.h"
#include "protocols/picsou/inbound.h"
#include "protocols/picsou/messages.h"
#include "protocols/picsou/quack.h"
#include "protocols/picsou/replica.h"

namespace lockstep::picsou {

class ArtifactReplica : public core::Node, public core::LogReader {
 public:
  // Messages that may be held for resending; here all above the QUACK.
  static constexpr std::uint64_t kHeldMost = std::uint64_t{1} << 20;

  // `log` and `owner` outlive the replica.
  ArtifactReplica(const Config& config, const core::Seat& seat, core::Log& log,
                  core::LogOwner& owner);
  ArtifactReplica(const ArtifactReplica&) = delete;  // Its tracker refers to its schedule.
  ArtifactReplica& operator=(const ArtifactReplica&) = delete;

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
  void OnBatch(const core::Now& now, core::NodeId from, const Codec::Decoded& decoded,
               core::Effects& out);
  // A report of a receiver: it enters the QUACK, and then judges what is above that.
  void OnReport(const core::Now& now, std::uint32_t receiver, const Ack& ack, core::Effects& out);
  // Stores and delivers what is new.
  void Receive(const core::Now& now, const std::vector<core::Records>& data, core::Effects& out);

  // Goes on along the stream as far as windows and queues allow.
  void Walk(const core::Now& now, core::Effects& out);
  bool MayPass(std::uint64_t position) const;
  // Makes this replica's turns `from` to `to` of a message that exists.
  void MakeTurns(const core::Now& now, std::uint64_t position, std::uint64_t from, std::uint64_t to,
                 core::Effects& out);
  void Append(const core::Now& now, std::uint32_t receiver, std::uint64_t position,
              std::uint64_t attempt, core::Effects& out);
  // Closes what has collected for a receiver, be it nothing, and sends it as soon as there is
  // credit.
  void Flush(const core::Now& now, std::uint32_t receiver, core::Effects& out);
  void Drain(std::uint32_t receiver, core::Effects& out);
  void SendNoop(const core::Now& now, core::Effects& out);
  bool is_ack_window_open() const {
    return config_.ack_window == 0 || batches_since_ack_ < config_.ack_window;
  }

  Config config_;
  core::Seat seat_;
  core::Log& log_;
  core::LogOwner& owner_;
  Codec codec_;
  ArtifactSchedule schedule_;

  Inbound inbound_;
  QuackCounter quacks_;
  ArtifactTracker tracker_;
  ArtifactOutbox outbox_;
  core::Passing passing_;
  core::CreditWaits other_waits_;
  core::Pace pace_;

  std::uint64_t walked_ = 0;  // the next position of the stream
  std::uint64_t passes_ = 0;  // messages that may go in spite of a closed window
  std::uint64_t batches_since_ack_ = 0;
  core::Instant last_batch_;
  core::Instant last_message_;
  std::uint32_t noop_turn_;
};

}  // namespace lockstep::picsou
