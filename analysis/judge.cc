// Puts the conclusions on a run together: see judge.h.

#include "analysis/judge.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "analysis/budget.h"
#include "analysis/measured.h"
#include "analysis/measurement.h"
#include "analysis/smr/agreement.h"
#include "analysis/smr/at_most_once.h"
#include "analysis/smr/decision_agreement.h"
#include "analysis/smr/decision_once.h"
#include "analysis/smr/decision_validity.h"
#include "analysis/smr/validity.h"
#include "protocols/core/check.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

namespace {

Panel PanelOf(const std::shared_ptr<const Recipe>& recipe, std::span<const Oracle* const> more) {
  absl::StatusOr<Panel> panel = MakePanel(recipe, more);
  CHECK(panel.ok());
  return *std::move(panel);
}

// Promises that nobody has to make: of clusters that are no end of a stream, what every protocol
// that notes decisions keeps, but for what it promises itself, by the oracle of replicated logs.
std::vector<Promise> ImpliedBy(const Recipe& recipe) {
  struct Implied {
    const Oracle& oracle;
    const Oracle& stronger;
  };
  static constexpr std::size_t kKinds = 3;
  const std::array<Implied, kKinds> implied = {{{kDecisionAgreementOracle, kAgreementOracle},
                                                {kDecisionValidityOracle, kValidityOracle},
                                                {kDecisionOnceOracle, kAtMostOnceOracle}}};
  std::vector<Promise> promises;
  for (std::uint32_t c = 0; c < recipe.clusters.size(); ++c) {
    const bool has_stream = std::ranges::any_of(recipe.streams, [&](const Stream& stream) {
      return stream.from.value() == c || stream.to.value() == c;
    });
    if (has_stream) continue;
    const Scope scope{Scope::Kind::kCluster, c};
    for (const Implied& each : implied) {
      const bool is_promised = std::ranges::any_of(recipe.promises, [&](const Promise& promise) {
        return promise.scope == scope &&
               (promise.oracle == each.oracle.letter || promise.oracle == each.stronger.letter);
      });
      if (!is_promised) promises.push_back({std::string(each.oracle.letter), scope});
    }
  }
  return promises;
}

// Notes of which a default trace of such a run may hold only a part: the same for who writes it and
// for who reads it, whose checkers are others.
std::vector<core::NoteKind> SparedIn(const Recipe& recipe, std::span<const Oracle* const> more) {
  const auto whole = std::make_shared<Recipe>(recipe);
  whole->abridged.clear();
  std::vector<core::NoteKind> notes;
  for (const auto& checker : PanelOf(whole, more).checkers) {
    const auto* const sparing = dynamic_cast<const Sparing*>(checker.get());
    if (sparing == nullptr) continue;
    const std::vector<core::NoteKind> spared = sparing->Spares();
    notes.insert(notes.end(), spared.begin(), spared.end());
  }
  return notes;
}

// Checkers of what is implied, behind those of what is promised.
void AddImplied(const std::shared_ptr<const Recipe>& recipe, Panel& panel) {
  for (const Promise& promise : ImpliedBy(*recipe)) {
    for (const Oracle* oracle : Oracles()) {
      if (oracle->letter != promise.oracle) continue;
      auto checker = oracle->make({recipe, promise, panel.shared});
      CHECK(checker.ok());
      panel.checkers.push_back(*std::move(checker));
      panel.oracles.push_back(oracle);
      panel.scopes.push_back(promise.scope);
    }
  }
}

}  // namespace

absl::Status CheckPromises(const Recipe& recipe, std::span<const Oracle* const> more) {
  return MakePanel(std::make_shared<const Recipe>(recipe), more).status();
}

Judge::Judge(const Recipe& recipe, std::span<const Oracle* const> more)
    : recipe_(std::make_shared<const Recipe>(recipe)),
      panel_(PanelOf(recipe_, more)),
      effects_(recipe_),
      traffic_(recipe_),
      clients_(recipe_),
      wants_(Bit(EventKind::kEnd)),
      audiences_(recipe_->clusters.size() + 1) {
  promised_ = panel_.checkers.size();
  AddImplied(recipe_, panel_);
  for (const auto& part : panel_.shared.listeners()) Listen(part.sink.get(), part.stream);
  for (const auto& checker : panel_.checkers) Listen(checker.get(), checker->stream());
  Listen(&effects_, std::nullopt);
  Listen(&traffic_, std::nullopt);
  Listen(&clients_, std::nullopt);
  for (std::size_t i = 0; i < recipe_->streams.size(); ++i) {
    latencies_.push_back(std::make_unique<Latency>(recipe_, i));
    Listen(latencies_.back().get(), latencies_.back()->stream());
  }
  // It asks for nothing that a trace is to hold: all notes are part of the story.
  const std::vector<core::NoteKind> spared = SparedIn(*recipe_, more);
  notes_ = std::make_unique<NoteCounts>(recipe_, spared);
  wants_.Add(notes_->Wants());
  for (trace::Audience& audience : audiences_) audience.Add(notes_.get(), notes_->Wants());
}

