// The protocols by name: see catalog.h.

#include "protocols/catalog.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/c3b/notes.h"
#include "protocols/catalog_c3b.h"
#include "protocols/catalog_chora.h"
#include "protocols/catalog_clients.h"
#include "protocols/catalog_kafka.h"
#include "protocols/catalog_list.h"
#include "protocols/chora/notes.h"
#include "protocols/client/open.h"
#include "protocols/core/check.h"
#include "protocols/core/keys.h"
#include "protocols/core/log_notes.h"
#include "protocols/core/stack.h"
#include "protocols/file/keys.h"
#include "protocols/parameters/key_reader.h"
#include "protocols/parameters/parameters.h"
#include "protocols/picsou/notes.h"
#include "protocols/pingpong/pingpong.h"

namespace lockstep {
namespace {

file::Config ReadFile(core::ClusterId cluster, Parameters& layer) {
  KeyReader keys(layer);
  std::size_t rsm = 0;
  keys.Choice(core::Required("rsm", ""), rsm, kRsmNames);
  file::Config config;
  config.generator = cluster.value() + 1;  // 0 is padding.
  file::Describe(keys, config);
  return config;
}

std::unique_ptr<core::Node> BuildStack(const file::Config& file, const C3bLayer& c3b,
                                       const core::Cluster& own, core::StreamId stream,
                                       const core::Seat& seat) {
  std::optional<core::StreamProofs> proofs;
  if (c3b.has_certificates) {
    CHECK(seat.certificates != nullptr);
    proofs.emplace(*seat.certificates, own, stream);
  }
  auto below = std::make_unique<file::FileRsm>(file, *seat.contents, std::move(proofs));
  file::FileRsm* rsm = below.get();
  std::vector<std::unique_ptr<core::Node>> layers;
  layers.push_back(std::move(below));
  // The layer above needs the port down, which the stack owns, which owns the layers: the port is
  // made apart and outlives both by living in the stack.
  auto port = std::make_unique<core::DownPort>(core::Layer(0), *rsm);
  layers.push_back(c3b.build(seat, *rsm, *port));
  core::LogReader& reader = c3b.reader(*layers.back());
  auto stack = std::make_unique<core::Stack>(std::move(layers));
  stack->Adopt(std::move(port));
  rsm->set_reader(&stack->MakeUpPort(core::Layer(1), reader));
  return stack;
}

bool IsLayer(const nlohmann::json& stack, std::size_t index, const char* key) {
  return stack.is_array() && index < stack.size() && stack[index].is_object() &&
         stack[index].contains(key);
}

bool IsC3bStack(const nlohmann::json& stack) {
  return IsLayer(stack, 0, "rsm") && IsLayer(stack, 1, "c3b") && stack.size() == 2;
}

bool HasKnownShape(const nlohmann::json& stack) {
  if (IsC3bStack(stack) || IsBrokerStack(stack)) return true;
  if (stack.size() == 2) return IsLayer(stack, 0, "protocol") && IsLayer(stack, 1, "client");
  return stack.size() == 1 && (IsLayer(stack, 0, "protocol") || IsLayer(stack, 0, "client"));
}

// Whom the C3B layer of cluster c speaks to.
absl::StatusOr<std::size_t> PeerOf(const CatalogInput& input, std::size_t c) {
  Parameters layer(input.stacks[c][1], input.file, absl::StrCat(input.pointers[c], "/1"));
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < input.clusters.size(); ++other) {
    if (other != c && IsC3bStack(input.stacks[other])) others.push_back(other);
  }
  const std::string& own = input.clusters[c].name;
  if (layer.Raw("to") == nullptr) {
    if (others.size() == 1) return others[0];
    layer.Fail("to", absl::StrCat("want the cluster that ", own, " speaks to, since ",
                                  others.size(), " others have a C3B layer"));
    return layer.Done();
  }
  const std::optional<std::size_t> to = NamedCluster(input, layer);
  if (to && std::find(others.begin(), others.end(), *to) == others.end()) {
    layer.Fail("to", absl::StrCat("want another cluster with a C3B layer for ", own, ", not ",
                                  input.clusters[*to].name));
  }
  if (!layer.ok()) return layer.Done();
  return *to;
}

// peers[c]: whom cluster c speaks to; c where it has no C3B layer. They speak in pairs.
absl::StatusOr<std::vector<std::size_t>> PeersOf(const CatalogInput& input) {
  std::vector<std::size_t> peers;
  for (std::size_t c = 0; c < input.clusters.size(); ++c) {
    peers.push_back(c);
    if (!IsC3bStack(input.stacks[c])) continue;
    const absl::StatusOr<std::size_t> peer = PeerOf(input, c);
    if (!peer.ok()) return peer.status();
    peers.back() = *peer;
  }
  for (std::size_t c = 0; c < peers.size(); ++c) {
    if (peers[peers[c]] == c) continue;
    Parameters layer(input.stacks[c][1], input.file, absl::StrCat(input.pointers[c], "/1"));
    const std::string& to = input.clusters[peers[c]].name;
    layer.Fail("to", absl::StrCat("want a cluster that speaks to ", input.clusters[c].name, "; ",
                                  to, " speaks to ", input.clusters[peers[peers[c]]].name));
    return layer.Done();
  }
  return peers;
}

// `brokers`: of the stream that each cluster sends, where it goes by them.
absl::StatusOr<HostProgram> CompileRsm(const CatalogInput& input, core::ClusterId cluster,
                                       std::size_t other,
                                       const std::vector<std::optional<std::size_t>>& brokers,
                                       StreamInfo& stream, std::vector<Promise>& promises) {
  const std::size_t c = cluster.value();
  const nlohmann::json& stack = input.stacks[c];
  Parameters below(stack[0], input.file, absl::StrCat(input.pointers[c], "/0"));
  const file::Config file = ReadFile(cluster, below);
  if (const absl::Status status = below.Done(); !status.ok()) return status;

  Parameters above(stack[1], input.file, absl::StrCat(input.pointers[c], "/1"));
  KeyReader keys(above);
  std::size_t c3b = 0;
  keys.Choice(core::Required("c3b", ""), c3b, kC3bNames);
  Ends ends{input.clusters[c], input.clusters[other], core::StreamId(static_cast<std::uint32_t>(c)),
            core::StreamId(static_cast<std::uint32_t>(other)), &input.stacks[other][1]};
  if (brokers[c]) ends.out_brokers = input.clusters[*brokers[c]];
  if (brokers[other]) ends.in_brokers = input.clusters[*brokers[other]];
  stream.stream = ends.out_stream;
  stream.from = cluster;
  stream.to = core::ClusterId(static_cast<std::uint32_t>(other));
  stream.generator = file.generator;
  stream.message_bytes = file.message_bytes;
  stream.rate_per_s = file.rate_per_s;
  stream.messages = file.messages;
  auto layer =
      std::make_shared<C3bLayer>(CompileC3b(c3b, ends, input.send_buffer, keys, stream, promises));
  const std::uint64_t most = file.message_bytes + (1U << 20);
  if (static_cast<std::uint64_t>(input.send_buffer.value()) < 2 * most) {
    above.Fail("", absl::StrCat("want a /network/send_buffer of at least ", 2 * most,
                                " bytes for messages of ", file.message_bytes));
  }
  if (const absl::Status status = above.Done(); !status.ok()) return status;

  HostProgram host;
  host.bears_stake = layer->bears_stake;
  host.takes_positions = layer->takes_positions;
  host.takes_views = layer->takes_views;
  host.notes.push_back(layer->notes);
  host.layers.push_back(std::move(layer->fields));
  host.footprint = layer->footprint;
  host.fields = std::make_unique<core::StackFields>(
      std::vector<const core::MessageFields*>{nullptr, host.layers[0].get()});
  host.has_certificates = layer->has_certificates;
  host.build = [file, layer, own = ends.own, stream = ends.out_stream](const core::Seat& seat) {
    return BuildStack(file, *layer, own, stream, seat);
  };
  return host;
}

HostProgram CompilePingPong(core::Keys& layer, const core::Cluster& own) {
  pingpong::Config config;
  pingpong::Describe(layer, config);
  if (own.size == 1)  // It would serve itself for ever, at one instant.
    layer.Fail("", "replicas: want at least 2, not 1");
  HostProgram host;
  host.fields = std::make_unique<pingpong::Fields>();
  host.footprint = [](const RunExtent&) { return Footprint{500, 1}; };
  host.build = [own, config](const core::Seat& seat) {
    return std::make_unique<pingpong::Player>(own, seat.index, config.retry);
  };
  return host;
}

// The catalogue of protocols that are whole stacks.
constexpr ProtocolEntry kProtocols[] = {
    {"pingpong", CompilePingPong,
     "the smallest protocol, as an example: replica 0 sends a ball round its cluster."},
    {"chora", CompileChora,
     "Chora-R, lock-step replication in rounds of fixed length: a reconstruction, since the body "
     "of "
     "the Chora paper was not available."},
};

}  // namespace

