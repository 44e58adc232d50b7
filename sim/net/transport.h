// One stream between an ordered pair of hosts: reliable, in order, windowed, paced, in segments.
//
// Bookkeeping only: the network moves the segments and says when. Offsets count payload bytes since
// the stream began. What the receiving host has not read stays in the window, so a host that reads
// slowly slows its sender; bytes of a message that is still incomplete count as read, as a
// receiving thread would gather them.
//
// Loss: the network tells the stream of a lost segment `retransmit_after` later, as a perfect
// retransmission timer would. Congestion control is not modelled.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "protocols/core/time.h"
#include "sim/net/message.h"
#include "sim/scenario.h"

namespace lockstep::sim {

// Payload bytes [begin, end) of a stream.
struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class Stream {
 public:
  Stream(core::NodeId from, core::NodeId to, const LinkClass& link);

  core::NodeId from() const { return from_; }
  core::NodeId to() const { return to_; }
  // Goes up when the stream is reset; what belongs to an earlier epoch is void.
  std::uint64_t epoch() const { return epoch_; }

  void Queue(Message message);
  // The segment to hand to the card now, if there is one and window, pace and card allow it. One
  // segment of a stream is in the card at a time, so that streams share it evenly.
  std::optional<Segment> Next(core::Instant now);
  // Where only the pace forbids a segment: when it no longer will. Says so once for each instant.
  std::optional<core::Instant> PacedUntil(core::Instant now);
  // The card has put the segment on the wire. Credit of the messages that are thereby taken whole.
  std::vector<core::ByteCount> OnSent(const Segment& segment);
  void OnLost(const Segment& segment) { lost_.push_back(segment); }
  // The segment has arrived; the messages that are thereby complete, in order.
  std::vector<Message> OnArrived(const Segment& segment);
  // The receiving host has read a message of this size. The offset to tell the sender, if it is far
  // enough from the last one told.
  std::optional<std::uint64_t> OnRead(core::ByteCount size);
  std::optional<std::uint64_t> ReportRead();
  void OnWindow(std::uint64_t read) { read_known_ = std::max(read_known_, read); }
  // The connection is gone. What had not arrived is lost: gives it back, and says how much of it
  // the sender still waits to see taken.
  std::vector<Message> Reset(core::ByteCount* untaken);

 private:
  struct Outgoing {
    Message message;
    std::uint64_t end = 0;
  };

  core::NodeId from_;
  core::NodeId to_;
  std::uint64_t segment_bytes_;
  std::uint64_t window_;
  std::uint64_t tell_after_;  // what the receiver reads before it tells the sender
  std::int64_t pair_rate_bps_;
  std::uint64_t epoch_ = 0;

  // Sender.
  std::deque<Outgoing> messages_;  // not yet arrived, oldest first
  std::size_t taken_ = 0;          // of these, taken whole
  std::uint64_t queued_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t read_known_ = 0;
  std::deque<Segment> lost_;
  bool is_in_card_ = false;
  core::Instant next_allowed_;
  core::Instant pace_told_;

  // Receiver.
  std::uint64_t arrived_ = 0;                     // without a gap
  std::map<std::uint64_t, std::uint64_t> early_;  // begin -> end of what came before its turn
  std::uint64_t unread_ = 0;                      // bytes of complete messages not yet read
  std::uint64_t read_told_ = 0;
};

}  // namespace lockstep::sim
