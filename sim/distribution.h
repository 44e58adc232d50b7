// Spans of time that vary: prices, latencies, stalls. Integers only, so that every machine draws
// the same.
//
// A distribution is a fixed part and a sum of independent random components, each a table of its
// quantiles: knots (probability, value), straight lines between them. The tables are computed with
// integers when a profile is read, since libm differs between processors. Before the rounding to
// whole picoseconds, |F_table(x) - F(x)| <= 1e-6 for every x.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "protocols/parameters.h"

namespace lockstep::sim {

// A probability as an integer ratio.
struct Ratio {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
};

class Distribution {
 public:
  // Always `value`; draws nothing.
  Distribution() = default;
  explicit Distribution(core::Duration value) : fixed_(value) {}
  // Uniform over the whole picoseconds of [low, high].
  static Distribution Uniform(core::Duration low, core::Duration high);

  core::Duration Sample(core::Random& random) const {
    return components_.empty() ? fixed_ : SampleComponents(random);
  }
  bool is_constant() const { return components_.empty(); }
  // No sample is less.
  core::Duration min() const;

 private:
  struct Knot {
    std::uint64_t below;  // probability of less than `value_ps`, in units of 2^-64
    std::int64_t value_ps;
  };
  struct Component {
    Ratio chance{1, 1};                              // else it adds nothing
    std::shared_ptr<const std::vector<Knot>> knots;  // null: uniform
    std::int64_t low_ps = 0;                         // of a uniform one
    std::uint64_t width_ps = 0;
  };

  core::Duration SampleComponents(core::Random& random) const;

  core::Duration fixed_;
  std::vector<Component> components_;
};

}  // namespace lockstep::sim
