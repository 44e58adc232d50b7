// L: what was transmitted is delivered in the end. Source: the Picsou paper, model.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/interval_map.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/seq_set.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// L: what was transmitted by the heal is delivered by the end of the settling time, by every
// correct receiver ("all"), or each k′ by some correct receiver ("one").
//
// Transmitted: the k′ that correct senders had sent across, or to brokers in between, by the heal,
// each by itself. That a greater one was sent says nothing of those below it: senders run apart.
//
// What is late is *slow* where in the second half of the settling time it still came and the least
// that lacks moved on, or where nothing of it came, but the QUACK moved towards it; else *stuck*.
// Of a protocol that depends on its leaders nothing is asked where one of them is faulty
// ("if_correct").
//
// Three causes of stuck ones are named, where senders note QUACKs:
// - skipped: the receiver has noted that it goes past the k′, since no peer has it any more. Where
//   receivers keep for each other what they have delivered (`retain`), that is excused if all
//   correct ones that had the k′ were that far beyond it: nothing was promised of it then, and the
//   verdict is unknown.
// - left behind: the k′ is below the QUACK, so that senders take it for held and nobody sends it
//   again. A crash in mid-broadcast does so.
// - the QUACK stands: it did not move in that time, so that the stream is at a stand for all.
class DeliveryChecker final : public StreamChecker {
 public:
  // `is_to_all`: by every correct receiver, or by some correct one. Nothing is promised where one
  // of `if_correct` is faulty. `retain`: messages that each receiver keeps for the others; without
  // it nothing is excused.
  DeliveryChecker(std::shared_ptr<StreamFacts> facts, bool is_to_all,
                  std::vector<core::NodeId> if_correct = {},
                  std::optional<std::uint64_t> retain = std::nullopt);
  void Finish() override;
  // Receivers that lack something: left behind, at a QUACK that stands, otherwise stuck, slow, or
  // since they skipped it.
  std::vector<std::uint64_t> counts() const override { return late_; }
  // A QUACK that stands stops everybody, and so is the gravest.
  std::string_view cause() const override;
  // What is below the QUACK may be fetched, unless it was skipped; a QUACK that stands may move
  // when a complaint is due.
  Outlook outlook() const override;

  // Entries of state, for tests of memory.
  std::size_t size() const;

 private:
  enum Late : std::uint8_t { kLeftBehind, kQuackStands, kStuck, kSlow, kSkipped };
  struct Present {
    friend bool operator==(const Present&, const Present&) = default;
  };
  using PlaceSet = core::IntervalMap<Present>;  // k′, by place
  // Of a sender, what it noted last.
  struct Quack {
    std::uint64_t below = 0;
    core::Instant since;
  };
  // What somebody has not delivered of what was transmitted.
  struct Lack {
    std::uint64_t count = 0;
    std::uint64_t first = 0;  // the least of them
    std::uint64_t last = 0;   // and the greatest
  };

  void Judge(const trace::Event& event) override;
  void OnSent(const trace::Event& event);
  void OnDelivered(const trace::Event& event);
  void OnSkipped(const trace::Event& event);
  // Of a run that `by` skips, what is below the result is excused.
  std::uint64_t ExcusedBelow(core::NodeId by, const core::Run& run) const;
  bool HasAny(const core::SeqSet& held, const core::Run& run) const;
  // Forgets of what was sent what every receiver has that is not known to be faulty.
  void Prune();
  PlaceSet Transmitted() const;
  PlaceSet Without(PlaceSet places, const core::SeqSet& held) const;
  // What `receiver` lacked in the middle of the settling time, and lacks in the end; all correct
  // ones together where none is named.
  void JudgeLack(std::optional<core::NodeId> receiver, const PlaceSet& halfway,
                 const PlaceSet& in_the_end);
  Lack LackOf(const PlaceSet& places) const;
  // `before`: in the middle of the settling time; `now`: in the end.
  Late Classify(std::optional<core::NodeId> receiver, const Lack& before, const Lack& now) const;
  std::string Explain(const Lack& before, const Lack& now, Late late) const;
  // `came`, of what `what` says, since the middle of the settling time; `left` are to come.
  std::string SlowText(std::uint64_t came, std::uint64_t left, const char* what) const;
  // The greatest of a correct sender, by who came there first.
  Quack HighestOf(const std::vector<Quack>& quacks) const;

  bool is_to_all_;
  std::vector<core::NodeId> if_correct_;
  std::optional<std::uint64_t> retain_;
  core::Instant cut_;
  core::Instant halfway_;  // of the settling time
  core::Instant deadline_;
  bool is_run_long_enough_ = false;
  core::LaneLine line_;
  // By index of the sender, by the cut: what it sent. Its share is an interval for each lane, and
  // what it sent again one for each gap; cut off below what all have.
  std::vector<PlaceSet> sent_;
  std::vector<bool> has_sent_;  // by index of the sender
  std::size_t prune_at_;
  std::uint64_t sent_end_ = 0;  // one past the greatest k′ sent by the cut
  // delivered_[index of the receiver], by the deadline, in any incarnation.
  std::vector<core::SeqSet> delivered_;
  std::vector<core::SeqSet> delivered_halfway_;  // the same, empty until then
  std::vector<core::SeqSet> skipped_;            // the same, of what it went past without excuse
  std::vector<core::SeqSet> excused_;            // the same, with one
  std::vector<std::uint64_t> reach_;             // one past the greatest k′ that it has delivered
  std::vector<Quack> quacks_;                    // by index of the sender, by the deadline
  std::vector<Quack> quacks_halfway_;            // the same, until then
  std::vector<std::uint64_t> late_;              // by Late
};

extern const Oracle kDeliveryOracle;

}  // namespace lockstep::analysis
