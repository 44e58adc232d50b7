// Names of hosts in a scenario: read, with all that says which of them is meant where one is wrong.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/program.h"
#include "protocols/parameters/parameters.h"
#include "sim/fault/engine/fault.h"

namespace lockstep::sim {

// Shares of a cluster that are drawn from it.
inline constexpr core::Option kHostShares[] = {
    {"one"}, {"minority"}, {"majority"}, {"minority_third"}, {"all"}};

class ScenarioHosts final : public HostNames {
 public:
  // `clusters` outlive this. What is drawn is drawn from `random`, which belongs to the fault.
  ScenarioHosts(const std::vector<core::Cluster>& clusters, const core::Random& random)
      : clusters_(clusters), random_(random) {}

  core::Random random() const override { return random_; }
  // A name, a list of names, or a pattern; in ascending order, each once, at least one.
  std::vector<core::NodeId> Read(Parameters& reader, std::string_view key) const;

  std::vector<core::NodeId> Hosts(core::Keys& keys, std::string_view key) const override;
  std::vector<std::vector<core::NodeId>> Groups(core::Keys& keys,
                                                std::string_view key) const override;
  std::vector<core::NodeId> Replicas() const override;
  const core::Cluster* ClusterNamed(std::string_view name) const override;
  std::vector<std::uint32_t> Numbers(core::Keys& keys, std::string_view key, std::size_t wanted,
                                     core::Numbers range) const override;

 private:
  std::vector<core::NodeId> ReadPattern(Parameters pattern) const;
  std::vector<core::NodeId> DrawShare(Parameters& pattern, const core::Cluster& cluster) const;
  std::vector<core::NodeId> ReadList(Parameters& reader, std::string_view key,
                                     const nlohmann::json& value) const;

  const std::vector<core::Cluster>& clusters_;
  core::Random random_;
};

}  // namespace lockstep::sim
