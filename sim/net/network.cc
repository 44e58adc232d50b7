// Cards, switches, links and transports together: see network.h.

#include "sim/net/network.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

constexpr unsigned kTimeoutsMax = 15;  // before a sender gives up: tcp_retries2 of Linux

Task MakeTask(TaskKind kind, std::uint32_t target, std::uint64_t a = 0, std::uint64_t b = 0,
              std::uint64_t c = 0) {
  return Task{static_cast<std::uint32_t>(kind), target, a, b, c};
}

Topology TopologyOf(const WorldSpec& scenario) {
  if (scenario.network.topology) return *scenario.network.topology;
  return BuildFabric(scenario.clusters, scenario.network, scenario.profile);
}

// The port of an edge: a host's card, or a switch's.
PortSpec PortOf(const Topology& topology, const Edge& edge, const NicSpec& nic) {
  PortSpec port;
  port.rate_bps = edge.rate_bps;
  port.bytes = edge.queue;
  if (topology.is_host(edge.from)) {
    port.packets = nic.tx.descriptors;
    port.latency = nic.tx_latency;
    port.per_byte = nic.dma_per_byte;
    port.limit = nic.limit;
  } else {
    port.latency = topology.vertices[edge.from].forwarding.latency;
  }
  return port;
}

}  // namespace

// --- Wiring ---

Network::Network(const WorldSpec& scenario, EventQueue& queue, NetworkListener& listener,
                 const core::Random& random)
    : scenario_(scenario),
      queue_(queue),
      listener_(listener),
      topology_(TopologyOf(scenario)),
      routes_(topology_) {
  for (std::size_t c = 0; c < scenario.clusters.size(); ++c) {
    site_.insert(site_.end(), scenario.clusters[c].size, static_cast<std::uint32_t>(c));
  }
  CHECK(site_.size() == topology_.hosts);
  stream_index_.resize(site_.size());
  WireUp(random);
}

void Network::WireUp(const core::Random& random) {
  uplink_.assign(topology_.hosts, Routes::kNone);
  downlink_.assign(topology_.hosts, Routes::kNone);
  for (std::uint32_t i = 0; i < topology_.edges.size(); ++i) {
    const Edge& edge = topology_.edges[i];
    ports_.emplace_back(PortOf(topology_, edge, scenario_.profile.nic),
                        random.Fork(absl::StrCat("port/", edge.name)));
    links_.emplace_back(edge.wire, random.Fork(absl::StrCat("link/", edge.name)));
    const SwitchSpec& forwarding = topology_.vertices[edge.from].forwarding;
    // Latency is the port's: a switch that has some has ports.
    CHECK(edge.rate_bps > 0 || forwarding.latency.is_zero());
    hops_.push_back({edge.from, edge.to, edge.rate_bps > 0, forwarding.is_cut_through,
                     forwarding.buffer.value() > 0});
    if (topology_.is_host(edge.from)) uplink_[edge.from] = i;
    if (topology_.is_host(edge.to)) downlink_[edge.to] = i;
  }
  for (const Vertex& vertex : topology_.vertices) {
    const core::ByteCount buffer = vertex.forwarding.buffer;
    buffers_.emplace_back(buffer.value() > 0 ? std::optional<SharedBuffer>(buffer) : std::nullopt);
  }
  const NicSpec& nic = scenario_.profile.nic;
  for (std::uint32_t host = 0; host < topology_.hosts; ++host) {
    rings_.emplace_back();
    rings_.back().random = random.Fork(absl::StrCat("receive/", topology_.vertices[host].name));
  }
  has_receive_latency_ = !nic.rx_latency.is_constant() || nic.rx_latency.min().ps() > 0 ||
                         !nic.poll_delay.is_constant() || nic.poll_delay.min().ps() > 0 ||
                         nic.dma_per_byte.ps() > 0;
}

