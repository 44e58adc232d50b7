// What the checkers of one replicated state machine have in common: whose log it is, and whom they
// judge.
//
// A replica that only crashed, paused or was silent has never lied, so every incarnation of it is
// judged; one that is hit by a fault that makes it lie is not.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "analysis/finding_checker.h"
#include "analysis/oracle.h"
#include "analysis/recipe.h"

namespace lockstep::analysis {

class ClusterChecker : public FindingChecker {
 public:
  void OnEvent(const trace::Event& event) final {
    if (event.kind == trace::EventKind::kEnd) return Judge(event);
    if (!cluster_.Has(event.node)) return;
    constexpr std::uint64_t kLies = 2;
    if (event.kind == trace::EventKind::kFaulty) {
      if (event.value == kLies) is_liar_[IndexOf(event.node)] = true;
      if (event.detail == 0) is_mute_[IndexOf(event.node)] = true;
    } else {
      Judge(event);
    }
  }

 protected:
  // `oracle` and `name` are literals.
  ClusterChecker(std::string_view oracle, std::string_view name,
                 std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                 trace::Interest wants)
      : FindingChecker(oracle, name, wants.Add(trace::Interest(Bit(trace::EventKind::kFaulty)))),
        recipe_(std::move(recipe)),
        cluster_(recipe_->cluster(cluster)),
        is_liar_(cluster_.size),
        is_mute_(cluster_.size) {}

  // Something that a replica of the cluster did, or that happened to it; or the end of the run.
  virtual void Judge(const trace::Event& event) = 0;
  bool IsAnswerable(core::NodeId node) const final {
    return !cluster_.Has(node) || !is_liar_[IndexOf(node)];
  }

  // Whether it may fail otherwise than by a crash, so that not all that it lists is sent: it is
  // judged by what it says, but not by what nobody heard of.
  bool IsMute(std::uint32_t index) const { return is_mute_[index]; }
  bool IsAnyMute() const {
    return std::find(is_mute_.begin(), is_mute_.end(), true) != is_mute_.end();
  }

  const core::Cluster& cluster() const { return cluster_; }
  std::uint32_t IndexOf(core::NodeId node) const { return node.value() - cluster_.first.value(); }
  std::string Host(core::NodeId node) const { return HostName(*recipe_, node); }

 private:
  std::shared_ptr<const Recipe> recipe_;
  core::Cluster cluster_;
  std::vector<bool> is_liar_;  // is_liar_[index]
  std::vector<bool> is_mute_;  // is_mute_[index]
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
