// Z: what clients of a store were told is linearizable. Source: Herlihy and Wing, 1990.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"

#include "analysis/finding_checker.h"
#include "analysis/linear/key_watch.h"
#include "analysis/oracle.h"
#include "analysis/recipe.h"
#include "protocols/core/operation.h"

namespace lockstep::analysis {

// Z: the operations on each key have an order in which each stands between its `invoked` and its
// `returned` note, and each answer is what such a store gives in that order. What was asked the
// checker works out from the promise, and compares with what was noted; of answers it knows the
// digest. An operation whose client died may have taken effect at any later time, or never. Where a
// fault adds clients that note nothing, what they wrote is not known, and nothing can be told.
//
// {"cluster": of the store}, {"loads": [{"clients": cluster that asks, "keys", "gets", "appends",
// "value_bytes"}, ...]}, as core::OperationMix.
class LinearizabilityChecker final : public FindingChecker {
 public:
  using Mixes = absl::btree_map<std::uint32_t, core::OperationMix>;  // by cluster that asks

  LinearizabilityChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId store, Mixes mixes);

  void OnEvent(const trace::Event& event) override;
  void Finish() override;
  std::vector<std::uint64_t> counts() const override;
  // What is kept of all keys, for tests of memory.
  std::size_t size() const;

 private:
  struct Key {
    std::string name;
    linear::KeyWatch watch;
    bool is_told = false;  // that it is violated or unsure
  };
  // A request that is open: whose client it is, and where it is judged.
  struct Open {
    core::NodeId node;
    std::size_t key = 0;
    linear::KeyWatch::Slot slot = 0;
  };
  using Request = std::pair<std::uint64_t, std::uint64_t>;  // client, number

  bool IsAnswerable(core::NodeId node) const override;
  std::optional<std::uint32_t> AskingCluster(core::NodeId node) const;
  void OnInvoked(const trace::Event& event, const core::OperationMix& mix);
  void OnReturned(const trace::Event& event);
  void OnCrash(core::NodeId node);
  Key& KeyNamed(const std::string& name, std::size_t& index);
  // Says what has come out of a key's watch.
  void Tell(core::Instant at, std::optional<core::NodeId> node, Key& key);

  std::shared_ptr<const Recipe> recipe_;
  core::ClusterId store_;
  Mixes mixes_;
  bool is_blind_ = false;  // something may have been asked that is not of the mix
  std::vector<std::unique_ptr<Key>> keys_;
  absl::btree_map<std::string, std::size_t> key_index_;
  absl::btree_map<Request, Open> open_;
  std::vector<core::NodeId> liars_;
  core::Instant last_;
};

extern const Oracle kLinearizabilityOracle;

}  // namespace lockstep::analysis
