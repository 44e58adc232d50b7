// Brokers of Kafka in the catalogue: which stream they carry, and how their nodes are built.

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "protocols/catalog.h"
#include "protocols/core/keys.h"
#include "protocols/kafka/config.h"

namespace lockstep {

// {"kafka": NAME, ...}: the names.
inline constexpr core::Option kKafkaNames[] = {
    {"broker", "leads and follows partitions of the stream that a cluster sends by Kafka."}};

// Whether a stack is one of brokers: [{"kafka": "broker", ...}].
bool IsBrokerStack(const nlohmann::json& stack);

// brokers[c]: the cluster of brokers of the stream that cluster c sends; none where it has none.
// Errors name file and pointer.
absl::StatusOr<std::vector<std::optional<std::size_t>>> BrokersOf(const CatalogInput& input);

// What a layer of brokers may say.
void DescribeBroker(core::Keys& keys, kafka::BrokerConfig& config);

// Brokers `cluster` of what `from` sends to `to`, by index.
absl::StatusOr<HostProgram> CompileBroker(const CatalogInput& input, std::size_t cluster,
                                          std::size_t from, std::size_t to);

}  // namespace lockstep
