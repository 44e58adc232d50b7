// All streams of a world: see streams.h.

#include "sim/net/streams.h"

#include <utility>

#include "protocols/core/check.h"
#include "sim/net/framing.h"

namespace lockstep::sim {
namespace {

Task MakeTask(TaskKind kind, std::uint32_t stream, std::uint64_t epoch, std::uint64_t serial = 0) {
  return Task{static_cast<std::uint32_t>(kind), stream, epoch, serial, 0};
}

}  // namespace

Streams::Streams(const NicSpec& nic, const NetworkSpec& network, const Machines& machines,
                 Wires& wires, EventQueue& queue, NetworkListener& listener)
    : nic_(nic),
      specs_{StreamSpec(network.intra, nic.mtu_payload), StreamSpec(network.cross, nic.mtu_payload),
             StreamSpec(network.client, nic.mtu_payload)},
      machines_(machines),
      wires_(wires),
      queue_(queue),
      listener_(listener) {}

const Stream* Streams::Find(core::NodeId from, core::NodeId to) const {
  if (from.value() >= index_.size() || index_[from.value()].empty()) return nullptr;
  const std::uint32_t index = index_[from.value()][to.value()];
  return index == kNone ? nullptr : &streams_[index];
}

std::uint32_t Streams::Of(core::Instant now, core::NodeId from, core::NodeId to, PairClass pair) {
  if (index_.empty()) index_.resize(machines_.size());
  std::vector<std::uint32_t>& row = index_[from.value()];
  if (row.empty()) row.assign(machines_.size(), kNone);
  std::uint32_t& index = row[to.value()];
  if (index != kNone) return index;
  index = static_cast<std::uint32_t>(streams_.size());
  const StreamSpec& spec = specs_[static_cast<std::size_t>(pair)];
  Stream& stream = streams_.emplace_back(from, to, spec, pool_);
  // As it would be, had it stood since time 0: gone if either end has died since and the sender
  // knows.
  const core::Duration back = wires_.LeastDelay(to, from);
  const bool is_told = machines_.has_told(to) && machines_.died_at(to) + back <= now;
  if (!spec.is_cold && !machines_.has_died(from) && !is_told)
    stream.StandOpen(wires_.LeastDelay(from, to) + back, !machines_.has_died(to));
  return index;
}

// --- From hosts ---

void Streams::Send(core::Instant now, Message&& message, PairClass pair) {
  const std::uint32_t index = Of(now, message.from, message.to, pair);
  // A sender that lives again sends over a new connection, and what the old one still carries is
  // not waited for.
  if (streams_[index].is_orphaned()) Forget(index);
  streams_[index].Queue(std::move(message));
  Drive(now, index);
}

void Streams::Drive(core::Instant now, std::uint32_t index) {
  Stream& stream = streams_[index];
  switch (stream.state()) {
    case Stream::State::kClosed:
      if (!stream.has_unsent()) return;
      stream.BeginOpening(now);
      Say(now, index, PacketKind::kOpen, stream.epoch(), false);
      break;
    case Stream::State::kOpening:
      return;
    case Stream::State::kOpen:
      if (const auto segment = stream.Next(now)) {
        LaunchSegment(now, index, *segment);
      } else if (const auto paced = stream.PacedUntil(now)) {
        Push(*paced, MakeTask(TaskKind::kPaced, index, stream.epoch()));
      }
      break;
  }
  ArmTimeout(index);
}

void Streams::LaunchSegment(core::Instant now, std::uint32_t index, const Segment& segment) {
  Stream& stream = streams_[index];
  Packet packet;
  packet.from = stream.from();
  packet.to = stream.to();
  packet.size = Frame(segment.size(), nic_).size;
  packet.owner = index;
  packet.epoch = stream.epoch();
  packet.kind = PacketKind::kSegment;
  packet.segment = segment;
  const std::uint32_t serial = wires_.Launch(now, packet);
  stream.SetCardSerial(serial);
  // A card that is full takes the next packet no sooner than it has put one on the wire.
  if (serial == Wires::kNoSerial)
    Push(wires_.RetryAt(now, packet.from, packet.size),
         MakeTask(TaskKind::kSegmentSent, index, packet.epoch, serial));
}

// The sending host's.
void Streams::Push(core::Instant at, const Task& task) {
  const Stream& stream = streams_[task.target];
  queue_.Push(at, Turn::AtHost(stream.from().value(), TurnClass::kRest, stream.to().value(), 0),
              task);
}

Packet Streams::Control(std::uint32_t index, PacketKind kind, std::uint32_t epoch,
                        bool is_back) const {
  const Stream& stream = streams_[index];
  Packet packet;
  packet.from = is_back ? stream.to() : stream.from();
  packet.to = is_back ? stream.from() : stream.to();
  packet.size = kControlBytes;
  packet.owner = index;
  packet.epoch = epoch;
  packet.kind = kind;
  return packet;
}

void Streams::Say(core::Instant now, std::uint32_t index, PacketKind kind, std::uint32_t epoch,
                  bool is_back) {
  wires_.Launch(now, Control(index, kind, epoch, is_back));
}

void Streams::SayReset(core::Instant now, std::uint32_t index, std::uint32_t epoch, bool is_back) {
  Packet packet = Control(index, PacketKind::kReset, epoch, is_back);
  packet.is_host_down = !machines_.is_up(packet.from);
  wires_.Launch(now, packet);
}

void Streams::OnRead(core::Instant now, const Message& message) {
  const std::uint32_t index = index_[message.from.value()][message.to.value()];
  Stream& stream = streams_[index];
  if (stream.accepted() != message.epoch) return;  // It has come by an earlier connection.
  if (!stream.OnRead(message.payload.byte_count()) || index == acknowledging_) return;
  Packet packet = Control(index, PacketKind::kWindow, stream.accepted(), true);
  packet.read = stream.TellRead();
  wires_.Launch(now, packet);
}

// --- Timeouts ---

void Streams::ArmTimeout(std::uint32_t index) {
  Stream& stream = streams_[index];
  if (stream.is_timeout_set) return;
  const auto due = stream.TimeoutAt();
  if (!due) return;
  stream.is_timeout_set = true;
  Push(*due, MakeTask(TaskKind::kTimeout, index, stream.epoch()));
}

// The task stays where it was pushed while answers move what it is for.
void Streams::OnTimeout(core::Instant now, std::uint32_t index) {
  Stream& stream = streams_[index];
  stream.is_timeout_set = false;
  const auto due = stream.TimeoutAt();
  if (due && *due <= now) {
    switch (stream.OnTimeout(now)) {
      case Stream::Expiry::kGiveUp:
        Reset(index, trace::DropCause::kReset, Place::Vertex(stream.from()));
        return;
      case Stream::Expiry::kOpen:
        Say(now, index, PacketKind::kOpen, stream.epoch(), false);
        break;
      case Stream::Expiry::kProbe:
        Say(now, index, PacketKind::kProbe, stream.epoch(), false);
        break;
      case Stream::Expiry::kResend:
        break;
    }
  }
  ArmTimeout(index);
  Drive(now, index);
}

void Streams::OnTask(core::Instant now, const Task& task) {
  Stream& stream = streams_[task.target];
  if (stream.epoch() != task.a) return;  // Of a connection that is gone.
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kSegmentSent:
      if (stream.card_serial() == task.b) OnSent(now, task.target);
      return;
    case TaskKind::kTimeout:
      OnTimeout(now, task.target);
      return;
    case TaskKind::kPaced:
      Drive(now, task.target);
      return;
    default:
      CHECK(false);
  }
}

