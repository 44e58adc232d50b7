// Name and JSON parameters -> nodes, their message fields, and the promises they are judged by.
//
// Both worlds build a node from the same JSON through this. To add a protocol: a folder of its own,
// and one entry in catalog.cc.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/note.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "protocols/parameters/parameters.h"

namespace lockstep {

namespace core {
class Keys;  // protocols/core/keys.h
}

// How much can happen in a run.
struct RunExtent {
  core::Duration time;
  std::uint64_t card_bytes = 0;  // that one card can take in by then
};

// What one node of a cluster comes to by the end of a run, estimated, on average over the cluster.
struct Footprint {
  std::uint64_t bytes = 0;  // of memory, at the peak
  std::uint64_t peers = 0;  // that it has sent to
};

// A promise that a protocol makes: the letter of the oracle that judges it, what it is about ({},
// {"stream": id}, {"cluster": id} or {"clients": id}), and the oracle's parameters.
struct Promise {
  std::string oracle;
  nlohmann::json scope = nlohmann::json::object();
  nlohmann::json parameters = nlohmann::json::object();
};

// How to build and read what runs on the hosts of a cluster.
struct HostProgram {
  std::vector<std::span<const core::NoteSpec>> notes;  // kinds that its protocols have declared
  std::function<std::unique_ptr<core::Node>(const core::Seat&)> build;
  std::vector<std::unique_ptr<core::MessageFields>> layers;  // that `fields` is made of, if it is
  std::unique_ptr<core::MessageFields> fields;
  // Where a protocol says nothing: next to nothing.
  std::function<Footprint(const RunExtent&)> footprint = [](const RunExtent&) {
    return Footprint();
  };
  std::vector<Promise> promises;  // a scope of {} is the cluster that it runs in
  // What is legal, and hardly meant.
  std::vector<std::string> remarks;
  // Bears a concurrent budget: whoever was down may fail again, once it has noted `rejoined`.
  bool bears_concurrent = false;
  // Weighs replicas by stake, or takes no notice of it; else it counts them, and bears none.
  bool bears_stake = false;
  // Takes turns by position; else it knows none.
  bool takes_positions = false;
  // Goes by views of the clusters that are announced while it runs.
  bool takes_views = false;
  // Of a request that clients may make.
  std::uint64_t request_bytes_max = std::numeric_limits<std::uint64_t>::max();
  // Requests are operations of core/operation.h, and to its clients it is linearizable.
  bool is_store = false;
  // Receivers check by a certificate that a content is the committed one, whoever sent it.
  bool has_certificates = false;
};

// A protocol that is a stack of one layer: {"protocol": NAME, ...}. `compile` describes its
// parameters to `layer`, which fills them and refuses what is not described, and says how to build
// that layer. It is called with default values, too, to list what they are.
struct ProtocolEntry {
  std::string_view name;
  HostProgram (*compile)(core::Keys& layer, const core::Cluster& own);
  std::string_view meaning = {};  // what it is, in a sentence
};

// What is to be compiled: one stack of layers, from below, for each cluster.
struct CatalogInput {
  std::vector<core::Cluster> clusters;
  std::vector<nlohmann::json> stacks;  // stacks[cluster]
  std::vector<std::string> pointers;   // where they stand in `file`
  std::string file;
  core::ByteCount send_buffer;
  std::vector<bool> is_concurrent = {};       // is_concurrent[cluster], where any is: its budget
  std::vector<ProtocolEntry> more_protocols;  // beside those of the catalogue
};

// What one stream carries, and how it is measured.
struct StreamInfo {
  core::StreamId stream;
  core::ClusterId from;
  core::ClusterId to;
  // Contents: of this generator and size, at this rate (0: endless).
  std::uint64_t generator = 0;
  std::uint64_t message_bytes = 0;
  std::uint64_t rate_per_s = 0;
  std::uint64_t messages = 0;  // so many of them (0: no end)
  bool is_for_all = false;     // every correct receiver is to deliver
  std::string throughput;      // as published: how, by a name of analysis::kPublishedNames
};

// The kinds of notes that protocols of the catalogue declare; each once, by name.
std::vector<core::NoteSpec> DeclaredNotes();

class CatalogProgram : public core::Program {
 public:
  // Errors name file and pointer.
  static absl::StatusOr<std::unique_ptr<CatalogProgram>> Compile(const CatalogInput& input);

  const std::vector<core::Cluster>& clusters() const override { return clusters_; }
  std::unique_ptr<core::Node> Build(const core::Seat& seat) const override;
  const core::MessageFields& Fields(core::ClusterId cluster) const override {
    return *hosts_[cluster.value()].fields;
  }
  const std::vector<StreamInfo>& streams() const { return streams_; }
  // What its protocols promise, in the order of the tables.
  const std::vector<Promise>& promises() const { return promises_; }
  // What is legal, and hardly meant; each names file and pointer.
  const std::vector<std::string>& remarks() const { return remarks_; }
  // Whether receivers tell by certificates, in every cluster that is no client, what was committed.
  bool has_certificates() const;
  // Whether its nodes go by views that are announced.
  bool TakesViews(core::ClusterId cluster) const { return hosts_[cluster.value()].takes_views; }
  // The kinds of notes that its nodes say beside those that all share; each once, by name.
  std::vector<core::NoteSpec> Notes() const;
  Footprint FootprintOf(core::ClusterId cluster, const RunExtent& extent) const {
    return hosts_[cluster.value()].footprint(extent);
  }

 private:
  std::vector<core::Cluster> clusters_;
  std::vector<HostProgram> hosts_;  // hosts_[cluster]
  std::vector<StreamInfo> streams_;
  std::vector<Promise> promises_;
  std::vector<std::string> remarks_;
};

}  // namespace lockstep
