// Cards, links and transports together: see network.h.

#include "sim/net/network.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

Task MakeTask(TaskKind kind, std::uint32_t target, std::uint64_t a = 0, std::uint64_t b = 0,
              std::uint64_t c = 0) {
  return Task{static_cast<std::uint32_t>(kind), target, a, b, c};
}

}  // namespace

Network::Network(const Scenario& scenario, EventQueue& queue, NetworkListener& listener,
                 const core::Random& random)
    : scenario_(scenario),
      queue_(queue),
      listener_(listener),
      topology_(BuildTopology(scenario.clusters, scenario.network)) {
  const Profile& profile = scenario.profile;
  for (std::size_t c = 0; c < scenario.clusters.size(); ++c) {
    for (std::uint32_t i = 0; i < scenario.clusters[c].size; ++i) {
      site_.push_back(static_cast<std::uint32_t>(c));
      tx_.emplace_back(profile.nic.rate_bps, profile.nic.tx.bytes);
      rx_.emplace_back(profile.nic.rate_bps, profile.fabric.port_queue);
    }
  }
  for (const Topology::Edge& edge : topology_.edges) {
    const std::string name = absl::StrCat("link/", scenario.clusters[edge.from_site].name, "-",
                                          scenario.clusters[edge.to_site].name);
    links_.emplace_back(edge.is_intra ? scenario.network.intra : scenario.network.cross,
                        random.Fork(name));
  }
  lives_.resize(site_.size());
  stream_index_.assign(site_.size() * site_.size(), kNoStream);
}

const LinkClass& Network::ClassOf(core::NodeId from, core::NodeId to) const {
  return site_[from.value()] == site_[to.value()] ? scenario_.network.intra
                                                  : scenario_.network.cross;
}

std::uint32_t Network::StreamOf(core::NodeId from, core::NodeId to) {
  std::uint32_t& index = stream_index_[from.value() * site_.size() + to.value()];
  if (index == kNoStream) {
    index = static_cast<std::uint32_t>(streams_.size());
    streams_.emplace_back(from, to, ClassOf(from, to));
  }
  return index;
}

// Payload and one header for each packet of a maximal size.
core::ByteCount Network::WireSize(std::uint64_t payload) const {
  const auto mtu = static_cast<std::uint64_t>(scenario_.profile.nic.mtu_payload.value());
  const std::uint64_t packets = payload == 0 ? 1 : (payload + mtu - 1) / mtu;
  const auto header = static_cast<std::uint64_t>(scenario_.profile.nic.header.value());
  return core::ByteCount(static_cast<std::int64_t>(payload + packets * header));
}

void Network::Send(core::Instant now, Message message) {
  if (IsStream(message.from, message.to)) {
    const std::uint32_t stream = StreamOf(message.from, message.to);
    streams_[stream].Queue(std::move(message));
    Drive(now, stream);
    return;
  }
  Packet packet;
  packet.from = message.from;
  packet.to = message.to;
  packet.size = WireSize(message.payload.size());
  packet.datagram = std::move(message);
  Launch(now, std::move(packet));
}

void Network::Drive(core::Instant now, std::uint32_t stream) {
  Stream& at = streams_[stream];
  if (const auto segment = at.Next(now)) {
    Packet packet;
    packet.from = at.from();
    packet.to = at.to();
    packet.size = WireSize(segment->end - segment->begin);
    packet.stream = stream;
    packet.epoch = at.epoch();
    packet.segment = *segment;
    Launch(now, std::move(packet));
  } else if (const auto paced = at.PacedUntil(now)) {
    queue_.Push(*paced, MakeTask(TaskKind::kPaced, stream, at.epoch()));
  }
}

void Network::Launch(core::Instant now, Packet packet) {
  in_ = in_ + packet.size;
  in_flight_ = in_flight_ + packet.size;
  const auto sent = tx_[packet.from.value()].Enqueue(now, packet.size);
  // A card that is full takes nothing, so its transport is done with the packet at once.
  const core::Instant free = sent ? *sent : now;
  if (packet.stream == kNoStream) {
    queue_.Push(free, MakeTask(TaskKind::kDatagramSent, packet.from.value(), packet.to.value(),
                               static_cast<std::uint64_t>(packet.datagram.credit.value()),
                               lives_[packet.from.value()]));
  } else {
    queue_.Push(free, MakeTask(TaskKind::kSegmentSent, packet.stream, packet.epoch,
                               packet.segment.begin, packet.segment.end));
  }
  if (!sent) {
    Lose(now, packet, trace::DropCause::kQueue);
    return;
  }
  core::Instant arrival = *sent;
  const std::uint32_t from = site_[packet.from.value()];
  for (const std::uint32_t edge : topology_.routes[from][site_[packet.to.value()]]) {
    const auto delay = links_[edge].Traverse();
    if (!delay) {
      Lose(now, packet, trace::DropCause::kLoss);
      return;
    }
    arrival = arrival + *delay;
  }
  queue_.Push(arrival, MakeTask(TaskKind::kAtPort, 0, packets_.Put(std::move(packet))));
}

