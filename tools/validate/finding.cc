// Findings and their tables: see finding.h.

#include "tools/validate/finding.h"

#include <cmath>
#include <cstdio>

namespace lockstep::validate {
namespace {

std::string Number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

// Seven digits, so that a count below ten million and six decimals of a wait are both whole.
std::string Value(double value) { return Number("%.7g", value); }

std::string Interval(const Finding& finding) {
  if (finding.half_width == 0) return "";
  return "± " + Number("%.3g", finding.half_width / finding.measured * 100) + " %";
}

std::string Difference(const Finding& finding) {
  if (finding.measured == finding.formula) return "0";
  return Number("%+.2f", finding.error() * 100) + " %";
}

const char* Verdict(const Finding& finding) {
  if (finding.claim == Claim::kReported) return "reported";
  return finding.holds() ? "holds" : "MISSED";
}

}  // namespace

bool Finding::holds() const {
  const double difference = std::fabs(measured - formula);
  switch (claim) {
    case Claim::kInterval:
      return difference <= half_width && half_width <= tolerance * measured;
    case Claim::kExact:
      return difference == 0;
    case Claim::kWithin:
      return difference <= tolerance * std::fabs(formula);
    case Claim::kReported:
      return true;
  }
  return false;
}

double Finding::error() const {
  return formula == 0 ? measured : (measured - formula) / std::fabs(formula);
}

std::string Markdown(const Experiment& experiment, const std::vector<Finding>& findings) {
  std::string text = "**" + experiment.title + "** (`--only " + experiment.name + "`). " +
                     experiment.formula +
                     "\n\n| | formula | measured | 99 % interval | difference | samples | |\n"
                     "|---|--:|--:|--:|--:|--:|---|\n";
  for (const Finding& finding : findings) {
    text += "| " + finding.parameters + " | " + Value(finding.formula) + " | " +
            Value(finding.measured) + " | " + Interval(finding) + " | " + Difference(finding) +
            " | " + (finding.samples == 0 ? "" : std::to_string(finding.samples)) + " | " +
            Verdict(finding) + " |\n";
  }
  return text;
}

nlohmann::json Json(const Experiment& experiment, const Finding& finding) {
  return {{"experiment", experiment.name},       {"parameters", finding.parameters},
          {"formula", finding.formula},          {"measured", finding.measured},
          {"half_width_99", finding.half_width}, {"samples", finding.samples},
          {"verdict", Verdict(finding)}};
}

std::string Line(const Finding& finding) {
  return finding.parameters + ": formula " + Value(finding.formula) + ", measured " +
         Value(finding.measured) + " " + Interval(finding) + " (" + Difference(finding) + ") " +
         Verdict(finding);
}

}  // namespace lockstep::validate
