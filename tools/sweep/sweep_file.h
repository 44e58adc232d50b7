// A sweep as data: a base scenario, what is varied, how often, within which limits, and what must
// hold.
//
// scenarios/sweep.schema.json is the reference of the file format. Reading is strict, as that of
// scenarios: unknown keys, axes of the same name, formulas over unknown names are refused, with the
// place.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/scenario/override.h"
#include "tools/sweep/axis.h"
#include "tools/sweep/expression.h"

namespace lockstep::sweep {

// A value computed from the axes (and from derived values before it).
struct Derived {
  std::string name;
  Expression formula;
  std::vector<std::string> at;  // pointers in the scenario that it is put to; may be none
  std::string pointer;
};

enum class Sampling : std::uint8_t { kGrid, kZip, kRandom, kLatinHypercube };

// Seeds of a point are added, `step` at a time, until the 95 % confidence interval of the mean of
// `metric` is no wider than `half_width` to either side; never fewer than `least`. What was decided
// depends on the first seeds only, never on the order in which runs end.
struct StopRule {
  std::string metric;
  double half_width = 0;     // of the metric, or of its mean where it is relative
  bool is_relative = false;  // "2%" in the file
  std::uint64_t least = 2;
  std::uint64_t step = 1;
};

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t count = 1;  // at most, where there is a rule
  std::optional<StopRule> until;
};

// The axis `axis` is not run in full: by bisection, the last of its values is looked for at which
// `holds` is true. It is taken to be true up to there and false beyond, from the first value on.
struct Bisection {
  std::size_t axis = 0;
  Expression holds;  // over axes, metrics (means over the seeds) and "first.METRIC" (at values[0])
};

// Of one run; what goes beyond is stopped and recorded as such.
struct Limits {
  core::Duration wall;                      // of real time; default 600 s
  std::optional<core::Duration> simulated;  // of simulated time
  std::optional<std::uint64_t> events;      // of the observable sequence
  std::optional<core::ByteCount> memory;    // resident; default: see MemoryForEach()
};

// What must hold of the points that `when` is true of (of all, where there is none).
struct Expectation {
  std::optional<Expression> when;     // over axes
  std::vector<std::string> verdicts;  // of each run one of these; or
  std::optional<Expression> that;     // over axes and metrics (means over the seeds of the point)
  std::string why;
  std::string pointer;
};

struct Sweep {
  // As read, but with the base scenario, and all that it names, in place of its file's name: two
  // sweeps are the same if this is the same.
  nlohmann::json document;
  std::string path;
  std::string name;
  std::string why;

  // The base scenario, as its file says it, and the file that its relative names resolve against.
  nlohmann::json base;
  std::string base_path;
  std::vector<sim::Override> set;  // for every run

  std::vector<Axis> axes;
  std::vector<Derived> derived;
  std::vector<Expression> where;  // points must fulfil all
  Sampling sampling = Sampling::kGrid;
  std::uint64_t samples = 0;        // of random and Latin-hypercube samples
  std::uint64_t sampling_seed = 0;  // of the same
  Seeds seeds;
  std::optional<Bisection> bisection;
  Limits limits;
  // Metrics that are recorded beside the usual ones: name, and JSON pointer into a run's summary.
  std::vector<std::pair<std::string, std::string>> record;
  std::vector<Expectation> expect;
};

// Points before "where" refuses some.
std::uint64_t Candidates(const Sweep& sweep);

// Reads and validates the sweep in `path`. `metrics` are the names that a run may measure, those of
// analysis::KnownMetrics(): formulas over results know them, and nothing else is called that.
absl::StatusOr<Sweep> ReadSweep(const std::string& path, const std::vector<std::string>& metrics);
// The same for a document that ReadSweep has put together, such as one that a results file holds;
// reads no other file.
absl::StatusOr<Sweep> ReadSweepDocument(const nlohmann::json& document, const std::string& path,
                                        const std::vector<std::string>& metrics);

}  // namespace lockstep::sweep
