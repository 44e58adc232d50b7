// Messages that faults select by their type: see fault_types.h.

#include "tools/lockstep/fault_types.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"
#include "sim/fault/fault.h"

namespace lockstep::cli {
namespace {

// The types of messages that hosts of these links send; of all hosts where none is named.
std::vector<std::string> TypesOf(const sim::Scenario& scenario, const core::Program& program,
                                 const sim::LinkSelector& link) {
  std::vector<std::string> types;
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    const bool is_about =
        link.src.empty() || std::any_of(link.src.begin(), link.src.end(),
                                        [&](core::NodeId host) { return cluster.Has(host); });
    if (!is_about) continue;
    for (const core::TypeSpec& type : program.Fields(core::ClusterId(c)).types()) {
      const std::string name(type.name);
      if (std::find(types.begin(), types.end(), name) == types.end()) types.push_back(name);
    }
  }
  return types;
}

}  // namespace

absl::Status CheckMessageTypes(const sim::Scenario& scenario, const core::Program& program) {
  for (const sim::Fault& fault : scenario.faults) {
    const std::string& type = fault.message.type;
    if (type.empty()) continue;
    const std::vector<std::string> types = TypesOf(scenario, program, fault.link);
    if (std::find(types.begin(), types.end(), type) != types.end()) continue;
    const std::string kind(sim::kFaultNames[static_cast<std::size_t>(fault.kind)]);
    const std::optional<std::string> nearest = Nearest(type, types);
    return absl::InvalidArgumentError(absl::StrCat(
        scenario.path, ": ", fault.pointer, "/", kind, "/msg/type: no message is called \"", type,
        "\"; ", nearest ? absl::StrCat("did you mean \"", *nearest, "\"? ") : "",
        types.empty() ? "those of this protocol have no types"
                      : absl::StrCat("there are: ", absl::StrJoin(types, ", "))));
  }
  return absl::OkStatus();
}

}  // namespace lockstep::cli
