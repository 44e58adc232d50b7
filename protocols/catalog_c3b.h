// C3B layers in the catalogue: their parameters, what they promise, how their nodes are built.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocols/catalog.h"
#include "protocols/core/keys.h"

namespace lockstep {

// A C3B layer: how to build it over a log, how to read it, what it says of itself.
struct C3bLayer {
  std::function<std::unique_ptr<core::Node>(const core::Seat&, core::Log&, core::LogOwner&)> build;
  // The same node, as the log's reader.
  std::function<core::LogReader&(core::Node&)> reader;
  std::unique_ptr<core::MessageFields> fields;
  std::span<const core::NoteSpec> notes;
  std::function<Footprint(const RunExtent&)> footprint;
  // Receivers check by a certificate that a content is the committed one, whoever sent it.
  bool has_certificates = false;
  // What is lost above the transport is sent again, though no promise says when.
  bool bears_loss = false;
  // As in HostProgram: of either end.
  bool bears_stake = false;
  bool takes_positions = false;
  bool takes_views = false;
};

// Between which clusters it speaks, as its node is told.
struct Ends {
  core::Cluster own;
  core::Cluster other;
  core::StreamId out_stream;
  core::StreamId in_stream;
  const nlohmann::json* other_layer = nullptr;  // of the other's stack, as it stands there
  // Of Kafka: the brokers of the stream that it sends, and of the one that it receives.
  std::optional<core::Cluster> out_brokers = std::nullopt;
  std::optional<core::Cluster> in_brokers = std::nullopt;
};

// {"c3b": NAME, ...}: the names.
inline constexpr core::Option kC3bNames[] = {
    {"picsou",
     "each message crosses once, and what is lost is found by quorums of acknowledgements."},
    {"one-shot",
     "each message crosses once, and nothing is acknowledged: no delivery is promised."},
    {"all-to-all", "every replica sends each message to every receiver."},
    {"ll",
     "leader to leader: replica 0 sends each message to replica 0, which passes it on; nothing is "
     "promised where one of the two fails."},
    {"otu",
     "optimistic transmission, as in GeoBFT: a leader sends to u_r + 1 receivers, each of which "
     "passes everything on; one that fails is replaced."},
    {"kafka",
     "each replica produces its share into a partition of its own, on a cluster of brokers, and "
     "every receiver consumes all of them."}};

// Compiles kC3bNames[which]. Says of the stream that the layer sends, whose messages' size is
// known, how it is measured, and adds what is promised of it.
C3bLayer CompileC3b(std::size_t which, const Ends& ends, core::ByteCount send_buffer,
                    core::Keys& layer, StreamInfo& stream, std::vector<Promise>& promises);

}  // namespace lockstep
