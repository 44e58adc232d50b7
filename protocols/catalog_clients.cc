// Parameters of clients: see catalog_clients.h.

#include "protocols/catalog_clients.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/client/closed.h"
#include "protocols/client/open.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kRequestBytesMax = 1U << 30;
constexpr std::uint64_t kClientsMax = 1U << 20;
constexpr std::uint64_t kWindowMax = 1U << 16;
constexpr std::uint64_t kRequestsMax = std::uint64_t{1} << 39;
constexpr std::uint64_t kKeysMax = 1U << 20;
constexpr std::uint64_t kRateMax = 1'000'000'000;  // of all clients of a host
// Clients of one cluster have numbers below 2^this.
constexpr int kClusterShift = 40;

// Whether the replicas of a cluster keep values under keys: asked before they are compiled.
bool IsStore(const CatalogInput& input, std::size_t cluster) {
  const nlohmann::json& stack = input.stacks[cluster];
  if (!stack.is_array() || stack.empty() || !stack[0].is_object()) return false;
  const auto machine = stack[0].find("machine");
  return machine != stack[0].end() && *machine == "key_value";
}

core::OperationMix ReadMix(Parameters& layer) {
  core::OperationMix mix;
  auto operations = layer.ObjectOr("operations");
  if (!operations) return mix;
  mix.keys = operations->IntegerOr("keys", mix.keys, 1, kKeysMax);
  mix.get_percent = operations->IntegerOr("gets", mix.get_percent, 0, 100);
  mix.append_percent = operations->IntegerOr("appends", mix.append_percent, 0, 99);
  mix.value_bytes = operations->IntegerOr("value_bytes", mix.value_bytes,
                                          core::OperationMix::kValueBytesMin, kRequestBytesMax / 2);
  const std::uint64_t share = mix.get_percent + mix.append_percent;
  // Puts end what appends make longer.
  if (share > (mix.append_percent > 0 ? 99 : 100)) {
    operations->Fail(
        "", absl::StrCat("want gets and appends of at most ", mix.append_percent > 0 ? 99 : 100,
                         " per cent together, the rest are puts; got ", share));
  }
  return mix;
}

// What both loops have.
client::Config ReadConfig(Parameters& layer, bool is_store) {
  client::Config config;
  config.count = static_cast<std::uint32_t>(layer.IntegerOr("clients", 1, 1, kClientsMax));
  config.requests = layer.IntegerOr("requests", 0, 0, kRequestsMax);
  config.retry = layer.TimeOr("retry", core::Duration::Seconds(1));
  if (config.retry.ps() <= 0) layer.FailWanted("retry", "a time above 0");
  if (is_store) {
    config.operations = ReadMix(layer);
    config.request_bytes = config.operations->RequestBytes();
  } else {
    config.request_bytes = layer.Integer("request_bytes", 0, kRequestBytesMax);
  }
  return config;
}

void ReadClosed(Parameters& layer, client::Config& config) {
  config.window = layer.IntegerOr("window", 1, 1, kWindowMax);
  config.think = layer.TimeOr("think", config.think);
}

void ReadOpen(Parameters& layer, client::Config& config) {
  config.window = layer.IntegerOr("window", 1, 1, kWindowMax);
  config.rate_per_s = layer.Integer("rate", 1, kRateMax);
  if (layer.ok() && config.rate_per_s * config.count > kRateMax) {
    layer.Fail("rate", absl::StrCat("want at most ", kRateMax, " requests per second of a host's ",
                                    config.count, " clients together"));
  }
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

absl::StatusOr<BuildNode> CompileClients(const CatalogInput& input, core::ClusterId cluster,
                                         std::size_t index, std::vector<Asked>& asked) {
  const std::size_t c = cluster.value();
  Parameters layer(input.stacks[c][index], input.file, absl::StrCat(input.pointers[c], "/", index));
  const bool is_open = layer.Choice("client", {"closed", "open"}) == 1;
  const bool is_local = index > 0;
  std::optional<std::size_t> to = c;
  if (!is_local) {
    to = NamedCluster(input, layer);
    if (to && input.clusters[*to].is_client) layer.FailWanted("to", "a cluster of replicas");
  }
  client::Config config = ReadConfig(layer, to && IsStore(input, *to));
  config.is_local = is_local;
  config.generator = c + 1;  // 0 is padding.
  if (is_open) {
    ReadOpen(layer, config);
  } else {
    ReadClosed(layer, config);
  }
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
