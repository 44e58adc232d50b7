// Sums of components: see distribution.h.

#include "sim/chance/distribution.h"

#include <algorithm>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::sim {

using core::Duration;

Distribution Distribution::Of(QuantileTable table) {
  if (table.min() == table.max()) return Distribution(table.min());
  Component component;
  component.table = std::make_shared<const QuantileTable>(std::move(table));
  Distribution made;
  made.components_.push_back(std::move(component));
  return made;
}

Distribution Distribution::Uniform(Duration low, Duration high) {
  CHECK(low <= high);
  if (low == high) return Distribution(low);
  Component component;
  component.low_ps = low.ps();
  component.width_ps = static_cast<std::uint64_t>((high - low).ps());
  Distribution made;
  made.components_.push_back(std::move(component));
  return made;
}

Distribution Distribution::Exponential(Duration mean) {
  return mean.ps() == 0 ? Distribution() : Of(QuantileTable::Exponential(mean));
}

Distribution Distribution::HalfNormal(Duration sigma) {
  return sigma.ps() == 0 ? Distribution() : Of(QuantileTable::HalfNormal(sigma));
}

Distribution Distribution::Lognormal(Duration median, Ratio sigma, Duration cap) {
  return median.ps() == 0 ? Distribution() : Of(QuantileTable::Lognormal(median, sigma, cap));
}

Distribution Distribution::Pareto(Duration scale, Ratio shape, Duration cap) {
  return scale.ps() == 0 ? Distribution() : Of(QuantileTable::Pareto(scale, shape, cap));
}

Distribution Distribution::Table(std::vector<std::pair<Duration, std::uint64_t>> points) {
  return Of(QuantileTable::Points(std::move(points)));
}

Distribution Distribution::Plus(const Distribution& other) const {
  Distribution sum = *this;
  sum.fixed_ += other.fixed_;
  sum.components_.insert(sum.components_.end(), other.components_.begin(), other.components_.end());
  return sum;
}

Distribution Distribution::WithChance(Ratio chance) const {
  CHECK(chance.numerator <= chance.denominator);
  CHECK(chance.denominator > 0);
  if (chance.numerator == chance.denominator) return *this;
  if (chance.numerator == 0) return Distribution();
  Distribution made = *this;
  if (made.is_constant()) {
    if (fixed_.ps() == 0) return made;
    Component component;
    component.low_ps = fixed_.ps();
    made.components_.push_back(std::move(component));
    made.fixed_ = Duration();
  }
  CHECK(made.fixed_.ps() == 0);
  CHECK(made.components_.size() == 1);
  Component& component = made.components_.front();
  CHECK(component.chance.numerator == component.chance.denominator);
  component.chance = chance;
  return made;
}

Duration Distribution::Least(const Component& component) {
  const Duration least =
      component.table == nullptr ? Duration::Picoseconds(component.low_ps) : component.table->min();
  const bool is_certain = component.chance.numerator == component.chance.denominator;
  return is_certain ? least : std::min(least, Duration());
}

Duration Distribution::Greatest(const Component& component) {
  const Duration greatest =
      component.table == nullptr
          ? Duration::Picoseconds(component.low_ps + static_cast<std::int64_t>(component.width_ps))
          : component.table->max();
  const bool is_certain = component.chance.numerator == component.chance.denominator;
  return is_certain ? greatest : std::max(greatest, Duration());
}

Duration Distribution::min() const {
  Duration least = fixed_;
  for (const Component& component : components_) least += Least(component);
  return least;
}

Duration Distribution::max() const {
  Duration greatest = fixed_;
  for (const Component& component : components_) greatest += Greatest(component);
  return greatest;
}

Duration Distribution::mean() const {
  Duration sum = fixed_;
  for (const Component& component : components_) {
    const std::int64_t mean_ps =
        component.table == nullptr
            ? component.low_ps + static_cast<std::int64_t>(component.width_ps / 2)
            : component.table->mean().ps();
    const absl::int128 share =
        absl::int128(mean_ps) * component.chance.numerator / component.chance.denominator;
    sum += Duration::Picoseconds(static_cast<std::int64_t>(share));
  }
  return sum;
}

Duration Distribution::SampleComponents(core::Random& random) const {
  Duration sum = fixed_;
  for (const Component& component : components_) {
    const Ratio& chance = component.chance;
    if (chance.numerator < chance.denominator &&
        !random.Chance(chance.numerator, chance.denominator)) {
      continue;
    }
    if (component.table != nullptr) {
      sum += component.table->At(random.Next());
    } else if (component.width_ps == 0) {
      sum += Duration::Picoseconds(component.low_ps);
    } else {
      const std::uint64_t above = random.Below(component.width_ps + 1);
      sum += Duration::Picoseconds(component.low_ps + static_cast<std::int64_t>(above));
    }
  }
  return sum;
}

}  // namespace lockstep::sim
