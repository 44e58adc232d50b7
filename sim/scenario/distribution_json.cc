// Reads what distribution_json.h describes.

#include "sim/scenario/distribution_json.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/key_list.h"
#include "protocols/parameters/key_reader.h"
#include "sim/scenario/ratio_json.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Keys;
using core::Required;

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

// What a member of a distribution says.
struct Terms {
  Duration from;
  Duration to;
  Duration mean;
  Duration sigma;  // of a time
  Duration median;
  Duration scale;
  Duration cap = kMost;
  Ratio sigma_of_log{1, 1};
  Ratio shape{1, 1};
  std::uint64_t of = 0;
  std::vector<std::pair<Duration, std::uint64_t>> points;
};

// --- Their keys ---

void Span(Keys& keys, const core::Key& key, Duration& value) {
  keys.Other(
      key, "time", [&] { value = BoundedTime(ParametersOf(keys), key.name); }, "time");
}

void DescribeUniform(Keys& keys, Terms& terms) {
  Span(keys, Required("from", "The least."), terms.from);
  Span(keys, Required("to", "The greatest."), terms.to);
}

void DescribeExponential(Keys& keys, Terms& terms) {
  Span(keys, Required("mean", "Zero: nothing."), terms.mean);
}

void DescribeHalfNormal(Keys& keys, Terms& terms) {
  Span(keys, Required("sigma", "Of the normal distribution. Zero: nothing."), terms.sigma);
}

void DescribeLognormal(Keys& keys, Terms& terms) {
  Span(keys, Required("median", "Zero: nothing."), terms.median);
  keys.Other(
      Required("sigma", "Of the logarithm, in quotes: \"0.000001\" to \"4\"."), "decimal",
      [&] { terms.sigma_of_log = ReadDecimal(ParametersOf(keys), "sigma", "0.000001", "4"); });
  Span(keys,
       {"cap", "What lies above it is put at it.", false, "none, if an hour is never reached"},
       terms.cap);
}

void DescribePareto(Keys& keys, Terms& terms) {
  Span(keys, Required("scale", "The least. Zero: nothing."), terms.scale);
  keys.Other(Required("shape", "Of the tail, in quotes: \"0.25\" to \"100\"."), "decimal",
             [&] { terms.shape = ReadDecimal(ParametersOf(keys), "shape", "0.25", "100"); });
  Span(keys, Required("cap", "What lies above it is put at it."), terms.cap);
}

void ReadPoints(Parameters& part, Terms& terms);

void DescribeTable(Keys& keys, Terms& terms) {
  keys.Integer(Required("of", "What the weights sum up to."), terms.of, {1, kWeightMax});
  keys.Other(Required("points", "Times, each with its weight."), "points",
             [&] { ReadPoints(ParametersOf(keys), terms); });
}

// --- What they make ---

// What would go beyond an hour is refused here, since a table would put it at the hour.
Distribution Bounded(Parameters& part, std::string_view key, std::string_view what,
                     const Distribution& made) {
  if (made.max() < kMost) return made;
  part.FailWanted(key, absl::StrCat(std::string(what), ": this one has values of an hour"));
  return Distribution();
}

Distribution MakeUniform(Parameters& part, const Terms& terms) {
  if (terms.from > terms.to)
    part.FailWanted(
        "from", absl::StrCat("a time of at most \"", FormatDuration(terms.to), "\", as in \"to\""));
  return part.ok() ? Distribution::Uniform(terms.from, terms.to) : Distribution();
}

Distribution MakeExponential(Parameters& part, const Terms& terms) {
  return Bounded(part, "mean", "a shorter mean", Distribution::Exponential(terms.mean));
}

Distribution MakeHalfNormal(Parameters& part, const Terms& terms) {
  return Bounded(part, "sigma", "a smaller sigma", Distribution::HalfNormal(terms.sigma));
}

Distribution MakeLognormal(Parameters& part, const Terms& terms) {
  const bool has_cap = part.Has("cap");
  if (has_cap && terms.cap < terms.median)
    part.FailWanted("cap", "a time that is not below \"median\"");
  if (!part.ok()) return Distribution();
  const Distribution made = Distribution::Lognormal(terms.median, terms.sigma_of_log, terms.cap);
  return has_cap ? made : Bounded(part, "median", "a shorter median, or a \"cap\"", made);
}

Distribution MakePareto(Parameters& part, const Terms& terms) {
  if (terms.cap < terms.scale) part.FailWanted("cap", "a time that is not below \"scale\"");
  return part.ok() ? Distribution::Pareto(terms.scale, terms.shape, terms.cap) : Distribution();
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

void ReadPoints(Parameters& part, Terms& terms) {
  const nlohmann::json* array = part.Raw("points");
  if (array == nullptr || !array->is_array() || array->empty() || array->size() > kPointsMax) {
    part.FailWanted("points", absl::StrCat("an array of 1 to ", kPointsMax, " points"));
    return;
  }
  for (const nlohmann::json& point : *array)
    terms.points.push_back(ReadPoint(part, absl::StrCat(terms.points.size()), point));
}

Distribution MakeTable(Parameters& part, const Terms& terms) {
  std::uint64_t sum = 0;  // below 2^54: no more than 10^4 weights of 10^12
  for (const auto& [time, weight] : terms.points) sum += weight;
  if (sum != terms.of)
    part.Fail("points", absl::StrCat("want weights that sum up to ", terms.of, ", not ", sum));
  return part.ok() ? Distribution::Table(terms.points) : Distribution();
}

struct Member {
  const char* name;
  const char* meaning;
  void (*describe)(Keys& keys, Terms& terms);
  Distribution (*make)(Parameters& part, const Terms& terms);
};

constexpr Member kMembers[] = {
    {"uniform", "Of whole picoseconds, ends included.", DescribeUniform, MakeUniform},
    {"exponential", "Of this mean.", DescribeExponential, MakeExponential},
    {"half_normal", "|X| of a normal X with mean zero.", DescribeHalfNormal, MakeHalfNormal},
    {"lognormal", "median * e^(sigma Z), of a normal Z.", DescribeLognormal, MakeLognormal},
    {"pareto", "P(X > x) = (scale / x)^shape.", DescribePareto, MakePareto},
    {"table", "These times, by their weights.", DescribeTable, MakeTable}};

void DescribeMember(Keys& keys, const Member& member, Terms& terms, Ratio& chance) {
  member.describe(keys, terms);
  keys.Other({"chance", "Of its happening; else it adds nothing.", false, "always"}, "chance", [&] {
    chance = ReadRatioOr(ParametersOf(keys), "chance", {1, 1});
  });
}

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
    Terms terms;
    Ratio chance{1, 1};
    KeyReader keys(*part);
    DescribeMember(keys, member, terms, chance);
    if (!object.ok()) return Distribution();
    const Distribution made = member.make(*part, terms);
    if (!object.ok()) return Distribution();
    sum = sum.Plus(made.WithChance(chance));
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

std::vector<KeyGroup> ListDistributionKeys() {
  std::vector<KeyGroup> groups;
  for (const Member& member : kMembers) {
    KeyLister keys;
    Terms terms;
    Ratio chance{1, 1};
    DescribeMember(keys, member, terms, chance);
    groups.push_back(
        {member.name, absl::StrCat("SPAN/", member.name), member.meaning, keys.Take()});
  }
  return groups;
}

Distribution ReadDistributionOr(Parameters& parent, std::string_view key,
                                const Distribution& or_else) {
  return parent.Has(key) ? ReadDistribution(parent, key) : or_else;
}

}  // namespace lockstep::sim
