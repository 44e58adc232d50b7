// What crosses the wires: a segment of a stream, a fragment of a datagram, or what the two ends of
// a stream say to each other.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

// Payload bytes [begin, end) of a stream.
struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  friend bool operator==(const Segment&, const Segment&) = default;
};

enum class PacketKind : std::uint8_t {
  kFragment,
  kSegment,
  // Of a stream, without payload:
  kAck,       // the receiver has got a segment
  kWindow,    // the receiver has read
  kProbe,     // the sender asks how far, since it may send nothing
  kOpen,      // the sender wants a connection (SYN)
  kAccepted,  // it has one (SYN-ACK)
  kReset,     // there is none
};

struct Packet {
  core::NodeId from;
  core::NodeId to;
  core::ByteCount size;     // on the wire
  core::Duration waited;    // at the ports that it has left
  std::uint32_t owner = 0;  // the datagram or the stream that it is of
  std::uint32_t epoch = 0;  // of that stream's connection
  PacketKind kind = PacketKind::kFragment;
  bool is_host_down = false;  // of a reset: there is no process any more that would listen
  Segment segment;            // of an acknowledgement: what has come around the segment it is for
  // Of an acknowledgement; of a window only the last.
  std::uint64_t name = 0;  // where the segment begins
  std::uint64_t got = 0;   // what has come without a gap from the beginning
  std::uint64_t read = 0;  // how far the receiving host has read
};

}  // namespace lockstep::sim
