// Reading the network of a scenario: see scenario_network.h.

#include "sim/scenario/scenario_network.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/key_reader.h"
#include "sim/scenario/scenario_faults.h"
#include "sim/scenario/scenario_keys.h"
#include "sim/scenario/scenario_topology.h"

namespace lockstep::sim {
namespace {

using core::Duration;

// What the keys of a stream mean together.
void CheckStream(Parameters& reader, const LinkClass& link) {
  if (!reader.ok()) return;
  if (link.segmentation == Segmentation::kBytes && link.window < link.segment)
    reader.Fail("window", absl::StrCat("want at least a segment, ", link.segment.value(), "B, not ",
                                       link.window.value(), "B"));
  if (link.give_up < link.retransmit_after)
    reader.Fail("give_up", absl::StrCat("want at least retransmit_after, ",
                                        FormatDuration(link.retransmit_after), ", not ",
                                        FormatDuration(link.give_up)));
  const Duration round_trip = (link.delay + link.jitter) * 2;
  if (link.retransmit_after <= round_trip)
    reader.Fail("retransmit_after",
                absl::StrCat("want more than a round trip, ", FormatDuration(round_trip), ", not ",
                             FormatDuration(link.retransmit_after)));
}

LinkClass ReadLinkClass(Parameters reader, bool has_topology) {
  LinkClass link;
  for (const std::string_view key : {"delay", "jitter", "loss"})
    if (has_topology && reader.Has(key))
      reader.Fail(key,
                  "comes from the topology: leave it out here, or leave out /network/topology");
  KeyReader keys(reader);
  DescribeLink(keys, has_topology, link);
  if (link.transport == Transport::kStream) CheckStream(reader, link);
  return link;
}

// Payload of the largest packet of a stream.
std::int64_t LargestPayload(const LinkClass& link, const Profile& profile) {
  if (link.segmentation == Segmentation::kMtu) return profile.nic.mtu_payload.value();
  if (link.segmentation == Segmentation::kMessage) return link.window.value();
  return link.segment.value();
}

// A queue that a packet of a stream crosses, by the name that messages have for it.
struct Room {
  std::string name;
  core::ByteCount bytes;
};

// The smallest of the cards' and switches' queues.
Room SmallestRoom(const Scenario& scenario) {
  Room smallest{"", core::ByteCount(std::numeric_limits<std::int64_t>::max())};
  const auto look = [&](const std::string& name, core::ByteCount bytes) {
    if (bytes.value() > 0 && bytes < smallest.bytes) smallest = {name, bytes};
  };
  const std::string card = "a queue of the profile's network card";
  look(card, scenario.profile.nic.tx.bytes);
  if (!scenario.network.topology) {
    look(card, scenario.profile.fabric.port_queue);
    return smallest;
  }
  const Topology& topology = *scenario.network.topology;
  for (const Edge& edge : topology.edges)
    look(absl::StrCat("the queue of ", edge.name), edge.queue);
  for (const Vertex& vertex : topology.vertices)
    look(absl::StrCat("the buffer of ", vertex.name), vertex.forwarding.buffer);
  return smallest;
}

bool HasPair(const std::vector<core::Cluster>& clusters, PairClass wanted) {
  for (const core::Cluster& a : clusters)
    for (const core::Cluster& b : clusters)
      if (PairClassOf(a, b) == wanted) return true;
  return false;
}

// A segment that fits no queue on its way would be resent for ever.
void CheckSegment(Parameters network, std::string_view name, const LinkClass& link,
                  const Scenario& scenario) {
  if (link.transport != Transport::kStream) return;
  const NicSpec& nic = scenario.profile.nic;
  const std::int64_t payload = LargestPayload(link, scenario.profile);
  const std::int64_t packets = (payload - 1) / nic.mtu_payload.value() + 1;
  const Room room = SmallestRoom(scenario);
  if (packets <= (room.bytes.value() - payload) / std::max<std::int64_t>(1, nic.header.value()) &&
      payload <= room.bytes.value())
    return;
  network.Object(name).Fail(
      "segment",
      absl::StrCat("want a segment that fits ", room.name, " with its headers; it holds ",
                   room.bytes.value(), "B, the segment is ", payload, "B"));
}

}  // namespace

std::vector<std::string> ReadNetwork(Parameters& reader, const std::vector<core::Cluster>& clusters,
                                     const std::set<std::string>& of_profile,
                                     NetworkSpec& network) {
  // What these mean depends on the rest of the scenario: see ReadTopology.
  const bool has_topology = reader.Raw("topology") != nullptr;
  for (const std::string_view key : {"attach", "host_link"})
    if (reader.Raw(key) != nullptr && !has_topology)
      reader.Fail(key, "means nothing without /network/topology");
  network.intra = ReadLinkClass(reader.Object("intra"), has_topology);
  std::vector<std::string> unused;
  for (const PairClass pair : {PairClass::kCross, PairClass::kClient}) {
    const std::string name(kPairClassNames[static_cast<std::size_t>(pair)]);
    reader.Has(name);
    if (HasPair(clusters, pair)) {
      (pair == PairClass::kCross ? network.cross : network.client) =
          ReadLinkClass(reader.Object(name), has_topology);
    } else if (of_profile.contains(name)) {
      reader.Raw(name);
      unused.push_back(name);
    }
  }
  network.send_buffer = core::ByteCount(8 << 20);
  KeyReader keys(reader);
  keys.Size({"send_buffer", "Credit that a host has towards each peer."}, network.send_buffer, {1});
  return unused;
}

void CheckNetwork(Parameters& reader, const Scenario& scenario) {
  for (const PairClass pair : {PairClass::kIntra, PairClass::kCross, PairClass::kClient}) {
    if (!HasPair(scenario.clusters, pair)) continue;
    CheckSegment(reader, kPairClassNames[static_cast<std::size_t>(pair)], scenario.network.Of(pair),
                 scenario);
  }
  if (scenario.network.topology) CheckTimeouts(reader, scenario);
}

}  // namespace lockstep::sim
