// How much a run did when: rates in equal bins of time, and when what was broken.
//
// Made from notes and sends that every trace holds. Of a stream: what was delivered, what was
// published as its paper counts it, and what was resent. Of a cluster: what clients were answered,
// what its log committed, and what broke the bound of its rounds. Of any protocol: how often nodes
// noted what.
//
// Decided here: a thing counts where it happened first. k′ is delivered with its first delivery at
// a correct receiver, a log index committed with its first commit in the cluster. Of a bin that the
// run does not reach, and of one of which it reaches less than half, there is no rate.
//
// Memory: for each rate a number for each bin, and what a stream has outstanding.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "analysis/c3b/published.h"
#include "analysis/recipe.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "protocols/core/seq_set.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class Activity final : public trace::Sink {
 public:
  // `bin` > 0, `until` > `from`. The last bin may be shorter.
  struct Window {
    core::Duration bin;
    core::Instant from;
    core::Instant until;
  };
  enum class Quantity : std::uint8_t {
    kMessages,    // of streams: delivered, and published
    kResends,     // of streams whose protocol resends: sends across beyond the first of each k′
    kRequests,    // of clients, by the cluster on whose hosts they are: answered
    kCommits,     // log indices of a cluster that hold something, where the log says which do
    kViolations,  // messages that a replica of a cluster had not handled when it had to
    kNotes,       // of all nodes, by kind
  };
  static constexpr std::size_t kQuantities = 6;
  struct Rates {
    Quantity quantity;
    std::string of;    // "a -> b", "a", or the kind of a note
    std::string what;  // "delivered", "published"; empty where the quantity says all
    std::vector<std::optional<double>> per_s;  // by bin
  };
  // From when until when something was broken.
  struct Band {
    std::string name;  // of the fault, or of a host that is down
    core::Instant from;
    core::Instant until;
    bool is_open = false;  // to the end of the run, or of the trace
  };

  Activity(std::shared_ptr<const Recipe> recipe, const Window& window);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override;

  // All of these once it is finished. Only what happened at all has rates; in order of quantities.
  std::vector<Rates> All() const;
  // In the order in which they began, but those of a name together. Bands of a name that are closer
  // than a bin are one.
  std::vector<Band> Bands() const;
  core::Instant BinBegin(std::size_t bin) const;
  // Until here events are known.
  core::Instant end() const { return last_; }
  // The run was cut short, so that it ended before its time.
  bool is_cut_short() const { return is_cut_short_; }

 private:
  struct Line {
    std::uint64_t total = 0;
    std::uint64_t before = 0;  // when the present bin began
    std::vector<std::optional<double>> per_s;
  };
  using Key = std::pair<Quantity, std::uint64_t>;
  struct OfStream {
    core::SeqSet delivered;
    core::SeqSet sent;
    std::uint64_t sends = 0;
    PublishedProgress progress;
    std::vector<std::uint64_t> before;  // its numbers when the present bin began
    bool has_progress = false;
    std::vector<std::optional<double>> published_per_s;
  };

  // `id`: index of a stream, a cluster, or a kind of note.
  Line& LineOf(Quantity quantity, std::uint64_t id);
  std::string NameOf(Quantity quantity, std::uint64_t id) const;
  void OnStreamEvent(const trace::Event& event, std::size_t index);
  void OnNote(const trace::Event& event);
  void OnCommitted(const trace::Event& event);
  void OnFault(const trace::Event& event);
  void OnDown(const trace::Event& event);
  void OpenBand(const std::string& name, core::Instant at);
  void CloseBand(const std::string& name, core::Instant at);
  // Ends the bins that end at `at` or before.
  void EndBins(core::Instant at);
  void EndBin(core::Duration length);
  double Growth(const OfStream& of) const;
  bool IsCorrect(core::NodeId node) const;
  const core::Cluster* ClusterOf(core::NodeId node) const;

  std::shared_ptr<const Recipe> recipe_;
  Window window_;
  std::size_t bins_;
  std::size_t ended_ = 0;          // bins that have ended
  bool has_begun_ = false;         // the window
  std::vector<OfStream> streams_;  // as in the recipe
  std::map<Key, Line> lines_;
  // Kinds that are counted, and their places in the recipe's list; only looked up.
  absl::flat_hash_map<core::NoteKind, std::size_t> kinds_;
  std::vector<std::string> kind_names_;
  bool resends_ = false;                  // protocols of the run do
  std::vector<std::uint64_t> committed_;  // committed_[cluster]: one past the greatest index
  std::vector<core::NodeId> faulty_;      // sorted
  std::map<std::string, std::vector<Band>> bands_;
  std::map<core::NodeId, std::string> down_;  // hosts, with the names of their bands
  std::optional<std::uint64_t> crash_fault_;  // the one that has begun last
  core::Instant last_;
  bool is_cut_short_ = false;
};

}  // namespace lockstep::analysis
