// Distributions as scenarios and profiles write them: see distribution_json.h.

#include "sim/distribution_json.h"

#include <optional>

namespace lockstep::sim {

Distribution ReadDistribution(Parameters& parent, std::string_view key) {
  const nlohmann::json* value = parent.Raw(key);
  if (value == nullptr || !value->is_object()) return Distribution(parent.Time(key));
  Parameters components = parent.Object(key);
  const core::Duration constant = components.TimeOr("constant", {});
  std::optional<Parameters> uniform = components.ObjectOr("uniform");
  if (!uniform.has_value()) return Distribution(constant);
  const core::Duration from = uniform->Time("from");
  const core::Duration to = uniform->Time("to");
  if (from > to) {
    uniform->FailWanted("to", "no less than \"from\"");
    return Distribution(constant);
  }
  return Distribution::Uniform(constant + from, constant + to);
}

}  // namespace lockstep::sim
