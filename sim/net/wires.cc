// Packets from card to card: see wires.h.

#include "sim/net/wires.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

Task MakeTask(TaskKind kind, const Port::Tag& tag) {
  return Task{static_cast<std::uint32_t>(kind), 0, tag.slot, tag.serial, 0};
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

Wires::Wires(const Topology& topology, const NicSpec& nic, EventQueue& queue,
             PacketListener& listener, const core::Random& random)
    : topology_(topology), nic_(nic), queue_(queue), listener_(listener), routes_(topology) {
  has_receive_latency_ =
      !nic.rx_latency.is_zero() || !nic.poll_delay.is_zero() || nic.dma_per_byte > core::Duration();
  uplink_.assign(topology.hosts, Routes::kNone);
  downlink_.assign(topology.hosts, Routes::kNone);
  launched_.assign(topology.hosts, 0);
  for (std::uint32_t host = 0; host < topology.hosts; ++host)
    cards_.push_back({random.Fork(absl::StrCat("receive/", topology.vertices[host].name)), {}});
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    const Edge& edge = topology.edges[i];
    const SwitchSpec& forwarding = topology.vertices[edge.from].forwarding;
    // Latency is the port's: a switch that has some has ports.
    CHECK(edge.rate_bps > 0 || forwarding.latency.is_zero());
    outlets_.push_back(
        {Port(PortOf(topology, edge, nic), random.Fork(absl::StrCat("port/", edge.name))),
         Link(edge.wire, random.Fork(absl::StrCat("link/", edge.name))), edge.from, edge.to,
         edge.rate_bps > 0, forwarding.is_cut_through, forwarding.buffer.value() > 0});
    if (edge.rate_bps == 0 && !outlets_.back().link.draws_nothing()) may_launch_ahead_ = false;
    if (topology.is_host(edge.from)) uplink_[edge.from] = i;
    if (topology.is_host(edge.to)) downlink_[edge.to] = i;
  }
  for (const Vertex& vertex : topology.vertices) {
    const core::ByteCount buffer = vertex.forwarding.buffer;
    buffers_.emplace_back(buffer.value() > 0 ? std::optional<SharedBuffer>(buffer) : std::nullopt);
  }
}

core::Duration Wires::LeastDelay(core::NodeId from, core::NodeId to) const {
  core::Duration delay = nic_.tx_latency.min() + nic_.rx_latency.min() + nic_.poll_delay.min();
  for (const std::uint32_t edge : routes_.Path(topology_, from, to, Routes::FlowOf(from, to))) {
    delay += outlets_[edge].link.delay();
    delay += topology_.vertices[outlets_[edge].from].forwarding.latency.min();
  }
  return delay;
}

// --- On the way ---

std::uint32_t Wires::Launch(core::Instant now, core::Instant came, const Packet& packet) {
  in_ = in_ + packet.size;
  in_flight_ = in_flight_ + packet.size;
  const std::uint32_t slot = crossings_.Add();
  Crossing& crossing = crossings_[slot];
  crossing.packet = packet;
  crossing.count = ++launched_[packet.from.value()];
  crossing.edge = uplink_[packet.from.value()];
  crossing.tail = came;
  crossing.is_first_bit_out = false;
  crossing.is_late = false;
  crossing.latency.reset();
  return Serve(now, came, slot);
}

std::uint32_t Wires::Serve(core::Instant now, core::Instant came, std::uint32_t slot) {
  const bool was_late = std::exchange(crossings_[slot].is_late, false);
  if (hook_ != nullptr && !was_late) {
    if (const auto serial = Waylay(now, slot)) return *serial;
  }
  const std::uint32_t edge = crossings_[slot].edge;
  Outlet& outlet = outlets_[edge];
  // Who launched a packet that has waited knows nothing yet.
  const auto lose = [&](trace::DropCause cause) {
    if (was_late) TellIfSegment(outlet.port.RetryAt(now, crossings_[slot].packet.size), slot, edge);
    Lose(slot, cause, Place::Edge(edge));
    return kNoSerial;
  };
  if (hook_ != nullptr && !MayQueue(now, slot)) return lose(trace::DropCause::kFault);
  Crossing& crossing = crossings_[slot];
  SharedBuffer* buffer = outlet.is_buffered ? &*buffers_[outlet.from] : nullptr;
  const std::uint32_t serial = NextSerial();
  const core::ByteCount size = crossing.packet.size;
  const Port::Queued* queued = nullptr;
  if (buffer == nullptr || buffer->HasRoomFor(now, size))
    queued = outlet.port.Enqueue(now, came, crossing.tail, size, {slot, serial});
  if (queued == nullptr)
    return lose(outlet.port.is_down() ? outlet.while_down : trace::DropCause::kQueue);
  crossing.serial = serial;
  const bool is_standing = outlet.port.is_standing();
  if (buffer != nullptr) buffer->Hold(is_standing ? core::Instant::Max() : queued->ends, size);
  Cross(crossing);
  if (was_late && outlet.from == crossing.packet.from.value())
    listener_.OnMoved(crossing.packet, crossing.serial);
  if (!is_standing) Schedule(now, crossing, outlet, *queued);
  return crossing.serial;
}