void Judge::Listen(trace::Sink* sink, std::optional<core::StreamId> stream) {
  const trace::Interest interest = sink->Wants();
  wants_.Add(interest);
  for (std::size_t i = 0; i < audiences_.size(); ++i) {
    const bool is_of_other = stream && i != stream->value() && i + 1 != audiences_.size();
    if (!is_of_other) audiences_[i].Add(sink, interest);
  }
  if (auto* const sparing = dynamic_cast<Sparing*>(sink); sparing != nullptr) {
    keeps_.Add(sparing->Keeps());
    sparing_.push_back(sparing);
  } else {
    keeps_.Add(interest);
  }
}

trace::Interest Judge::Keeps() const { return trace::TheStory().Add(keeps_); }

std::vector<core::NoteKind> Judge::Spares() const {
  std::vector<core::NoteKind> notes;
  for (const Sparing* sparing : sparing_) {
    for (const core::NoteKind note : sparing->Spares()) {
      if (!keeps_.Has(note)) notes.push_back(note);  // Nobody else asks for it.
    }
  }
  return notes;
}

void Judge::TellTo(trace::Sink* trace) {
  for (Sparing* sparing : sparing_) sparing->TellTo(trace);
}

std::vector<std::string> Judge::Abridged() const {
  std::vector<std::string> letters;
  for (const auto& checker : panel_.checkers) {
    const bool is_sparing = dynamic_cast<const Sparing*>(checker.get()) != nullptr;
    const std::string letter(checker->oracle());
    if (is_sparing && std::ranges::find(letters, letter) == letters.end())
      letters.push_back(letter);
  }
  return letters;
}

void Judge::OnEvent(const Event& event) {
  std::size_t of = audiences_.size() - 1;
  if (event.kind == EventKind::kNote || event.kind == EventKind::kFact) {
    of = std::min<std::size_t>(event.stream.value(), of);
  }
  audiences_[of].Tell(event);
  if (event.kind != EventKind::kEnd) return;
  is_ended_ = true;
  is_complete_ = event.value == 0;
  end_ = event.at;
}

void Judge::Finish() {
  for (const auto& part : panel_.shared.listeners()) part.sink->Finish();
  for (const auto& checker : panel_.checkers) checker->Finish();
  effects_.Finish();
  traffic_.Finish();
  clients_.Finish();
  for (const auto& latency : latencies_) latency->Finish();
  notes_->Finish();
}

Verdict Judge::verdict() const {
  // Where more failed than the budget allows nothing was promised, and nothing is shown.
  const bool is_overspent =
      std::any_of(panel_.checkers.begin(), panel_.checkers.end(), [](const auto& checker) {
        return checker->oracle() == kBudgetOracle.letter && checker->verdict() == Verdict::kUnknown;
      });
  if (is_overspent) return Verdict::kUnknown;
  Verdict verdict = is_ended_ ? Verdict::kHolds : Verdict::kUnknown;
  bool is_judged = false;
  for (std::size_t i = 0; i < panel_.checkers.size(); ++i) {
    const auto& checker = panel_.checkers[i];
    const bool is_elsewhere = checker->is_abridged() && checker->verdict() == Verdict::kUnknown;
    if (IsIdle(i)) continue;
    is_judged |= checker->oracle() != kBudgetOracle.letter;  // That one is about the scenario.
    if (!is_elsewhere) verdict = Worse(verdict, checker->verdict());
  }
  if (!is_judged) verdict = Worse(verdict, Verdict::kNotJudged);
  return Worse(verdict, effects_.verdict());
}

bool Judge::IsIdle(std::size_t checker) const {
  return checker >= promised_ && panel_.checkers[checker]->verdict() == Verdict::kNotExercised;
}

