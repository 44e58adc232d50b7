// Sums of random spans of time, and how they are read.

#include "sim/chance/distribution.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "protocols/parameters/parameters.h"
#include "sim/scenario/distribution_json.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using nlohmann::json;

const Duration kNs = Duration::Nanoseconds(1);
const Duration kUs = Duration::Microseconds(1);

// What is read from {"d": value}, or the error.
struct Read {
  Distribution distribution;
  std::string error;
};

Read Parse(const std::string& text) {
  const json document = {{"d", json::parse(text)}};
  Parameters reader(document, "p.json", "");
  Read read;
  read.distribution = ReadDistribution(reader, "d");
  const absl::Status status = reader.Done();
  if (!status.ok()) read.error = std::string(status.message());
  return read;
}

std::string ErrorOf(const std::string& text) { return Parse(text).error; }

double MeanOf(const Distribution& distribution, int samples = 100'000) {
  core::Random random = core::Random(8).Fork("mean");
  double sum = 0;
  for (int i = 0; i < samples; ++i)
    sum += static_cast<double>(distribution.Sample(random).ps()) / samples;
  return sum;
}

}  // namespace

TEST_CASE("distribution: a constant draws nothing") {
  core::Random random(1);
  core::Random untouched(1);
  const Distribution constant(kNs * 45);
  CHECK(constant.is_constant());
  CHECK(constant.Sample(random) == kNs * 45);
  CHECK(constant.min() == kNs * 45);
  CHECK(constant.mean() == kNs * 45);
  CHECK(Distribution::Uniform(kNs, kNs).is_constant());
  CHECK(Distribution::Exponential(Duration()).is_constant());
  CHECK(Distribution::HalfNormal(Duration()).is_constant());
  CHECK(Distribution::Lognormal(Duration(), {1, 2}).is_constant());
  CHECK(Distribution::Pareto(kUs, {3, 2}, kUs).Sample(random) == kUs);
  CHECK(Distribution::Exponential(kNs).WithChance({0, 5}).is_constant());
  CHECK(random.Next() == untouched.Next());
}

