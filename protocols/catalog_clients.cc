// Parameters of clients: see catalog_clients.h.

#include "protocols/catalog_clients.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/catalog_list.h"
#include "protocols/client/closed.h"
#include "protocols/client/open.h"
#include "protocols/parameters/key_reader.h"

namespace lockstep {
namespace {

// Clients of one cluster have numbers below 2^this.
constexpr int kClusterShift = 40;

// Whether the replicas of a cluster keep values under keys: asked before they are compiled.
bool IsStore(const CatalogInput& input, std::size_t cluster) {
  const nlohmann::json& stack = input.stacks[cluster];
  if (!stack.is_array() || stack.empty() || !stack[0].is_object()) return false;
  const auto machine = stack[0].find("machine");
  return machine != stack[0].end() && *machine == "key_value";
}

}  // namespace

std::optional<std::size_t> NamedCluster(const CatalogInput& input, Parameters& layer) {
  const std::string name = layer.String("to");
  std::vector<std::string> names;
  for (std::size_t c = 0; c < input.clusters.size(); ++c) {
    if (input.clusters[c].name == name) return c;
    names.push_back(input.clusters[c].name);
  }
  layer.FailWanted("to",
                   absl::StrCat("the name of a cluster; there are: ", absl::StrJoin(names, ", ")));
  return std::nullopt;
}

void DescribeClients(core::Keys& keys, bool is_local, const client::Asking& asking,
                     client::Config& config) {
  keys.Only(!is_local,
            {"", "", "of a cluster of clients; those beside a replica ask their own host first"},
            [&](core::Keys& remote) {
              std::string to;  // See NamedCluster.
              remote.Text(core::Required("to", "The cluster whose replicas are asked, in turn."),
                          to);
            });
  client::Describe(keys, asking, config);
}

absl::StatusOr<BuildNode> CompileClients(const CatalogInput& input, core::ClusterId cluster,
                                         std::size_t index, std::vector<Asked>& asked) {
  const std::size_t c = cluster.value();
  Parameters layer(input.stacks[c][index], input.file, absl::StrCat(input.pointers[c], "/", index));
  KeyReader keys(layer);
  std::size_t loop = 0;
  keys.Choice(core::Required("client", ""), loop, kClientNames);
  const bool is_open = loop == 1;
  const bool is_local = index > 0;
  std::optional<std::size_t> to = c;
  if (!is_local) {
    to = NamedCluster(input, layer);
    if (to && input.clusters[*to].is_client) layer.FailWanted("to", "a cluster of replicas");
  }
  client::Config config;
  DescribeClients(keys, is_local, {is_open, to && IsStore(input, *to)}, config);
  config.is_local = is_local;
  config.generator = c + 1;  // 0 is padding.
  if (const absl::Status status = layer.Done(); !status.ok()) return status;
  config.replicas = input.clusters[*to];
  asked.push_back({*to, config.request_bytes, config.operations, c, index, config.retry});
  return BuildNode([config, cluster, is_open](const core::Seat& seat) {
    client::Config own = config;
    own.first = core::ClientId((std::uint64_t{cluster.value()} << kClusterShift) +
                               std::uint64_t{seat.index} * config.count);
    if (is_open) return std::unique_ptr<core::Node>(new client::OpenLoop(own, seat));
    return std::unique_ptr<core::Node>(new client::ClosedLoop(own, seat));
  });
}

void SayHowClientsRetry(const std::vector<Asked>& asked, std::vector<Promise>& promises) {
  for (const Asked& each : asked) {
    if (each.by == each.of) continue;  // Beside their replicas: nothing is lost on their way.
    for (Promise& promise : promises) {
      if (promise.oracle != "P" || promise.scope != nlohmann::json({{"cluster", each.of}}))
        continue;
      const std::int64_t before = promise.parameters.value("retry_ps", std::int64_t{0});
      promise.parameters["retry_ps"] = std::max(before, each.retry.ps());
    }
  }
}

absl::Status CheckAsked(const CatalogInput& input, const std::vector<HostProgram>& hosts,
                        const std::vector<Asked>& asked) {
  for (const Asked& each : asked) {
    const HostProgram& host = hosts[each.of];
    const std::string& name = input.clusters[each.of].name;
    const std::string layer =
        absl::StrCat(input.file, ": ", input.pointers[each.by], "/", each.layer);
    if (each.bytes > host.request_bytes_max) {
      return absl::InvalidArgumentError(
          each.operations
              ? absl::StrCat(layer, "/operations/value_bytes: want requests of at most ",
                             host.request_bytes_max, " bytes, as much as one to ", name,
                             " may hold; got ", each.bytes)
              : absl::StrCat(layer, "/request_bytes: want at most ", host.request_bytes_max,
                             ", as much as a request to ", name, " may hold"));
    }
  }
  return absl::OkStatus();
}

std::vector<Promise> PromisesToClients(const std::vector<HostProgram>& hosts,
                                       const std::vector<Asked>& asked) {
  std::vector<Promise> promises;
  for (std::size_t c = 0; c < hosts.size(); ++c) {
    if (!hosts[c].is_store) continue;
    nlohmann::json loads = nlohmann::json::array();
    for (const Asked& each : asked) {
      if (each.of != c || !each.operations) continue;
      loads.push_back({{"clients", each.by},
                       {"keys", each.operations->keys},
                       {"gets", each.operations->get_percent},
                       {"appends", each.operations->append_percent},
                       {"value_bytes", each.operations->value_bytes}});
    }
    if (!loads.empty()) promises.push_back({"Z", {{"cluster", c}}, {{"loads", loads}}});
  }
  return promises;
}

}  // namespace lockstep
