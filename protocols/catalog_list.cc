// What the catalogue holds, as data: see catalog_list.h.

#include "protocols/catalog_list.h"

#include <map>

#include "absl/strings/str_cat.h"

#include "protocols/catalog_c3b.h"
#include "protocols/catalog_clients.h"
#include "protocols/catalog_kafka.h"
#include "protocols/client/open.h"
#include "protocols/file/keys.h"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

void Add(std::span<const core::NoteSpec> notes, LayerInfo& info) {
  info.notes.insert(info.notes.end(), notes.begin(), notes.end());
}

void Add(const std::vector<Promise>& promises, LayerInfo& info) {
  for (const Promise& promise : promises) info.oracles.push_back(promise.oracle);
}

LayerInfo InfoOf(const char* kind, const core::Option& named) {
  LayerInfo info;
  info.kind = kind;
  info.name = std::string(named.name);
  info.meaning = std::string(named.meaning);
  return info;
}

core::Cluster ClusterOfThree(const char* name, std::uint32_t first) {
  core::Cluster cluster;
  cluster.name = name;
  cluster.first = core::NodeId(first);
  cluster.size = 3;
  cluster.u = 1;
  return cluster;
}

LayerInfo ListRsm() {
  LayerInfo info = InfoOf("rsm", kRsmNames[0]);
  KeyLister keys;
  file::Config config;
  file::Describe(keys, config);
  info.keys = keys.Take();
  return info;
}

LayerInfo ListC3b(std::size_t which) {
  LayerInfo info = InfoOf("c3b", kC3bNames[which]);
  KeyLister keys;
  StreamInfo stream;
  stream.message_bytes = 1;
  std::vector<Promise> promises;
  const Ends ends{ClusterOfThree("a", 0),
                  ClusterOfThree("b", 3),
                  core::StreamId(0),
                  core::StreamId(1),
                  nullptr,
                  ClusterOfThree("to_b", 6),
                  ClusterOfThree("to_a", 9)};
  const C3bLayer layer = CompileC3b(which, ends, core::ByteCount(8 << 20), keys, stream, promises);
  info.keys = keys.Take();
  Add(layer.notes, info);
  Add(promises, info);
  info.has_certificates = layer.has_certificates;
  info.bears_loss = layer.bears_loss;
  return info;
}

}  // namespace

LayerInfo ListProtocol(const ProtocolEntry& entry) {
  LayerInfo info = InfoOf("protocol", {entry.name, entry.meaning});
  KeyLister keys;
  const HostProgram host = entry.compile(keys, ClusterOfThree("a", 0));
  info.keys = keys.Take();
  for (const std::span<const core::NoteSpec> notes : host.notes) Add(notes, info);
  Add(host.promises, info);
  info.has_certificates = host.has_certificates;
  return info;
}

namespace {

LayerInfo ListClients(std::size_t which) {
  LayerInfo info = InfoOf("client", kClientNames[which]);
  KeyLister keys;
  client::Config config;
  DescribeClients(keys, /*is_local=*/false, {which == 1, /*is_store=*/false}, config);
  info.keys = keys.Take();
  Add(client::kNotes, info);
  return info;
}

LayerInfo ListBroker(std::size_t which) {
  LayerInfo info = InfoOf("kafka", kKafkaNames[which]);
  KeyLister keys;
  kafka::BrokerConfig config;
  DescribeBroker(keys, config);
  info.keys = keys.Take();
  return info;
}

// One object for all layers of a kind that have the same keys, by which it is told what it is.
Json SchemaOfOne(const LayerInfo& layer) {
  Json schema = SchemaOf(layer.keys);
  Json properties = {{layer.kind, {{"description", layer.meaning}, {"const", layer.name}}}};
  for (const auto& [name, rule] : schema["properties"].items()) properties[name] = rule;
  schema["properties"] = properties;
  Json required = Json::array({layer.kind});
  if (schema.contains("required"))
    for (const Json& key : schema["required"]) required.push_back(key);
  Json ordered = {{"type", "object"}, {"required", required}};
  for (const auto& [name, rule] : schema.items())
    if (name != "type" && name != "required") ordered[name] = rule;
  return ordered;
}

}  // namespace

std::vector<LayerInfo> ListLayers(const std::vector<ProtocolEntry>& more_protocols) {
  std::vector<LayerInfo> layers = {ListRsm()};
  for (std::size_t i = 0; i < std::size(kC3bNames); ++i) layers.push_back(ListC3b(i));
  for (const ProtocolEntry& entry : ProtocolEntries(more_protocols))
    layers.push_back(ListProtocol(entry));
  for (std::size_t i = 0; i < std::size(kClientNames); ++i) layers.push_back(ListClients(i));
  for (std::size_t i = 0; i < std::size(kKafkaNames); ++i) layers.push_back(ListBroker(i));
  return layers;
}

Json LayerSchema(const std::vector<LayerInfo>& layers) {
  Json one_of = Json::array();
  Json protocols = Json::array();
  for (const LayerInfo& layer : layers) {
    one_of.push_back(SchemaOfOne(layer));
    if (layer.kind == "protocol") protocols.push_back(layer.name);
  }
  // A program may know protocols that are not in the tree.
  one_of.push_back(
      {{"type", "object"},
       {"required", Json::array({"protocol"})},
       {"properties",
        {{"protocol",
          {{"description", "Name of a protocol outside the tree; it knows the other keys."},
           {"type", "string"},
           {"minLength", 1},
           {"not", {{"enum", protocols}}}}}}}});
  return {{"description",
           "One layer of a stack: a replicated state machine, a C3B protocol above one, clients, "
           "brokers of Kafka, or any other protocol of the catalogue."},
          {"oneOf", one_of}};
}

}  // namespace lockstep
