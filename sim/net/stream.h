// One stream between an ordered pair of hosts: reliable, in order, windowed, paced, in segments.
//
// Bookkeeping only: Streams moves segments and what the ends say to each other, and says when. One
// object holds both ends, but each acts on what packets have told it. Offsets count payload bytes
// since the connection began. What the receiving host has not read stays in the window, so a host
// that reads slowly slows its sender; bytes of a message that is still incomplete count as read, as
// a receiving thread would gather them.
//
// Each arriving segment is acknowledged: by name, with what has come around it (RFC 2018) and
// without a gap from the beginning. A segment is taken for lost when one that was sent three later
// has been acknowledged (forward acknowledgement, Mathis and Mahdavi, SIGCOMM 1996; by order of
// sending, so that a lost retransmission is noticed, too), or when nothing has been heard for a
// retransmission timeout. A segment is the unit of loss and of growth: packet by packet where
// `segment` is "mtu". A sender whose receiver's window is shut asks from time to time whether it
// still is (RFC 1122, 4.2.2.17). One that has heard nothing for `give_up` gives the connection up.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/core/time.h"
#include "sim/net/line_rate.h"
#include "sim/net/message.h"
#include "sim/net/network_spec.h"
#include "sim/net/packet.h"
#include "sim/net/reassembly.h"
#include "sim/net/reno.h"
#include "sim/ring.h"

namespace lockstep::sim {

// What all streams of a link class have in common. Bytes.
struct StreamSpec {
  // `mtu_payload`: what one packet carries, for segments of that size.
  StreamSpec(const LinkClass& link, core::ByteCount mtu_payload);

  std::uint64_t segment_bytes;
  std::uint64_t mss;
  bool is_cut_at_messages;  // a segment never holds two messages
  bool is_cold;             // connections have to be opened
  std::uint64_t window;
  std::uint64_t tell_after;  // what the receiver reads before it tells the sender
  Congestion congestion;
  core::Duration timeout_min;
  core::Duration give_up;
  TokenBucket pace;
};

// What a sender has to remember while anything is under way.
struct Outbound {
  struct Outgoing {
    Message message;
    std::uint64_t end = 0;
  };
  // A segment that has been sent and not yet left behind by the acknowledgements.
  struct Flight {
    Segment segment;
    std::uint64_t order = 0;  // of its last sending
    core::Instant sent;
    bool is_acked = false;
    bool is_lost = false;  // waits to be sent again
    bool is_resent = false;
  };
  struct Sending {
    std::uint64_t begin = 0;
    std::uint64_t order = 0;
  };

  Ring<Outgoing> messages;   // not yet arrived, oldest first
  std::size_t taken = 0;     // of these, taken whole by the card
  Ring<Flight> flights;      // by offset
  Ring<Sending> sendings;    // by order; what may still be found lost
  Ring<std::uint64_t> lost;  // where lost segments begin, in order of their finding
};

// Lends these to streams while they need them, so that a stream that is quiet costs little.
class OutboundPool {
 public:
  std::unique_ptr<Outbound> Lend() {
    if (idle_.empty()) return std::make_unique<Outbound>();
    std::unique_ptr<Outbound> lent = std::move(idle_.back());
    idle_.pop_back();
    return lent;
  }
  // It is empty.
  void Return(std::unique_ptr<Outbound> outbound) { idle_.push_back(std::move(outbound)); }

 private:
  std::vector<std::unique_ptr<Outbound>> idle_;
};

class Stream {
 public:
  enum class State : std::uint8_t { kClosed, kOpening, kOpen };
  // What a timeout asks for.
  enum class Expiry : std::uint8_t { kOpen, kProbe, kResend, kGiveUp };

  // `spec` and `pool` outlive the stream.
  Stream(core::NodeId from, core::NodeId to, const StreamSpec& spec, OutboundPool& pool);

  core::NodeId from() const { return from_; }
  core::NodeId to() const { return to_; }

  // --- The connection ---

