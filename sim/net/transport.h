// One stream between an ordered pair of hosts: reliable, in order, windowed, paced, in segments.
//
// Bookkeeping only: the network moves segments and acknowledgements, and says when. Offsets count
// payload bytes since the stream began. What the receiving host has not read stays in the window,
// so a host that reads slowly slows its sender; bytes of a message that is still incomplete count
// as read, as a receiving thread would gather them.
//
// Each arriving segment is acknowledged by name (RFC 2018). A segment is taken for lost when one
// that was sent three later has been acknowledged (forward acknowledgement, Mathis and Mahdavi,
// SIGCOMM 1996; by order of sending, so that a lost retransmission is noticed, too), or when
// nothing has been heard for a retransmission timeout (RFC 6298; it doubles each time). Congestion
// is controlled as by Reno: slow start and congestion avoidance by bytes (RFC 5681, RFC 3465), half
// the flight at a loss and once a round trip (RFC 6675). A segment is the unit of loss and of
// growth: packet by packet where `segment` is "mtu".
//
// Simplified: acknowledgements are never lost and take no bandwidth; opening takes no round trip.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "protocols/core/time.h"
#include "sim/net/message.h"
#include "sim/net/network_spec.h"
#include "sim/net/nic.h"

namespace lockstep::sim {

// Payload bytes [begin, end) of a stream.
struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
};

// How much may be in flight, and when to give up waiting for an acknowledgement. Bytes.
class Reno {
 public:
  // `mss`: what one segment carries. With kNone the window is never closed.
  Reno(Congestion congestion, std::uint64_t mss, core::Duration timeout_min);

  std::uint64_t window() const { return window_; }
  core::Duration timeout() const { return timeout_; }
  // `in_flight`: before the acknowledgement; growth needs a window that was used.
  void OnAcked(std::uint64_t bytes, std::uint64_t in_flight);
  void OnRoundTrip(core::Duration sample);
  void OnLoss(std::uint64_t in_flight);
  void OnTimeout(std::uint64_t in_flight);

 private:
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max() / 2;

  Congestion congestion_;
  std::uint64_t mss_;
  std::uint64_t window_;
  std::uint64_t threshold_ = kUnlimited;  // of slow start
  std::uint64_t acked_ = 0;               // since the window last grew in congestion avoidance
  core::Duration timeout_min_;
  core::Duration timeout_;
  core::Duration smoothed_;  // round trip; 0: none measured yet
  core::Duration variation_;
};

class Stream {
 public:
  // `mtu_payload`: what one packet carries, for segments of that size. `round_trip`: where nothing
  // is in the way; what opening the connection would have measured.
  Stream(core::NodeId from, core::NodeId to, const LinkClass& link, core::ByteCount mtu_payload,
         core::Duration round_trip);

  core::NodeId from() const { return from_; }
  core::NodeId to() const { return to_; }
  // Goes up when the stream is reset; what belongs to an earlier epoch is void.
  std::uint64_t epoch() const { return epoch_; }

  void Queue(Message message);
  // The segment to hand to the card now, if there is one and windows, pace and card allow it. One
  // segment of a stream is in the card at a time, so that streams share it evenly.
  std::optional<Segment> Next(core::Instant now);
  // Where only the pace forbids a segment: when it no longer will. Says so once for each instant.
  std::optional<core::Instant> PacedUntil(core::Instant now);
  // The card has put the segment on the wire. Adds to `taken` the credit of the messages that are
  // thereby taken whole.
  void OnSent(const Segment& segment, std::vector<core::ByteCount>& taken);
  // The receiver has acknowledged the segment that begins there, and has read so far.
  void OnAcked(core::Instant now, std::uint64_t begin, std::uint64_t read);

  // When the retransmission timeout is due; none while nothing is outstanding.
  std::optional<core::Instant> TimeoutAt() const;
  // It is due: all that is outstanding counts as lost. How many times in a row it has been.
  unsigned OnTimeout(core::Instant now);
  bool is_timeout_set = false;  // for the network: a task for it is pending

  // The segment has arrived. Adds to `complete` the messages that are thereby complete, in order.
  void OnArrived(const Segment& segment, std::vector<Message>& complete);
  // What an acknowledgement of it says beside its name: how far the receiving host has read.
  std::uint64_t Acknowledge();
  // The receiving host has read a message of this size. The offset to tell the sender, if it is far
  // enough from the last one told.
  std::optional<std::uint64_t> OnRead(core::ByteCount size);
  std::optional<std::uint64_t> ReportRead();
  void OnWindow(std::uint64_t read) { read_known_ = std::max(read_known_, read); }

  // The other end has forgotten the connection: what arrives there is neither kept nor answered.
  void SetHalfOpen(bool is_half_open) { is_half_open_ = is_half_open; }
  bool is_half_open() const { return is_half_open_; }
  // The connection is gone. What had not arrived is lost: gives it back, and says how much of it
  // the sender still waits to see taken.
  std::vector<Message> Reset(core::ByteCount* untaken);

 private:
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

  Flight* FlightAt(std::uint64_t begin);
  bool HasLost();
  std::uint64_t NewSegmentSize() const;
  bool Fits(std::uint64_t size) const;
  void Sent(core::Instant now, Flight& flight);
  void FindLosses();
  void DeclareLost(Flight& flight);

  core::NodeId from_;
  core::NodeId to_;
  std::uint64_t segment_bytes_;
  std::uint64_t mss_;
  bool is_cut_at_messages_;  // a segment never holds two messages
  std::uint64_t window_;
  std::uint64_t tell_after_;  // what the receiver reads before it tells the sender
  core::Duration timeout_min_;
  Congestion congestion_;
  core::Duration round_trip_;
  std::optional<Shaper> pace_;
  std::uint64_t epoch_ = 0;

  // Sender.
  std::deque<Outgoing> messages_;  // not yet arrived, oldest first
  std::size_t taken_ = 0;          // of these, taken whole
  std::uint64_t queued_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t read_known_ = 0;
  bool is_in_card_ = false;
  core::Instant pace_told_;
  Reno reno_;
  std::deque<Flight> flights_;      // by offset
  std::deque<Sending> sendings_;    // by order; what may still be found lost
  std::deque<std::uint64_t> lost_;  // where lost segments begin, in order of their finding
  std::uint64_t next_order_ = 0;
  std::uint64_t acked_order_ = 0;   // one past the highest that was acknowledged
  std::uint64_t in_flight_ = 0;     // bytes sent, neither acknowledged nor found lost
  std::uint64_t recovered_at_ = 0;  // until this is acknowledged, losses are of one event
  bool resends_at_once_ = false;    // the first segment of a loss waits for no window
  core::Instant heard_;             // when the timeout began to run
  unsigned timeouts_ = 0;           // in a row

  // Receiver.
  bool is_half_open_ = false;
  std::uint64_t arrived_ = 0;                     // without a gap
  std::map<std::uint64_t, std::uint64_t> early_;  // begin -> end of what came before its turn
  std::uint64_t unread_ = 0;                      // bytes of complete messages not yet read
  std::uint64_t read_told_ = 0;
};

}  // namespace lockstep::sim
