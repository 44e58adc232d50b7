// Who is told what becomes of messages.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "sim/net/message.h"
#include "sim/trace/event.h"

namespace lockstep::sim {

// Where in the topology something happened: an edge (its port or its wire), or a vertex.
struct Place {
  enum class Kind : std::uint8_t { kEdge, kVertex } kind = Kind::kVertex;
  std::uint32_t index = 0;

  static Place Edge(std::uint32_t index) { return {Kind::kEdge, index}; }
  static Place Vertex(core::NodeId host) { return {Kind::kVertex, host.value()}; }
  friend bool operator==(const Place&, const Place&) = default;
};

class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  virtual void OnArrived(Message&& message) = 0;
  // The transport has taken a message that `from` sent to `to` over a stream: so much credit is
  // back. A datagram takes none.
  virtual void OnTaken(core::NodeId from, core::NodeId to, core::ByteCount credit) = 0;
  // The message will never arrive.
  virtual void OnDestroyed(const Message& message, trace::DropCause cause, Place place) = 0;
  // A packet of a stream was lost; what it carried will be sent again.
  virtual void OnPacketLost(core::NodeId from, core::NodeId to, core::ByteCount size,
                            trace::DropCause cause, Place place) = 0;

  // Whether it wants to be told of the life of messages; asked once. Each is told at its instant:
  virtual bool wants_life() const { return false; }
  // the message's first bit is on the wire,
  virtual void OnWire(const Message& /*message*/) {}
  // and it has come whole to the receiving card.
  virtual void OnAtCard(const Message& /*message*/) {}
};

}  // namespace lockstep::sim
