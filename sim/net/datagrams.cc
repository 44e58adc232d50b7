// Datagrams and rings: see datagrams.h.

#include "sim/net/datagrams.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::sim {

Datagrams::Datagrams(const Topology& topology, const NicSpec& nic, const Machines& machines,
                     Wires& wires, NetworkListener& listener, const core::Random& random)
    : nic_(nic), machines_(machines), wires_(wires), listener_(listener) {
  for (std::uint32_t host = 0; host < topology.hosts; ++host)
    rings_.emplace_back(random.Fork(absl::StrCat("receive/", topology.vertices[host].name)));
}

void Datagrams::Send(core::Instant now, Message&& message, Segmentation segmentation) {
  Packet packet;
  packet.from = message.from;
  packet.to = message.to;
  const std::uint64_t size = message.payload.size();
  const bool is_whole = segmentation != Segmentation::kMtu;
  const auto mtu = static_cast<std::uint64_t>(nic_.mtu_payload.value());
  const std::uint64_t most = is_whole ? std::max<std::uint64_t>(size, 1) : mtu;
  const std::uint64_t fragments = size <= most ? 1 : (size + most - 1) / most;
  Datagram datagram;
  datagram.message = std::move(message);
  datagram.coming = datagram.to_card = static_cast<std::uint32_t>(fragments);
  packet.owner = datagrams_.Put(std::move(datagram));
  for (std::uint64_t i = 0; i < fragments; ++i) {
    packet.size = Frame(std::min(most, size - i * most), nic_).size;
    wires_.Launch(now, packet);
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
  ring.Put(packet.size);
  datagram.in_ring = datagram.in_ring + packet.size;
  ++datagram.ring_packets;
  if (datagram.coming > 0) return;
  listener_.OnArrived(std::move(datagrams_.Take(packet.owner).message));
}

void Datagrams::Release(const Message& message, Segmentation segmentation) {
  const Framed framed = Frame(message.payload.size(), nic_);
  const bool is_whole = segmentation != Segmentation::kMtu;
  rings_[message.to.value()].Release(framed.size, is_whole ? 1 : framed.packets);
}

}  // namespace lockstep::sim