std::optional<std::uint32_t> Wires::Waylay(core::Instant now, std::uint32_t slot) {
  // Who is asked may let others go, and what comes of that may launch more.
  const Packet packet = crossings_[slot].packet;
  const std::uint32_t edge = crossings_[slot].edge;
  const core::ByteCount waiting = outlets_[edge].port.Waiting(now);
  const PacketFate fate = hook_->BeforeQueue(now, edge, packet, waiting);
  if (fate.is_lost) {
    Lose(slot, trace::DropCause::kFault, Place::Edge(edge));
    return kNoSerial;
  }
  if (fate.later.ps() <= 0) return std::nullopt;
  Crossing& crossing = crossings_[slot];
  crossing.is_late = true;
  crossing.holder = fate.holder;
  crossing.tail = crossing.tail + fate.later;
  crossing.serial = NextSerial();
  queue_.Push(now + fate.later, TurnOf(crossing),
              MakeTask(TaskKind::kAtPort, {slot, crossing.serial}));
  return crossing.serial;
}

bool Wires::MayQueue(core::Instant now, std::uint32_t slot) {
  // Who is asked may throw away others, of which somebody is told who may launch more.
  const Packet packet = crossings_[slot].packet;
  const std::uint32_t edge = crossings_[slot].edge;
  return hook_->MayQueue(now, edge, packet, outlets_[edge].port.Waiting(now));
}

void Wires::Cross(Crossing& crossing) {
  const Packet& packet = crossing.packet;
  const std::uint64_t flow = Routes::FlowOf(packet.from, packet.to);
  crossing.way = core::Duration();
  for (;;) {
    Outlet& outlet = outlets_[crossing.edge];
    const auto delay = outlet.link.Traverse();
    if (!delay) {
      crossing.stop = Stop::kLost;
      return;
    }
    crossing.way += *delay;
    if (outlet.to == packet.to.value()) {
      crossing.stop = Stop::kHost;
      return;
    }
    crossing.edge = routes_.Next(outlet.to, packet.to, flow);
    CHECK(crossing.edge != Routes::kNone);
    if (outlets_[crossing.edge].has_port) {
      crossing.stop = Stop::kPort;
      return;
    }
  }
}

void Wires::Schedule(core::Instant now, Crossing& crossing, const Outlet& outlet,
                     const Port::Queued& times) {
  const Port::Tag tag = times.tag;
  const Turn turn = TurnOf(crossing);
  if (outlet.from == crossing.packet.from.value()) {
    if (tells_life_ && !crossing.is_first_bit_out)
      queue_.Push(times.begins, turn, MakeTask(TaskKind::kFirstBit, tag));
    if (crossing.packet.kind == PacketKind::kSegment) TellSent(times.ends, crossing);
  }
  crossing.tail = times.ends + crossing.way;
  switch (crossing.stop) {
    case Stop::kPort: {
      const bool is_cut_through = outlets_[crossing.edge].is_cut_through;
      const core::Instant head = times.begins + crossing.way;
      queue_.Push(is_cut_through ? std::max(now, head) : crossing.tail, turn,
                  MakeTask(TaskKind::kAtPort, tag));
      return;
    }
    case Stop::kHost:
      ScheduleArrival(crossing, outlet, tag);
      return;
    case Stop::kLost:
      queue_.Push(crossing.tail, turn, MakeTask(TaskKind::kLost, tag));
  }
}

core::Duration Wires::DrawLatency(Card& card, core::ByteCount size) {
  core::Duration latency = nic_.dma_per_byte * size.value();
  latency += nic_.rx_latency.Sample(card.random);
  latency += nic_.poll_delay.Sample(card.random);
  return latency;
}

