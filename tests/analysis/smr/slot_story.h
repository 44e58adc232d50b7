// A run of one replicated cluster told event by event: what replicas say of slots, what they hold,
// commit and execute, and what clients ask.
//
// Three replicas a0, a1, a2 with a lane each, unless a test says otherwise; a client's machine is
// host 50. Index 3 r + p is lane (r + p) mod 3 of round r.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/log_notes.h"
#include "tests/analysis/events.h"

namespace lockstep::tests {

inline analysis::Recipe SlotCluster(std::uint32_t replicas = 3) {
  analysis::Recipe recipe;
  recipe.clusters = {{"a", A(0), replicas, (replicas - 1) / 2, 0}, {"c", A(50), 1, 0, 0}};
  for (const char* oracle : {"Y", "C", "V", "E", "F", "U", "P"}) {
    recipe.promises.push_back({oracle,
                               {analysis::Scope::Kind::kCluster, 0},
                               {{"lanes", replicas}, {"accepts_by_proposing", 1}}});
  }
  recipe.run_for = core::Duration::Seconds(3);
  recipe.heal = core::Instant() + core::Duration::Seconds(1);
  recipe.settle = core::Duration::Seconds(2);
  return recipe;
}

class SlotStory {
 public:
  using Round = std::uint64_t;

  explicit SlotStory(std::uint32_t replicas = 3)
      : story(SlotCluster(replicas)), replicas_(replicas) {}
  explicit SlotStory(const analysis::Recipe& recipe)
      : story(recipe), replicas_(recipe.clusters[0].size) {}

