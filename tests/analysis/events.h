// A run told event by event, for tests of checkers: builds the events, shows them to a Judge, and
// asks one oracle for its verdict.
//
// Two clusters: a sends (hosts from 0 on), b receives (hosts from 100 on). Stream 0 leads from a to
// b and is what all events are about, unless they say otherwise.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/judge.h"
#include "analysis/recipe.h"
#include "analysis/verdict.h"
#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "protocols/core/view.h"
#include "sim/trace/event.h"

namespace lockstep::tests {

inline constexpr std::uint64_t kGenerator = 0x9E3779B97F4A7C15U;
inline constexpr std::uint64_t kMessageBytes = 100;
inline constexpr std::uint32_t kFirstReceiver = 100;

inline core::NodeId A(std::uint32_t index) { return core::NodeId(index); }
inline core::NodeId B(std::uint32_t index) { return core::NodeId(kFirstReceiver + index); }

// Promises something of stream 0, in place of what was promised of the same oracle.
inline void Promise(analysis::Recipe& recipe, const std::string& oracle,
                    nlohmann::json parameters = {}) {
  if (parameters.is_null()) parameters = nlohmann::json::object();
  if (oracle == "L" && parameters.empty()) parameters["to"] = "all";
  if (oracle == "R1" && parameters.empty()) {
    parameters["repeat_interval_ps"] =
        static_cast<std::uint64_t>(core::Duration::Milliseconds(100).ps());
  }
  const analysis::Scope scope{analysis::Scope::Kind::kStream, 0};
  for (analysis::Promise& promise : recipe.promises) {
    if (promise.oracle == oracle) {
      promise.parameters = std::move(parameters);
      return;
    }
  }
  recipe.promises.push_back({oracle, scope, std::move(parameters)});
}

// All promises made, an endless stream, heal at 2 s, one second to settle, repeats after 100 ms.
inline analysis::Recipe TwoClusters(std::uint32_t senders, std::uint32_t receivers) {
  analysis::Recipe recipe;
  recipe.seed = 7;
  const auto budget = [](std::uint32_t size) { return (size - 1) / 3; };
  recipe.clusters = {{"a", A(0), senders, budget(senders), budget(senders)},
                     {"b", B(0), receivers, budget(receivers), budget(receivers)}};
  analysis::Stream stream;
  stream.stream = core::StreamId(0);
  stream.from = core::ClusterId(0);
  stream.to = core::ClusterId(1);
  stream.content = {kGenerator, kMessageBytes, {}, {}};
  stream.is_for_all = true;
  recipe.streams = {stream};
  for (const char* oracle : {"I", "D", "L", "Q", "A", "R1", "R2"}) Promise(recipe, oracle);
  recipe.run_for = core::Duration::Seconds(3);
  recipe.warmup = core::Instant() + core::Duration::Seconds(1);
  recipe.heal = core::Instant() + core::Duration::Seconds(2);
  recipe.settle = core::Duration::Seconds(1);
  return recipe;
}

// The digest of what the File RSM committed at the k′ of this run.
inline std::uint64_t DigestOf(const core::Run& run) {
  return core::Bytes::Filler({kGenerator, run.first, run.stride, run.count, kMessageBytes, 0})
      .Digest();
}

class Story {
 public:
  explicit Story(analysis::Recipe recipe) : recipe_(std::move(recipe)) {}

  const std::vector<trace::Event>& events() const { return events_; }
  const analysis::Recipe& recipe() const { return recipe_; }

  // What follows happens at this time.
  Story& At(core::Duration since_start) {
    now_ = core::Instant() + since_start;
    return *this;
  }
  Story& AtMs(std::int64_t ms) { return At(core::Duration::Milliseconds(ms)); }