std::uint32_t Network::StreamOf(core::NodeId from, core::NodeId to) {
  std::vector<std::uint32_t>& row = stream_index_[from.value()];
  if (row.empty()) row.assign(site_.size(), kNoStream);
  std::uint32_t& index = row[to.value()];
  if (index == kNoStream) {
    index = static_cast<std::uint32_t>(streams_.size());
    ack_delay_.push_back(AckDelay(to, from));
    streams_.emplace_back(from, to, ClassOf(from, to), scenario_.profile.nic.mtu_payload,
                          AckDelay(from, to) + ack_delay_.back());
  }
  return index;
}

// What a small packet takes where nothing is in its way.
core::Duration Network::AckDelay(core::NodeId from, core::NodeId to) const {
  const NicSpec& nic = scenario_.profile.nic;
  core::Duration delay = nic.tx_latency.min() + nic.rx_latency.min() + nic.poll_delay.min();
  for (const std::uint32_t edge : routes_.Path(topology_, from, to, Routes::FlowOf(from, to))) {
    delay += links_[edge].delay();
    delay += topology_.vertices[topology_.edges[edge].from].forwarding.latency.min();
  }
  return delay;
}

Network::Framed Network::Frame(std::uint64_t payload) const {
  const NicSpec& nic = scenario_.profile.nic;
  const auto mtu = static_cast<std::uint64_t>(nic.mtu_payload.value());
  const std::uint64_t packets = payload <= mtu ? 1 : (payload + mtu - 1) / mtu;
  const std::uint64_t size = payload + packets * static_cast<std::uint64_t>(nic.header.value());
  return {core::ByteCount(static_cast<std::int64_t>(size)), packets};
}

core::ByteCount Network::egress(core::NodeId host) const {
  return ports_[uplink_[host.value()]].taken();
}

core::ByteCount Network::ingress(core::NodeId host) const {
  return ports_[downlink_[host.value()]].taken();
}

// --- From hosts ---

void Network::Send(core::Instant now, Message&& message) {
  if (!IsStream(message.from, message.to)) {
    SendDatagram(now, std::move(message));
    return;
  }
  const std::uint32_t stream = StreamOf(message.from, message.to);
  streams_[stream].Queue(std::move(message));
  Drive(now, stream);
}

void Network::SendDatagram(core::Instant now, Message&& message) {
  Packet packet;
  packet.from = message.from;
  packet.to = message.to;
  const std::uint64_t size = message.payload.size();
  const bool is_whole = ClassOf(packet.from, packet.to).segmentation != Segmentation::kMtu;
  const auto mtu = static_cast<std::uint64_t>(scenario_.profile.nic.mtu_payload.value());
  const std::uint64_t most = is_whole ? std::max<std::uint64_t>(size, 1) : mtu;
  const std::uint64_t fragments = size <= most ? 1 : (size + most - 1) / most;
  packet.datagram =
      datagrams_.Put({std::move(message), static_cast<std::uint32_t>(fragments), false, {}, 0});
  for (std::uint64_t i = 0; i < fragments; ++i) {
    packet.size = Frame(std::min(most, size - i * most)).size;
    Launch(now, packet);
  }
}

void Network::Drive(core::Instant now, std::uint32_t stream) {
  Stream& at = streams_[stream];
  if (const auto segment = at.Next(now)) {
    Packet packet;
    packet.from = at.from();
    packet.to = at.to();
    packet.size = Frame(segment->size()).size;
    packet.stream = stream;
    packet.epoch = at.epoch();
    packet.segment = *segment;
    ArmTimeout(stream);
    queue_.Push(Launch(now, packet), MakeTask(TaskKind::kSegmentSent, stream, packet.epoch,
                                              segment->begin, segment->end));
  } else if (const auto paced = at.PacedUntil(now)) {
    queue_.Push(*paced, MakeTask(TaskKind::kPaced, stream, at.epoch()));
  }
}

