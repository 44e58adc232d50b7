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

#include "protocols/c3b/baseline.h"
#include "protocols/catalog_chora.h"
#include "protocols/catalog_clients.h"
#include "protocols/client/open.h"
#include "protocols/core/stack.h"
#include "protocols/file/file.h"
#include "protocols/parameters/parameters.h"
#include "protocols/picsou/notes.h"
#include "protocols/picsou/replica.h"
#include "protocols/pingpong/pingpong.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kMessageBytesMax = 1U << 30;
constexpr std::uint64_t kPhiMax = 1U << 24;

// A C3B layer: how to build it over a log, how to read it, what it promises.
struct C3bLayer {
  std::function<std::unique_ptr<core::Node>(const core::Seat&, core::Log&, core::LogOwner&)> build;
  // The same node, as the log's reader.
  std::function<core::LogReader&(core::Node&)> reader;
  std::unique_ptr<core::MessageFields> fields;
  std::span<const core::NoteSpec> notes;
  std::function<Footprint(const RunExtent&)> footprint;
};

struct Ends {
  core::Cluster own;
  core::Cluster other;
  core::StreamId out_stream;
  core::StreamId in_stream;
};

picsou::Config ReadPicsou(const Ends& ends, Parameters& layer) {
  picsou::Config config;
  config.own = ends.own;
  config.other = ends.other;
  config.out_stream = ends.out_stream;
  config.in_stream = ends.in_stream;
  config.phi = layer.IntegerOr("phi", config.phi, 0, kPhiMax);
  config.batch_bytes =
      static_cast<std::uint64_t>(layer.SizeOr("batch_bytes", core::ByteCount(200'000)).value());
  config.batch_delay = layer.TimeOr("batch_delay", config.batch_delay);
  config.quack_window = layer.IntegerOr("quack_window", config.quack_window, 1, 1U << 30);
  config.ack_window = layer.IntegerOr("ack_window", config.ack_window, 0, 1U << 30);
  config.noop_delay = layer.TimeOr("noop_delay", config.noop_delay);
  config.max_delay = layer.TimeOr("max_delay", config.max_delay);
  config.repeat_interval = layer.TimeOr("repeat_interval", config.repeat_interval);
  if (config.noop_delay.ps() <= 0) layer.FailWanted("noop_delay", "a time above 0");
  if (config.max_delay.ps() <= 0) layer.FailWanted("max_delay", "a time above 0");
  if (auto wire = layer.ObjectOr("wire")) {
    config.wire.record_bytes = wire->IntegerOr("record_bytes", 0, 0, 1U << 20);
    config.wire.batch_bytes = wire->IntegerOr("batch_bytes", 0, 0, 1U << 20);
    config.wire.phi_word_bytes = wire->IntegerOr("phi_word_bytes", 0, 0, 1U << 10);
  }
  return config;
}

// A position reaches one receiver, which passes it on to its cluster; no-ops go round. As far as
// positions are outstanding, some are held, and peers that have spoken miss the others.
Footprint PicsouFootprint(const picsou::Config& config, std::uint64_t message_bytes,
                          core::ByteCount send_buffer, const RunExtent& extent) {
  constexpr std::uint64_t kPeer = 250;  // queues, windows, counters
  constexpr std::uint64_t kHeld = 32;
  constexpr std::uint64_t kMissed = 240;  // here, in the oracle's books, in reports on their way
  const std::uint64_t lanes = std::uint64_t{config.own.size} * config.other.size;
  const std::uint64_t outstanding = std::min(config.quack_window, lanes);
  const std::uint64_t positions = config.quack_window + extent.card_bytes / message_bytes;
  const auto noops = static_cast<std::uint64_t>(extent.time.ps() / config.noop_delay.ps());
  const std::uint64_t across =
      std::min<std::uint64_t>(config.other.size, positions / config.own.size + 1 + noops);
  const std::uint64_t within =
      (config.own.size - 1) * std::min<std::uint64_t>(config.own.size, positions) / config.own.size;
  // Batches that wait for their streams, or for who is to read them: those of its own, and those
  // that it passes on within its cluster; each with a φ-list, of which every other may be missing.
  constexpr std::uint64_t kBatch = 1'500;
  constexpr std::uint64_t kCopy = 250;  // of a batch that is passed on, in the rings on its way
  constexpr std::uint64_t kRun = 50;    // as it is sent, and as the world has read it
  const std::uint64_t batch_bytes = std::max(config.batch_bytes, message_bytes);
  const std::uint64_t of_stream = 1 + static_cast<std::uint64_t>(send_buffer.value()) / batch_bytes;
  const std::uint64_t in_all = 1 + std::min(config.quack_window, positions) / config.own.size /
                                       (batch_bytes / message_bytes);
  const std::uint64_t waiting = std::min(across * of_stream, in_all);
  const std::uint64_t passed_on = std::min(within * of_stream, in_all);
  const std::uint64_t copies = std::min(within * of_stream, within * in_all);
  Footprint footprint;
  footprint.bytes =
      kPeer * (config.own.size + config.other.size) + kHeld * outstanding +
      kMissed * across * std::min(outstanding, config.phi + 1) +
      (waiting + passed_on) * (kBatch + kRun * std::min(outstanding, config.phi) / 2) +
      copies * kCopy;
  footprint.peers = across + within;
  return footprint;
}

C3bLayer MakePicsou(const picsou::Config& config, std::uint64_t message_bytes,
                    core::ByteCount send_buffer) {
  C3bLayer layer;
  layer.build = [config](const core::Seat& seat, core::Log& log, core::LogOwner& owner) {
    return std::make_unique<picsou::Replica>(config, seat, log, owner);
  };
  layer.reader = [](core::Node& node) -> core::LogReader& {
    return static_cast<picsou::Replica&>(node);
  };
  layer.fields = std::make_unique<picsou::Fields>(picsou::Codec(config.wire, config.phi));
  layer.notes = picsou::kNotes;
  layer.footprint = [config, message_bytes, send_buffer](const RunExtent& extent) {
    return PicsouFootprint(config, message_bytes, send_buffer, extent);
  };
  return layer;
}

c3b::Config ReadBaseline(c3b::Pattern pattern, const Ends& ends, Parameters& layer) {
  c3b::Config config;
  config.pattern = pattern;
  config.own = ends.own;
  config.other = ends.other;
  config.out_stream = ends.out_stream;
  config.in_stream = ends.in_stream;
  config.batch_bytes =
      static_cast<std::uint64_t>(layer.SizeOr("batch_bytes", core::ByteCount(200'000)).value());
  config.batch_delay = layer.TimeOr("batch_delay", config.batch_delay);
  if (auto wire = layer.ObjectOr("wire")) {
    config.wire.record_bytes = wire->IntegerOr("record_bytes", 0, 0, 1U << 20);
    config.wire.batch_bytes = wire->IntegerOr("batch_bytes", 0, 0, 1U << 20);
  }
  return config;
}

// In time everybody is sent to; for each peer there is a queue.
Footprint FootprintOfAllPeers(std::uint64_t peers) {
  constexpr std::uint64_t kPeer = 500;
  return {kPeer * peers, peers};
}

C3bLayer MakeBaseline(const c3b::Config& config) {
  C3bLayer layer;
  layer.build = [config](const core::Seat& seat, core::Log& log, core::LogOwner& owner) {
    return std::make_unique<c3b::Baseline>(config, seat, log, owner);
  };
  layer.reader = [](core::Node& node) -> core::LogReader& {
    return static_cast<c3b::Baseline&>(node);
  };
  layer.fields = std::make_unique<c3b::Fields>(config.wire);
  // Senders speak across only, receivers within their cluster where they pass on.
  const std::uint64_t peers = config.pattern == c3b::Pattern::kAllToAll
                                  ? config.other.size
                                  : 1 + config.other.size / config.own.size;
  layer.footprint = [peers](const RunExtent&) { return FootprintOfAllPeers(peers); };
  return layer;
}

// The catalogue of C3B layers. Says of the stream that the layer sends how it is measured, and what
// is promised of it.
C3bLayer ReadC3b(const Ends& ends, core::ByteCount send_buffer, Parameters& layer,
                 StreamInfo& stream, std::vector<Promise>& promises) {
  const auto promise = [&](const char* oracle,
                           nlohmann::json parameters = nlohmann::json::object()) {
    promises.push_back({oracle, {{"stream", ends.out_stream.value()}}, std::move(parameters)});
  };
  promise("I");
  promise("D");
  switch (layer.Choice("c3b", {"picsou", "one-shot", "all-to-all"})) {
    case 0: {
      const picsou::Config config = ReadPicsou(ends, layer);
      stream.is_for_all = true;
      stream.throughput = "quack";
      promise("L", {{"to", "all"}});
      promise("Q");
      promise("A");
      promise("R1",
              {{"repeat_interval_ps", static_cast<std::uint64_t>(config.repeat_interval.ps())}});
      promise("R2");
      return MakePicsou(config, stream.message_bytes, send_buffer);
    }
    case 1:
      stream.throughput = "enqueue";
      return MakeBaseline(ReadBaseline(c3b::Pattern::kOneShot, ends, layer));
    default:
      stream.is_for_all = true;
      stream.throughput = "enqueue";
      promise("L", {{"to", "all"}});
      return MakeBaseline(ReadBaseline(c3b::Pattern::kAllToAll, ends, layer));
  }
}

file::Config ReadFile(core::ClusterId cluster, Parameters& layer) {
  layer.Choice("rsm", {"file"});
  file::Config config;
  config.generator = cluster.value() + 1;  // 0 is padding.
  config.message_bytes = layer.Integer("message_bytes", 1, kMessageBytesMax);
  config.rate_per_s = layer.IntegerOr("rate", 0, 1, 1'000'000'000);
  return config;
}

std::unique_ptr<core::Node> BuildStack(const file::Config& file, const C3bLayer& c3b,
                                       const core::Seat& seat) {
  auto below = std::make_unique<file::FileRsm>(file, *seat.contents);
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
  if (IsC3bStack(stack)) return true;
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

absl::StatusOr<HostProgram> CompileRsm(const CatalogInput& input, core::ClusterId cluster,
                                       std::size_t other, StreamInfo& stream,
                                       std::vector<Promise>& promises) {
  const std::size_t c = cluster.value();
  const nlohmann::json& stack = input.stacks[c];
  Parameters below(stack[0], input.file, absl::StrCat(input.pointers[c], "/0"));
  const file::Config file = ReadFile(cluster, below);
  if (const absl::Status status = below.Done(); !status.ok()) return status;

  Parameters above(stack[1], input.file, absl::StrCat(input.pointers[c], "/1"));
  above.StringOr("to", "");  // See PeerOf.
  const Ends ends{input.clusters[c], input.clusters[other],
                  core::StreamId(static_cast<std::uint32_t>(c)),
                  core::StreamId(static_cast<std::uint32_t>(other))};
  stream.stream = ends.out_stream;
  stream.from = cluster;
  stream.to = core::ClusterId(static_cast<std::uint32_t>(other));
  stream.generator = file.generator;
  stream.message_bytes = file.message_bytes;
  stream.rate_per_s = file.rate_per_s;
  auto layer =
      std::make_shared<C3bLayer>(ReadC3b(ends, input.send_buffer, above, stream, promises));
  const std::uint64_t most = file.message_bytes + (1U << 20);
  if (static_cast<std::uint64_t>(input.send_buffer.value()) < 2 * most) {
    above.Fail("", absl::StrCat("want a /network/send_buffer of at least ", 2 * most,
                                " bytes for messages of ", file.message_bytes));
  }
  if (const absl::Status status = above.Done(); !status.ok()) return status;

  HostProgram host;
  host.notes.push_back(layer->notes);
  host.layers.push_back(std::move(layer->fields));
  host.footprint = layer->footprint;
  host.fields = std::make_unique<core::StackFields>(
      std::vector<const core::MessageFields*>{nullptr, host.layers[0].get()});
  host.build = [file, layer](const core::Seat& seat) { return BuildStack(file, *layer, seat); };
  return host;
}

HostProgram CompilePingPong(Parameters& layer, const core::Cluster& own) {
  const core::Duration retry = layer.TimeOr("retry", core::Duration::Milliseconds(10));
  HostProgram host;
  host.fields = std::make_unique<pingpong::Fields>();
  host.footprint = [](const RunExtent&) { return FootprintOfAllPeers(1); };
  host.build = [own, retry](const core::Seat& seat) {
    return std::make_unique<pingpong::Player>(own, seat.index, retry);
  };
  return host;
}

// The catalogue of protocols that are whole stacks.
constexpr ProtocolEntry kProtocols[] = {
    {"pingpong", CompilePingPong},
    {"chora", CompileChora},
};

absl::StatusOr<HostProgram> CompileProtocol(const CatalogInput& input, core::ClusterId cluster) {
  std::vector<ProtocolEntry> entries(std::begin(kProtocols), std::end(kProtocols));
  entries.insert(entries.end(), input.more_protocols.begin(), input.more_protocols.end());
  std::vector<std::string_view> names;
  for (const ProtocolEntry& entry : entries) names.push_back(entry.name);
  const std::size_t c = cluster.value();
  Parameters layer(input.stacks[c][0], input.file, absl::StrCat(input.pointers[c], "/0"));
  const std::size_t choice = layer.Choice("protocol", names);
  if (!layer.ok()) return layer.Done();
  HostProgram host = entries[choice].compile(layer, input.clusters[c]);
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
  host.is_store = layer.is_store;
  host.footprint = std::move(layer.footprint);
  host.layers.push_back(std::move(layer.fields));
  host.fields = std::make_unique<core::StackFields>(
      std::vector<const core::MessageFields*>{host.layers[0].get()});
  host.build = [build = std::move(layer.build),
                clients = std::move(clients)](const core::Seat& seat) {
    std::vector<std::unique_ptr<core::Node>> layers;
    layers.push_back(build(seat));
    if (clients) layers.push_back(clients(seat));
    return std::make_unique<core::Stack>(std::move(layers), seat.self);
  };
  return host;
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

}  // namespace

absl::StatusOr<std::unique_ptr<CatalogProgram>> CatalogProgram::Compile(const CatalogInput& input) {
  auto program = std::make_unique<CatalogProgram>();
  program->clusters_ = input.clusters;
  for (std::size_t c = 0; c < input.clusters.size(); ++c) {
    if (HasKnownShape(input.stacks[c])) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        input.file, ": ", input.pointers[c],
        ": want [{\"rsm\": ...}, {\"c3b\": ...}], [{\"protocol\": ...}], [{\"protocol\": ...}, "
        "{\"client\": ...}] or [{\"client\": ...}], layers from below"));
  }
  const absl::StatusOr<std::vector<std::size_t>> peers = PeersOf(input);
  if (!peers.ok()) return peers.status();
  std::vector<Asked> asked;
  for (std::uint32_t c = 0; c < input.clusters.size(); ++c) {
    const nlohmann::json& stack = input.stacks[c];
    absl::StatusOr<HostProgram> host = absl::UnknownError("");
    if (IsC3bStack(stack)) {
      StreamInfo info;
      host = CompileRsm(input, core::ClusterId(c), (*peers)[c], info, program->promises_);
      program->streams_.push_back(info);
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

std::vector<core::NoteSpec> CatalogProgram::Notes() const {
  std::map<std::string_view, core::NoteSpec> notes;
  for (const HostProgram& host : hosts_) {
    for (const std::span<const core::NoteSpec> declared : host.notes) {
      for (const core::NoteSpec& note : declared) notes.emplace(note.name, note);
    }
  }
  std::vector<core::NoteSpec> list;
  for (const auto& [name, note] : notes) list.push_back(note);
  return list;
}

std::unique_ptr<core::Node> CatalogProgram::Build(const core::Seat& seat) const {
  return hosts_[seat.cluster.value()].build(seat);
}

}  // namespace lockstep
