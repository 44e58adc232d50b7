// Brokers in the catalogue: see catalog_kafka.h.

#include "protocols/catalog_kafka.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/core/stack.h"
#include "protocols/kafka/broker.h"
#include "protocols/kafka/keys.h"
#include "protocols/kafka/messages.h"
#include "protocols/parameters/key_reader.h"
#include "protocols/parameters/parameters.h"

namespace lockstep {
namespace {

// In the place of the state machine: a broker replicates nothing but logs, and speaks to the C3B
// layer of replicas, which is their second.
class NoMachine final : public core::Node {
 public:
  void OnStart(const core::Now&, std::span<const core::Bytes>, core::Effects&) override {}
  void OnMessage(const core::Now&, core::NodeId from, const core::Bytes&,
                 core::Effects& out) override {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
  }
  void OnTimer(const core::Now&, core::TimerId, core::Effects&) override {}
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  void OnSubmit(const core::Now&, core::ClientId client, core::RequestId id, core::RequestId,
                const core::Bytes&, core::Effects& out) override {
    out.Reply(client, id, core::Bytes());
  }
};

bool SendsByKafka(const nlohmann::json& stack) {
  if (!stack.is_array() || stack.size() != 2 || !stack[1].is_object()) return false;
  const auto name = stack[1].find("c3b");
  return name != stack[1].end() && *name == "kafka";
}

Parameters LayerOf(const CatalogInput& input, std::size_t c) {
  return Parameters(input.stacks[c][0], input.file, absl::StrCat(input.pointers[c], "/0"));
}

}  // namespace

bool IsBrokerStack(const nlohmann::json& stack) {
  return stack.is_array() && stack.size() == 1 && stack[0].is_object() &&
         stack[0].contains("kafka");
}

absl::StatusOr<std::vector<std::optional<std::size_t>>> BrokersOf(const CatalogInput& input) {
  std::vector<std::optional<std::size_t>> brokers(input.clusters.size());
  for (std::size_t c = 0; c < input.clusters.size(); ++c) {
    if (!IsBrokerStack(input.stacks[c])) continue;
    Parameters layer = LayerOf(input, c);
    const std::string name = layer.String("from");
    if (!layer.ok()) return layer.Done();
    std::vector<std::string> names;
    std::optional<std::size_t> from;
    for (std::size_t other = 0; other < input.clusters.size(); ++other) {
      if (!SendsByKafka(input.stacks[other])) continue;
      names.push_back(input.clusters[other].name);
      if (names.back() == name) from = other;
    }
    if (!from) {
      layer.FailWanted("from", absl::StrCat("the name of a cluster that sends by {\"c3b\": "
                                            "\"kafka\"}; there are: ",
                                            absl::StrJoin(names, ", ")));
      return layer.Done();
    }
    if (brokers[*from]) {
      layer.Fail("from", absl::StrCat("the brokers of ", name, " are ",
                                      input.clusters[*brokers[*from]].name));
      return layer.Done();
    }
    if (input.clusters[c].u > 0)
      return absl::InvalidArgumentError(absl::StrCat(
          input.file, ": /clusters/", c, "/budget/u: want 0, not ", input.clusters[c].u,
          ": the model of brokers has no failover, and bears none that fails"));
    brokers[*from] = c;
  }
  return brokers;
}

void DescribeBroker(core::Keys& keys, kafka::BrokerConfig& config) {
  std::string from;  // See BrokersOf.
  keys.Text(core::Required("from",
                           "The cluster whose stream they carry. Their links to replicas are "
                           "`cross`; only a map says that they stand in the receivers' region."),
            from);
  Describe(keys, config);
  if (keys.ok() && config.request_timeout <= config.fetch.wait)
    keys.FailWanted("request_timeout", "more than /fetch/wait, or fetches are given up that wait");
}

absl::StatusOr<HostProgram> CompileBroker(const CatalogInput& input, std::size_t cluster,
                                          std::size_t from, std::size_t to) {
  Parameters layer = LayerOf(input, cluster);
  KeyReader keys(layer);
  std::size_t kind = 0;
  keys.Choice(core::Required("kafka", ""), kind, kKafkaNames);
  kafka::BrokerConfig config;
  config.topic = {core::StreamId(static_cast<std::uint32_t>(from)), input.clusters[from],
                  input.clusters[to], input.clusters[cluster]};
  DescribeBroker(keys, config);
  if (const absl::Status status = layer.Done(); !status.ok()) return status;
  HostProgram host;
  host.layers.push_back(std::make_unique<kafka::Fields>(config.wire));
  host.fields = std::make_unique<core::StackFields>(
      std::vector<const core::MessageFields*>{nullptr, host.layers[0].get()});
  host.footprint = [peers = config.topic.senders.size + config.topic.receivers.size +
                            config.topic.brokers.size](const RunExtent&) {
    constexpr std::uint64_t kPeer = 1'000;  // a fetch that waits, batches that are kept for it
    return Footprint{kPeer * peers, peers};
  };
  host.build = [config](const core::Seat& seat) {
    std::vector<std::unique_ptr<core::Node>> layers;
    layers.push_back(std::make_unique<NoMachine>());
    layers.push_back(std::make_unique<kafka::Broker>(config, seat));
    return std::make_unique<core::Stack>(std::move(layers));
  };
  return host;
}

}  // namespace lockstep