// Where the wire keeps the order, so that it is known which packet comes before it to the card, the
// way to the host needs no entry for the card.
void Wires::ScheduleArrival(Crossing& crossing, const Outlet& outlet, const Port::Tag& tag) {
  const Turn turn = TurnOf(crossing);
  if (!has_receive_latency_)
    return queue_.Push(crossing.tail, turn, MakeTask(TaskKind::kAtHost, tag));
  const bool is_ordered = outlet.link.is_fixed();
  if (!is_ordered || tells_life_)
    queue_.Push(crossing.tail, turn, MakeTask(TaskKind::kAtCard, tag));
  if (!is_ordered) return;
  Card& card = cards_[crossing.packet.to.value()];
  if (!crossing.latency) crossing.latency = DrawLatency(card, crossing.packet.size);
  crossing.ready_before = card.ready;
  card.ready = std::max(card.ready, crossing.tail + *crossing.latency);
  queue_.Push(card.ready, turn, MakeTask(TaskKind::kAtHost, tag));
}

void Wires::OnAtCard(core::Instant now, const Task& task) {
  if (Find(task) == nullptr) return;
  const Crossing& crossing = crossings_[task.a];
  if (tells_life_) listener_.OnAtCard(crossing.packet);
  if (crossing.latency) return;
  Card& card = cards_[crossing.packet.to.value()];
  card.ready = std::max(card.ready, now + DrawLatency(card, crossing.packet.size));
  Task next = task;
  next.kind = static_cast<std::uint32_t>(TaskKind::kAtHost);
  queue_.Push(card.ready, TurnOf(crossing), next);
}

void Wires::OnFirstBit(const Task& task) {
  if (Find(task) == nullptr) return;
  Crossing& crossing = crossings_[task.a];
  crossing.is_first_bit_out = true;
  listener_.OnFirstBit(crossing.packet);
}

void Wires::OnLost(const Task& task) {
  if (Find(task) != nullptr)
    Lose(task.a, trace::DropCause::kLoss, Place::Edge(crossings_[task.a].edge));
}

void Wires::Lose(std::uint64_t slot, trace::DropCause cause, Place place) {
  const Packet packet = crossings_[slot].packet;
  crossings_[slot].serial = kNoSerial;
  crossings_.Free(slot);
  in_flight_ = in_flight_ - packet.size;
  Count(packet, cause);
  listener_.OnLost(packet, cause, place);
}

void Wires::Count(const Packet& packet, trace::DropCause cause) {
  core::ByteCount& dropped = dropped_[static_cast<std::size_t>(cause)];
  dropped = dropped + packet.size;
}

const Packet& Wires::Arrive(std::uint64_t slot) {
  Crossing& crossing = crossings_[slot];
  crossing.serial = kNoSerial;
  crossings_.Free(slot);
  const Packet& packet = crossing.packet;
  in_flight_ = in_flight_ - packet.size;
  delivered_ = delivered_ + packet.size;
  return packet;
}

void Wires::Refuse(const Packet& packet, trace::DropCause cause) {
  delivered_ = delivered_ - packet.size;
  Count(packet, cause);
}

// --- What is done to ports ---

void Wires::Unschedule(core::Instant now, Outlet& outlet) {
  CHECK(outlet.has_port);
  Port& port = outlet.port;
  port.Settle(now);
  const bool is_begun = port.queued() > 0 && port.at(0).begins <= now;
  if (is_begun && !IsCurrent(port.at(0).tag)) port.PassFront();
  bool is_card_told = false;
  for (std::size_t i = 0; i < port.queued(); ++i) {
    Port::Queued& queued = port.at(i);
    CHECK(IsCurrent(queued.tag));
    if (outlet.is_buffered)
      buffers_[outlet.from]->Forget(port.is_standing() ? core::Instant::Max() : queued.ends,
                                    queued.size);
    Crossing& crossing = crossings_[queued.tag.slot];
    // As if none of them had come to the card: the first one says what came before.
    if (crossing.latency && !is_card_told) {
      cards_[crossing.packet.to.value()].ready = crossing.ready_before;
      is_card_told = true;
    }
    queued.tag.serial = crossing.serial = NextSerial();
    if (crossing.packet.from.value() == outlet.from)
      listener_.OnMoved(crossing.packet, crossing.serial);
  }
}

void Wires::Reschedule(core::Instant now, Outlet& outlet) {
  Port& port = outlet.port;
  for (std::size_t i = 0; i < port.queued(); ++i) {
    const Port::Queued& queued = port.at(i);
    if (outlet.is_buffered)
      buffers_[outlet.from]->Hold(port.is_standing() ? core::Instant::Max() : queued.ends,
                                  queued.size);
    if (!port.is_standing()) Schedule(now, crossings_[queued.tag.slot], outlet, queued);
  }
}

void Wires::BeginStall(core::Instant now, std::uint32_t edge) {
  Unschedule(now, outlets_[edge]);
  outlets_[edge].port.BeginStall(now);
  Reschedule(now, outlets_[edge]);
}

