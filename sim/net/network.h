// Cards, links and transports wired to a topology: takes messages in, hands messages out.
//
// Knows nothing of nodes. Bytes on the wire are conserved: what entered the cards has been
// delivered, dropped with a cause, or is in flight (CheckConservation).

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/event_queue.h"
#include "sim/net/link.h"
#include "sim/net/message.h"
#include "sim/net/nic.h"
#include "sim/net/topology.h"
#include "sim/net/transport.h"
#include "sim/scenario.h"
#include "sim/slab.h"
#include "sim/task.h"
#include "sim/trace/event.h"

namespace lockstep::sim {

// Who is told what becomes of messages.
class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  virtual void OnArrived(Message message) = 0;
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
  Network(const Scenario& scenario, EventQueue& queue, NetworkListener& listener,
          const core::Random& random);

  // Takes over a message; both ends are up.
  void Send(core::Instant now, Message message);
  // The receiving host has read a message; a datagram gives nothing back.
  void OnRead(core::Instant now, const Message& message);
  // The receive stage has taken a message from the ring, or a crash has.
  void ReleaseRing(core::Instant, const Message&) {}
  // Resets all streams from and to a host that has crashed; what they carried is lost.
  void OnCrash(core::NodeId host);
  // Handles a task of the network.
  void OnTask(core::Instant now, const Task& task);

  bool IsStream(core::NodeId from, core::NodeId to) const {
    return ClassOf(from, to).transport == Transport::kStream;
  }
  core::ByteCount egress(core::NodeId host) const { return tx_[host.value()].taken(); }
  core::ByteCount ingress(core::NodeId host) const { return rx_[host.value()].taken(); }
  // In = delivered + dropped + in flight, in wire bytes.
  void CheckConservation() const;

 private:
  static constexpr std::uint32_t kNoStream = ~std::uint32_t{0};
  struct Packet {
    core::NodeId from;
    core::NodeId to;
    core::ByteCount size;  // on the wire
    std::uint32_t stream = kNoStream;
    std::uint64_t epoch = 0;
    Segment segment;
    Message datagram;
  };

  const LinkClass& ClassOf(core::NodeId from, core::NodeId to) const;
  std::uint32_t StreamOf(core::NodeId from, core::NodeId to);
  core::ByteCount WireSize(std::uint64_t payload) const;
  // Sends segments as long as the stream allows.
  void Drive(core::Instant now, std::uint32_t stream);
  void Launch(core::Instant now, Packet packet);
  void Lose(core::Instant now, const Packet& packet, trace::DropCause cause);
  void Deliver(core::Instant now, const Packet& packet);
  void TellWindow(core::Instant now, std::uint32_t stream, std::optional<std::uint64_t> read);

  const Scenario& scenario_;
  EventQueue& queue_;
  NetworkListener& listener_;
  Topology topology_;
  std::vector<std::uint32_t> site_;          // site_[host]
  std::vector<Nic> tx_;                      // tx_[host]
  std::vector<Nic> rx_;                      // rx_[host]
  std::vector<std::uint64_t> lives_;         // lives_[host]: goes up when it crashes
  std::vector<Link> links_;                  // links_[edge of the topology]
  std::vector<std::uint32_t> stream_index_;  // [from * hosts + to], made on first use
  std::deque<Stream> streams_;               // a deque: references outlive additions
  Slab<Packet> packets_;
  core::ByteCount in_;
  core::ByteCount delivered_;
  core::ByteCount dropped_;
  core::ByteCount in_flight_;
};

}  // namespace lockstep::sim
