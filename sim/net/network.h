// Cards, switches, links and transports wired to a topology: takes messages in, hands messages out.
//
// Knows nothing of nodes. A packet crosses one edge after the other: it waits for the edge's port
// (the first is the sender's card), is served at line rate, and crosses the wire; a switch passes
// it on when it is whole, or (cut-through) when its head is there. Edges without a port are crossed
// in the same step. Bytes on the wire are conserved: what entered the cards has been delivered,
// dropped with a cause, or is in flight (CheckConservation).

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/event_queue.h"
#include "sim/net/link.h"
#include "sim/net/message.h"
#include "sim/net/nic.h"
#include "sim/net/routes.h"
#include "sim/net/shared_buffer.h"
#include "sim/net/topology.h"
#include "sim/net/transport.h"
#include "sim/slab.h"
#include "sim/task.h"
#include "sim/trace/event.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

// Who is told what becomes of messages.
class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  virtual void OnArrived(Message&& message) = 0;
  // The transport has taken a message that `from` sent to `to`: so much credit is back.
  virtual void OnTaken(core::NodeId from, core::NodeId to, core::ByteCount credit) = 0;
  // The message will never arrive.
  virtual void OnDestroyed(const Message& message, trace::DropCause cause) = 0;
  // A packet was lost; a stream will resend it.
  virtual void OnPacketLost(core::NodeId from, core::NodeId to, core::ByteCount size,
                            trace::DropCause cause) = 0;
};

class Network {
 public:
  // All outlive the network.
  Network(const WorldSpec& scenario, EventQueue& queue, NetworkListener& listener,
          const core::Random& random);

  // Takes over a message; both ends are up.
  void Send(core::Instant now, Message&& message);
  // The receive stage has taken a message, or a crash has: its place in the ring is free. A
  // stream's segments leave the ring when they arrive.
  void ReleaseRing(core::Instant now, const Message& message);
  // The receiving host has read a message; a datagram gives nothing back.
  void OnRead(core::Instant now, const Message& message);
  // Resets all streams from and to a host that has crashed; what they carried is lost.
  void OnCrash(core::NodeId host);
  // Resets one stream; what it carried is lost. How many messages that are.
  std::uint64_t ResetStream(core::NodeId from, core::NodeId to, trace::DropCause cause);
  // The receiver forgets, or remembers, the stream. The sender finds out by its timeouts.
  void SetHalfOpen(core::NodeId from, core::NodeId to, bool is_half_open);
  bool IsHalfOpen(core::NodeId from, core::NodeId to) const;
  // Whether anything was ever sent over a stream between them.
  bool HasStream(core::NodeId from, core::NodeId to) const;
  // No bit leaves the host's card (`outwards`), or the port towards it, from `from` until `until`.
  void StallCard(core::NodeId host, bool outwards, core::Instant from, core::Instant until);
  // How many packets that has made later.
  std::uint64_t DelayedByStall(core::NodeId host, bool outwards, core::Instant from,
                               core::Instant until) const;
  // Handles a task of the network.
  void OnTask(core::Instant now, const Task& task);

  bool Has(core::NodeId host) const { return host.value() < site_.size(); }
  bool IsStream(core::NodeId from, core::NodeId to) const {
    return ClassOf(from, to).transport == Transport::kStream;
  }
  // Bytes on the wire that have left the host's card, and the port towards it.
  core::ByteCount egress(core::NodeId host) const;
  core::ByteCount ingress(core::NodeId host) const;
  core::ByteCount dropped(trace::DropCause cause) const {
    return dropped_[static_cast<std::size_t>(cause)];
  }
  core::ByteCount delivered() const { return delivered_; }
  core::ByteCount in_flight() const { return in_flight_; }
  // In = delivered + dropped + in flight, in wire bytes.
  void CheckConservation() const;

