// Clients in the catalogue: their parameters, whom they ask, and what that comes to.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "protocols/catalog.h"
#include "protocols/client/keys.h"
#include "protocols/core/operation.h"

namespace lockstep {

// What clients ask of whom, and where that stands.
struct Asked {
  std::size_t of = 0;  // cluster
  std::uint64_t bytes = 0;
  std::optional<core::OperationMix> operations;  // where they ask a store
  std::size_t by = 0;                            // cluster
  std::size_t layer = 0;                         // of its stack
  core::Duration retry;
};

using BuildNode = std::function<std::unique_ptr<core::Node>(const core::Seat&)>;

// The cluster that `layer` names under "to"; none, which is an error, where there is no such.
std::optional<std::size_t> NamedCluster(const CatalogInput& input, Parameters& layer);

// What a layer of clients may say, beside which loop it is.
void DescribeClients(core::Keys& keys, bool is_local, const client::Asking& asking,
                     client::Config& config);

// {"client": "closed" or "open", ...}: of a cluster of their own (layer 0) or beside the replicas
// that they ask (layer 1). Adds to `asked` what they ask.
absl::StatusOr<BuildNode> CompileClients(const CatalogInput& input, core::ClusterId cluster,
                                         std::size_t index, std::vector<Asked>& asked);

// Whether replicas, hosts[cluster], can hold what they are asked. Errors name file and pointer.
absl::Status CheckAsked(const CatalogInput& input, const std::vector<HostProgram>& hosts,
                        const std::vector<Asked>& asked);

// Whoever promises that clients are answered is judged by how long they wait with asking again.
void SayHowClientsRetry(const std::vector<Asked>& asked, std::vector<Promise>& promises);

// What stores promise to all who ask them: that they are linearizable.
std::vector<Promise> PromisesToClients(const std::vector<HostProgram>& hosts,
                                       const std::vector<Asked>& asked);

}  // namespace lockstep
