// Cards, switches and links wired to a topology: takes packets in at one card, and hands them out
// at another.
//
// A packet crosses one edge after the other: it waits for the edge's port (the first is the
// sender's card), is served at line rate, and crosses the wire; a switch passes it on when it is
// whole, or (cut-through) when its head is there. Edges without a port are crossed in the same
// step. What is done to a port now (a stall, a new rate, a link that goes down) gives the packets
// that it has not yet put on the wire new times, and voids the queue's entries for the old ones. A
// packet that a cut-through switch has begun to pass on is not stopped any more. Bytes are
// conserved: what entered the cards has been delivered, dropped with a cause, or is in flight.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/random.h"
#include "sim/event_queue.h"
#include "sim/hook.h"
#include "sim/net/framing.h"
#include "sim/net/link.h"
#include "sim/net/network_listener.h"
#include "sim/net/packet.h"
#include "sim/net/port.h"
#include "sim/net/routes.h"
#include "sim/net/shared_buffer.h"
#include "sim/net/topology.h"
#include "sim/slab.h"
#include "sim/task.h"
#include "sim/trace/event.h"

namespace lockstep::sim {

// Who is told what becomes of packets, but for their arrival.
class PacketListener {
 public:
  virtual ~PacketListener() = default;
  virtual void OnLost(const Packet& packet, trace::DropCause cause, Place place) = 0;
  // Its first bit leaves the sender's card; where that is wanted.
  virtual void OnFirstBit(const Packet& packet) = 0;
  // It is whole at its receiver's card, where that is wanted and not the same as at its host.
  virtual void OnAtCard(const Packet& packet) = 0;
  // It has not left the sender's card, and will do so at another time: `serial` is its new one.
  virtual void OnMoved(const Packet& packet, std::uint32_t serial) = 0;
};

class Wires {
 public:
  static constexpr std::uint32_t kNoSerial = 0;

  // All outlive the wires.
  Wires(const Topology& topology, const NicSpec& nic, EventQueue& queue, PacketListener& listener,
        const core::Random& random);
  // Who is asked before a packet joins a queue; null: nobody.
  void SetHook(Hook* hook) { hook_ = hook; }
  // First bits, and what is whole at a card, are told from now on.
  void TellLife() { tells_life_ = true; }

  // Puts a packet into its sender's card; kNoSerial where that has no room for it. When a segment
  // has left the card, a task kSegmentSent (of its stream, epoch and this serial) says so.
  std::uint32_t Launch(core::Instant now, const Packet& packet) { return Launch(now, now, packet); }
  // One that comes to the card at `came`, before which nothing else will.
  std::uint32_t Launch(core::Instant now, core::Instant came, const Packet& packet);
  // Whether a packet can be launched before it comes: wires that several hosts' packets cross in
  // the step in which they leave their cards would else be asked in another order.
  bool may_launch_ahead() const { return may_launch_ahead_; }
  // Whether a card has room for so much.
  bool HasRoomFor(core::Instant now, core::NodeId host, const Framed& what) {
    return outlets_[uplink_[host.value()]].port.HasRoomFor(now, what.size, what.packets);
  }
  // When a card that had no room for a packet may be offered the next one.
  core::Instant RetryAt(core::Instant now, core::NodeId host, core::ByteCount size) {
    return outlets_[uplink_[host.value()]].port.RetryAt(now, size);
  }
  // Tasks: a packet is at the next port, or lost on the wire; its first bit is on it; it is whole
  // at a card.
  void OnAtPort(core::Instant now, const Task& task) {
    if (Find(task) != nullptr) Serve(now, now, static_cast<std::uint32_t>(task.a));
  }
  void OnLost(const Task& task);
  void OnFirstBit(const Task& task);
  void OnAtCard(core::Instant now, const Task& task);
  // The packet of a task kAtCard or kAtHost; null where the task is void.
  const Packet* Find(const Task& task) {
    const Crossing& crossing = crossings_[task.a];
    return crossing.serial == task.b ? &crossing.packet : nullptr;
  }
  // It is at its receiver, and leaves the wires: delivered, unless the receiver will have none of
  // it. Valid until the next packet is launched.
  const Packet& Arrive(std::uint64_t slot);
  void Refuse(const Packet& packet, trace::DropCause cause);

  // What is done to the port of an edge, which must have one.
  void BeginStall(core::Instant now, std::uint32_t edge);
  void EndStall(core::Instant now, std::uint32_t edge);
  void SetRate(core::Instant now, std::uint32_t edge, std::int64_t rate_bps);
  void TakeDown(core::Instant now, std::uint32_t edge, Port::WhileDown fate,
                trace::DropCause cause);
  void BringUp(core::Instant now, std::uint32_t edge);
  // Throws away the nth, from 0, of the packets that wait for a port and have no bit on the wire.
  void Evict(core::Instant now, std::uint32_t edge, std::size_t nth);
  // Packets that the hook has wait, and that this holder lets go, come so much sooner. How many.
  std::uint64_t Release(core::Instant now, std::uint32_t holder, core::Duration sooner);
  // The last port that a packet has crossed before it came to that of `edge`; none where that is
  // the first.
  std::optional<std::uint32_t> PortBefore(std::uint32_t edge, const Packet& packet) const;