 private:
  static constexpr std::uint32_t kNoStream = ~std::uint32_t{0};
  // What crosses the wires: a segment of a stream, or a fragment of a datagram.
  struct Packet {
    core::NodeId from;
    core::NodeId to;
    core::ByteCount size;    // on the wire
    core::Instant tail;      // when its last bit is at the next port
    std::uint32_t edge = 0;  // whose port it is at, or on its way to
    std::uint32_t stream = kNoStream;
    std::uint64_t epoch = 0;
    Segment segment;             // of a stream
    std::uint64_t datagram = 0;  // else: in datagrams_
  };
  struct Datagram {
    Message message;
    std::uint32_t fragments = 0;  // not yet arrived nor lost
    bool is_lost = false;
    core::ByteCount in_ring;  // fragments that wait for the others, on the wire
    std::uint64_t ring_packets = 0;
  };
  // What waits between a card and its host's receive stage.
  struct Ring {
    core::ByteCount bytes;
    std::uint64_t packets = 0;
    core::Instant ready;  // of the packet before
    core::Random random;
  };
  // What a packet meets at an edge; the topology has the rest.
  struct Hop {
    std::uint32_t from = 0;  // vertices
    std::uint32_t to = 0;
    bool has_port = false;
    bool is_cut_through = false;  // at the port, if it is a switch's
    bool is_buffered = false;
  };
  struct Framed {
    core::ByteCount size;
    std::uint64_t packets = 0;
  };

  void WireUp(const core::Random& random);
  const LinkClass& ClassOf(core::NodeId from, core::NodeId to) const {
    return scenario_.network.Of(PairClassOf(scenario_.clusters[site_[from.value()]],
                                            scenario_.clusters[site_[to.value()]]));
  }
  std::uint32_t StreamOf(core::NodeId from, core::NodeId to);
  core::Duration AckDelay(core::NodeId from, core::NodeId to) const;
  // Payload with a header for each packet of a maximal size.
  Framed Frame(std::uint64_t payload) const;

  void SendDatagram(core::Instant now, Message&& message);
  // Sends segments as long as the stream allows.
  void Drive(core::Instant now, std::uint32_t stream);
  void ArmTimeout(std::uint32_t stream);
  void OnTimeout(core::Instant now, std::uint32_t stream);
  // Puts a packet into its sender's card; when its last bit is on the wire, or when the card looks
  // at the next one, had it no room for it.
  core::Instant Launch(core::Instant now, const Packet& packet);
  // A packet whose head is at the port of its edge; its service there, or none if it was dropped.
  std::optional<Service> Serve(core::Instant now, Packet& packet);
  // Sends a packet across its edge, and on until it meets a port or its host.
  void Cross(core::Instant now, std::uint64_t slot, Service service);
  // When a packet that has come whole is where the receive stage sees it.
  core::Instant ReadyInRing(core::Instant now, Ring& ring, core::ByteCount size);
  void Lose(const Packet& packet, trace::DropCause cause);
  void LoseFragment(const Packet& packet, trace::DropCause cause);
  void Deliver(core::Instant now, const Packet& packet);
  void DeliverFragment(const Packet& packet);
  std::uint64_t ResetStream(std::uint32_t stream, trace::DropCause cause);
  void TellWindow(core::Instant now, std::uint32_t stream, std::optional<std::uint64_t> read);

  const WorldSpec& scenario_;
  EventQueue& queue_;
  NetworkListener& listener_;
  Topology topology_;
  Routes routes_;
  std::vector<Hop> hops_;              // hops_[edge]
  std::vector<std::uint32_t> site_;    // site_[host]: its cluster
  std::vector<std::uint32_t> uplink_;  // uplink_[host]: the edge that its card feeds
  std::vector<std::uint32_t> downlink_;
  std::vector<Nic> ports_;                            // ports_[edge]
  std::vector<Link> links_;                           // links_[edge]
  std::vector<std::optional<SharedBuffer>> buffers_;  // buffers_[vertex]
  std::vector<Ring> rings_;                           // rings_[host]
  bool has_receive_latency_ = false;
  // stream_index_[from][to]; a row and its streams are made on first use.
  std::vector<std::vector<std::uint32_t>> stream_index_;
  std::deque<Stream> streams_;             // a deque: references outlive additions
  std::vector<core::Duration> ack_delay_;  // ack_delay_[stream]
  Slab<Packet> packets_;
  Slab<Datagram> datagrams_;
  std::vector<core::ByteCount> taken_;  // reused between steps, as is:
  std::vector<Message> complete_;
  core::ByteCount in_;
  core::ByteCount delivered_;
  std::array<core::ByteCount, trace::kDropCauses.size()> dropped_{};
  core::ByteCount in_flight_;
};

}  // namespace lockstep::sim
