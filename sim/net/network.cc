// Wires and transports together: see network.h.

#include "sim/net/network.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

Topology TopologyOf(const WorldSpec& scenario) {
  if (scenario.network.topology) return *scenario.network.topology;
  return BuildFabric(scenario.clusters, scenario.network, scenario.profile);
}

// Of each host, its cluster.
std::vector<std::uint32_t> SitesOf(const WorldSpec& scenario) {
  std::vector<std::uint32_t> sites;
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c)
    sites.insert(sites.end(), scenario.clusters[c].size, c);
  return sites;
}

// Of each ordered pair of clusters, how their hosts are linked.
std::vector<const LinkClass*> ClassesOf(const WorldSpec& scenario) {
  std::vector<const LinkClass*> classes;
  for (const core::Cluster& from : scenario.clusters) {
    for (const core::Cluster& to : scenario.clusters)
      classes.push_back(&scenario.network.Of(PairClassOf(from, to)));
  }
  return classes;
}

}  // namespace

Network::Network(const WorldSpec& scenario, EventQueue& queue, NetworkListener& listener,
                 const core::Random& random)
    : scenario_(scenario),
      listener_(listener),
      topology_(TopologyOf(scenario)),
      site_(SitesOf(scenario)),
      classes_(ClassesOf(scenario)),
      machines_(site_.size()),
      wires_(topology_, scenario.profile.nic, queue, *this, random),
      datagrams_(topology_, scenario.profile.nic, machines_, wires_, listener),
      streams_(scenario.profile.nic, scenario.network, machines_, wires_, queue, listener),
      tells_life_(listener.wants_life()),
      has_streams_(std::any_of(classes_.begin(), classes_.end(), [](const LinkClass* link) {
        return link->transport == Transport::kStream;
      })) {
  CHECK(site_.size() == topology_.hosts);
  CHECK(site_.size() <= Turn::kHostsMost);
  if (tells_life_) wires_.TellLife();
}

// --- From hosts ---

void Network::Send(core::Instant now, Message&& message) {
  const LinkClass& link = ClassOf(message.from, message.to);
  if (link.transport == Transport::kStream) {
    const PairClass pair = PairOf(message.from, message.to);
    streams_.Send(now, std::move(message), pair);
  } else {
    datagrams_.Send(now, now, std::move(message), link.segmentation);
  }
}

bool Network::SendAhead(core::Instant now, core::Instant at, Message& message) {
  const LinkClass& link = ClassOf(message.from, message.to);
  if (has_streams_ || !datagrams_.MaySendAhead(now, message, link.segmentation)) return false;
  datagrams_.Send(now, at, std::move(message), link.segmentation);
  return true;
}

void Network::ReleaseRing(core::Instant, const Message& message) {
  if (message.from == message.to) return;
  const LinkClass& link = ClassOf(message.from, message.to);
  if (link.transport == Transport::kDatagram) datagrams_.Release(message, link.segmentation);
}

void Network::OnRead(core::Instant now, const Message& message) {
  if (message.from != message.to && IsStream(message.from, message.to))
    streams_.OnRead(now, message);
}

// --- From the wires ---

void Network::OnTask(core::Instant now, const Task& task) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kFirstBit:
      wires_.OnFirstBit(task);
      return;
    case TaskKind::kAtPort:
      wires_.OnAtPort(now, task);
      return;
    case TaskKind::kLost:
      wires_.OnLost(task);
      return;
    case TaskKind::kAtCard:
      wires_.OnAtCard(now, task);
      return;
    case TaskKind::kAtHost: {
      const Packet* packet = wires_.Find(task);
      if (packet == nullptr) return;
      if (tells_life_ && !wires_.has_receive_latency()) OnAtCard(*packet);
      OnArrived(now, wires_.Arrive(task.a));
      return;
    }
    default:
      streams_.OnTask(now, task);
  }
}

void Network::OnAtCard(const Packet& packet) {
  if (!machines_.has_power(packet.to)) return;
  if (packet.kind == PacketKind::kFragment) {
    datagrams_.OnAtCard(packet);
  } else {
    streams_.OnAtCard(packet);
  }
}

void Network::OnArrived(core::Instant now, const Packet& packet) {
  if (!machines_.has_power(packet.to)) {
    wires_.Refuse(packet, trace::DropCause::kHostDown);
    OnLost(packet, trace::DropCause::kHostDown, Place::Vertex(packet.to));
  } else if (packet.kind == PacketKind::kFragment) {
    datagrams_.OnArrived(packet);
  } else {
    streams_.OnArrived(now, Packet(packet));  // What it answers is a packet, too.
  }
}

void Network::OnLost(const Packet& packet, trace::DropCause cause, Place place) {
  if (packet.kind == PacketKind::kFragment) {
    datagrams_.OnLost(packet, cause, place);
  } else {
    listener_.OnPacketLost(packet.from, packet.to, packet.size, cause, place);
  }
}

void Network::OnFirstBit(const Packet& packet) {
  if (packet.kind == PacketKind::kFragment) {
    datagrams_.OnFirstBit(packet);
  } else {
    streams_.OnFirstBit(packet);
  }
}

void Network::OnMoved(const Packet& packet, std::uint32_t serial) {
  if (packet.kind != PacketKind::kFragment) streams_.OnMoved(packet, serial);
}

// --- What breaks ---

void Network::OnProcessDown(core::Instant now, core::NodeId host) {
  machines_.OnDown(now, host, /*keeps_power=*/true);
  streams_.OnDown(now, host);
}

void Network::OnMachineDown(core::Instant now, core::NodeId host) {
  machines_.OnDown(now, host, /*keeps_power=*/false);
  streams_.OnDown(now, host);
  wires_.TakeDown(now, wires_.uplink(host), Port::WhileDown::kDropped, trace::DropCause::kHostDown);
}

void Network::OnUp(core::Instant now, core::NodeId host) {
  if (!machines_.has_power(host)) wires_.BringUp(now, wires_.uplink(host));
  machines_.OnUp(host);
}

std::string_view Network::NameOf(const Place& place) const {
  return place.kind == Place::Kind::kEdge ? std::string_view(topology_.edges[place.index].name)
                                          : std::string_view(topology_.vertices[place.index].name);
}

}  // namespace lockstep::sim
