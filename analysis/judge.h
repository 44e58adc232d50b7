// The verdict on a run: every checker that was promised, the receipts of faults, and the figures.
//
// A sink like any other, so that a live run and a trace that is read back are judged by the same
// code, and get the same summary.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/clients.h"
#include "analysis/effects.h"
#include "analysis/latency.h"
#include "analysis/note_counts.h"
#include "analysis/oracles.h"
#include "analysis/recipe.h"
#include "analysis/sparing.h"
#include "analysis/traffic.h"
#include "analysis/verdict.h"
#include "sim/trace/audience.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// Whether every promise of `recipe` has an oracle that takes it. Errors name the JSON pointer.
absl::Status CheckPromises(const Recipe& recipe, std::span<const Oracle* const> more = {});

class Judge final : public trace::Sink {
 public:
  // `recipe` promises only what CheckPromises takes. `more`: oracles beside those of the table,
  // which outlive this.
  explicit Judge(const Recipe& recipe, std::span<const Oracle* const> more = {});

  trace::Interest Wants() const override { return wants_; }
  // What a default trace holds: the story, and what this wants but for what is spared. Of its notes
  // it does without those that Spares() lists.
  trace::Interest Keeps() const;
  std::vector<core::NoteKind> Spares() const;
  // Where what else such a trace holds goes: see Sparing. `trace` outlives this.
  void TellTo(trace::Sink* trace);
  // The oracles that cannot judge all from a default trace.
  std::vector<std::string> Abridged() const;
  void OnEvent(const trace::Event& event) override;
  void Finish() override;

  // The rest is final once Finish was called.

  // Violated if any checker objects, else unknown if any cannot tell or the trace has no end, else
  // not exercised if any promise was not put to the test or any fault had too little effect, else
  // not judged if no protocol promises anything, nor notes any decision: agreement, validity and at
  // most once of these are judged where nobody has promised them (GX, GY, GC). What a checker
  // cannot tell since it is only in a trace with detail does not count: see "abridged".
  Verdict verdict() const;
  // The verdict is what the scenario expects; where it names an oracle, that one objects.
  bool IsAsExpected() const;
  const std::vector<std::unique_ptr<Checker>>& checkers() const { return panel_.checkers; }
  // Of the oracle of checkers()[checker].
  Nature NatureOf(std::size_t checker) const { return panel_.oracles[checker]->nature; }

  // {"verdict", "expected", "as_expected", "end_ps", "warmup_ps", "is_complete", "abridged"?:
  // [...],
  //  "oracles": [{"oracle", "name", "nature"?, "stream"?, "cluster"?, "verdict", "cause"?,
  //  "violations", "findings": [{"at_ps", "node"?, "text"}], "counts"?, "per_message"?}],
  //  "receipts": [...], "streams": [...], "drops":
  //  {...}, "hosts": [...], "notes": {...}}; the last five as EffectChecker, Traffic and NoteCounts
  //  say. A stream whose latency was measured has it as "latency", as Latency says. Where clients
  //  asked something there is "clients", as Clients says. How much was measured is "measured_for",
  //  and what is to be said of that "remarks", where there is any: see measurement.h.
  nlohmann::json Summary() const;

 private:
  // `stream`: whose events the sink is about; none for all.
  void Listen(trace::Sink* sink, std::optional<core::StreamId> stream);
  nlohmann::json Summary(const Checker& checker) const;
  // What its oracle is, the cluster that it is about, and the cause of what it has found.
  void AddCharge(std::size_t checker, nlohmann::json& row) const;
  // What a checker counts, by name; and for each message delivered, where there were any.
  void AddCounts(std::size_t checker, nlohmann::json& row) const;
  nlohmann::json Streams() const;

  std::shared_ptr<const Recipe> recipe_;
  // Nobody notes what this checker, of something that was not promised but is implied, looks at.
  bool IsIdle(std::size_t checker) const;

  Panel panel_;  // who judges what was promised, then what is implied
  std::size_t promised_ = 0;
  EffectChecker effects_;
  Traffic traffic_;
  Clients clients_;
  std::vector<std::unique_ptr<Latency>> latencies_;  // as the streams in the recipe
  std::unique_ptr<NoteCounts> notes_;
  trace::Interest wants_;
  trace::Interest keeps_;          // of all sinks
  std::vector<Sparing*> sparing_;  // those of the sinks that spare a default trace something
  // audiences_[i]: of the notes and facts of stream i; the last is of everything else.
  std::vector<trace::Audience> audiences_;
  core::Instant end_;
  bool is_ended_ = false;
  bool is_complete_ = false;
};

}  // namespace lockstep::analysis
