// What several checkers of one stream need to know: who is who, who is faulty, which content is
// authentic, and what every receiver holds.
//
// What a replica *holds* is what was handed to its host in authentic copies; its own notes play no
// part. A run that is damaged anywhere counts as damaged as a whole: the digest of an event covers
// all of it.
//
// One instance is shared by the checkers of a stream; each shows it every event before judging, and
// it takes each event once.
//
// Invariant: a node that is faulty stays so.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/c3b/schedule.h"
#include "analysis/recipe.h"
#include "protocols/core/ids.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "protocols/core/seq_set.h"
#include "sim/trace/event.h"

namespace lockstep::analysis {

// k′ at or above this are out of the world: a counter that says so is lying, or broken.
inline constexpr std::uint64_t kSeqLimit = core::LaneLine::kNumberLimit;

// The numbers that an event stands for; none where they repeat themselves or leave the world.
std::optional<core::Run> RunOf(const trace::Event& event);

// Digests of what the File RSM commits, remembered for runs that were asked for lately: the same
// run is handed over, delivered and broadcast many times.
class ExpectedContent {
 public:
  explicit ExpectedContent(const Content& content) : content_(content), recent_(kRecent) {}
  std::uint64_t Digest(const core::Run& run);

 private:
  static constexpr std::size_t kRecent = 1024;
  struct Entry {
    core::Run run;  // count 0: empty
    std::uint64_t digest = 0;
  };
  Content content_;
  std::vector<Entry> recent_;
};

class StreamFacts {
 public:
  static constexpr trace::KindSet kWants =
      Bit(trace::EventKind::kFaulty) | Bit(trace::EventKind::kHanded);

  StreamFacts(std::shared_ptr<const Recipe> recipe, std::size_t stream);

  // Takes the event, unless another checker has shown it before.
  void Learn(const trace::Event& event);

  const Recipe& recipe() const { return *recipe_; }
  const Stream& stream() const { return recipe_->streams[stream_]; }
  const core::Cluster& senders() const { return recipe_->cluster(stream().from); }
  const core::Cluster& receivers() const { return recipe_->cluster(stream().to); }
  const Schedule& schedule() const { return schedule_; }
  // For sets of k′ of this stream.
  std::uint64_t period() const { return period_; }

  // Not known to be faulty so far.
  bool IsCorrect(core::NodeId node) const {
    return node.value() >= is_faulty_.size() || !is_faulty_[node.value()];
  }
  bool IsAuthentic(const core::Run& run, std::uint64_t digest) {
    return content_.Digest(run) == digest;
  }
  // A message between the clusters of this stream, in its direction.
  bool IsAcross(core::NodeId from, core::NodeId to) const {
    return senders().Has(from) && receivers().Has(to);
  }
  // What a correct receiver holds; empty for a faulty one.
  const core::SeqSet& Held(core::NodeId receiver) const {
    return held_[receiver.value() - receivers().first.value()];
  }

 private:
  void LearnFaulty(core::NodeId node);
  void LearnHanded(const trace::Event& event);

  std::shared_ptr<const Recipe> recipe_;
  std::size_t stream_;
  Schedule schedule_;
  std::uint64_t period_;
  ExpectedContent content_;
  std::vector<bool> is_faulty_;     // is_faulty_[node]
  std::vector<core::SeqSet> held_;  // held_[index of the receiver]
  std::uint64_t next_index_ = 0;    // of the next event to take
};

}  // namespace lockstep::analysis
