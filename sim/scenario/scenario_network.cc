// Reading the network of a scenario: see scenario_network.h.

#include "sim/scenario/scenario_network.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "sim/scenario/ratio_json.h"
#include "sim/scenario/scenario_faults.h"
#include "sim/scenario/scenario_topology.h"

namespace lockstep::sim {
namespace {

using core::Duration;

// "mtu", "message", or (of a stream) a size.
void ReadSegmentation(Parameters& reader, LinkClass& link) {
  const bool is_stream = link.transport == Transport::kStream;
  const nlohmann::json* segment = reader.Raw("segment");
  link.segmentation = is_stream ? Segmentation::kBytes : Segmentation::kMessage;
  link.segment = core::ByteCount(64 << 10);
  if (segment != nullptr && *segment == "mtu") {
    link.segmentation = Segmentation::kMtu;
  } else if (segment != nullptr && *segment == "message") {
    link.segmentation = Segmentation::kMessage;
  } else if (is_stream) {
    link.segment = reader.SizeOr("segment", link.segment);
  } else if (segment != nullptr) {
    reader.FailWanted("segment", "\"mtu\" or \"message\", since these are datagrams");
  }
  if (reader.ok() && link.segment.value() == 0) reader.FailWanted("segment", "a size above zero");
}

// What a stream needs and a datagram has not.
void ReadStream(Parameters& reader, LinkClass& link) {
  link.congestion = reader.ChoiceOr("congestion", 1, {"none", "reno"}) == 0 ? Congestion::kNone
                                                                            : Congestion::kReno;
  link.pair_rate_bps = reader.RateOr("pair_rate", 0);
  reader.Has("pair_burst");
  if (link.pair_rate_bps > 0) link.pair_burst = reader.SizeOr("pair_burst", core::ByteCount(0));
  link.window = reader.SizeOr("window", core::ByteCount(4 << 20));
  link.retransmit_after = reader.TimeOr("retransmit_after", Duration::Milliseconds(200));
  link.give_up = reader.TimeOr("give_up", Duration::Seconds(15));
  link.is_cold = reader.ChoiceOr("open", 0, {"warm", "cold"}) == 1;
  if (!reader.ok()) return;
  if (link.window.value() == 0) reader.FailWanted("window", "a size above zero");
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

// What packets meet on their way, where no topology says it.
void ReadWire(Parameters& reader, LinkClass& link) {
  link.delay = reader.Time("delay");
  link.jitter = reader.TimeOr("jitter", {});
  link.loss = ReadRatioOr(reader, "loss", {0, 1});
  // Twice the delay has to stay within 64 bits.
  constexpr Duration kLongest = Duration::Seconds(86'400);
  if (link.delay > kLongest) reader.FailWanted("delay", "at most a day");
  if (link.jitter > kLongest) reader.FailWanted("jitter", "at most a day");
}

LinkClass ReadLinkClass(Parameters reader, bool has_topology) {
  LinkClass link;
  link.transport = reader.Choice("transport", {"datagram", "stream"}) == 0 ? Transport::kDatagram
                                                                           : Transport::kStream;
  if (!has_topology) ReadWire(reader, link);
  for (const std::string_view key : {"delay", "jitter", "loss"})
    if (has_topology && reader.Has(key))
      reader.Fail(key,
                  "comes from the topology: leave it out here, or leave out /network/topology");
  ReadSegmentation(reader, link);
  for (const std::string_view key :
       {"congestion", "pair_rate", "pair_burst", "window", "retransmit_after", "give_up", "open"})
    reader.Has(key);
  if (link.transport == Transport::kStream) ReadStream(reader, link);
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
  network.send_buffer = reader.SizeOr("send_buffer", core::ByteCount(8 << 20));
  if (reader.ok() && network.send_buffer.value() == 0)
    reader.FailWanted("send_buffer", "a size above zero");
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