void Streams::OnSent(core::Instant now, std::uint32_t index) {
  Stream& stream = streams_[index];
  taken_.clear();
  stream.OnSent(taken_);
  // By index: who is told may send, and what is taken then is told by a later task.
  for (std::size_t i = 0; i < taken_.size(); ++i)
    listener_.OnTaken(stream.from(), stream.to(), taken_[i]);
  Drive(now, index);
}

// --- From the wires ---

void Streams::OnArrived(core::Instant now, const Packet& packet) {
  if (packet.to == streams_[packet.owner].to()) {
    AtReceiver(now, packet);
  } else {
    AtSender(now, packet);
  }
}

void Streams::AtReceiver(core::Instant now, const Packet& packet) {
  Stream& stream = streams_[packet.owner];
  if (stream.is_half_open()) return Refuse(packet, trace::DropCause::kReset);
  if (packet.kind == PacketKind::kReset) {
    if (packet.epoch == stream.accepted()) Forget(packet.owner);
    return;
  }
  const bool is_asking = packet.kind == PacketKind::kOpen && packet.epoch == stream.epoch();
  if (!machines_.is_up(packet.to) || (packet.epoch != stream.accepted() && !is_asking)) {
    Refuse(packet,
           machines_.is_up(packet.to) ? trace::DropCause::kReset : trace::DropCause::kHostDown);
    SayReset(now, packet.owner, packet.epoch, true);
    return;
  }
  switch (packet.kind) {
    case PacketKind::kOpen:
      stream.Accept(packet.epoch);
      Say(now, packet.owner, PacketKind::kAccepted, packet.epoch, true);
      return;
    case PacketKind::kProbe: {
      Packet answer = Control(packet.owner, PacketKind::kWindow, packet.epoch, true);
      answer.read = stream.TellRead();
      wires_.Launch(now, answer);
      return;
    }
    case PacketKind::kSegment:
      TakeSegment(now, packet);
      return;
    default:
      CHECK(false);
  }
}

void Streams::TakeSegment(core::Instant now, const Packet& packet) {
  Stream& stream = streams_[packet.owner];
  complete_.clear();
  stream.OnArrived(packet.segment, complete_);
  acknowledging_ = packet.owner;
  for (Message& message : complete_) {
    message.epoch = packet.epoch;
    listener_.OnArrived(std::move(message));
  }
  // Last, so that it tells of what was read at once.
  acknowledging_ = kNone;
  Packet ack = Control(packet.owner, PacketKind::kAck, packet.epoch, true);
  stream.Acknowledge(packet.segment, ack);
  wires_.Launch(now, ack);
}

