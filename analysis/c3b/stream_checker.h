// What the checkers of one stream have in common: the stream's events only, shared facts, findings.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "analysis/c3b/stream_facts.h"
#include "analysis/finding_checker.h"
#include "sim/trace/event.h"

namespace lockstep::analysis {

class StreamChecker : public FindingChecker {
 public:
  std::optional<core::StreamId> stream() const final { return facts_->stream().stream; }
  void OnEvent(const trace::Event& event) final {
    if (!IsOfOtherStream(event, facts_->stream().stream)) Judge(event);
  }

 protected:
  // `oracle` and `name` are literals.
  StreamChecker(std::string_view oracle, std::string_view name, std::shared_ptr<StreamFacts> facts,
                trace::Interest wants)
      : FindingChecker(oracle, name, std::move(wants)), facts_(std::move(facts)) {}

  virtual void Judge(const trace::Event& event) = 0;
  bool IsAnswerable(core::NodeId node) const override { return facts_->IsCorrect(node); }

  StreamFacts& facts() { return *facts_; }
  const StreamFacts& facts() const { return *facts_; }
  std::string Host(core::NodeId node) const { return HostName(facts_->recipe(), node); }

 private:
  std::shared_ptr<StreamFacts> facts_;
};

// For oracles whose checkers need nothing but the facts of their stream.
template <typename StreamCheckerType>
absl::StatusOr<std::unique_ptr<Checker>> MakeStreamChecker(const Charge& charge) {
  absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  return std::make_unique<StreamCheckerType>(*std::move(facts));
}

}  // namespace lockstep::analysis
