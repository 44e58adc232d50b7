// A Picsou replica: cross-cluster consistent broadcast by quorum acknowledgements.
//
// Sends its share of the own cluster's log to the other cluster, takes part in receiving the other
// stream, and acknowledges with what it sends anyway. Leaves the rules to others: schedule.h who
// sends, quack.h what is safe, resend.h what is lost, inbound.h what is held, fetcher.h when it was
// left behind and whom it asks, retained.h what it keeps for those that ask, credentials.h what it
// believes.
//
// Source: the Picsou paper, section 4. Windows and the no-op timer follow the published artifact
// (its flow control; the paper leaves it open).

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/core/batcher.h"
#include "protocols/core/credit_waits.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/pace.h"
#include "protocols/core/passing.h"
#include "protocols/core/program.h"
#include "protocols/picsou/answers.h"
#include "protocols/picsou/credentials.h"
#include "protocols/picsou/fetcher.h"
#include "protocols/picsou/inbound.h"
#include "protocols/picsou/messages.h"
#include "protocols/picsou/quack.h"
#include "protocols/picsou/repeat_interval.h"
#include "protocols/picsou/resend.h"
#include "protocols/picsou/resend_queue.h"
#include "protocols/picsou/retained.h"
#include "protocols/picsou/schedule.h"

namespace lockstep::picsou {

// What a receiver does that lacks what senders take for safe (section 4.2 of the paper).
enum class Remedy : std::uint8_t {
  kFetch,    // it fetches that from its peers
  kAdvance,  // it goes past that
};

struct Config {
  core::Cluster own;
  core::Cluster other;
  core::StreamId out_stream;  // the own cluster's
  core::StreamId in_stream;   // the other's
  Rule rule = Rule::kPaper;
  // Messages of a stream bear proofs that its cluster has committed them, and receivers check them.
  bool certificates = true;
  std::uint64_t phi = 0;  // positions in the φ-list
  std::uint64_t batch_bytes = 200'000;
  core::Duration batch_delay = core::Duration::Milliseconds(1);
  // W_q: a position is sent only if it is less than this above the QUACK.
  std::uint64_t quack_window = 1'048'576;
  // W_a: batches sent since the own cumulative ACK last changed; 0: no such window.
  std::uint64_t ack_window = 0;
  // A no-op goes to the next receiver each time, whatever else is sent: each of them hears from
  // this replica at least every n_r times that.
  core::Duration noop_delay = core::Duration::Milliseconds(5);
  // A window that has been closed for so long lets one message pass: both are soft.
  core::Duration max_delay = core::Duration::Milliseconds(75);
  // See repeat_interval.h. Measured where `ack_round` is there, which is then its least value: the
  // time in which no-ops of all receivers come round, n_s of their no-op delays.
  core::Duration repeat_interval;
  std::optional<core::Duration> ack_round;
  Remedy remedy = Remedy::kFetch;
  // Messages of the other stream that are kept for peers; none: 2 W_q.
  std::optional<std::uint64_t> retain;
  // And at most so many bytes of content.
  static constexpr std::uint64_t kRetainBytes = 256'000'000;
  std::uint64_t Retain() const { return retain.value_or(2 * quack_window); }
  WireSizes wire;

  // As replicas use it: the artifact's bitmap has whole words, and at least one.
  std::uint64_t PhiOnWire() const {
    return rule == Rule::kPaper ? phi : std::max<std::uint64_t>(64, (phi + 63) / 64 * 64);
  }

  // What a φ-list may have at most on our wire, in runs: a few for each pair of replicas, as far as
  // a batch stays within the 1 MiB that send buffers have for it beside its contents.
  std::uint64_t PhiRunsMax() const {
    const std::uint64_t fitting = certificates ? 30'000 : 31'700;
    return std::min(fitting, 512 + 4 * static_cast<std::uint64_t>(own.size) * other.size);
  }
};

class Replica : public core::Node, public core::LogReader {
 public:
  // `log` and `owner` outlive the replica.
  Replica(const Config& config, const core::Seat& seat, core::Log& log, core::LogOwner& owner);

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override;
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override;
  void OnCommitted(const core::Now& now, core::Effects& out) override;
  // See replica_view.cc.
  void OnView(const core::Now& now, const core::View& view, core::Effects& out) override;