void Network::ArmTimeout(std::uint32_t stream) {
  Stream& at = streams_[stream];
  const auto due = at.TimeoutAt();
  if (at.is_timeout_set || !due) return;
  at.is_timeout_set = true;
  queue_.Push(*due, MakeTask(TaskKind::kTimeout, stream, at.epoch()));
}

// The task stays where it was pushed while acknowledgements move what it is for.
void Network::OnTimeout(core::Instant now, std::uint32_t stream) {
  Stream& at = streams_[stream];
  at.is_timeout_set = false;
  const auto due = at.TimeoutAt();
  if (due && *due <= now && at.OnTimeout(now) > kTimeoutsMax) {
    ResetStream(stream, trace::DropCause::kReset);
    return;
  }
  ArmTimeout(stream);
  Drive(now, stream);
}

// --- On the way ---

core::Instant Network::Launch(core::Instant now, const Packet& packet) {
  in_ = in_ + packet.size;
  in_flight_ = in_flight_ + packet.size;
  Packet launched = packet;
  launched.edge = uplink_[packet.from.value()];
  launched.tail = now;
  const auto service = Serve(now, launched);
  // A card that is full takes the next packet no sooner than it has put one on the wire.
  if (!service) return ports_[launched.edge].busy_until();
  Cross(now, packets_.Put(launched), *service);
  return service->ends;
}

std::optional<Service> Network::Serve(core::Instant now, Packet& packet) {
  const Hop& hop = hops_[packet.edge];
  SharedBuffer* buffer = hop.is_buffered ? &*buffers_[hop.from] : nullptr;
  const bool has_room = buffer == nullptr || buffer->HasRoomFor(now, packet.size);
  const auto service =
      has_room ? ports_[packet.edge].Enqueue(now, packet.tail, packet.size) : std::nullopt;
  if (!service) {
    Lose(packet, trace::DropCause::kQueue);
    return std::nullopt;
  }
  if (buffer != nullptr) buffer->Hold(service->ends, packet.size);
  return service;
}

void Network::Cross(core::Instant now, std::uint64_t slot, Service service) {
  Packet& packet = packets_[slot];
  const std::uint64_t flow = Routes::FlowOf(packet.from, packet.to);
  for (;;) {
    const auto delay = links_[packet.edge].Traverse();
    if (!delay) {
      Lose(packets_.Take(slot), trace::DropCause::kLoss);
      return;
    }
    const core::Instant head = service.begins + *delay;
    packet.tail = service.ends + *delay;
    const std::uint32_t at = hops_[packet.edge].to;
    if (at == packet.to.value()) {
      const TaskKind next = has_receive_latency_ ? TaskKind::kAtCard : TaskKind::kAtHost;
      queue_.Push(packet.tail, MakeTask(next, 0, slot));
      return;
    }
    packet.edge = routes_.Next(at, packet.to, flow);
    CHECK(packet.edge != Routes::kNone);
    const Hop& next = hops_[packet.edge];
    if (next.has_port) {
      queue_.Push(std::max(now, next.is_cut_through ? head : packet.tail),
                  MakeTask(TaskKind::kAtPort, 0, slot));
      return;
    }
    service = {head, packet.tail};
  }
}

// Packets keep the order in which they come.
core::Instant Network::ReadyInRing(core::Instant now, Ring& ring, core::ByteCount size) {
  const NicSpec& nic = scenario_.profile.nic;
  core::Duration latency = nic.dma_per_byte * size.value();
  latency += nic.rx_latency.Sample(ring.random);
  latency += nic.poll_delay.Sample(ring.random);
  return ring.ready = std::max(ring.ready, now + latency);
}

void Network::Lose(const Packet& packet, trace::DropCause cause) {
  in_flight_ = in_flight_ - packet.size;
  core::ByteCount& dropped = dropped_[static_cast<std::size_t>(cause)];
  dropped = dropped + packet.size;
  if (packet.stream == kNoStream) {
    LoseFragment(packet, cause);
  } else {
    listener_.OnPacketLost(packet.from, packet.to, packet.size, cause);
  }
}

