// What an experiment found: a number of the model beside the number that a formula gives for it.
//
// Knows neither the model nor the formulas. An experiment is a list of findings under one formula;
// its table is markdown, for sim/README.md, or JSON.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace lockstep::validate {

// What a finding claims, and so what would refute it.
enum class Claim : std::uint8_t {
  kInterval,  // the formula lies in the 99 % interval, and that is narrow enough
  kExact,     // equal
  kWithin,    // equal but for `tolerance`
  kReported,  // nothing: the formula is known not to hold here, and the table says by how much
};

struct Finding {
  std::string parameters;  // such as "load 0.9"
  Claim claim = Claim::kReported;
  double formula = 0;
  double measured = 0;
  double half_width = 0;  // of the 99 % interval; 0: there is none
  // Of kWithin, relative to the formula; of kInterval, the half width it may have, relative to what
  // was measured.
  double tolerance = 0;
  std::uint64_t samples = 0;

  bool holds() const;
  // (measured - formula) / formula; where the formula is 0, what was measured.
  double error() const;
};

// How much to ask for.
struct Effort {
  // Loads up to 0.8 and short runs, for tests; else all of it.
  bool is_quick = false;
  std::uint64_t seed = 1;
  // Half width of an interval at which a run may end, and samples at which it must.
  double half_width = 0.01;
  std::uint64_t samples_max = 2'000'000'000;
};

// Takes findings as they come.
using Report = std::function<void(const Finding&)>;

struct Experiment {
  std::string name;     // for --only
  std::string title;    // what is measured, and its unit
  std::string formula;  // and its source
  void (*run)(const Effort& effort, const Report& report) = nullptr;
};

// In the order of the tables. Each name once.
const std::vector<Experiment>& Experiments();

// The table of one experiment, in markdown.
std::string Markdown(const Experiment& experiment, const std::vector<Finding>& findings);
nlohmann::json Json(const Experiment& experiment, const Finding& finding);
// One line for people: what was found, and whether it holds.
std::string Line(const Finding& finding);

}  // namespace lockstep::validate
