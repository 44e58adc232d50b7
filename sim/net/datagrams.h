// Datagrams: messages whole or in fragments, and the rings in which they wait for their hosts.
//
// A datagram is lost with the first of its fragments; the others travel on for nothing. One that
// comes to a host whose process is dead dies there.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/random.h"
#include "sim/net/framing.h"
#include "sim/net/machines.h"
#include "sim/net/message.h"
#include "sim/net/network_listener.h"
#include "sim/net/network_spec.h"
#include "sim/net/receive_ring.h"
#include "sim/net/topology.h"
#include "sim/net/wires.h"
#include "sim/slab.h"

namespace lockstep::sim {

class Datagrams {
 public:
  // All but `random` outlive this.
  Datagrams(const Topology& topology, const NicSpec& nic, const Machines& machines, Wires& wires,
            NetworkListener& listener);

  // It comes to the card at `came`, before which nothing else will.
  void Send(core::Instant now, core::Instant came, Message&& message, Segmentation segmentation);
  // Whether Send may be told before the message comes, without a difference to anybody: the card
  // has room for all of it, will put none of it on the wire at once, and no order of draws is
  // changed.
  bool MaySendAhead(core::Instant now, const Message& message, Segmentation segmentation);
  // A fragment is at its receiver, whose machine is up; `packet` is not looked at once the message
  // is handed on.
  void OnArrived(const Packet& packet);
  void OnLost(const Packet& packet, trace::DropCause cause, Place place);
  // Its first bit is on the wire; it is whole at the receiving card.
  void OnFirstBit(const Packet& packet);
  void OnAtCard(const Packet& packet);
  // The receive stage has taken a message, or a crash has: its place in the ring is free.
  void Release(const Message& message, Segmentation segmentation);

 private:
  struct Datagram {
    Message message;
    std::uint32_t coming = 0;   // fragments neither arrived nor lost
    std::uint32_t to_card = 0;  // fragments that have not come to the card
    bool is_on_wire = false;
    bool is_lost = false;
    core::ByteCount in_ring;  // fragments that wait for the others, on the wire
    std::uint64_t ring_packets = 0;
  };

  // On the wire.
  Framed FrameOf(const Message& message, Segmentation segmentation) const;

  const NicSpec& nic_;
  const Machines& machines_;
  Wires& wires_;
  NetworkListener& listener_;
  std::vector<ReceiveRing> rings_;  // rings_[host]
  Slab<Datagram> datagrams_;
};

}  // namespace lockstep::sim