void Network::Lose(core::Instant now, const Packet& packet, trace::DropCause cause) {
  in_flight_ = in_flight_ - packet.size;
  dropped_ = dropped_ + packet.size;
  if (packet.stream == kNoStream) {
    listener_.OnDestroyed(packet.datagram, cause);
    return;
  }
  listener_.OnPacketLost(packet.from, packet.to, packet.size, cause);
  const core::Duration wait = ClassOf(packet.from, packet.to).retransmit_after;
  queue_.Push(now + wait, MakeTask(TaskKind::kRetransmit, packet.stream, packet.epoch,
                                   packet.segment.begin, packet.segment.end));
}

void Network::Deliver(core::Instant now, const Packet& packet) {
  in_flight_ = in_flight_ - packet.size;
  delivered_ = delivered_ + packet.size;
  if (packet.stream == kNoStream) {
    listener_.OnArrived(packet.datagram);
    return;
  }
  if (streams_[packet.stream].epoch() != packet.epoch) return;
  std::vector<Message> complete = streams_[packet.stream].OnArrived(packet.segment);
  TellWindow(now, packet.stream, streams_[packet.stream].ReportRead());
  for (Message& message : complete) {
    message.epoch = packet.epoch;
    listener_.OnArrived(std::move(message));
  }
}

void Network::OnRead(core::Instant now, const Message& message) {
  if (message.from == message.to || !IsStream(message.from, message.to)) return;
  const std::uint32_t stream = StreamOf(message.from, message.to);
  if (streams_[stream].epoch() != message.epoch) return;  // Reset since.
  TellWindow(now, stream, streams_[stream].OnRead(message.payload.byte_count()));
}

// The news travels back as long as a packet would; it is small, so it takes no bandwidth.
void Network::TellWindow(core::Instant now, std::uint32_t stream,
                         std::optional<std::uint64_t> read) {
  if (!read) return;
  const Stream& at = streams_[stream];
  queue_.Push(now + ClassOf(at.to(), at.from()).delay,
              MakeTask(TaskKind::kWindow, stream, at.epoch(), *read));
}

void Network::OnCrash(core::NodeId host) {
  ++lives_[host.value()];
  // Those who are told may open streams; a new one has nothing to do with a host that is down.
  const std::size_t count = streams_.size();
  for (std::size_t i = 0; i < count; ++i) {
    Stream& stream = streams_[i];
    if (stream.from() != host && stream.to() != host) continue;
    core::ByteCount untaken;
    for (const Message& message : stream.Reset(&untaken)) {
      listener_.OnDestroyed(message, trace::DropCause::kHostDown);
    }
    if (untaken.value() > 0) listener_.OnTaken(stream.from(), stream.to(), untaken);
  }
}

void Network::OnTask(core::Instant now, const Task& task) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kSegmentSent: {
      Stream& stream = streams_[task.target];
      if (stream.epoch() != task.a) return;
      for (const core::ByteCount size : stream.OnSent({task.b, task.c})) {
        listener_.OnTaken(stream.from(), stream.to(), size);
      }
      Drive(now, task.target);
      return;
    }
    case TaskKind::kDatagramSent:
      if (lives_[task.target] != task.c) return;  // Credit of a host that has crashed since.
      listener_.OnTaken(core::NodeId(task.target), core::NodeId(static_cast<std::uint32_t>(task.a)),
                        core::ByteCount(static_cast<std::int64_t>(task.b)));
      return;
    case TaskKind::kAtPort: {
      Packet& packet = packets_[task.a];
      if (const auto done = rx_[packet.to.value()].Enqueue(now, packet.size)) {
        queue_.Push(*done, MakeTask(TaskKind::kAtHost, 0, task.a));
      } else {
        Lose(now, packets_.Take(task.a), trace::DropCause::kQueue);
      }
      return;
    }
    case TaskKind::kAtHost:
      Deliver(now, packets_.Take(task.a));
      return;
    case TaskKind::kRetransmit:
      if (streams_[task.target].epoch() != task.a) return;
      streams_[task.target].OnLost({task.b, task.c});
      Drive(now, task.target);
      return;
    case TaskKind::kPaced:
      if (streams_[task.target].epoch() == task.a) Drive(now, task.target);
      return;
    case TaskKind::kWindow:
      if (streams_[task.target].epoch() != task.a) return;
      streams_[task.target].OnWindow(task.b);
      Drive(now, task.target);
      return;
    default:
      CHECK(false);
  }
}

void Network::CheckConservation() const { CHECK(in_ == delivered_ + dropped_ + in_flight_); }

}  // namespace lockstep::sim