std::vector<ProtocolEntry> ProtocolEntries(const std::vector<ProtocolEntry>& more_protocols) {
  std::vector<ProtocolEntry> entries(std::begin(kProtocols), std::end(kProtocols));
  entries.insert(entries.end(), more_protocols.begin(), more_protocols.end());
  return entries;
}

namespace {

absl::StatusOr<HostProgram> CompileProtocol(const CatalogInput& input, core::ClusterId cluster) {
  const std::vector<ProtocolEntry> entries = ProtocolEntries(input.more_protocols);
  std::vector<std::string_view> names;
  for (const ProtocolEntry& entry : entries) names.push_back(entry.name);
  const std::size_t c = cluster.value();
  Parameters layer(input.stacks[c][0], input.file, absl::StrCat(input.pointers[c], "/0"));
  const std::size_t choice = layer.Choice("protocol", names);
  if (!layer.ok()) return layer.Done();
  KeyReader keys(layer);
  HostProgram host = entries[choice].compile(keys, input.clusters[c]);
  if (const absl::Status status = layer.Done(); !status.ok()) return status;
  return host;
}

// One layer as a stack, so that clients reach it; `clients` of the same host, if any, are a layer
// above it. `layer.fields` may be null: it sends nothing.
HostProgram AsStack(HostProgram layer, BuildNode clients = nullptr) {
  HostProgram host;
  host.notes = std::move(layer.notes);
  if (clients) host.notes.push_back(client::kNotes);
  host.promises = std::move(layer.promises);
  host.remarks = std::move(layer.remarks);
  host.request_bytes_max = layer.request_bytes_max;
  host.bears_concurrent = layer.bears_concurrent;
  host.bears_stake = layer.bears_stake;
  host.takes_positions = layer.takes_positions;
  host.takes_views = layer.takes_views;
  host.is_store = layer.is_store;
  host.has_certificates = layer.has_certificates;
  host.footprint = std::move(layer.footprint);
  host.layers.push_back(std::move(layer.fields));
  host.fields = std::make_unique<core::StackFields>(
      std::vector<const core::MessageFields*>{host.layers[0].get()}, /*has_frames=*/true);
  host.build = [build = std::move(layer.build),
                clients = std::move(clients)](const core::Seat& seat) {
    std::vector<std::unique_ptr<core::Node>> layers;
    layers.push_back(build(seat));
    if (clients) layers.push_back(clients(seat));
    return std::make_unique<core::Stack>(std::move(layers), seat.self);
  };
  return host;
}

std::vector<core::NoteSpec> EachOnce(const std::vector<std::span<const core::NoteSpec>>& declared) {
  std::map<std::string_view, core::NoteSpec> notes;
  for (const std::span<const core::NoteSpec> of_one : declared)
    for (const core::NoteSpec& note : of_one) notes.emplace(note.name, note);
  std::vector<core::NoteSpec> list;
  for (const auto& [name, note] : notes) list.push_back(note);
  return list;
}

absl::StatusOr<HostProgram> CompileStack(const CatalogInput& input, core::ClusterId cluster,
                                         std::vector<Asked>& asked) {
  const nlohmann::json& stack = input.stacks[cluster.value()];
  if (IsLayer(stack, 0, "client")) {
    absl::StatusOr<BuildNode> clients = CompileClients(input, cluster, 0, asked);
    if (!clients.ok()) return clients.status();
    HostProgram host;
    host.notes.push_back(client::kNotes);
    host.build = *std::move(clients);
    return AsStack(std::move(host));
  }
  absl::StatusOr<HostProgram> host = CompileProtocol(input, cluster);
  if (!host.ok()) return host.status();
  if (stack.size() == 1) return AsStack(*std::move(host));
  absl::StatusOr<BuildNode> clients = CompileClients(input, cluster, 1, asked);
  if (!clients.ok()) return clients.status();
  return AsStack(*std::move(host), *std::move(clients));
}

// `ends`: the clusters whose replicas a host counts, weighs or puts in order.
absl::Status CheckReplicas(const CatalogInput& input, std::initializer_list<std::size_t> ends,
                           const HostProgram& host) {
  for (const std::size_t c : ends) {
    if (input.clusters[c].has_stake() && !host.bears_stake)
      return absl::InvalidArgumentError(
          absl::StrCat(input.file, ": /clusters/", c,
                       "/stake: want none, or ones: this protocol counts replicas; stake is for "
                       "picsou"));
    if (input.clusters[c].has_positions() && !host.takes_positions)
      return absl::InvalidArgumentError(absl::StrCat(
          input.file, ": /clusters/", c,
          "/positions: want none, or \"by index\": they are for picsou by the paper's rule"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CatalogProgram>> CatalogProgram::Compile(const CatalogInput& input) {
  auto program = std::make_unique<CatalogProgram>();
  program->clusters_ = input.clusters;
  for (std::size_t c = 0; c < input.clusters.size(); ++c) {
    if (HasKnownShape(input.stacks[c])) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        input.file, ": ", input.pointers[c],
        ": want [{\"rsm\": ...}, {\"c3b\": ...}], [{\"protocol\": ...}], [{\"protocol\": ...}, "
        "{\"client\": ...}], [{\"client\": ...}] or [{\"kafka\": ...}], layers from below"));
  }
  const absl::StatusOr<std::vector<std::size_t>> peers = PeersOf(input);
  if (!peers.ok()) return peers.status();
  const absl::StatusOr<std::vector<std::optional<std::size_t>>> brokers = BrokersOf(input);
  if (!brokers.ok()) return brokers.status();
  std::vector<Asked> asked;
  for (std::uint32_t c = 0; c < input.clusters.size(); ++c) {
    const nlohmann::json& stack = input.stacks[c];
    absl::StatusOr<HostProgram> host = absl::UnknownError("");
    if (IsC3bStack(stack)) {
      StreamInfo info;
      host = CompileRsm(input, core::ClusterId(c), (*peers)[c], *brokers, info, program->promises_);
      program->streams_.push_back(info);
    } else if (IsBrokerStack(stack)) {
      const auto from = std::find(brokers->begin(), brokers->end(), std::size_t{c});
      const auto sender = static_cast<std::size_t>(from - brokers->begin());
      host = CompileBroker(input, c, sender, (*peers)[sender]);
    } else {
      host = CompileStack(input, core::ClusterId(c), asked);
    }
    if (!host.ok()) return host.status();
    if (c < input.is_concurrent.size() && input.is_concurrent[c] && !host->bears_concurrent) {
      return absl::InvalidArgumentError(
          absl::StrCat(input.file, ": /clusters/", c,
                       "/budget/concurrent: want a budget of the whole run: this ",
                       "protocol does not say when a replica that was down takes part again"));
    }
    if (const absl::Status status = CheckReplicas(input, {c, (*peers)[c]}, *host); !status.ok())
      return status;
    for (Promise& promise : host->promises) {
      if (promise.scope.empty()) promise.scope["cluster"] = c;
      program->promises_.push_back(promise);
    }
    for (const std::string& remark : host->remarks)
      program->remarks_.push_back(
          absl::StrCat(input.file, ": ", input.pointers[c], "/0: ", remark));
    program->hosts_.push_back(*std::move(host));
  }
  SayHowClientsRetry(asked, program->promises_);
  if (const absl::Status status = CheckAsked(input, program->hosts_, asked); !status.ok())
    return status;
  for (Promise& promise : PromisesToClients(program->hosts_, asked))
    program->promises_.push_back(std::move(promise));
  return program;
}

bool CatalogProgram::has_certificates() const {
  for (std::size_t c = 0; c < hosts_.size(); ++c)
    if (!clusters_[c].is_client && !hosts_[c].has_certificates) return false;
  return true;
}

std::vector<core::NoteSpec> CatalogProgram::Notes() const {
  std::vector<std::span<const core::NoteSpec>> declared;
  for (const HostProgram& host : hosts_)
    declared.insert(declared.end(), host.notes.begin(), host.notes.end());
  return EachOnce(declared);
}

std::vector<core::NoteSpec> DeclaredNotes() {
  return EachOnce({c3b::kNotes, chora::kNotes, client::kNotes, core::kLogNotes, picsou::kNotes});
}

std::unique_ptr<core::Node> CatalogProgram::Build(const core::Seat& seat) const {
  return hosts_[seat.cluster.value()].build(seat);
}

}  // namespace lockstep
