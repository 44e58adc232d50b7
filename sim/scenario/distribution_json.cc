// Reads what distribution_json.h describes.

#include "sim/scenario/distribution_json.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/scenario/ratio_json.h"

namespace lockstep::sim {
namespace {

using core::Duration;

constexpr std::uint64_t kWeightMax = 1'000'000'000'000;
constexpr std::size_t kPointsMax = 10'000;
constexpr Duration kMost = Distribution::kMost;

// A time of at most an hour; zero after an error.
Duration BoundedTime(Parameters& part, std::string_view key) {
  const Duration time = part.Time(key);
  if (time <= kMost) return time;
  part.FailWanted(key, "a time of at most an hour");
  return {};
}

Duration CapOr(Parameters& part, Duration or_else) {
  return part.Has("cap") ? BoundedTime(part, "cap") : or_else;
}

Distribution ReadUniform(Parameters& part) {
  const Duration from = BoundedTime(part, "from");
  const Duration to = BoundedTime(part, "to");
  if (part.ok() && from > to)
    part.FailWanted("from",
                    absl::StrCat("a time of at most \"", FormatDuration(to), "\", as in \"to\""));
  return part.ok() ? Distribution::Uniform(from, to) : Distribution();
}

// What would go beyond an hour is refused here, since a table would put it at the hour.
Distribution Bounded(Parameters& part, std::string_view key, std::string_view what,
                     const Distribution& made) {
  if (made.max() < kMost) return made;
  part.FailWanted(key, absl::StrCat(std::string(what), ": this one has values of an hour"));
  return Distribution();
}

Distribution ReadExponential(Parameters& part) {
  const Duration mean = BoundedTime(part, "mean");
  return Bounded(part, "mean", "a shorter mean", Distribution::Exponential(mean));
}

Distribution ReadHalfNormal(Parameters& part) {
  const Duration sigma = BoundedTime(part, "sigma");
  return Bounded(part, "sigma", "a smaller sigma", Distribution::HalfNormal(sigma));
}

Distribution ReadLognormal(Parameters& part) {
  const Duration median = BoundedTime(part, "median");
  const Ratio sigma = ReadDecimal(part, "sigma", "0.000001", "4");
  const bool has_cap = part.Has("cap");
  const Duration cap = CapOr(part, kMost);
  if (part.ok() && has_cap && cap < median)
    part.FailWanted("cap", "a time that is not below \"median\"");
  if (!part.ok()) return Distribution();
  const Distribution made = Distribution::Lognormal(median, sigma, cap);
  return has_cap ? made : Bounded(part, "median", "a shorter median, or a \"cap\"", made);
}

Distribution ReadPareto(Parameters& part) {
  const Duration scale = BoundedTime(part, "scale");
  const Ratio shape = ReadDecimal(part, "shape", "0.25", "100");
  const Duration cap = BoundedTime(part, "cap");
  if (part.ok() && cap < scale) part.FailWanted("cap", "a time that is not below \"scale\"");
  return part.ok() ? Distribution::Pareto(scale, shape, cap) : Distribution();
}

// The time and the weight of one point; `inside` is its place.
std::pair<Duration, std::uint64_t> ReadPoint(Parameters& part, const std::string& inside,
                                             const nlohmann::json& point) {
  if (!point.is_array() || point.size() != 2) {
    part.FailInside("points", inside, absl::StrCat("want [a time, a weight], not ", Shown(point)));
    return {};
  }
  const nlohmann::json& time = point[0];
  const absl::StatusOr<Duration> value =
      ParseDuration(time.is_string() ? time.get_ref<const std::string&>() : "");
  if (!value.ok() || *value > kMost) {
    part.FailInside("points", absl::StrCat(inside, "/0"),
                    absl::StrCat("want a time with its unit, such as \"250us\", of at most an hour,"
                                 " not ",
                                 Shown(time)));
    return {};
  }
  const nlohmann::json& weight = point[1];
  const bool is_weight = weight.is_number_integer() && weight >= 1 && weight <= kWeightMax;
  if (!is_weight) {
    part.FailInside(
        "points", absl::StrCat(inside, "/1"),
        absl::StrCat("want a whole number from 1 to ", kWeightMax, ", not ", Shown(weight)));
    return {};
  }
  return {*value, weight.get<std::uint64_t>()};
}

Distribution ReadTable(Parameters& part) {
  const std::uint64_t of = part.Integer("of", 1, kWeightMax);
  const nlohmann::json* array = part.Raw("points");
  if (array == nullptr || !array->is_array() || array->empty() || array->size() > kPointsMax) {
    part.FailWanted("points", absl::StrCat("an array of 1 to ", kPointsMax, " points"));
    return Distribution();
  }
  std::vector<std::pair<Duration, std::uint64_t>> points;
  std::uint64_t sum = 0;  // below 2^54: no more than 10^4 weights of 10^12
  for (const nlohmann::json& point : *array) {
    points.push_back(ReadPoint(part, absl::StrCat(points.size()), point));
    sum += points.back().second;
  }
  if (part.ok() && sum != of)
    part.Fail("points", absl::StrCat("want weights that sum up to ", of, ", not ", sum));
  return part.ok() ? Distribution::Table(std::move(points)) : Distribution();
}

struct Member {
  std::string_view name;
  Distribution (*read)(Parameters& part);
};

constexpr Member kMembers[] = {{"uniform", ReadUniform},        {"exponential", ReadExponential},
                               {"half_normal", ReadHalfNormal}, {"lognormal", ReadLognormal},
                               {"pareto", ReadPareto},          {"table", ReadTable}};

Distribution ReadSum(Parameters& object) {
  bool is_empty = true;
  Distribution sum;
  if (object.Has("constant")) {
    is_empty = false;
    sum = Distribution(BoundedTime(object, "constant"));
  }
  for (const Member& member : kMembers) {
    std::optional<Parameters> part = object.ObjectOr(member.name);
    if (!part.has_value()) continue;
    is_empty = false;
    const Ratio chance = ReadRatioOr(*part, "chance", {1, 1});
    const Distribution read = member.read(*part);
    if (!object.ok()) return Distribution();
    sum = sum.Plus(read.WithChance(chance));
  }
  if (is_empty && object.keys().empty())
    object.Fail("",
                "want at least one member, such as "
                "\"constant\" or \"uniform\"");
  if (object.ok() && sum.max() > kMost) object.Fail("", "want a sum that cannot exceed an hour");
  return object.ok() ? sum : Distribution();
}

}  // namespace

Distribution ReadDistribution(Parameters& parent, std::string_view key) {
  const nlohmann::json* value = parent.Raw(key);
  if (value != nullptr && value->is_object()) {
    Parameters object = parent.Object(key);
    return ReadSum(object);
  }
  if (value != nullptr && !value->is_string()) {
    parent.FailWanted(key,
                      "a time with its unit, such as \"250us\", or an object of distributions");
    return Distribution();
  }
  return Distribution(BoundedTime(parent, key));
}

Distribution ReadDistributionOr(Parameters& parent, std::string_view key,
                                const Distribution& or_else) {
  return parent.Has(key) ? ReadDistribution(parent, key) : or_else;
}

}  // namespace lockstep::sim