bool Judge::IsAsExpected() const {
  const Expected& expect = recipe_->expect;
  if (verdict() != expect.verdict) return false;
  if (expect.oracle.empty()) return true;
  const auto objects = [&](const Checker& checker) {
    return checker.oracle() == expect.oracle && checker.verdict() == expect.verdict;
  };
  return objects(effects_) || std::any_of(panel_.checkers.begin(), panel_.checkers.end(),
                                          [&](const auto& checker) { return objects(*checker); });
}

nlohmann::json Judge::Summary(const Checker& checker) const {
  nlohmann::json findings = nlohmann::json::array();
  for (const Finding& finding : checker.findings()) {
    nlohmann::json row = {{"at_ps", finding.at.ps()}, {"text", finding.text}};
    if (finding.node) row["node"] = HostName(*recipe_, *finding.node);
    findings.push_back(std::move(row));
  }
  nlohmann::json row = {{"oracle", std::string(checker.oracle())},
                        {"name", std::string(checker.name())},
                        {"verdict", std::string(Name(checker.verdict()))},
                        {"violations", checker.violations()},
                        {"findings", std::move(findings)}};
  if (const auto* measured = dynamic_cast<const Measured*>(&checker); measured != nullptr)
    row.update(measured->Details());
  for (const Stream& stream : recipe_->streams) {
    if (checker.stream() == stream.stream) row["stream"] = StreamName(*recipe_, stream);
  }
  return row;
}

void Judge::AddCharge(std::size_t checker, nlohmann::json& row) const {
  row["nature"] = std::string(Name(panel_.oracles[checker]->nature));
  const std::string_view cause = panel_.checkers[checker]->cause();
  if (!cause.empty()) row["cause"] = std::string(cause);
  const Scope& scope = panel_.scopes[checker];
  if (scope.kind == Scope::Kind::kCluster) row["cluster"] = recipe_->clusters[scope.id].name;
}

void Judge::AddCounts(std::size_t checker, nlohmann::json& row) const {
  const std::span<const CountInfo> infos = panel_.oracles[checker]->counts;
  const std::vector<std::uint64_t> counts = panel_.checkers[checker]->counts();
  CHECK(infos.size() == counts.size());
  const std::uint64_t delivered = traffic_.Delivered(panel_.checkers[checker]->stream());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    row["counts"][std::string(infos[i].name)] = counts[i];
    if (infos[i].per_message.empty() || delivered == 0) continue;
    row["per_message"][std::string(infos[i].per_message)] =
        static_cast<double>(counts[i]) / static_cast<double>(delivered);
  }
}

nlohmann::json Judge::Streams() const {
  nlohmann::json streams = traffic_.Streams();
  for (std::size_t i = 0; i < latencies_.size(); ++i) {
    nlohmann::json latency = latencies_[i]->Summary();
    if (!latency.is_null()) streams[i]["latency"] = std::move(latency);
  }
  return streams;
}

nlohmann::json Judge::Summary() const {
  nlohmann::json oracles = nlohmann::json::array();
  for (std::size_t i = 0; i < panel_.checkers.size(); ++i) {
    if (IsIdle(i)) continue;
    oracles.push_back(Summary(*panel_.checkers[i]));
    AddCharge(i, oracles.back());
    AddCounts(i, oracles.back());
  }
  oracles.push_back(Summary(effects_));
  nlohmann::json summary = {{"verdict", std::string(Name(verdict()))},
                            {"expected", std::string(Name(recipe_->expect.verdict))},
                            {"as_expected", IsAsExpected()},
                            {"end_ps", end_.ps()},
                            {"warmup_ps", recipe_->warmup.ps()},
                            {"is_complete", is_complete_},
                            {"oracles", std::move(oracles)},
                            {"receipts", effects_.Receipts()},
                            {"streams", Streams()},
                            {"drops", traffic_.Drops()},
                            {"hosts", traffic_.Hosts()},
                            {"notes", notes_->Summary()},
                            {"hosts_measured_ps", traffic_.hosts_measured().ps()}};
  if (!recipe_->abridged.empty()) summary["abridged"] = recipe_->abridged;
  nlohmann::json clients = clients_.Summary();
  if (!clients.empty()) summary["clients"] = std::move(clients);
  summary["measured_for"] = MeasuredFor(*recipe_, summary);
  const std::vector<std::string> remarks = RemarksOn(summary["measured_for"]);
  if (!remarks.empty()) summary["remarks"] = remarks;
  return summary;
}

}  // namespace lockstep::analysis