// A datagram is lost with the first of its fragments; the others travel on for nothing.
void Network::LoseFragment(const Packet& packet, trace::DropCause cause) {
  Datagram& datagram = datagrams_[packet.datagram];
  if (!datagram.is_lost) {
    Ring& ring = rings_[packet.to.value()];
    ring.bytes = ring.bytes - datagram.in_ring;
    ring.packets -= datagram.ring_packets;
    listener_.OnDestroyed(datagram.message, cause);
  }
  datagram.is_lost = true;
  if (--datagram.fragments == 0) datagrams_.Take(packet.datagram);
}

// --- To hosts ---

void Network::Deliver(core::Instant now, const Packet& packet) {
  if (packet.stream == kNoStream) {
    DeliverFragment(packet);
    return;
  }
  Stream& stream = streams_[packet.stream];
  const bool is_current = stream.epoch() == packet.epoch;
  if (is_current && stream.is_half_open()) {
    Lose(packet, trace::DropCause::kReset);
    return;
  }
  in_flight_ = in_flight_ - packet.size;
  delivered_ = delivered_ + packet.size;
  if (!is_current) return;
  complete_.clear();
  stream.OnArrived(packet.segment, complete_);
  for (Message& message : complete_) {
    message.epoch = packet.epoch;
    listener_.OnArrived(std::move(message));
  }
  // Last, so that it tells of what was read at once.
  queue_.Push(now + ack_delay_[packet.stream],
              MakeTask(TaskKind::kAcked, packet.stream, packet.epoch, packet.segment.begin,
                       stream.Acknowledge()));
}

void Network::DeliverFragment(const Packet& packet) {
  const RingSpec& room = scenario_.profile.nic.rx;
  Ring& ring = rings_[packet.to.value()];
  const bool is_full = (room.bytes.value() > 0 && ring.bytes + packet.size > room.bytes) ||
                       (room.descriptors > 0 && ring.packets >= room.descriptors);
  if (is_full) {
    Lose(packet, trace::DropCause::kNoReceive);
    return;
  }
  in_flight_ = in_flight_ - packet.size;
  delivered_ = delivered_ + packet.size;
  Datagram& datagram = datagrams_[packet.datagram];
  --datagram.fragments;
  // Fragments of a datagram that has lost one are thrown away as they come.
  if (datagram.is_lost) {
    if (datagram.fragments == 0) datagrams_.Take(packet.datagram);
    return;
  }
  ring.bytes = ring.bytes + packet.size;
  ++ring.packets;
  datagram.in_ring = datagram.in_ring + packet.size;
  ++datagram.ring_packets;
  if (datagram.fragments > 0) return;
  listener_.OnArrived(std::move(datagrams_.Take(packet.datagram).message));
}

void Network::ReleaseRing(core::Instant, const Message& message) {
  if (message.from == message.to || IsStream(message.from, message.to)) return;
  Ring& ring = rings_[message.to.value()];
  const Framed framed = Frame(message.payload.size());
  const bool is_whole = ClassOf(message.from, message.to).segmentation != Segmentation::kMtu;
  ring.bytes = ring.bytes - framed.size;
  ring.packets -= is_whole ? 1 : framed.packets;
}

void Network::OnRead(core::Instant now, const Message& message) {
  if (message.from == message.to || !IsStream(message.from, message.to)) return;
  const std::uint32_t stream = StreamOf(message.from, message.to);
  if (streams_[stream].epoch() != message.epoch) return;  // Reset since.
  TellWindow(now, stream, streams_[stream].OnRead(message.payload.byte_count()));
}

void Network::TellWindow(core::Instant now, std::uint32_t stream,
                         std::optional<std::uint64_t> read) {
  if (!read) return;
  queue_.Push(now + ack_delay_[stream],
              MakeTask(TaskKind::kWindow, stream, streams_[stream].epoch(), *read));
}