void Streams::AtSender(core::Instant now, const Packet& packet) {
  Stream& stream = streams_[packet.owner];
  if (packet.epoch != stream.epoch() || stream.state() == Stream::State::kClosed) {
    // Of a connection that this end has not any more.
    if (packet.kind != PacketKind::kReset) SayReset(now, packet.owner, packet.epoch, false);
    return;
  }
  switch (packet.kind) {
    case PacketKind::kReset:
      Reset(packet.owner,
            packet.is_host_down ? trace::DropCause::kHostDown : trace::DropCause::kReset,
            Place::Vertex(stream.from()));
      return;
    case PacketKind::kAccepted:
      if (stream.state() == Stream::State::kOpening) stream.OnAccepted(now);
      break;
    case PacketKind::kAck:
      stream.OnAck(now, packet);
      break;
    case PacketKind::kWindow:
      stream.OnWindow(now, packet.read);
      break;
    default:
      CHECK(false);
  }
  Drive(now, packet.owner);
}

void Streams::Refuse(const Packet& packet, trace::DropCause cause) {
  wires_.Refuse(packet, cause);
  listener_.OnPacketLost(packet.from, packet.to, packet.size, cause, Place::Vertex(packet.to));
}

void Streams::OnFirstBit(const Packet& packet) {
  Stream& stream = streams_[packet.owner];
  if (packet.kind != PacketKind::kSegment || packet.epoch != stream.epoch()) return;
  stream.ForEachOnWire(packet.segment, [&](const Message& message) { listener_.OnWire(message); });
}

void Streams::OnAtCard(const Packet& packet) {
  Stream& stream = streams_[packet.owner];
  if (packet.kind != PacketKind::kSegment || packet.epoch != stream.accepted()) return;
  stream.ForEachAtCard(packet.segment,
                       [&](const Message& message) { listener_.OnAtCard(message); });
}

void Streams::OnMoved(const Packet& packet, std::uint32_t serial) {
  Stream& stream = streams_[packet.owner];
  if (packet.kind == PacketKind::kSegment && packet.epoch == stream.epoch())
    stream.SetCardSerial(serial);
}

// --- What breaks ---

void Streams::OnDown(core::Instant now, core::NodeId host) {
  const bool tells = machines_.has_power(host);
  // Those who are told of messages may open streams; a new one has nothing to do with this.
  const std::size_t count = streams_.size();
  for (std::uint32_t i = 0; i < count; ++i) {
    Stream& stream = streams_[i];
    if (stream.from() == host) {
      const std::uint32_t epoch = stream.epoch();
      const bool is_open = stream.state() != Stream::State::kClosed;
      Destroy(stream.OrphanSent(), trace::DropCause::kHostDown, Place::Vertex(host));
      if (tells && is_open) SayReset(now, i, epoch, false);
      // Nobody will ever hand over what it had sent.
      if (stream.is_orphaned() && stream.accepted() != epoch) Forget(i);
    } else if (stream.to() == host) {
      const std::uint32_t epoch = stream.accepted();
      Forget(i);
      if (tells && epoch != Stream::kNoEpoch) SayReset(now, i, epoch, true);
    }
  }
}

void Streams::Forget(std::uint32_t index) {
  Stream& stream = streams_[index];
  Destroy(stream.Forget(), trace::DropCause::kHostDown, Place::Vertex(stream.to()));
}

std::uint64_t Streams::Reset(core::NodeId from, core::NodeId to, trace::DropCause cause) {
  return Has(from, to) ? Reset(index_[from.value()][to.value()], cause, Place::Vertex(from)) : 0;
}

std::uint64_t Streams::Reset(std::uint32_t index, trace::DropCause cause, Place place) {
  Stream& stream = streams_[index];
  core::ByteCount untaken;
  const std::vector<Message> lost = stream.Reset(&untaken);
  Destroy(lost, cause, place);
  if (untaken.value() > 0) listener_.OnTaken(stream.from(), stream.to(), untaken);
  return lost.size();
}

void Streams::Destroy(const std::vector<Message>& lost, trace::DropCause cause, Place place) {
  for (const Message& message : lost) listener_.OnDestroyed(message, cause, place);
}

bool Streams::IsHalfOpen(core::NodeId from, core::NodeId to) const {
  const Stream* stream = Find(from, to);
  return stream != nullptr && stream->is_half_open();
}

void Streams::SetHalfOpen(core::NodeId from, core::NodeId to, bool is_half_open) {
  CHECK(Has(from, to));
  streams_[index_[from.value()][to.value()]].SetHalfOpen(is_half_open);
}

std::size_t Streams::bytes_reserved() const {
  std::size_t bytes = 0;
  for (const auto& row : index_) bytes += sizeof(row) + row.size() * sizeof(row[0]);
  for (const Stream& stream : streams_) bytes += stream.bytes_reserved();
  return bytes;
}

}  // namespace lockstep::sim
