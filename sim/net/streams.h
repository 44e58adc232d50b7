// All streams of a world: moves their segments and what their ends say to each other.
//
// A stream has a connection, which stands from time 0 unless its class says that it is opened cold.
// After a reset or the death of an end the next bytes wait for a round trip, in which the sender
// asks (SYN) and the receiver accepts (SYN-ACK). Each arriving segment is answered by an
// acknowledgement at once; that, and all that the ends say to each other besides, are packets of 66
// B, which ride on nothing, queue, and may be lost as packets are.
//
// When the *process* at an end dies, its machine closes what it had: it tells the other end by a
// reset, as a kernel does, and answers by one whatever else comes. What the process had sent whole
// is still on its way; what the card has not been given dies with it. When the *machine* dies
// nobody is told anything: senders find out when they give up.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/event_queue.h"
#include "sim/net/machines.h"
#include "sim/net/network_listener.h"
#include "sim/net/stream.h"
#include "sim/net/wires.h"
#include "sim/profile.h"
#include "sim/task.h"

namespace lockstep::sim {

class Streams {
 public:
  // All outlive the streams.
  Streams(const NicSpec& nic, const NetworkSpec& network, const Machines& machines, Wires& wires,
          EventQueue& queue, NetworkListener& listener);

  void Send(core::Instant now, Message&& message, PairClass pair);
  // The receiving host has read a message.
  void OnRead(core::Instant now, const Message& message);
  // A packet is at its receiver, whose machine is up.
  void OnArrived(core::Instant now, const Packet& packet);
  // Its first bit is on the wire; it is whole at the receiving card.
  void OnFirstBit(const Packet& packet);
  void OnAtCard(const Packet& packet);
  void OnMoved(const Packet& packet, std::uint32_t serial);
  // Handles a task of a stream.
  void OnTask(core::Instant now, const Task& task);

  // The process on this host has died; the machine is as Machines says.
  void OnDown(core::Instant now, core::NodeId host);
  // Both ends of the connection know at once that it is gone; what it carried is lost. How many
  // messages that are.
  std::uint64_t Reset(core::NodeId from, core::NodeId to, trace::DropCause cause);
  // The receiver forgets, or remembers, the stream. The sender finds out by its timeouts.
  void SetHalfOpen(core::NodeId from, core::NodeId to, bool is_half_open);
  bool IsHalfOpen(core::NodeId from, core::NodeId to) const;
  // Whether its sender has a connection, or asks for one.
  bool IsConnected(core::NodeId from, core::NodeId to) const {
    const Stream* stream = Find(from, to);
    return stream != nullptr && stream->state() != Stream::State::kClosed;
  }
  // Whether anything was ever sent over a stream between them.
  bool Has(core::NodeId from, core::NodeId to) const { return Find(from, to) != nullptr; }

  std::size_t size() const { return streams_.size(); }
  std::size_t bytes_reserved() const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  const Stream* Find(core::NodeId from, core::NodeId to) const;
  // The stream between them, which begins if there is none.
  std::uint32_t Of(core::Instant now, core::NodeId from, core::NodeId to, PairClass pair);
  // Sends segments, or opens the connection, as far as it allows.
  void Drive(core::Instant now, std::uint32_t index);
  void LaunchSegment(core::Instant now, std::uint32_t index, const Segment& segment);
  // What one end says to the other: `is_back` from the receiver to the sender.
  Packet Control(std::uint32_t index, PacketKind kind, std::uint32_t epoch, bool is_back) const;
  void Say(core::Instant now, std::uint32_t index, PacketKind kind, std::uint32_t epoch,
           bool is_back);
  void SayReset(core::Instant now, std::uint32_t index, std::uint32_t epoch, bool is_back);
  void Push(core::Instant at, const Task& task);
  void ArmTimeout(std::uint32_t index);
  void OnTimeout(core::Instant now, std::uint32_t index);
  void OnSent(core::Instant now, std::uint32_t index);

  void AtReceiver(core::Instant now, const Packet& packet);
  void AtSender(core::Instant now, const Packet& packet);
  void TakeSegment(core::Instant now, const Packet& packet);
  void Refuse(const Packet& packet, trace::DropCause cause);
  std::uint64_t Reset(std::uint32_t index, trace::DropCause cause, Place place);
  void Forget(std::uint32_t index);
  void Destroy(const std::vector<Message>& lost, trace::DropCause cause, Place place);

  const NicSpec& nic_;
  std::array<StreamSpec, kPairClassNames.size()> specs_;  // specs_[PairClass]
  const Machines& machines_;
  Wires& wires_;
  EventQueue& queue_;
  NetworkListener& listener_;
  OutboundPool pool_;
  // index_[from][to]; a row and its streams are made on first use.
  std::vector<std::vector<std::uint32_t>> index_;
  std::deque<Stream> streams_;           // a deque: references outlive additions
  std::uint32_t acknowledging_ = kNone;  // it will say how far its receiver has read
  // Reused between steps, as is:
  std::vector<core::ByteCount> taken_;
  std::vector<Message> complete_;
};

}  // namespace lockstep::sim
