// What the checkers of one stream have in common: the stream's events only, shared facts, findings.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/c3b/stream_facts.h"
#include "analysis/checker.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class StreamChecker : public Checker {
 public:
  std::string_view oracle() const final { return oracle_; }
  std::string_view name() const final { return name_; }
  std::optional<core::StreamId> stream() const final { return facts_->stream().stream; }

  trace::Interest Wants() const final { return wants_; }
  void OnEvent(const trace::Event& event) final {
    if (!IsOfOtherStream(event, facts_->stream().stream)) Judge(event);
  }
  void Finish() override {}

  Verdict verdict() const final {
    if (violations() > 0) return Verdict::kViolated;
    if (is_unsure_) return Verdict::kUnknown;
    return is_exercised_ ? Verdict::kHolds : Verdict::kNotExercised;
  }
  std::uint64_t violations() const final {
    return log_.Count([this](core::NodeId node) { return facts_->IsCorrect(node); });
  }
  std::vector<Finding> findings() const final {
    return log_.First([this](core::NodeId node) { return facts_->IsCorrect(node); });
  }

 protected:
  // `oracle` and `name` are literals.
  StreamChecker(std::string_view oracle, std::string_view name, std::shared_ptr<StreamFacts> facts,
                trace::Interest wants)
      : oracle_(oracle), name_(name), facts_(std::move(facts)), wants_(std::move(wants)) {}

  virtual void Judge(const trace::Event& event) = 0;

  StreamFacts& facts() { return *facts_; }
  const StreamFacts& facts() const { return *facts_; }
  std::string Host(core::NodeId node) const { return HostName(facts_->recipe(), node); }

  // The checker's precondition was reached.
  void SetExercised() { is_exercised_ = true; }
  // Something happened that cannot be judged.
  void SetUnsure() { is_unsure_ = true; }

  // Something is wrong. It does not count if `node` turns out to be faulty.
  template <typename Describe>
  void Object(core::Instant at, std::optional<core::NodeId> node, Describe&& describe) {
    log_.Add(at, node, std::forward<Describe>(describe));
  }

 private:
  std::string_view oracle_;
  std::string_view name_;
  std::shared_ptr<StreamFacts> facts_;
  trace::Interest wants_;
  FindingLog log_;
  bool is_exercised_ = false;
  bool is_unsure_ = false;
};

// For oracles whose checkers need nothing but the facts of their stream.
template <typename StreamCheckerType>
absl::StatusOr<std::unique_ptr<Checker>> MakeStreamChecker(const Charge& charge) {
  absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  return std::make_unique<StreamCheckerType>(*std::move(facts));
}

}  // namespace lockstep::analysis