  SlotStory& AtMs(std::int64_t ms) {
    story.AtMs(ms);
    return *this;
  }
  // To everybody: its own batch, of this digest, with these requests of client 7.
  SlotStory& Proposes(std::uint32_t owner, Round round,
                      const std::vector<std::uint64_t>& requests = {}, std::uint64_t digest = 5,
                      std::uint64_t client = 7) {
    for (const std::uint64_t request : requests) {
      Fact(core::Fact::kRequests, owner, request, client, 0);
    }
    Fact(core::Fact::kProposes, owner, round, owner, 0).digest = digest;
    Put();
    return *this;
  }
  SlotStory& Handed(std::uint32_t replica, Round round, std::uint32_t lane,
                    std::uint64_t digest = 5) {
    trace::Event& event = Fact(core::Fact::kProposes, replica, round, lane, 0);
    event.phase = trace::Phase::kHanded;
    event.digest = digest;
    Put();
    return *this;
  }
  // On all lanes that are known.
  SlotStory& Votes(std::uint32_t replica, Round round, std::uint64_t known, std::uint64_t ones) {
    Fact(core::Fact::kVotes, replica, round, 0, 0).votes = {known, ones};
    Put();
    return *this;
  }
  SlotStory& Accepts(std::uint32_t replica, Round round, std::uint32_t lane, std::uint64_t ballot,
                     std::uint64_t value) {
    return AtBallot(core::Fact::kAccepts, replica, round, lane, ballot, value);
  }
  // At a ballot above 0.
  SlotStory& Resolves(std::uint32_t replica, Round round, std::uint32_t lane, std::uint64_t ballot,
                      std::uint64_t value) {
    return AtBallot(core::Fact::kProposes, replica, round, lane, ballot, value);
  }
  SlotStory& Decides(std::uint32_t replica, Round round, std::uint32_t lane, std::uint64_t value) {
    return AtBallot(core::Fact::kDecides, replica, round, lane, 0, value);
  }
  // The positions of the round, in their order, that hold something.
  SlotStory& Commits(std::uint32_t replica, Round round, std::uint64_t filled) {
    return Note(core::NoteKind::kCommitted, replica, {round * replicas_, replicas_, 1}, filled, 0);
  }
  // These requests of client 7.
  SlotStory& Executes(std::uint32_t replica, Round round,
                      const std::vector<std::uint64_t>& requests) {
    std::uint64_t digest = 0;
    for (const std::uint64_t request : requests) {
      digest = core::ExecutedDigest(digest, core::ClientId(7), core::RequestId(request));
    }
    return Note(core::kExecuted, replica, {round * replicas_, replicas_, 1}, requests.size(),
                digest);
  }
  SlotStory& Lanes(std::uint32_t replica, Round since, std::uint64_t active) {
    return Note(core::kLanes, replica, {since, 1, 1}, active, 0);
  }
  SlotStory& Installs(std::uint32_t replica, Round round) {
    return Note(core::NoteKind::kInstalled, replica, {round * replicas_, 1, 1}, 0, 0);
  }
  SlotStory& Rejoins(std::uint32_t replica) {
    return Note(core::NoteKind::kRejoined, replica, {0, 1, 1}, 0, 0);
  }
  SlotStory& Invokes(std::uint64_t request) {
    return Note(core::NoteKind::kInvoked, 50, {request, 1, 1}, 7, 0);
  }
  SlotStory& Returns(std::uint64_t request) {
    return Note(core::NoteKind::kReturned, 50, {request, 1, 1}, 7, 0);
  }
  SlotStory& Crashes(std::uint32_t replica) {
    event_ = {};
    event_.kind = trace::EventKind::kCrash;
    event_.node = event_.peer = A(replica);
    Put();
    return *this;
  }
  // A fault keeps some of what it lists from being sent, at any time of the run.
  SlotStory& IsSilent(std::uint32_t replica) {
    event_ = {};
    event_.kind = trace::EventKind::kFaulty;
    event_.node = event_.peer = A(replica);
    event_.value = 1;
    Put();
    return *this;
  }
  SlotStory& Restarts(std::uint32_t replica) {
    story.Restart(A(replica));
    return *this;
  }
  SlotStory& Ends() {
    story.AtMs(3'000);
    story.End();
    return *this;
  }

  // A round in which all goes well: all propose, all are handed all, all vote for all.
  SlotStory& GoodRound(Round round, const std::vector<std::uint64_t>& requests = {}) {
    for (std::uint32_t i = 0; i < replicas_; ++i) {
      Proposes(i, round, i == 0 ? requests : std::vector<std::uint64_t>());
    }
    for (std::uint32_t i = 0; i < replicas_; ++i) {
      for (std::uint32_t lane = 0; lane < replicas_; ++lane) {
        if (lane != i) Handed(i, round, lane);
      }
    }
    for (std::uint32_t i = 0; i < replicas_; ++i) Votes(i, round, All(), All());
    return *this;
  }
  SlotStory& AllCommit(Round round) {
    for (std::uint32_t i = 0; i < replicas_; ++i) Commits(i, round, All());
    return *this;
  }
  std::uint64_t All() const { return (std::uint64_t{1} << replicas_) - 1; }

  analysis::Verdict Ask(const char* oracle) const { return story.Ask(oracle); }
  std::string Finding(const char* oracle) const { return story.FirstFinding(oracle); }

  Story story;

 private:
  trace::Event& Fact(core::Fact fact, std::uint32_t replica, std::uint64_t value,
                     std::uint64_t detail, std::uint64_t further) {
    if (is_open_) Put();
    event_ = {};
    event_.kind = trace::EventKind::kFact;
    event_.fact = fact;
    event_.phase = trace::Phase::kSent;
    event_.node = event_.peer = A(replica);
    event_.value = value;
    event_.detail = detail;
    event_.further = further;
    event_.message = {A(replica), 0, message_};
    is_open_ = true;
    return event_;
  }
  // Tells what has been put together; requests and the proposal behind them are of one message.
  void Put() {
    if (event_.fact != core::Fact::kRequests) ++message_;
    story.Raw(event_);
    is_open_ = false;
  }
  SlotStory& AtBallot(core::Fact fact, std::uint32_t replica, Round round, std::uint32_t lane,
                      std::uint64_t ballot, std::uint64_t value) {
    Fact(fact, replica, round, lane, ballot).votes = {1, value};
    Put();
    return *this;
  }
  SlotStory& Note(core::NoteKind kind, std::uint32_t node, const core::Run& run,
                  std::uint64_t detail, std::uint64_t digest) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = kind;
    event.node = event.peer = A(node);
    event.SetRun(run);
    event.detail = detail;
    event.digest = digest;
    story.Raw(event);
    return *this;
  }

  std::uint32_t replicas_;
  trace::Event event_;
  bool is_open_ = false;
  std::uint64_t message_ = 1;
};

}  // namespace lockstep::tests