  Story& Faulty(core::NodeId node, std::uint64_t budget = 1) {
    return Add(trace::EventKind::kFaulty, node, node, {budget, 1, 1});
  }
  // It may crash, and does nothing worse.
  Story& Crashing(core::NodeId node) {
    trace::Event event;
    event.kind = trace::EventKind::kFaulty;
    event.node = node;
    event.value = 1;
    event.detail = 1;
    return Raw(event);
  }
  Story& Restart(core::NodeId node) {
    return Add(trace::EventKind::kRestart, node, node, {1, 1, 1});
  }
  Story& Offered(core::NodeId from, core::NodeId to, const core::Run& run) {
    return Carried(trace::Phase::kSent, from, to, run, DigestOf(run));
  }
  Story& Handed(core::NodeId to, core::NodeId from, const core::Run& run) {
    return Carried(trace::Phase::kHanded, to, from, run, DigestOf(run));
  }
  Story& HandedDamaged(core::NodeId to, core::NodeId from, const core::Run& run) {
    return Carried(trace::Phase::kHanded, to, from, run, ~DigestOf(run));
  }
  Story& Destroyed(core::NodeId from, core::NodeId to, const core::Run& run,
                   trace::DropCause cause = trace::DropCause::kFault) {
    Carried(trace::Phase::kDestroyed, from, to, run, DigestOf(run));
    events_.back().detail = static_cast<std::uint64_t>(cause);
    return *this;
  }
  // Sent and received at once.
  Story& Passed(core::NodeId from, core::NodeId to, const core::Run& run) {
    return Offered(from, to, run).Handed(to, from, run);
  }
  Story& Delivered(core::NodeId node, const core::Run& run) {
    Add(trace::EventKind::kNote, node, node, run, DigestOf(run));
    events_.back().note = core::NoteKind::kDelivered;
    return *this;
  }
  Story& Quacked(core::NodeId node, std::uint64_t quack) {
    Add(trace::EventKind::kNote, node, node, {quack, 1, 1});
    events_.back().note = core::NoteKind::kQuacked;
    return *this;
  }
  Story& Skipped(core::NodeId node, const core::Run& run) {
    Add(trace::EventKind::kNote, node, node, run);
    events_.back().note = core::NoteKind::kSkipped;
    return *this;
  }
  // It says that its ACK stays there.
  Story& Stands(core::NodeId node, std::uint64_t acknowledged) {
    Add(trace::EventKind::kNote, node, node, {acknowledged, 1, 1});
    events_.back().note = core::NoteKind::kStands;
    return *this;
  }
  Story& Stated(core::NodeId node, core::NodeId peer, std::uint64_t acknowledged,
                const std::vector<core::Run>& phi = {}, std::uint64_t phi_end = 0) {
    return Report(trace::Phase::kSent, node, peer, acknowledged, phi, phi_end);
  }
  // What was told last was listed so long before.
  Story& ListedBefore(core::Duration age) {
    events_.back().detail = static_cast<std::uint64_t>(age.ps());
    return *this;
  }
  Story& Heard(core::NodeId node, core::NodeId peer, std::uint64_t acknowledged,
               const std::vector<core::Run>& phi = {}, std::uint64_t phi_end = 0) {
    return Report(trace::Phase::kHanded, node, peer, acknowledged, phi, phi_end);
  }
  Story& Receipt(std::uint64_t fault, std::uint64_t touched, std::uint64_t changed) {
    Add(trace::EventKind::kReceipt, {}, {}, {fault, 1, 1});
    events_.back().detail = touched;
    events_.back().further = changed;
    return *this;
  }
  Story& Metric(core::NodeId node, trace::Metric metric, std::uint64_t amount) {
    Add(trace::EventKind::kMetric, node, node, {static_cast<std::uint64_t>(metric), 1, 1});
    events_.back().detail = amount;
    return *this;
  }
  // The last event is about a message that states this view.
  Story& InView(std::uint64_t number) {
    events_.back().epoch = number;
    return *this;
  }
  // A node is told of a view.
  Story& Told(core::NodeId node, std::uint64_t number) {
    Add(trace::EventKind::kSubmit, node, node, {number, 1, 1});
    events_.back().detail = core::kViewService.value();
    return *this;
  }
  Story& End(bool is_cut_short = false) {
    return Add(trace::EventKind::kEnd, {}, {}, {is_cut_short ? 1U : 0U, 1, 1});
  }
  Story& Raw(trace::Event event) {
    event.at = now_;
    event.index = events_.size();
    events_.push_back(event);
    return *this;
  }

  analysis::Verdict Ask(std::string_view oracle) const {
    analysis::Judge judge(recipe_);
    Tell(judge);
    return Find(judge, oracle).verdict();
  }
  // The text of the first finding of an oracle; empty where it has none.
  std::string FirstFinding(std::string_view oracle) const {
    analysis::Judge judge(recipe_);
    Tell(judge);
    const std::vector<analysis::Finding> findings = Find(judge, oracle).findings();
    return findings.empty() ? "" : findings.front().text;
  }
  std::vector<std::uint64_t> Counts(std::string_view oracle) const {
    analysis::Judge judge(recipe_);
    Tell(judge);
    return Find(judge, oracle).counts();
  }
  // Shows the events to `sink`, those that it wants.
  void Tell(trace::Sink& sink) const {
    const trace::Interest wants = sink.Wants();
    for (const trace::Event& event : events_) {
      if (wants.Has(event)) sink.OnEvent(event);
    }
    sink.Finish();
  }

 private:
  static const analysis::Checker& Find(const analysis::Judge& judge, std::string_view oracle) {
    for (const auto& checker : judge.checkers()) {
      if (checker->oracle() == oracle) return *checker;
    }
    std::abort();
  }

  Story& Add(trace::EventKind kind, core::NodeId node, core::NodeId peer, const core::Run& run,
             std::uint64_t digest = 0) {
    trace::Event event;
    event.kind = kind;
    event.node = node;
    event.peer = peer;
    event.digest = digest;
    event.SetRun(run);
    return Raw(event);
  }
  Story& Carried(trace::Phase phase, core::NodeId node, core::NodeId peer, const core::Run& run,
                 std::uint64_t digest) {
    Add(trace::EventKind::kFact, node, peer, run, digest);
    events_.back().fact = core::Fact::kCarries;
    events_.back().phase = phase;
    return *this;
  }
  Story& Report(trace::Phase phase, core::NodeId node, core::NodeId peer,
                std::uint64_t acknowledged, const std::vector<core::Run>& phi,
                std::uint64_t phi_end) {
    Add(trace::EventKind::kFact, node, peer, {acknowledged, 1, 1});
    events_.back().fact = core::Fact::kStates;
    events_.back().phase = phase;
    events_.back().further = phi_end;
    events_.back().runs = *lists_.emplace_back(std::make_shared<std::vector<core::Run>>(phi));
    return *this;
  }

  analysis::Recipe recipe_;
  std::vector<std::shared_ptr<const std::vector<core::Run>>> lists_;  // of the events
  std::vector<trace::Event> events_;
  core::Instant now_;
};

}  // namespace lockstep::tests