  // As the sender sees it.
  State state() const { return state_; }
  // Of the sender's connection; goes up with each. What belongs to an earlier one is void for it.
  std::uint32_t epoch() const { return epoch_; }
  // Of the connection that the receiver knows; kNoEpoch where it knows none.
  static constexpr std::uint32_t kNoEpoch = 0;
  std::uint32_t accepted() const { return accepted_; }
  // The connection stands from the beginning. `round_trip`: where nothing is in the way; what
  // opening it would have measured. `is_accepted`: the receiver knows of it.
  void StandOpen(core::Duration round_trip, bool is_accepted);
  void BeginOpening(core::Instant now);
  // The receiver has been asked, and accepts.
  void Accept(std::uint32_t epoch);
  // The sender is told so.
  void OnAccepted(core::Instant now);
  // The connection is gone. What had not arrived is lost: gives it back, and says how much of it
  // the sender still waits to see taken.
  std::vector<Message> Reset(core::ByteCount* untaken);
  // The sender has died. What it had sent may still arrive; gives back what it had not.
  std::vector<Message> OrphanSent();
  bool is_orphaned() const { return is_orphaned_; }
  // The receiver has died, or learns that the sender has: it knows of no connection. Gives back
  // what nobody will ever send again.
  std::vector<Message> Forget();
  // The receiver keeps nothing of what comes, and does not answer.
  void SetHalfOpen(bool is_half_open) { is_half_open_ = is_half_open; }
  bool is_half_open() const { return is_half_open_; }

  // --- The sender ---

  void Queue(Message message);
  bool has_unsent() const { return queued_ > sent_; }
  // The segment to hand to the card now, if there is one and windows, pace and card allow it. One
  // segment of a stream is in the card at a time, so that streams share it evenly.
  std::optional<Segment> Next(core::Instant now);
  // Where only the pace forbids a segment: when it no longer will. Says so once for each instant.
  std::optional<core::Instant> PacedUntil(core::Instant now);
  // The segment is in the card, and leaves it when a task of this serial says so.
  void SetCardSerial(std::uint32_t serial) { card_serial_ = serial; }
  std::uint32_t card_serial() const { return card_serial_; }
  // It has left. Adds to `taken` the credit of the messages that are thereby taken whole.
  void OnSent(std::vector<core::ByteCount>& taken);
  void OnAck(core::Instant now, const Packet& ack);
  // The receiving host has read so far.
  void OnWindow(core::Instant now, std::uint64_t read);

  // When waiting for an answer ends; none while there is nothing to wait for.
  std::optional<core::Instant> TimeoutAt() const;
  Expiry OnTimeout(core::Instant now);
  bool is_timeout_set = false;  // for Streams: a task for it is pending

  // --- The receiver ---

  // The segment has arrived. Adds to `complete` the messages that are thereby complete, in order.
  void OnArrived(const Segment& segment, std::vector<Message>& complete);
  // What it says of a segment that has arrived.
  void Acknowledge(const Segment& segment, Packet& ack);
  // How far the receiving host has read; the sender will be told.
  std::uint64_t TellRead();
  // The receiving host has read a message of this size. Whether to tell the sender how far, since
  // that is far enough from what it was told last.
  bool OnRead(core::ByteCount size);

  // --- The life of messages, where that is wanted ---

  // The segment's first bit is on the wire: visits the messages whose first bit that is.
  template <typename Visit>
  void ForEachOnWire(const Segment& segment, const Visit& visit);
  // It is whole at the receiving card: visits the messages that are thereby.
  template <typename Visit>
  void ForEachAtCard(const Segment& segment, const Visit& visit);

  // What it holds, itself and what it has been lent included, but for what the latter holds.
  std::size_t bytes_reserved() const;

 private:
  struct Life {
    std::uint64_t on_wire = 0;  // so far, messages' first bits have been
    Reassembly at_card;
  };
  using Flight = Outbound::Flight;
  using Sending = Outbound::Sending;