TEST_CASE("distribution: a sum is that of its parts, in order of its draws") {
  const Distribution sum = Distribution(kNs * 330)
                               .Plus(Distribution::Uniform(Duration(), kNs * 40))
                               .Plus(Distribution::Exponential(kNs * 10))
                               .Plus(Distribution(kNs * 5));
  CHECK(sum.min() == kNs * 335);
  CHECK(sum.mean() - kNs * 365 <= Duration::Picoseconds(1));
  CHECK(sum.mean() - kNs * 365 >= Duration::Picoseconds(-1));
  core::Random random(2);
  core::Random parts(2);
  const QuantileTable exponential = QuantileTable::Exponential(kNs * 10);
  for (int i = 0; i < 1'000; ++i) {
    const auto uniform_ps = static_cast<std::int64_t>(parts.Below(40'001));
    const Duration other = exponential.At(parts.Next());
    REQUIRE(sum.Sample(random) == kNs * 335 + Duration::Picoseconds(uniform_ps) + other);
  }
}

TEST_CASE("distribution: a component with a chance draws a value only when it happens") {
  const Distribution rare = Distribution::Exponential(kUs).WithChance({1, 4});
  core::Random random(3);
  core::Random parts(3);
  const QuantileTable exponential = QuantileTable::Exponential(kUs);
  int happened = 0;
  for (int i = 0; i < 10'000; ++i) {
    const bool does_happen = parts.Chance(1, 4);
    const Duration wanted = does_happen ? exponential.At(parts.Next()) : Duration();
    happened += does_happen ? 1 : 0;
    REQUIRE(rare.Sample(random) == wanted);
  }
  CHECK(happened > 2'300);  // 2500, sigma = 43
  CHECK(happened < 2'700);
  CHECK(rare.mean() >= Duration::Nanoseconds(249));
  CHECK(rare.mean() <= Duration::Nanoseconds(251));
  CHECK(rare.min() == Duration());
  const Distribution late = Distribution(kUs).WithChance({1, 10});
  CHECK_FALSE(late.is_constant());
  CHECK(late.max() == kUs);
  CHECK(late.min() == Duration());
  CHECK(late.mean() == kNs * 100);
  CHECK(std::fabs(MeanOf(late) - 1e5) < 3e3);  // sigma = 950 ps
}

TEST_CASE("distribution: means are those of the samples") {
  const Distribution parts[] = {Distribution::Uniform(kNs, kNs * 9), Distribution::HalfNormal(kUs),
                                Distribution::Lognormal(kUs, {1, 2}),
                                Distribution::Pareto(kUs, {5, 2}, kUs * 20),
                                Distribution::Table({{kUs, 500}, {kUs * 2, 300}, {kUs * 10, 200}})};
  for (const Distribution& part : parts) {
    const auto mean = static_cast<double>(part.mean().ps());
    CHECK(std::fabs(MeanOf(part) / mean - 1) < 0.02);
  }
}

TEST_CASE("distribution: copies draw the same from the same stream") {
  const Distribution one = Distribution::Lognormal(kUs, {1, 2}).Plus(Distribution::HalfNormal(kNs));
  const Distribution copy = one;  // NOLINT: the copy is the point.
  core::Random random(4);
  core::Random other(4);
  for (int i = 0; i < 100; ++i) CHECK(one.Sample(random) == copy.Sample(other));
}

TEST_CASE("distribution: every component is read, and they add up") {
  const Read time = Parse(R"("45ns")");
  CHECK(time.error.empty());
  CHECK(time.distribution.is_constant());
  CHECK(time.distribution.min() == kNs * 45);
  const Read all = Parse(R"({
      "constant": "330ns",
      "uniform": { "from": "1ns", "to": "41ns" },
      "exponential": { "mean": "10ns" },
      "half_normal": { "sigma": "15ns", "chance": [1, 2] },
      "lognormal": { "median": "1.5us", "sigma": "0.5" },
      "pareto": { "scale": "1us", "shape": "1.5", "cap": "20us", "chance": [1, 1000000] },
      "table": { "of": 1000, "points": [["1us", 500], ["2us", 300], ["10us", 200]] } })");
  CHECK(all.error.empty());
  const double mean_ps = 330e3 + 21e3 + 10e3 + 7.5e3 * std::sqrt(2 / std::acos(-1.0)) +
                         1.5e6 * std::exp(0.125) + 2.3 + 3.1e6;
  CHECK(std::fabs(static_cast<double>(all.distribution.mean().ps()) - mean_ps) < 30);
  CHECK(all.distribution.min() >= kNs * 1'331);
}

TEST_CASE("distribution: what is wrong is refused where it stands") {
  const std::string no_time = "want a time with its unit, such as \"250us\"";
  CHECK(ErrorOf("7") == "p.json: /d: " + no_time + ", or an object of distributions, not 7");
  CHECK(ErrorOf("{}") ==
        "p.json: /d: want at least one member, such as \"constant\" or \"uniform\"");
  CHECK(ErrorOf(R"({"unifrom": {"from": "0ns", "to": "1ns"}})")
            .find("p.json: /d/unifrom: unknown key; did you mean \"uniform\"?") == 0);
  CHECK(ErrorOf(R"({"uniform": {"from": "3ns", "to": "1ns"}})") ==
        "p.json: /d/uniform/from: want a time of at most \"1ns\", as in \"to\", not \"3ns\"");
  CHECK(ErrorOf(R"({"uniform": {"from": "3ns"}})").find("p.json: /d/uniform/to: is missing") == 0);
  CHECK(ErrorOf(R"({"exponential": {"mean": 5}})").find("p.json: /d/exponential/mean: want a t") ==
        0);
  CHECK(ErrorOf(R"({"exponential": {"mean": "5ns", "chance": [3, 2]}})") ==
        "p.json: /d/exponential/chance: want a probability as [numerator, denominator], such as "
        "[1, 1000], not an array");
  const std::string want =
      "want a decimal in quotes from \"0.000001\" to \"4\", of at most six "
      "digits to either side of its point, not ";
  for (const char* sigma : {"\"0\"", "\"-1\"", "\"4.1\"", "0.5", "\"\"", "\".5\"", "\"1.\"",
                            "\"1e3\"", "\"0.0000001\""}) {
    const std::string text = std::string(R"({"lognormal": {"median": "1us", "sigma": )") + sigma;
    CHECK(ErrorOf(text + "}}") == "p.json: /d/lognormal/sigma: " + want + sigma);
  }
  CHECK(ErrorOf(R"({"pareto": {"scale": "1us", "shape": "0.2", "cap": "2us"}})")
            .find("p.json: /d/pareto/shape: want a decimal in quotes from \"0.25\" to \"100\"") ==
        0);
  CHECK(ErrorOf(R"({"pareto": {"scale": "1us", "shape": "2"}})")
            .find("p.json: /d/pareto/cap: is missing") == 0);
  CHECK(ErrorOf(R"({"pareto": {"scale": "3us", "shape": "2", "cap": "2us"}})") ==
        "p.json: /d/pareto/cap: want a time that is not below \"scale\", not \"2us\"");
}

TEST_CASE("distribution: a table is refused at the point that is wrong") {
  const auto table = [](const std::string& points) {
    return ErrorOf(R"({"table": {"of": 10, "points": )" + points + "}}");
  };
  CHECK(table(R"([["1us", 4], ["2us", 6]])").empty());
  CHECK(table(R"([["1us", 4], ["2us", 5]])") ==
        "p.json: /d/table/points: want weights that sum up to 10, not 9");
  CHECK(table(R"([["1us", 4], ["2us", 0]])") ==
        "p.json: /d/table/points/1/1: want a whole number from 1 to 1000000000000, not 0");
  CHECK(table(R"([["1us", 4], ["2", 6]])") ==
        "p.json: /d/table/points/1/0: want a time with its unit, such as \"250us\", of at most an "
        "hour, not \"2\"");
  CHECK(table(R"([["1us", 4], "2us"])") ==
        "p.json: /d/table/points/1: want [a time, a weight], not \"2us\"");
  CHECK(table("[]").find("p.json: /d/table/points: want an array of 1 to 10000 points") == 0);
}

TEST_CASE("distribution: nothing may exceed an hour") {
  CHECK(ErrorOf(R"("3600s")").empty());
  CHECK(ErrorOf(R"("3601s")") == "p.json: /d: want a time of at most an hour, not \"3601s\"");
  CHECK(ErrorOf(R"({"constant": "1800s", "uniform": {"from": "0s", "to": "1801s"}})") ==
        "p.json: /d: want a sum that cannot exceed an hour");
  CHECK(ErrorOf(R"({"exponential": {"mean": "79s"}})").empty());
  CHECK(ErrorOf(R"({"exponential": {"mean": "90s"}})") ==
        "p.json: /d/exponential/mean: want a shorter mean: this one has values of an hour, not "
        "\"90s\"");
  CHECK(ErrorOf(R"({"half_normal": {"sigma": "400s"}})").find("p.json: /d/half_normal/sigma: ") ==
        0);
  CHECK(ErrorOf(R"({"lognormal": {"median": "1s", "sigma": "2"}})") ==
        "p.json: /d/lognormal/median: want a shorter median, or a \"cap\": this one has values of "
        "an hour, not \"1s\"");
  CHECK(ErrorOf(R"({"lognormal": {"median": "1s", "sigma": "2", "cap": "9s"}})").empty());
}

}  // namespace lockstep::sim
