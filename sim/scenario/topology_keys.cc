// The keys of topologies: see topology_keys.h.

#include "sim/scenario/topology_keys.h"

#include <iterator>
#include <utility>

#include "protocols/parameters/key_list.h"
#include "sim/scenario/ratio_json.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Key;
using core::Keys;
using core::Required;

constexpr Duration kUnsaid = Duration::Picoseconds(-1);

// jitter, fec and loss.
void DescribeWay(Keys& keys, WireSpec& wire) {
  constexpr Duration kJitterMax = Duration::Seconds(3'600);  // So that sums stay within 64 bits.
  Duration jitter = kUnsaid;
  keys.Time({"jitter", "Added to the delay of each packet, uniform from 0 to this.", false,
             "the profile's"},
            jitter, kJitterMax);
  if (jitter >= Duration()) wire.jitter = Distribution::Uniform({}, jitter);
  keys.Time({"fec", "Delay of forward error correction.", false, "the profile's"}, wire.fec);
  keys.Other({"loss", "Of each packet.", false, "the profile's"}, "ratio",
             [&] { wire.loss = ReadRatioOr(ParametersOf(keys), "loss", wire.loss); });
}

Key RateKey(bool is_required) {
  return {"rate", "Of the port that feeds it, each way.", is_required,
          "that of the profile's card"};
}
Key DelayKey(bool is_required) {
  return {"delay", "Propagation, one way.", is_required, "that of the profile's wire"};
}
constexpr Key kQueueKey = {"queue",
                           "Of the port that feeds it; 0: only the buffer of its switch bounds it.",
                           false, "what its switch says"};

template <typename Described>
KeyGroup GroupOf(const char* name, const char* pointer, const char* meaning, Described described) {
  KeyLister keys;
  Describe(keys, described);
  return {name, pointer, meaning, keys.Take()};
}

KeyGroup WireGroup(const char* name, const char* pointer, const char* meaning, bool has_defaults) {
  KeyLister keys;
  Edge edge;
  DescribeWire(keys, has_defaults, edge);
  return {name, pointer, meaning, keys.Take()};
}

}  // namespace

void DescribeWire(Keys& keys, bool has_defaults, Edge& edge) {
  keys.Rate(RateKey(!has_defaults), edge.rate_bps);
  keys.Time(DelayKey(!has_defaults), edge.wire.delay);
  DescribeWay(keys, edge.wire);
  keys.Size(kQueueKey, edge.queue);
}

void Describe(Keys& keys, WireKeys& wire) {
  static constexpr core::Option kOrigins[] = {
      {kOriginNames[0]}, {kOriginNames[1]}, {kOriginNames[2]}, {kOriginNames[3]}};
  static_assert(std::size(kOrigins) == kOriginNames.size());
  keys.Text(Required("from", "A switch."), wire.from);
  keys.Text(Required("to", "Another one."), wire.to);
  DescribeWire(keys, /*has_defaults=*/false, wire.edge);
  keys.Bool({"one_way", "Only from `from` to `to`."}, wire.is_one_way);
  keys.Choice({"rate_from", "Where an import got the rate."}, wire.edge.rate_origin, kOrigins);
  keys.Choice({"delay_from", "Where an import got the delay."}, wire.edge.delay_origin, kOrigins);
}

void DescribeSwitch(Keys& keys, std::string& id, SwitchSpec& spec) {
  static constexpr core::Option kForwarding[] = {
      {"store_and_forward", "once a packet is here as a whole."},
      {"cut_through", "once its head is."}};
  keys.Text(Required("id", "Called so in links and in \"attach\"."), id);
  std::size_t forwarding = spec.is_cut_through ? 1 : 0;
  keys.Choice({"forwarding", "When a packet may leave.", false, "the profile's"}, forwarding,
              kForwarding);
  spec.is_cut_through = forwarding == 1;
  Duration latency = kUnsaid;
  keys.Time({"latency", "Of each packet, before the port.", false, "the profile's"}, latency);
  if (latency >= Duration()) spec.latency = Distribution(latency);
  keys.Size({"buffer", "Shared by all ports; 0: unbounded.", false, "the profile's"}, spec.buffer);
  keys.Size({"port_queue", "Of each port; 0: only the buffer bounds it.", false, "the profile's"},
            spec.port_queue);
}

void Describe(Keys& keys, HostLink& link) {
  keys.Rate(RateKey(false), link.rate_bps);
  keys.Time(DelayKey(false), link.wire.delay);
  DescribeWay(keys, link.wire);
  core::ByteCount queue(-1);
  keys.Size(kQueueKey, queue);
  if (queue.value() >= 0) link.port_queue = queue;
}

void Describe(Keys& keys, LeafSpineKeys& form) {
  constexpr std::uint64_t kLeavesMax = 20'000;
  constexpr std::uint64_t kSpinesMax = 1'000;
  keys.Integer(Required("leaves", "Switches with hosts, leaf0, ...; hosts come to them in turn."),
               form.leaves, {1, kLeavesMax});
  keys.Integer(Required("spines", "Switches that each leaf is wired to, spine0, ..."), form.spines,
               {1, kSpinesMax});
  keys.Object({"uplink", "Between each leaf and each spine."},
              [&](Keys& uplink) { DescribeWire(uplink, /*has_defaults=*/true, form.uplink); });
}

void Describe(Keys& keys, MapKeys& map) {
  keys.Text(Required("file", "Ends in .graphml, .gml, .dot or .gv; sought like a profile."),
            map.file);
  std::int64_t rate_bps = 0;
  Duration delay = kUnsaid;
  keys.Object({"defaults", "For links of which the map says nothing."}, [&](Keys& defaults) {
    defaults.Rate({"rate", "Of a link.", false, "none: refused"}, rate_bps);
    defaults.Time({"delay", "Of a link whose ends have no place.", false, "none: refused"}, delay);
  });
  if (rate_bps > 0) map.defaults.rate_bps = rate_bps;
  if (delay >= Duration()) map.defaults.delay = delay;
  keys.Bool({"both_ways",
             "Directed edges are cables, which go both ways; two that differ in nothing "
             "but their direction are one."},
            map.defaults.is_both_ways);
}

std::vector<KeyGroup> ListTopologyKeys() {
  std::string id;
  SwitchSpec spec;
  KeyLister of_switch;
  DescribeSwitch(of_switch, id, spec);
  return {
      WireGroup("trunk", "/network/topology/clusters/trunk",
                "Between the switches of two clusters.",
                /*has_defaults=*/false),
      GroupOf("map", "/network/topology", "A map in a file, GraphML, GML or DOT; becomes a graph.",
              MapKeys()),
      GroupOf("leaf_spine", "/network/topology/leaf_spine",
              "Switches leaf0, ... with the hosts in turn, each wired to each of spine0, ...",
              LeafSpineKeys()),
      {"switch", "/network/topology/graph/switches/N",
       "What is left out is what the profile says of its fabric.", of_switch.Take()},
      GroupOf("wire", "/network/topology/FORM/links/N", "Between two switches.", WireKeys()),
      GroupOf("host_link", "/network/host_link",
              "Between each host and its switch; what is left out is the profile's.", HostLink()),
  };
}

}  // namespace lockstep::sim
