// How far each replica is along a stream, as the paper of the protocol counts its throughput.
//
// At the senders, as the Picsou paper's scripts do:
// - quack: the QUACK that a sender has noted;
// - enqueue: one past the greatest k′ that it has sent across.
// At the receivers, for the two protocols with a leader and for Kafka, as the paper's artifact does:
// - prefix: of receiver 0, how many k′ it has delivered without a gap; of the others, one past the
//   greatest that they have delivered;
// - broadcast: how many k′ it has been handed without a gap by peers of its own cluster, whatever
//   reached it directly;
// - consumed: how many k′ it has delivered, whichever they are.
//
// Invariant: no number decreases.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/recipe.h"
#include "protocols/core/program.h"
#include "protocols/core/seq_set.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class PublishedProgress {
 public:
  // Of `recipe->streams[stream]`.
  PublishedProgress(std::shared_ptr<const Recipe> recipe, std::size_t stream);

  // What it has to be told of this stream.
  trace::Interest Wants() const;
  // An event of this stream. True where some number has grown.
  bool OnEvent(const trace::Event& event);

  // Who is counted: the sending or the receiving cluster.
  const core::Cluster& counted() const { return *counted_; }
  // By index in that cluster.
  const std::vector<std::uint64_t>& numbers() const { return numbers_; }

 private:
  const core::Cluster& senders() const { return recipe_->cluster(stream().from); }
  const core::Cluster& receivers() const { return recipe_->cluster(stream().to); }
  const Stream& stream() const { return recipe_->streams[stream_]; }
  // What the event says of `node`; none where it does not count.
  std::optional<std::uint64_t> NumberFrom(const trace::Event& event);

  std::shared_ptr<const Recipe> recipe_;
  std::size_t stream_;
  const core::Cluster* counted_;
  std::vector<std::uint64_t> numbers_;
  std::vector<core::SeqSet> held_;  // by index, where gaps count
  std::uint64_t period_;
};

}  // namespace lockstep::analysis
