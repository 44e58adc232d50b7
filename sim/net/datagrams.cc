// Datagrams and rings: see datagrams.h.

#include "sim/net/datagrams.h"

#include <algorithm>
#include <utility>

namespace lockstep::sim {

Datagrams::Datagrams(const Topology& topology, const NicSpec& nic, const Machines& machines,
                     Wires& wires, NetworkListener& listener)
    : nic_(nic), machines_(machines), wires_(wires), listener_(listener), rings_(topology.hosts) {}

void Datagrams::Send(core::Instant now, core::Instant came, Message&& message,
                     Segmentation segmentation) {
  Packet packet;
  packet.from = message.from;
  packet.to = message.to;
  const std::uint64_t size = message.payload.size();
  const bool is_whole = segmentation != Segmentation::kMtu;
  const auto mtu = static_cast<std::uint64_t>(nic_.mtu_payload.value());
  const std::uint64_t most = is_whole ? std::max<std::uint64_t>(size, 1) : mtu;
  const std::uint64_t fragments = size <= most ? 1 : (size + most - 1) / most;
  packet.owner = datagrams_.Add();
  Datagram& datagram = datagrams_[packet.owner];
  datagram.message = std::move(message);
  datagram.coming = datagram.to_card = static_cast<std::uint32_t>(fragments);
  datagram.is_on_wire = datagram.is_lost = false;
  datagram.in_ring = core::ByteCount();
  datagram.ring_packets = 0;
  for (std::uint64_t i = 0; i < fragments; ++i) {
    packet.size = Frame(std::min(most, size - i * most), nic_).size;
    wires_.Launch(now, came, packet);
  }
}

void Datagrams::OnLost(const Packet& packet, trace::DropCause cause, Place place) {
  Datagram& datagram = datagrams_[packet.owner];
  if (!datagram.is_lost) {
    rings_[packet.to.value()].Release(datagram.in_ring, datagram.ring_packets);
    listener_.OnDestroyed(datagram.message, cause, place);
  }
  datagram.is_lost = true;
  if (--datagram.coming == 0) datagrams_.Take(packet.owner);
}

void Datagrams::OnFirstBit(const Packet& packet) {
  Datagram& datagram = datagrams_[packet.owner];
  if (!std::exchange(datagram.is_on_wire, true)) listener_.OnWire(datagram.message);
}

void Datagrams::OnAtCard(const Packet& packet) {
  Datagram& datagram = datagrams_[packet.owner];
  if (--datagram.to_card == 0) listener_.OnAtCard(datagram.message);
}

void Datagrams::OnArrived(const Packet& packet) {
  ReceiveRing& ring = rings_[packet.to.value()];
  const bool is_up = machines_.is_up(packet.to);
  if (!is_up || !ring.HasRoomFor(packet.size, nic_.rx)) {
    const auto cause = is_up ? trace::DropCause::kNoReceive : trace::DropCause::kHostDown;
    wires_.Refuse(packet, cause);
    OnLost(packet, cause, Place::Vertex(packet.to));
    return;
  }
  Datagram& datagram = datagrams_[packet.owner];
  --datagram.coming;
  // Fragments of a datagram that has lost one are thrown away as they come.
  if (datagram.is_lost) {
    if (datagram.coming == 0) datagrams_.Take(packet.owner);
    return;
  }
  datagram.message.waited = std::max(datagram.message.waited, packet.waited);
  ring.Put(packet.size);
  datagram.in_ring = datagram.in_ring + packet.size;
  ++datagram.ring_packets;
  if (datagram.coming > 0) return;
  Message message = std::move(datagram.message);
  datagrams_.Free(packet.owner);
  listener_.OnArrived(std::move(message));
}

Framed Datagrams::FrameOf(const Message& message, Segmentation segmentation) const {
  Framed framed = Frame(message.payload.size(), nic_);
  if (segmentation != Segmentation::kMtu) framed.packets = 1;
  return framed;
}

bool Datagrams::MaySendAhead(core::Instant now, const Message& message, Segmentation segmentation) {
  return nic_.tx_latency.min().ps() > 0 && wires_.may_launch_ahead() &&
         wires_.HasRoomFor(now, message.from, FrameOf(message, segmentation));
}

void Datagrams::Release(const Message& message, Segmentation segmentation) {
  const Framed framed = FrameOf(message, segmentation);
  rings_[message.to.value()].Release(framed.size, framed.packets);
}

}  // namespace lockstep::sim
