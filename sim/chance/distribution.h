// Spans of time that vary: prices, latencies, stalls. Integers only, so that every machine draws
// the same.
//
// A distribution is a fixed part and a sum of independent random components, each uniform or a
// table of its quantiles (quantile_table.h says how exact, and how large). Copies share the tables,
// and cost 48 bytes for each component.

#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/chance/quantile_table.h"
#include "sim/chance/ratio.h"

namespace lockstep::sim {

class Distribution {
 public:
  // What is drawn from a table is at most this: see QuantileTable::kMost.
  static constexpr core::Duration kMost = QuantileTable::kMost;

  // Always `value`; draws nothing.
  Distribution() = default;
  explicit Distribution(core::Duration value) : fixed_(value) {}
  // Uniform over the whole picoseconds of [low, high].
  static Distribution Uniform(core::Duration low, core::Duration high);
  // Those of QuantileTable. A scale of zero is the limit of ever smaller ones: always zero.
  static Distribution Exponential(core::Duration mean);
  static Distribution HalfNormal(core::Duration sigma);
  static Distribution Lognormal(core::Duration median, Ratio sigma, core::Duration cap = kMost);
  static Distribution Pareto(core::Duration scale, Ratio shape, core::Duration cap = kMost);
  static Distribution Table(std::vector<std::pair<core::Duration, std::uint64_t>> points);

  // The sum of both, drawn independently: first this, then `other`.
  Distribution Plus(const Distribution& other) const;
  // This with that probability, else zero. Only of a single component, or a constant, that has no
  // chance yet.
  Distribution WithChance(Ratio chance) const;

  // For each component in order: one draw that decides whether it happens, unless that is certain;
  // one for its value, if it does.
  core::Duration Sample(core::Random& random) const {
    return components_.empty() ? fixed_ : SampleComponents(random);
  }
  bool is_constant() const { return components_.empty(); }
  bool is_zero() const { return components_.empty() && fixed_.ps() == 0; }
  // No sample is less, and none is more.
  core::Duration min() const;
  core::Duration max() const;
  // Of what Sample gives, rounded down.
  core::Duration mean() const;

 private:
  struct Component {
    Ratio chance{1, 1};                          // else it adds nothing
    std::shared_ptr<const QuantileTable> table;  // null: uniform
    std::int64_t low_ps = 0;                     // of a uniform one
    std::uint64_t width_ps = 0;
  };

  static Distribution Of(QuantileTable table);
  static core::Duration Least(const Component& component);
  static core::Duration Greatest(const Component& component);
  core::Duration SampleComponents(core::Random& random) const;

  core::Duration fixed_;
  std::vector<Component> components_;
};

}  // namespace lockstep::sim
