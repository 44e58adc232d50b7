// Tables of quantiles: see distribution.h.

#include "sim/distribution.h"

#include "protocols/core/check.h"

namespace lockstep::sim {

Distribution Distribution::Uniform(core::Duration low, core::Duration high) {
  CHECK(low <= high);
  Distribution made;
  if (low == high) return Distribution(low);
  Component component;
  component.low_ps = low.ps();
  component.width_ps = static_cast<std::uint64_t>((high - low).ps());
  made.components_.push_back(component);
  return made;
}

core::Duration Distribution::min() const {
  core::Duration least = fixed_;
  for (const Component& component : components_) {
    least += core::Duration::Picoseconds(component.low_ps);
  }
  return least;
}

core::Duration Distribution::SampleComponents(core::Random& random) const {
  core::Duration sum = fixed_;
  for (const Component& component : components_) {
    const std::uint64_t above = random.Below(component.width_ps + 1);
    sum += core::Duration::Picoseconds(component.low_ps + static_cast<std::int64_t>(above));
  }
  return sum;
}

}  // namespace lockstep::sim