// --- What breaks ---

void Network::OnCrash(core::NodeId host) {
  // Those who are told may open streams; a new one has nothing to do with a host that is down.
  const std::size_t count = streams_.size();
  for (std::uint32_t i = 0; i < count; ++i) {
    if (streams_[i].from() != host && streams_[i].to() != host) continue;
    ResetStream(i, trace::DropCause::kHostDown);
  }
}

std::uint64_t Network::ResetStream(core::NodeId from, core::NodeId to, trace::DropCause cause) {
  return ResetStream(StreamOf(from, to), cause);
}

std::uint64_t Network::ResetStream(std::uint32_t stream, trace::DropCause cause) {
  Stream& at = streams_[stream];
  at.is_timeout_set = false;
  core::ByteCount untaken;
  const std::vector<Message> lost = at.Reset(&untaken);
  for (const Message& message : lost) listener_.OnDestroyed(message, cause);
  if (untaken.value() > 0) listener_.OnTaken(at.from(), at.to(), untaken);
  return lost.size();
}

bool Network::HasStream(core::NodeId from, core::NodeId to) const {
  const std::vector<std::uint32_t>& row = stream_index_[from.value()];
  return !row.empty() && row[to.value()] != kNoStream;
}

bool Network::IsHalfOpen(core::NodeId from, core::NodeId to) const {
  return HasStream(from, to) && streams_[stream_index_[from.value()][to.value()]].is_half_open();
}

void Network::SetHalfOpen(core::NodeId from, core::NodeId to, bool is_half_open) {
  streams_[StreamOf(from, to)].SetHalfOpen(is_half_open);
}

void Network::StallCard(core::NodeId host, bool outwards, core::Instant from, core::Instant until) {
  ports_[(outwards ? uplink_ : downlink_)[host.value()]].AddStall(from, until);
}

std::uint64_t Network::DelayedByStall(core::NodeId host, bool outwards, core::Instant from,
                                      core::Instant until) const {
  return ports_[(outwards ? uplink_ : downlink_)[host.value()]].DelayedBy(from, until);
}

// --- Tasks ---

void Network::OnTask(core::Instant now, const Task& task) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kAtPort: {
      if (const auto service = Serve(now, packets_[task.a])) {
        Cross(now, task.a, *service);
      } else {
        packets_.Take(task.a);
      }
      return;
    }
    case TaskKind::kAtCard: {
      const Packet& packet = packets_[task.a];
      queue_.Push(ReadyInRing(now, rings_[packet.to.value()], packet.size),
                  MakeTask(TaskKind::kAtHost, 0, task.a));
      return;
    }
    case TaskKind::kAtHost:
      Deliver(now, packets_.Take(task.a));
      return;
    default:
      break;
  }
  // The others are of a stream, which may have been reset since.
  Stream& stream = streams_[task.target];
  if (stream.epoch() != task.a) return;
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kSegmentSent:
      taken_.clear();
      stream.OnSent({task.b, task.c}, taken_);
      // By index: who is told may send, and what is taken then is told by a later task.
      for (const core::ByteCount size : taken_) {
        listener_.OnTaken(stream.from(), stream.to(), size);
      }
      break;
    case TaskKind::kAcked:
      stream.OnAcked(now, task.b, task.c);
      break;
    case TaskKind::kWindow:
      stream.OnWindow(task.b);
      break;
    case TaskKind::kPaced:
      break;
    case TaskKind::kTimeout:
      OnTimeout(now, task.target);
      return;
    default:
      CHECK(false);
  }
  Drive(now, task.target);
}

void Network::CheckConservation() const {
  core::ByteCount dropped;
  for (const core::ByteCount bytes : dropped_) dropped = dropped + bytes;
  CHECK(in_ == delivered_ + dropped + in_flight_);
}

}  // namespace lockstep::sim
