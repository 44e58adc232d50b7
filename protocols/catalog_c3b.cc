// C3B layers in the catalogue: see catalog_c3b.h.

#include "protocols/catalog_c3b.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/c3b/baseline.h"
#include "protocols/c3b/keys.h"
#include "protocols/c3b/leader.h"
#include "protocols/c3b/notes.h"
#include "protocols/c3b/optimistic.h"
#include "protocols/kafka/channel.h"
#include "protocols/kafka/keys.h"
#include "protocols/kafka/messages.h"
#include "protocols/parameters/parameters.h"
#include "protocols/picsou/artifact_replica.h"
#include "protocols/picsou/keys.h"
#include "protocols/picsou/notes.h"
#include "protocols/picsou/replica.h"

namespace lockstep {
namespace {

template <typename Config>
Config ConfigOf(const Ends& ends, core::Keys& layer, Config config = {}) {
  config.own = ends.own;
  config.other = ends.other;
  config.out_stream = ends.out_stream;
  config.in_stream = ends.in_stream;
  Describe(layer, config);
  return config;
}

// A batch leaves as a whole, by credit, so a send buffer must have room for one: for what it takes
// up to batch_bytes, the message with which it reaches that, and what is not content.
void CheckBatchBytes(std::uint64_t batch_bytes, std::uint64_t message_bytes,
                     core::ByteCount send_buffer, core::Keys& layer) {
  constexpr std::uint64_t kOverhead = 1U << 20;
  const auto buffer = static_cast<std::uint64_t>(send_buffer.value());
  // What is too small for any batch is refused as a whole.
  if (!layer.ok() || buffer <= message_bytes + kOverhead) return;
  const std::uint64_t most = buffer - message_bytes - kOverhead;
  if (batch_bytes <= most) return;
  layer.FailWanted("batch_bytes", absl::StrCat("a size from 1 B to ", most,
                                               " B, so that a batch fits into "
                                               "/network/send_buffer (",
                                               buffer, " B) with a message of ", message_bytes,
                                               " B and 1 MiB for the rest"));
}

using PromiseTo = std::function<void(const char* oracle, nlohmann::json parameters)>;

// The time in which no-ops of all receivers come round to one sender: they go to each of n_s in
// turn. What is wrong with the other's layer is said where that is read.
core::Duration AckRound(const Ends& ends, core::Duration own_noop_delay) {
  core::Duration theirs = own_noop_delay;
  if (ends.other_layer != nullptr && ends.other_layer->is_object()) {
    Parameters other(*ends.other_layer, "", "");
    theirs = other.TimeOr("noop_delay", picsou::Config().noop_delay);
  }
  constexpr core::Duration kMost = core::Duration::Seconds(60);
  return std::min(kMost, theirs) * static_cast<std::int64_t>(ends.own.size);
}

// Whether those who receive the stream of this end fetch what they lack. What is wrong with their
// layer is said where that is read.
bool DoReceiversFetch(const Ends& ends) {
  if (ends.other_layer == nullptr || !ends.other_layer->is_object()) return true;
  const auto said = ends.other_layer->find("remedy");
  return said == ends.other_layer->end() || *said == "fetch";
}

// Messages of this end's stream that each receiver keeps for the others. The same holds of errors.
std::uint64_t RetainedBy(const Ends& ends, std::uint64_t message_bytes) {
  const auto said = [&](const char* key) {
    std::optional<std::uint64_t> value;
    if (ends.other_layer == nullptr || !ends.other_layer->is_object()) return value;
    const auto found = ends.other_layer->find(key);
    if (found != ends.other_layer->end() && found->is_number_unsigned())
      value = found->get<std::uint64_t>();
    return value;
  };
  picsou::Config config;
  config.retain = said("retain");
  config.quack_window = said("quack_window").value_or(config.quack_window);
  const std::uint64_t fitting =
      picsou::Config::kRetainBytes / std::max<std::uint64_t>(1, message_bytes);
  return std::min(config.Retain(), std::max<std::uint64_t>(1, fitting));
}

// An end takes a φ-list that is longer than its own for damaged. What is wrong with the other's
// layer is said where that is read.
void CheckPhi(const Ends& ends, std::uint64_t phi, core::Keys& layer) {
  if (!layer.ok() || ends.other_layer == nullptr || !ends.other_layer->is_object()) return;
  const auto name = ends.other_layer->find("c3b");
  if (name == ends.other_layer->end() || *name != kC3bNames[0].name) return;
  const auto said = ends.other_layer->find("phi");
  if (said != ends.other_layer->end() && !said->is_number_unsigned()) return;
  const std::uint64_t theirs =
      said == ends.other_layer->end() ? picsou::Config().phi : said->get<std::uint64_t>();
  if (phi == theirs) return;
  layer.FailWanted("phi", absl::StrCat("the same at both ends, as ", ends.other.name, " has ",
                                       theirs, ": each reads the other's φ-lists"));
}

// An end that counts by another rule, or writes another form, understands nothing. What is wrong
// with the other's layer is said where that is read.
void CheckRule(const Ends& ends, picsou::Rule rule, core::Keys& layer) {
  if (!layer.ok() || ends.other_layer == nullptr || !ends.other_layer->is_object()) return;
  const auto name = ends.other_layer->find("c3b");
  if (name == ends.other_layer->end() || *name != kC3bNames[0].name) return;
  const bool is_theirs = ends.other_layer->value("rule", nlohmann::json("paper")) == "artifact";
  if (is_theirs == (rule == picsou::Rule::kArtifact)) return;
  layer.FailWanted("rule", absl::StrCat("the same at both ends, as ", ends.other.name, " has ",
                                        is_theirs ? "\"artifact\"" : "\"paper\""));
}

// Nor does one that has no certificates, or wants some that it does not get.
void CheckCertificates(const Ends& ends, const picsou::Config& config, core::Keys& layer) {
  if (!layer.ok() || ends.other_layer == nullptr || !ends.other_layer->is_object()) return;
  const auto name = ends.other_layer->find("c3b");
  if (name == ends.other_layer->end() || *name != kC3bNames[0].name) return;
  const auto said = ends.other_layer->find("certificates");
  if (said != ends.other_layer->end() && !said->is_boolean()) return;
  const bool are_theirs =
      said != ends.other_layer->end()
          ? said->get<bool>()
          : config.rule != picsou::Rule::kArtifact;  // as CheckRule wants theirs
  if (are_theirs == config.certificates) return;
  layer.FailWanted("certificates", absl::StrCat("the same at both ends, as ", ends.other.name,
                                                " has ", are_theirs ? "some" : "none"));
}

// A position reaches one receiver, which passes it on to its cluster; no-ops go round. As far as
// positions are outstanding, some are held, and peers that have spoken miss the others.
Footprint PicsouFootprint(const picsou::Config& config, std::uint64_t message_bytes,
                          core::ByteCount send_buffer, const RunExtent& extent) {
  constexpr std::uint64_t kPeer = 250;  // queues, windows, counters
  constexpr std::uint64_t kHeld = 32;
  constexpr std::uint64_t kMissed = 240;  // here, in the oracle's books, in reports on their way
  // As long as the runs that are held: without stake, a lane for each pair.
  const std::uint64_t lanes =
      picsou::Schedule(config.other, config.own).runs_of_turn() *
      (config.own.has_stake() || config.other.has_stake() ? std::uint64_t{config.own.size} : 1);
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
  // What it heard last of each pair of replicas, from each that receives.
  constexpr std::uint64_t kNews = 16;
  const std::uint64_t of_senders = std::uint64_t{config.own.size} * config.other.size;
  const bool has_stake = config.own.has_stake() || config.other.has_stake();
  const std::uint64_t news =
      std::min<std::uint64_t>(picsou::ComplaintTracker::kNewsMost, of_senders * config.other.size);
  Footprint footprint;
  footprint.bytes =
      (has_stake ? kNews * news : 0) + kPeer * (config.own.size + config.other.size) +
      kHeld * outstanding + kMissed * across * std::min(outstanding, config.phi + 1) +
      (waiting + passed_on) * (kBatch + kRun * std::min(outstanding, config.phi) / 2) +
      copies * kCopy;
  footprint.peers = across + within;
  return footprint;
}

C3bLayer MakePicsou(const picsou::Config& config, std::uint64_t message_bytes,
                    core::ByteCount send_buffer) {
  C3bLayer layer;
  const bool is_artifact = config.rule == picsou::Rule::kArtifact;
  layer.build = [config, is_artifact](const core::Seat& seat, core::Log& log,
                                      core::LogOwner& owner) -> std::unique_ptr<core::Node> {
    if (is_artifact) return std::make_unique<picsou::ArtifactReplica>(config, seat, log, owner);
    return std::make_unique<picsou::Replica>(config, seat, log, owner);
  };
  layer.reader = [is_artifact](core::Node& node) -> core::LogReader& {
    if (is_artifact) return static_cast<picsou::ArtifactReplica&>(node);
    return static_cast<picsou::Replica&>(node);
  };
  layer.fields = std::make_unique<picsou::Fields>(
      picsou::Codec(config.wire, config.PhiOnWire(), config.rule, config.certificates));
  layer.has_certificates = config.certificates;
  layer.notes = picsou::kNotes;
  layer.bears_stake = true;
  // The artifact's ids follow the list of its hosts.
  layer.takes_positions = !is_artifact;
  // Its code has no views.
  layer.takes_views = !is_artifact;
  layer.footprint = [config, message_bytes, send_buffer](const RunExtent& extent) {
    return PicsouFootprint(config, message_bytes, send_buffer, extent);
  };
  return layer;
}

// In time everybody is sent to; for each peer there is a queue.
Footprint FootprintOfAllPeers(std::uint64_t peers) {
  constexpr std::uint64_t kPeer = 500;
  return {kPeer * peers, peers};
}

template <typename Node>
C3bLayer MakeBaseline(const c3b::Config& config, std::uint64_t peers, std::size_t kinds) {
  C3bLayer layer;
  layer.build = [config](const core::Seat& seat, core::Log& log, core::LogOwner& owner) {
    return std::make_unique<Node>(config, seat, log, owner);
  };
  layer.reader = [](core::Node& node) -> core::LogReader& { return static_cast<Node&>(node); };
  layer.fields = std::make_unique<c3b::Fields>(config.wire, kinds);
  layer.footprint = [peers](const RunExtent&) { return FootprintOfAllPeers(peers); };
  layer.bears_stake = config.pattern != c3b::Pattern::kOptimistic;
  return layer;
}

// As an oracle's parameter: the hosts on whose being correct a promise depends.
nlohmann::json Hosts(std::initializer_list<core::NodeId> hosts) {
  nlohmann::json list = nlohmann::json::array();
  for (const core::NodeId host : hosts) list.push_back(host.value());
  return list;
}

// Of optimistic transmission. Who leads speaks across, and receivers among each other.
C3bLayer CompileOptimistic(const c3b::Config& config, const Ends& ends, const PromiseTo& promise) {
  constexpr std::size_t kDataKinds = 2;
  constexpr std::size_t kAllKinds = 5;
  const std::uint64_t peers = ends.own.size;
  // Without a timer nothing is sent again.
  if (config.variant == c3b::Variant::kArtifact)
    return MakeBaseline<c3b::Optimistic>(config, peers, kDataKinds);
  promise("L", {{"to", "all"}});
  C3bLayer layer = MakeBaseline<c3b::Optimistic>(config, peers + ends.other.size, kAllKinds);
  layer.notes = c3b::kNotes;
  layer.bears_loss = true;
  return layer;
}

// kC3bNames[1] to [4].
C3bLayer CompileBaseline(c3b::Pattern pattern, const Ends& ends, core::ByteCount send_buffer,
                         core::Keys& layer, StreamInfo& stream, const PromiseTo& promise) {
  c3b::Config defaults;
  defaults.pattern = pattern;
  const auto config = ConfigOf<c3b::Config>(ends, layer, defaults);
  CheckBatchBytes(config.batch_bytes, stream.message_bytes, send_buffer, layer);
  // Senders speak across only, receivers within their cluster where they pass on.
  switch (pattern) {
    case c3b::Pattern::kOneShot:
      stream.throughput = "enqueue";
      return MakeBaseline<c3b::Baseline>(config, 1 + ends.other.size / ends.own.size, 1);
    case c3b::Pattern::kAllToAll:
      stream.throughput = "enqueue";
      stream.is_for_all = true;
      promise("L", {{"to", "all"}});
      return MakeBaseline<c3b::Baseline>(config, ends.other.size, 1);
    case c3b::Pattern::kLeader:
      stream.throughput = "prefix";
      stream.is_for_all = true;
      promise("L", {{"to", "all"}, {"if_correct", Hosts({ends.own.first, ends.other.first})}});
      return MakeBaseline<c3b::LeaderToLeader>(config, 2, 2);
    case c3b::Pattern::kOptimistic:
      stream.throughput = "broadcast";
      stream.is_for_all = true;
      return CompileOptimistic(config, ends, promise);
  }
  return {};
}

// A topic's brokers; those of nobody where there are none, which is an error.
core::Cluster BrokersOr(const std::optional<core::Cluster>& brokers, const std::string& from,
                        core::Keys& layer) {
  if (brokers) return *brokers;
  layer.Fail("", absl::StrCat("want a cluster with the stack [{\"kafka\": \"broker\", \"from\": \"",
                              from, "\"}], which has what ", from, " sends"));
  return core::Cluster{"", core::NodeId(), 1};
}

// kC3bNames[5]. A replica speaks to brokers alone.
C3bLayer CompileKafka(const Ends& ends, core::ByteCount send_buffer, core::Keys& layer,
                      StreamInfo& stream, const PromiseTo& promise) {
  kafka::ChannelConfig config;
  config.out = {ends.out_stream, ends.own, ends.other,
                BrokersOr(ends.out_brokers, ends.own.name, layer)};
  config.in = {ends.in_stream, ends.other, ends.own,
               BrokersOr(ends.in_brokers, ends.other.name, layer)};
  Describe(layer, config);
  CheckBatchBytes(config.batch_bytes, stream.message_bytes, send_buffer, layer);
  if (layer.ok() && config.request_timeout <= config.fetch.wait)
    layer.FailWanted("request_timeout", "more than /fetch/wait, or fetches are given up that wait");
  stream.throughput = "consumed";
  stream.is_for_all = true;
  promise("L", {{"to", "all"}});
  C3bLayer made;
  made.build = [config](const core::Seat& seat, core::Log& log, core::LogOwner& owner) {
    return std::make_unique<kafka::Channel>(config, seat, log, owner);
  };
  made.reader = [](core::Node& node) -> core::LogReader& {
    return static_cast<kafka::Channel&>(node);
  };
  made.fields = std::make_unique<kafka::Fields>(config.wire);
  made.footprint = [peers = config.in.brokers.size + 1](const RunExtent&) {
    return FootprintOfAllPeers(peers);
  };
  made.bears_stake = true;
  made.bears_loss = true;
  return made;
}

}  // namespace

C3bLayer CompileC3b(std::size_t which, const Ends& ends, core::ByteCount send_buffer,
                    core::Keys& layer, StreamInfo& stream, std::vector<Promise>& promises) {
  const auto promise = [&](const char* oracle,
                           nlohmann::json parameters = nlohmann::json::object()) {
    promises.push_back({oracle, {{"stream", ends.out_stream.value()}}, std::move(parameters)});
  };
  std::string to;  // See PeersOf in catalog.cc.
  layer.Text(
      {"to",
       "The cluster that it speaks to, whose C3B layer speaks to this one. \"like\" does not "
       "copy it.",
       false, "the other one, where there are two"},
      to);
  promise("I");
  promise("D");
  if (which == 0) {
    auto config = ConfigOf<picsou::Config>(ends, layer);
    CheckBatchBytes(config.batch_bytes, stream.message_bytes, send_buffer, layer);
    CheckPhi(ends, config.phi, layer);
    CheckRule(ends, config.rule, layer);
    CheckCertificates(ends, config, layer);
    const bool is_artifact = config.rule == picsou::Rule::kArtifact;
    // The artifact counts every repeat at once.
    if (is_artifact) config.ack_round.reset();
    if (config.ack_round) config.ack_round = AckRound(ends, config.noop_delay);
    // Who is left behind gets the rest from its peers, or never has it.
    stream.is_for_all = DoReceiversFetch(ends);
    stream.throughput = "quack";
    nlohmann::json whom = {{"to", stream.is_for_all ? "all" : "one"}};
    if (stream.is_for_all && !is_artifact) whom["retain"] = RetainedBy(ends, stream.message_bytes);
    promise("L", std::move(whom));
    promise("Q");
    promise("A");
    // A measured interval is never below a round of acknowledgements.
    const core::Duration interval = config.ack_round.value_or(config.repeat_interval);
    nlohmann::json repeats = {{"repeat_interval_ps", static_cast<std::uint64_t>(interval.ps())}};
    // What the artifact does is promised as the paper's, but for who sends to whom, which it says
    // another way: oracles are to find what is wrong with it.
    nlohmann::json by_rule = nlohmann::json::object();
    if (is_artifact) by_rule["rule"] = "artifact";
    repeats.update(by_rule);
    promise("R1", std::move(repeats));
    promise("R2", by_rule);
    promise("S", by_rule);
    return MakePicsou(config, stream.message_bytes, send_buffer);
  }
  if (which == 5) return CompileKafka(ends, send_buffer, layer, stream, promise);
  constexpr c3b::Pattern kPatterns[] = {c3b::Pattern::kOneShot, c3b::Pattern::kAllToAll,
                                        c3b::Pattern::kLeader, c3b::Pattern::kOptimistic};
  return CompileBaseline(kPatterns[which - 1], ends, send_buffer, layer, stream, promise);
}

}  // namespace lockstep