  std::size_t IndexAt(std::uint64_t begin) const;
  Flight* FlightAt(std::uint64_t begin);
  bool HasLost();
  std::uint64_t NextSize();
  bool Fits(std::uint64_t size) const;
  bool IsOutstanding() const { return out_ != nullptr && !out_->flights.empty(); }
  bool IsWaiting() const;
  void Hear(core::Instant now) { heard_ = silent_since_ = now; }
  void Sent(core::Instant now, Flight& flight);
  void AckFlight(Flight& flight, bool is_recovering);
  void FindLosses();
  void DeclareLost(Flight& flight);
  void TakeForLost();
  void ReturnIfIdle();
  template <typename Visit>
  void ForEachEnding(std::uint64_t after, const Visit& visit);

  core::NodeId from_;
  core::NodeId to_;
  const StreamSpec* spec_;
  OutboundPool* pool_;

  // Sender.
  State state_ = State::kClosed;
  bool is_in_card_ = false;
  bool is_shut_ = false;          // nothing is under way, and the receiver's window has no room
  bool resends_at_once_ = false;  // the first segment of a loss waits for no window
  bool is_opening_resent_ = false;
  bool is_orphaned_ = false;  // the sender is dead
  // Receiver.
  bool is_half_open_ = false;

  std::uint32_t epoch_ = 1;
  std::uint32_t accepted_ = kNoEpoch;
  std::uint32_t card_serial_ = 0;
  std::unique_ptr<Outbound> out_;  // null while nothing is under way
  std::uint64_t card_end_ = 0;     // of the segment in the card
  std::uint64_t queued_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t read_known_ = 0;
  std::unique_ptr<Shaper> pace_;  // null where there is none
  core::Instant pace_told_;
  Reno reno_;
  std::uint64_t next_order_ = 0;
  std::uint64_t acked_order_ = 0;   // one past the highest that was acknowledged
  std::uint64_t in_flight_ = 0;     // bytes sent, neither acknowledged nor found lost
  std::uint64_t recovered_at_ = 0;  // until this is acknowledged, losses are of one event
  core::Instant heard_;             // when the timeout began to run
  core::Instant silent_since_;      // nothing was heard, though something was waited for

  Reassembly arrived_;
  std::uint64_t unread_ = 0;  // bytes of complete messages not yet read
  std::uint64_t read_told_ = 0;
  std::unique_ptr<Life> life_;
};

// Visits messages that have not arrived, from the first that ends after that offset, with the
// offset where it begins, until one says that it is enough.
template <typename Visit>
void Stream::ForEachEnding(std::uint64_t after, const Visit& visit) {
  if (out_ == nullptr) return;
  const Ring<Outbound::Outgoing>& messages = out_->messages;
  std::size_t first = 0;
  for (std::size_t count = messages.size(); count > 0;) {
    const std::size_t half = count / 2;
    const bool is_before = messages[first + half].end <= after;
    first = is_before ? first + half + 1 : first;
    count = is_before ? count - half - 1 : half;
  }
  for (std::size_t i = first; i < messages.size(); ++i) {
    const Outbound::Outgoing& outgoing = messages[i];
    const std::uint64_t size = std::max<std::uint64_t>(1, outgoing.message.payload.size());
    if (!visit(outgoing, outgoing.end - size)) return;
  }
}

template <typename Visit>
void Stream::ForEachOnWire(const Segment& segment, const Visit& visit) {
  if (life_ == nullptr) life_ = std::make_unique<Life>();
  const std::uint64_t from = std::max(life_->on_wire, segment.begin);
  ForEachEnding(from, [&](const Outbound::Outgoing& outgoing, std::uint64_t begin) {
    if (begin >= segment.end) return false;
    if (begin >= from) visit(outgoing.message);
    return true;
  });
  life_->on_wire = std::max(life_->on_wire, segment.end);
}

template <typename Visit>
void Stream::ForEachAtCard(const Segment& segment, const Visit& visit) {
  if (life_ == nullptr) life_ = std::make_unique<Life>();
  const std::uint64_t before = life_->at_card.whole();
  life_->at_card.Add(segment);
  const std::uint64_t after = life_->at_card.whole();
  ForEachEnding(before, [&](const Outbound::Outgoing& outgoing, std::uint64_t) {
    if (outgoing.end > after) return false;
    visit(outgoing.message);
    return true;
  });
}

}  // namespace lockstep::sim