  // Whether a packet that has come to a card is not at its host at once.
  bool has_receive_latency() const { return has_receive_latency_; }
  const Port& port(std::uint32_t edge) const { return outlets_[edge].port; }
  Port& port(std::uint32_t edge) { return outlets_[edge].port; }
  std::uint32_t uplink(core::NodeId host) const { return uplink_[host.value()]; }
  std::uint32_t downlink(core::NodeId host) const { return downlink_[host.value()]; }
  // What a small packet takes where nothing is in its way.
  core::Duration LeastDelay(core::NodeId from, core::NodeId to) const;

  core::ByteCount dropped(trace::DropCause cause) const {
    return dropped_[static_cast<std::size_t>(cause)];
  }
  core::ByteCount delivered() const { return delivered_; }
  core::ByteCount in_flight() const { return in_flight_; }
  // In = delivered + dropped + in flight, in wire bytes.
  void CheckConservation() const;

 private:
  // An edge as a packet meets it; the topology has the rest.
  struct Outlet {
    Port port;
    Link link;
    std::uint32_t from = 0;  // vertices
    std::uint32_t to = 0;
    bool has_port = false;
    bool is_cut_through = false;  // at the port, if it is a switch's
    bool is_buffered = false;
    trace::DropCause while_down = trace::DropCause::kLoss;
  };
  enum class Stop : std::uint8_t { kPort, kHost, kLost };
  // A packet on its way: it is in the port of an edge, or beyond it and on its way to `edge`.
  struct Crossing {
    Packet packet;
    std::uint32_t count = 0;   // of its sender's packets
    std::uint32_t serial = 0;  // new for each port, and whenever its times change
    std::uint32_t edge = 0;    // whose port it is at or on its way to, or that loses it
    Stop stop = Stop::kPort;   // where the wire before it leads
    bool is_first_bit_out = false;
    bool is_late = false;      // the hook has it wait before this port
    std::uint32_t holder = 0;  // who may end that
    core::Duration way;        // to there, from the port that it left
    core::Instant tail;        // when its last bit is there
    // Of one that is on its way to a host over a wire that keeps the order:
    std::optional<core::Duration> latency;  // of the receiving card, once it is drawn
    core::Instant ready_before;             // of the packet before it there
  };
  // The receiving half of a host's card: a packet that has come whole is seen by the receive stage
  // after a while. Packets keep the order in which they come.
  struct Card {
    core::Random random;
    core::Instant ready;  // of the packet before
  };

  static Turn TurnOf(const Crossing& crossing) {
    const Packet& packet = crossing.packet;
    return Turn::AtHost(packet.to.value(), TurnClass::kMessage, packet.from.value(),
                        crossing.count);
  }
  std::uint32_t NextSerial() { return ++last_serial_ == kNoSerial ? ++last_serial_ : last_serial_; }
  bool IsCurrent(const Port::Tag& tag) { return crossings_[tag.slot].serial == tag.serial; }
  // Puts a packet whose head is at the port of its edge into it, if that has room. Its serial
  // there; kNoSerial where it is lost.
  std::uint32_t Serve(core::Instant now, core::Instant came, std::uint32_t slot);
  // Asks the hook about a packet that is about to join a queue. Nothing where it does so now; else
  // its serial while it waits, kNoSerial where it is lost.
  std::optional<std::uint32_t> Waylay(core::Instant now, std::uint32_t slot);
  // Asks the hook whether it joins the queue; else it is lost.
  bool MayQueue(core::Instant now, std::uint32_t slot);
  // Where it goes from the edge that it is at, and how long that takes.
  void Cross(Crossing& crossing);
  core::Duration DrawLatency(Card& card, core::ByteCount size);
  // Pushes that it is at its host, or before that at the card.
  void ScheduleArrival(Crossing& crossing, const Outlet& outlet, const Port::Tag& tag);
  // Pushes what is to happen to it from now on.
  void Schedule(core::Instant now, Crossing& crossing, const Outlet& outlet,
                const Port::Queued& times);
  // Before and after something is done to a port: its packets' old times are void, and they get
  // new ones.
  void Unschedule(core::Instant now, Outlet& outlet);
  void Reschedule(core::Instant now, Outlet& outlet);
  void Lose(std::uint64_t slot, trace::DropCause cause, Place place);
  // A stream's segment has left its card, then; also by being lost there.
  void TellSent(core::Instant at, const Crossing& crossing);
  void TellIfSegment(core::Instant at, std::uint32_t slot, std::uint32_t edge);
  // Loses one that was in the port of an edge.
  void LoseFromPort(core::Instant now, const Port::Queued& queued, std::uint32_t edge,
                    trace::DropCause cause);
  void Count(const Packet& packet, trace::DropCause cause);

  const Topology& topology_;
  const NicSpec& nic_;
  EventQueue& queue_;
  PacketListener& listener_;
  Routes routes_;
  std::vector<Outlet> outlets_;                       // outlets_[edge]
  std::vector<std::optional<SharedBuffer>> buffers_;  // buffers_[vertex]
  std::vector<std::uint32_t> uplink_;                 // uplink_[host]: the edge its card feeds
  std::vector<std::uint32_t> downlink_;
  std::vector<Card> cards_;  // cards_[host]
  Slab<Crossing> crossings_;
  Hook* hook_ = nullptr;
  std::vector<std::uint32_t> launched_;  // launched_[host]
  std::uint32_t last_serial_ = kNoSerial;
  bool has_receive_latency_ = false;
  bool may_launch_ahead_ = true;
  bool tells_life_ = false;
  core::ByteCount in_;
  core::ByteCount delivered_;
  core::ByteCount in_flight_;
  std::array<core::ByteCount, trace::kDropCauses.size()> dropped_{};
};

}  // namespace lockstep::sim
