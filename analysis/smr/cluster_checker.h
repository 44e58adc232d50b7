// What the checkers of one replicated state machine have in common: whose log it is, and whom they
// judge.
//
// A replica that only crashed, paused or was silent has never lied, so every incarnation of it is
// judged; one that is hit by a fault that makes it lie is not.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "analysis/checker.h"
#include "analysis/oracle.h"
#include "analysis/recipe.h"

namespace lockstep::analysis {

class ClusterChecker : public Checker {
 public:
  std::string_view oracle() const final { return oracle_; }
  std::string_view name() const final { return name_; }

  trace::Interest Wants() const final { return wants_; }
  void OnEvent(const trace::Event& event) final {
    if (!cluster_.Has(event.node)) return;
    constexpr std::uint64_t kLies = 2;
    if (event.kind == trace::EventKind::kFaulty) {
      if (event.value == kLies) is_liar_[IndexOf(event.node)] = true;
    } else {
      Judge(event);
    }
  }
  void Finish() override {}

  Verdict verdict() const final {
    if (violations() > 0) return Verdict::kViolated;
    if (is_unsure_) return Verdict::kUnknown;
    return is_exercised_ ? Verdict::kHolds : Verdict::kNotExercised;
  }
  std::uint64_t violations() const final {
    return log_.Count([this](core::NodeId node) { return IsJudged(node); });
  }
  std::vector<Finding> findings() const final {
    return log_.First([this](core::NodeId node) { return IsJudged(node); });
  }

 protected:
  // `oracle` and `name` are literals.
  ClusterChecker(std::string_view oracle, std::string_view name,
                 std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                 trace::Interest wants)
      : oracle_(oracle),
        name_(name),
        recipe_(std::move(recipe)),
        cluster_(recipe_->cluster(cluster)),
        wants_(wants.Add(trace::Interest(Bit(trace::EventKind::kFaulty)))),
        is_liar_(cluster_.size) {}

  // Something that a replica of the cluster did, or that happened to it.
  virtual void Judge(const trace::Event& event) = 0;

  const core::Cluster& cluster() const { return cluster_; }
  std::uint32_t IndexOf(core::NodeId node) const { return node.value() - cluster_.first.value(); }
  bool IsJudged(core::NodeId node) const { return !cluster_.Has(node) || !is_liar_[IndexOf(node)]; }
  std::string Host(core::NodeId node) const { return HostName(*recipe_, node); }

  // The checker's precondition was reached.
  void SetExercised() { is_exercised_ = true; }
  // Something happened that cannot be judged.
  void SetUnsure() { is_unsure_ = true; }
  // Something is wrong. It does not count if `node` turns out to lie.
  template <typename Describe>
  void Object(core::Instant at, std::optional<core::NodeId> node, Describe&& describe) {
    log_.Add(at, node, std::forward<Describe>(describe));
  }

 private:
  std::string_view oracle_;
  std::string_view name_;
  std::shared_ptr<const Recipe> recipe_;
  core::Cluster cluster_;
  trace::Interest wants_;
  std::vector<bool> is_liar_;  // is_liar_[index]
  FindingLog log_;
  bool is_exercised_ = false;
  bool is_unsure_ = false;
};

// For oracles whose checkers need nothing but their cluster.
template <typename ClusterCheckerType>
absl::StatusOr<std::unique_ptr<Checker>> MakeClusterChecker(const Charge& charge) {
  if (charge.promise.scope.kind != Scope::Kind::kCluster) {
    return absl::InvalidArgumentError("want {\"cluster\": ...} as what it is about");
  }
  if (!charge.promise.parameters.empty()) {
    return absl::InvalidArgumentError("want no parameters");
  }
  return std::make_unique<ClusterCheckerType>(charge.recipe,
                                              core::ClusterId(charge.promise.scope.id));
}

}  // namespace lockstep::analysis