void Wires::EndStall(core::Instant now, std::uint32_t edge) {
  Unschedule(now, outlets_[edge]);
  outlets_[edge].port.EndStall(now);
  Reschedule(now, outlets_[edge]);
}

void Wires::SetRate(core::Instant now, std::uint32_t edge, std::int64_t rate_bps) {
  Unschedule(now, outlets_[edge]);
  outlets_[edge].port.SetRate(now, rate_bps);
  Reschedule(now, outlets_[edge]);
}

void Wires::TakeDown(core::Instant now, std::uint32_t edge, Port::WhileDown fate,
                     trace::DropCause cause) {
  Unschedule(now, outlets_[edge]);
  outlets_[edge].while_down = cause;
  const std::vector<Port::Queued> lost = outlets_[edge].port.TakeDown(now, fate);
  Reschedule(now, outlets_[edge]);
  for (const Port::Queued& packet : lost) LoseFromPort(now, packet, edge, cause);
}

void Wires::LoseFromPort(core::Instant now, const Port::Queued& queued, std::uint32_t edge,
                         trace::DropCause cause) {
  TellIfSegment(now, queued.tag.slot, edge);
  Lose(queued.tag.slot, cause, Place::Edge(edge));
}

void Wires::TellIfSegment(core::Instant at, std::uint32_t slot, std::uint32_t edge) {
  const Packet& packet = crossings_[slot].packet;
  if (packet.kind == PacketKind::kSegment && outlets_[edge].from == packet.from.value())
    TellSent(at, crossings_[slot]);
}

void Wires::TellSent(core::Instant at, const Crossing& crossing) {
  const Packet& packet = crossing.packet;
  queue_.Push(at, Turn::AtHost(packet.from.value(), TurnClass::kRest, packet.to.value(), 0),
              Task{static_cast<std::uint32_t>(TaskKind::kSegmentSent), packet.owner, packet.epoch,
                   crossing.serial, 0});
}

void Wires::Evict(core::Instant now, std::uint32_t edge, std::size_t nth) {
  Outlet& outlet = outlets_[edge];
  Unschedule(now, outlet);
  const Port::Queued evicted = outlet.port.Evict(now, nth);
  Reschedule(now, outlet);
  LoseFromPort(now, evicted, edge, trace::DropCause::kFault);
}

std::uint64_t Wires::Release(core::Instant now, std::uint32_t holder, core::Duration sooner) {
  std::vector<Port::Tag> held;
  for (std::uint32_t slot = 0; slot < crossings_.slots(); ++slot) {
    const Crossing& crossing = crossings_[slot];
    if (crossing.serial != kNoSerial && crossing.is_late && crossing.holder == holder)
      held.push_back({slot, crossing.serial});
  }
  // Each sender's in the order in which it sent them, which those that come at once must not lose.
  std::sort(held.begin(), held.end(), [&](const Port::Tag& a, const Port::Tag& b) {
    const Crossing& left = crossings_[a.slot];
    const Crossing& right = crossings_[b.slot];
    return std::tuple(left.tail, left.packet.from, left.count) <
           std::tuple(right.tail, right.packet.from, right.count);
  });
  for (const Port::Tag& tag : held) {
    if (!IsCurrent(tag)) continue;
    Crossing& crossing = crossings_[tag.slot];
    crossing.tail = std::max(now, crossing.tail - sooner);
    crossing.holder = 0;
    if (crossing.tail == now) {
      Serve(now, now, tag.slot);
      continue;
    }
    crossing.serial = NextSerial();
    listener_.OnMoved(crossing.packet, crossing.serial);
    queue_.Push(crossing.tail, TurnOf(crossing),
                MakeTask(TaskKind::kAtPort, {tag.slot, crossing.serial}));
  }
  return held.size();
}

std::optional<std::uint32_t> Wires::PortBefore(std::uint32_t edge, const Packet& packet) const {
  std::optional<std::uint32_t> before;
  const std::uint64_t flow = Routes::FlowOf(packet.from, packet.to);
  for (const std::uint32_t each : routes_.Path(topology_, packet.from, packet.to, flow)) {
    if (each == edge) return before;
    if (outlets_[each].has_port) before = each;
  }
  return std::nullopt;
}

void Wires::BringUp(core::Instant now, std::uint32_t edge) {
  Unschedule(now, outlets_[edge]);
  outlets_[edge].port.BringUp(now);
  Reschedule(now, outlets_[edge]);
}

void Wires::CheckConservation() const {
  core::ByteCount dropped;
  for (const core::ByteCount bytes : dropped_) dropped = dropped + bytes;
  CHECK(in_ == delivered_ + dropped + in_flight_);
}

}  // namespace lockstep::sim
