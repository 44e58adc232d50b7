// What several checkers of one stream need to know: who is who, who is faulty, which content is
// authentic, and what every receiver holds.
//
// What a replica *holds* is what was handed to its host in authentic copies; its own notes play no
// part. A run that is damaged anywhere counts as damaged as a whole: the digest of an event covers
// all of it.
//
// One instance is shared by the checkers of a stream, and is told every event before they are.
//
// Invariant: a node that is faulty stays so.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"

#include "analysis/c3b/schedule.h"
#include "analysis/oracle.h"
#include "analysis/recipe.h"
#include "protocols/core/ids.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "protocols/core/seq_set.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// k′ at or above this are out of the world: a counter that says so is lying, or broken.
inline constexpr std::uint64_t kSeqLimit = core::LaneLine::kNumberLimit;

// How many messages a correct replica of the File RSM can have committed by `at`, by a clock that
// may be ahead, and 1/1000 too fast: as many as there are, and at a rate no more than
//   floor(rate * t * 1001/1000 / 1e12), with t = at + clock_ahead in ps
std::uint64_t CommittedBy(const Content& content, core::Instant at);

// More numbers than a message can carry: an event that says so is made up, and would keep us busy.
inline constexpr std::uint64_t kRunLimit = std::uint64_t{1} << 24;

// The same of one whose stride does not fit the rotation, so that it falls apart into single
// numbers.
inline constexpr std::uint64_t kOddRunLimit = std::uint64_t{1} << 14;

// `run`, with the stride 1 where it is a single number; none where it is empty, repeats itself,
// leaves the world or is longer than any honest one. `period` is that of the rotation.
std::optional<core::Run> Plausible(core::Run run, std::uint64_t period);
// The numbers that an event stands for.
inline std::optional<core::Run> RunOf(const trace::Event& event, std::uint64_t period) {
  return Plausible(event.run(), period);
}

// Whether the event is about a stream, but not about this one. Others concern every stream.
inline bool IsOfOtherStream(const trace::Event& event, core::StreamId stream) {
  const bool is_of_stream =
      event.kind == trace::EventKind::kNote || event.kind == trace::EventKind::kFact;
  return is_of_stream && event.stream != stream;
}

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

// The clusters of a stream in one view of them, and the schedule by which it is sent then.
struct StreamView {
  std::uint64_t number = 0;
  core::Instant at;  // announced
  core::Cluster senders;
  core::Cluster receivers;
  Schedule schedule;
};

class StreamFacts final : public trace::Sink {
 public:
  StreamFacts(std::shared_ptr<const Recipe> recipe, std::size_t stream);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  const Recipe& recipe() const { return *recipe_; }
  const Stream& stream() const { return recipe_->streams[stream_]; }
  const core::Cluster& senders() const { return recipe_->cluster(stream().from); }
  const core::Cluster& receivers() const { return recipe_->cluster(stream().to); }
  // View 0 first, by number and time. Who is a sender or a receiver, and what their budgets are, is
  // the same in all.
  const std::vector<StreamView>& views() const { return views_; }
  // The position in that list of the view that a message says it is of; none where there is no such
  // view.
  std::optional<std::size_t> ViewNumbered(std::uint64_t number) const;
  // The same of the view of which a correct replica was told last, by `at`; 0 at first.
  std::size_t ViewOf(core::NodeId node) const { return ToldBy(node, core::Instant::Max()); }
  std::size_t ToldBy(core::NodeId node, core::Instant at) const;
  // Of view 0, for whatever only wants an order of k′.
  const Schedule& schedule() const { return views_[0].schedule; }
  // That of the rotation, for what is plausible.
  std::uint64_t period() const { return period_; }
  // For k′ of this stream.
  core::SeqSet NewSet() const { return core::SeqSet(schedule().set_period()); }

  // Not known to be faulty so far.
  bool IsCorrect(core::NodeId node) const {
    return node.value() >= is_faulty_.size() || !is_faulty_[node.value()];
  }
  // Hit by nothing but crashes so far: it has never lied, and each of its lives is judged by what
  // it did.
  bool IsSound(core::NodeId node) const {
    return node.value() >= is_unsound_.size() || !is_unsound_[node.value()];
  }
  bool IsAuthentic(const core::Run& run, std::uint64_t digest) {
    return content_.Digest(run) == digest;
  }
  // A message between the clusters of this stream, in its direction.
  bool IsAcross(core::NodeId from, core::NodeId to) const {
    return senders().Has(from) && receivers().Has(to);
  }
  // A message that leaves the sending cluster: across, or to brokers in between.
  bool IsOutward(core::NodeId from, core::NodeId to) const {
    return senders().Has(from) && !senders().Has(to);
  }
  // What a correct receiver holds, or has gone past with good reason: it is below the QUACK of a
  // sender that does not lie. Empty for a faulty one.
  const core::SeqSet& Held(core::NodeId receiver) const { return OfReceiver(receiver).held; }
  // Of these, the runs that came at `since` or later. None where that is longer ago than is
  // remembered.
  std::optional<std::vector<core::Run>> HeldSince(core::NodeId receiver, core::Instant since) const;

 private:
  // So many runs are remembered of all receivers together, and of each no more and no fewer than
  // these: a host that is busy tells what it held many broadcasts ago.
  static constexpr std::size_t kRememberedOfAll = std::size_t{1} << 20;
  static constexpr std::size_t kRememberedLeast = 1024;
  static constexpr std::size_t kRememberedMost = 32768;
  struct Fresh {
    core::Instant at;
    core::Run run;
  };
  struct Receiver {
    core::SeqSet held;
    std::deque<Fresh> fresh;  // what came last of it, oldest first; remembered_ at most
    core::Instant forgotten;  // when the last came that `fresh` has lost
    bool has_forgotten = false;
  };

  void LearnFaulty(core::NodeId node, bool is_crash);
  void LearnTold(const trace::Event& event);
  void LearnHanded(const trace::Event& event);
  void LearnSkipped(const trace::Event& event);
  void Hold(const trace::Event& event, const core::Run& run);
  const Receiver& OfReceiver(core::NodeId node) const {
    return of_receiver_[node.value() - receivers().first.value()];
  }

  std::shared_ptr<const Recipe> recipe_;
  std::size_t stream_;
  std::vector<StreamView> views_;
  // Of each replica, where there are views: of which it was told when, each above the one before.
  struct Told {
    core::Instant at;
    std::size_t view = 0;
  };
  std::map<core::NodeId, std::vector<Told>> told_;
  std::uint64_t period_;
  ExpectedContent content_;
  std::set<core::NodeId> liars_;  // known to spend r
  std::uint64_t quack_ = 0;       // the greatest that one of the other senders has noted
  std::vector<bool> is_faulty_;   // is_faulty_[node]
  std::vector<bool> is_unsound_;  // is_unsound_[node]
  std::size_t remembered_;
  std::vector<Receiver> of_receiver_;  // by index
};

// The facts of the stream that a promise is about; an error where it is about something else.
absl::StatusOr<std::shared_ptr<StreamFacts>> FactsFor(const Charge& charge);

}  // namespace lockstep::analysis