 private:
  void OnBatch(const core::Now& now, core::NodeId from, const Codec::Decoded& decoded,
               core::Effects& out);
  void OnAck(const core::Now& now, std::uint32_t receiver, const Ack& ack, core::Effects& out);
  // What a peer of the own cluster sends; false where it is none of these.
  bool OnLocal(const core::Now& now, std::uint32_t peer, const Codec::Decoded& decoded,
               core::Effects& out);
  void OnFetch(const core::Now& now, std::uint32_t peer, const Fetch& fetch, core::Effects& out);
  void OnSupply(const core::Now& now, std::uint32_t peer, const Supply& supply, core::Effects& out);
  void OnPeerAck(std::uint32_t peer, std::uint64_t cumulative);
  // Lets go what peers have had the time to ask for.
  void Ripen(const core::Now& now);
  // So much stake of others is to have what goes for want of room, beside its own.
  static std::uint64_t Sparing(const core::Cluster& own, std::uint32_t self);
  // Sees whether it was left behind, and does about it what is due.
  void LookBehind(const core::Now& now, core::Effects& out);
  void Recover(const core::Now& now, core::Effects& out);
  void SendFetch(const Fetcher::Ask& ask, core::Effects& out);
  // Goes past what is missing below `to`.
  void Skip(std::uint64_t to, core::Effects& out);
  // Notes that it has made good what it lacked when it came back.
  void MindReturn(core::Effects& out);
  // Stores and delivers what is new.
  void Receive(const core::Now& now, const std::vector<core::Records>& data, core::Effects& out);
  void BroadcastLocally(const std::vector<core::Records>& data, core::Effects& out);

  // Sends whatever windows and credit allow.
  void Pump(const core::Now& now, core::Effects& out);
  void SendBatches(const core::Now& now, core::Effects& out);
  // Sends one batch that waits, for the next receiver in turn, in spite of a closed window W_a.
  void SendInPass(const core::Now& now, core::Effects& out);
  // Sends one batch of `from`, or wants credit for it; false where nothing is due, or it must wait.
  template <typename Queue>
  bool SendFrom(Queue& from, const core::Now& now, std::uint32_t receiver, core::Effects& out);
  void OnQuack(const core::Now& now, std::uint64_t quack, core::Effects& out);
  // Queues what this replica is to send again.
  void Resend(const core::Now& now, const Attempt& attempt);
  // The same of positions that have the same pairs.
  void ResendAlike(const core::Now& now, core::Run positions, std::uint64_t attempt);
  // The next own positions below `limit` whose contents are of one size; there is one.
  core::Extent NextOwn(std::uint64_t limit) const;
  // Walks on along the stream and queues this replica's share; false if nothing may follow yet.
  bool Walk(const core::Now& now, core::Effects& out);
  // Whether some receiver could be sent more than what waits for it; else credit is wanted.
  bool IsMoreWanted(const core::Now& now, const core::Effects& out);
  // Whether a receiver that takes batches has one waiting. Where shares are unequal, those with
  // small ones could be sent a window ahead of it: too much to hold, and too far for φ-lists. Who
  // takes nothing for as long as it takes a closed window to open holds nobody up.
  bool IsHeldUp(const core::Now& now) const;
  void SendBatch(const core::Now& now, std::uint32_t receiver,
                 const std::vector<core::Batcher::Item>& items, core::Effects& out);
  void SendNoop(const core::Now& now, core::Effects& out);
  bool is_ack_window_open() const {
    return config_.ack_window == 0 || batches_since_ack_ < config_.ack_window;
  }
  std::uint64_t Limit() const;
  // What it says that it holds; notes where there is no room for more.
  Ack Report(core::Effects& out);

  Config config_;
  core::Seat seat_;
  core::Log& log_;
  core::LogOwner& owner_;
  Codec codec_;
  Schedule schedule_;

  Credentials credentials_;
  Inbound inbound_;
  QuackCounter hints_;                // what senders state of the other stream
  std::optional<Retained> retained_;  // where peers may fetch
  Answers answers_;
  Fetcher fetcher_;
  QuackCounter quacks_;
  ComplaintTracker complaints_;
  core::Batcher first_sends_;
  ResendQueue resends_;
  core::Passing passing_;
  core::CreditWaits other_waits_;  // for those of the other
  core::Pace pace_;

  std::uint32_t view_ = 0;
  std::uint64_t walked_ = 0;  // own positions walked so far
  bool is_caught_up_ = true;  // false after a restart, until a QUACK says where the stream is
  std::uint64_t passes_ = 0;  // messages or batches that may go in spite of a closed window
  std::uint64_t batches_since_ack_ = 0;
  core::Instant last_data_;
  std::uint32_t noop_turn_ = 0;
  // The receiver that comes first where few batches may be sent.
  std::uint32_t window_turn_ = 0;
  std::optional<core::Instant> flush_timer_;
  std::optional<core::Instant> fetch_timer_;
  std::optional<std::uint64_t> stands_at_;  // own cumulative ACK, while there is no room
  std::deque<std::pair<core::Instant, std::uint64_t>> heard_;  // h, by when, but for what is ripe
  std::uint64_t newest_heard_ = 0;
  std::optional<std::uint64_t> returned_at_;  // h, as first heard after a restart
  bool is_returning_ = false;                 // after a restart, until it has what is below that
  bool has_told_peers_ = false;               // of its ACK, since the last no-op
};

}  // namespace lockstep::picsou
