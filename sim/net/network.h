// Takes messages in, hands messages out: wires, and the two transports that use them.
//
// Knows nothing of nodes. Wires moves packets over ports and links; Datagrams and Streams make
// packets of messages and messages of packets; Machines says who is there to receive any. A machine
// without power answers nothing, and what its card had not put on the wire is gone with it.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/event_queue.h"
#include "sim/net/datagrams.h"
#include "sim/net/machines.h"
#include "sim/net/message.h"
#include "sim/net/network_listener.h"
#include "sim/net/streams.h"
#include "sim/net/topology.h"
#include "sim/net/wires.h"
#include "sim/task.h"
#include "sim/trace/event.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class Network : private PacketListener {
 public:
  // All outlive the network.
  Network(const WorldSpec& scenario, EventQueue& queue, NetworkListener& listener,
          const core::Random& random);

  // Takes over a message, whose sender is up, to another host.
  void Send(core::Instant now, Message&& message);
  // Takes over a message that is to be sent at `at`, if that makes no difference to anybody:
  // nothing but what its host sends after it comes to the card, which has room for it, and it
  // leaves the card later than it comes. Nothing may be done to host or network until then.
  bool SendAhead(core::Instant now, core::Instant at, Message& message);
  // The receive stage has taken a message, or a crash has: its place in the ring is free. A
  // stream's segments leave the ring when they arrive.
  void ReleaseRing(core::Instant now, const Message& message);
  // The receiving host has read a message; a datagram gives nothing back.
  void OnRead(core::Instant now, const Message& message);
  // Handles a task of the network.
  void OnTask(core::Instant now, const Task& task);

  // The process on a host has died, and its machine refuses what comes to it; the machine has died,
  // and answers nothing; a process runs there again. Others learn of it by packets.
  void OnProcessDown(core::Instant now, core::NodeId host);
  void OnMachineDown(core::Instant now, core::NodeId host);
  void OnUp(core::Instant now, core::NodeId host);

  // Resets one stream; what it carried is lost. How many messages that are.
  std::uint64_t ResetStream(core::NodeId from, core::NodeId to, trace::DropCause cause) {
    return streams_.Reset(from, to, cause);
  }
  // The receiver forgets, or remembers, the stream. The sender finds out by its timeouts.
  void SetHalfOpen(core::NodeId from, core::NodeId to, bool is_half_open) {
    streams_.SetHalfOpen(from, to, is_half_open);
  }
  bool IsHalfOpen(core::NodeId from, core::NodeId to) const {
    return streams_.IsHalfOpen(from, to);
  }
  bool IsConnected(core::NodeId from, core::NodeId to) const {
    return streams_.IsConnected(from, to);
  }
  // Whether anything was ever sent over a stream between them.
  bool HasStream(core::NodeId from, core::NodeId to) const { return streams_.Has(from, to); }

  // The edge that a host's card feeds (`outwards`), or that leads to it.
  std::uint32_t CardEdge(core::NodeId host, bool outwards) const {
    return outwards ? wires_.uplink(host) : wires_.downlink(host);
  }
  // What a small packet takes where nothing is in its way.
  core::Duration LeastDelay(core::NodeId from, core::NodeId to) const {
    return wires_.LeastDelay(from, to);
  }
  // Ports and links, for what is done to them.
  Wires& wires() { return wires_; }
  std::string_view NameOf(const Place& place) const;
  std::size_t vertices() const { return topology_.vertices.size(); }

  bool Has(core::NodeId host) const { return host.value() < site_.size(); }
  bool IsStream(core::NodeId from, core::NodeId to) const {
    return ClassOf(from, to).transport == Transport::kStream;
  }
  // Bytes on the wire that have left the host's card, and the port towards it.
  core::ByteCount egress(core::Instant now, core::NodeId host) const {
    return wires_.port(wires_.uplink(host)).taken(now);
  }
  core::ByteCount ingress(core::Instant now, core::NodeId host) const {
    return wires_.port(wires_.downlink(host)).taken(now);
  }
  core::ByteCount dropped(trace::DropCause cause) const { return wires_.dropped(cause); }
  core::ByteCount delivered() const { return wires_.delivered(); }
  core::ByteCount in_flight() const { return wires_.in_flight(); }
  void CheckConservation() const { wires_.CheckConservation(); }
  const Streams& streams() const { return streams_; }

 private:
  void OnLost(const Packet& packet, trace::DropCause cause, Place place) override;
  void OnFirstBit(const Packet& packet) override;
  void OnAtCard(const Packet& packet) override;
  void OnMoved(const Packet& packet, std::uint32_t serial) override;

  const LinkClass& ClassOf(core::NodeId from, core::NodeId to) const {
    return *classes_[site_[from.value()] * scenario_.clusters.size() + site_[to.value()]];
  }
  PairClass PairOf(core::NodeId from, core::NodeId to) const {
    return PairClassOf(scenario_.clusters[site_[from.value()]],
                       scenario_.clusters[site_[to.value()]]);
  }
  void OnArrived(core::Instant now, const Packet& packet);

  const WorldSpec& scenario_;
  NetworkListener& listener_;
  Topology topology_;
  std::vector<std::uint32_t> site_;        // site_[host]: its cluster
  std::vector<const LinkClass*> classes_;  // classes_[from * clusters + to]
  Machines machines_;
  Wires wires_;
  Datagrams datagrams_;
  Streams streams_;
  bool tells_life_;
  bool has_streams_;
};

}  // namespace lockstep::sim
