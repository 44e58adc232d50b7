// Quantities for people: see quantity.h.

#include "tools/lockstep/quantity.h"

#include <cmath>
#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/metrics.h"

namespace lockstep::cli {
namespace {

struct Unit {
  double size;
  const char* name;
};

// Digits as they are read: none behind the point of what has three before it.
std::string Digits(double value) {
  const double size = std::abs(value);
  if (size >= 99.95) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.3g", value);
}

// In the first unit, from the largest, of which it is at least one; what rounds up to one of the
// next is that.
std::string In(std::initializer_list<Unit> units, double value) {
  constexpr double kAlmost = 0.9995;
  const Unit* chosen = units.end() - 1;
  for (const Unit& unit : units) {
    if (std::abs(value) < kAlmost * unit.size) continue;
    chosen = &unit;
    break;
  }
  // Zero has the unit that the quantity is counted in.
  if (value == 0)
    for (const Unit& unit : units)
      if (unit.size == 1) chosen = &unit;
  return absl::StrCat(Digits(value / chosen->size), " ", chosen->name);
}

}  // namespace

std::string ShortNumber(double value) {
  if (value >= 1e6) return absl::StrFormat("%.2f M", value / 1e6);
  if (value >= 1e4) return absl::StrFormat("%.1f k", value / 1e3);
  if (value >= 100) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.3g", value);
}

std::string TimeText(double us) {
  return In({{1e6, "s"}, {1e3, "ms"}, {1, "us"}, {1e-3, "ns"}, {1e-6, "ps"}}, us);
}

std::string RateText(double mbps) {
  return In({{1e6, "Tbit/s"}, {1e3, "Gbit/s"}, {1, "Mbit/s"}, {1e-3, "kbit/s"}, {1e-6, "bit/s"}},
            mbps);
}

std::string SizeText(double bytes) {
  return In({{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}, bytes);
}

std::string QuantityText(double value, std::string_view unit) {
  if (value < 0) return "-" + QuantityText(-value, unit);
  if (unit == "us") return TimeText(value);
  if (unit == "Mbit/s") return RateText(value);
  if (unit == "B") return SizeText(value);
  return ShortNumber(value);
}

std::string UnitOfMetric(const std::string& name) {
  for (const analysis::MetricInfo& metric : analysis::KnownMetrics())
    if (metric.name == name) return std::string(metric.unit);
  if (!absl::StartsWith(name, "notes_")) return "";
  return absl::EndsWith(name, "_per_s") ? "notes/s" : "notes";
}

}  // namespace lockstep::cli
