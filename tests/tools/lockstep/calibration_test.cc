// Fitting a test bed: what is found of a world that is known, and what is refused.

#include "tools/lockstep/calibration.h"

#include <cmath>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using cli::FitPoints;
using cli::FreeParameter;
using nlohmann::json;

// A card and a price: each of three points is bound by one of them, or by a bit of both.
FitPoints Bound(const std::vector<double>& values) {
  const auto point = [](double x, double published, double simulated) {
    return cli::FitPoint{"known", "line", x, published, simulated};
  };
  const double card = values[0];
  const double price = values[1];
  return {point(1, 1e3 / 80, 1e3 / price), point(2, 15.5 / 4, card / 4),
          point(3, 1 / (80 + 1 / 15.5), 1 / (price + 1 / card))};
}

const std::vector<FreeParameter> kParameters = {
    {"card", "/profile/nic/rate/value", "Gbps", 14, 17, 14.2, 3, "known"},
    {"price", "/profile/work/receive/per_unit/value", "ns", 50, 120, 110, 3, "known"}};

cli::Simulate Known(int& calls) {
  return [&calls](const std::vector<double>& values) -> absl::StatusOr<FitPoints> {
    ++calls;
    return Bound(values);
  };
}

std::string Spec(const json& changes) {
  json spec = {{"lockstep_calibration", 1},
               {"title", "a rack"},
               {"figure", "figure.json"},
               {"profile", "profile.json"},
               {"panels", {"lost"}},
               {"parameters",
                {{{"name", "card"},
                  {"at", "/profile/nic/rate/value"},
                  {"unit", "Gbps"},
                  {"from", 10},
                  {"to", 20},
                  {"start", 15},
                  {"why", "tests"}}}}};
  spec.merge_patch(changes);
  return spec.dump();
}

std::string WhyRefused(const json& changes) {
  const TemporaryFolder folder;
  const Finished run =
      Lockstep({"calibrate", folder.Write("fit.json", Spec(changes)), "--iterations", "0"});
  CHECK(run.exit_code == cli::kBadInput);
  return run.err;
}

}  // namespace

TEST_CASE("calibration: parameters of a known world are found, and errors go to nothing") {
  int calls = 0;
  int tries = 0;
  const auto fit = cli::FitParameters(kParameters, Known(calls), 6,
                                      [&](int count, const FitPoints&) { tries = count; });
  REQUIRE(fit.ok());
  CHECK(fit->values[0] == doctest::Approx(15.5).epsilon(0.01));
  CHECK(fit->values[1] == doctest::Approx(80).epsilon(0.01));
  CHECK(cli::MedianError(fit->before) > 0.05);
  CHECK(cli::WorstError(fit->points) < 0.01);
  CHECK(fit->is_complete);
  CHECK(tries == calls);
  // A dearer price makes the first point slower, and leaves the second one alone.
  REQUIRE(fit->slopes.size() == 2);
  CHECK(fit->slopes[1][0] < 0);
  CHECK(fit->slopes[1][1] == 0);
}

TEST_CASE("calibration: no parameter leaves its range, whatever the points would have it be") {
  std::vector<FreeParameter> narrow = kParameters;
  narrow[1].to = 70;
  narrow[1].start = 60;
  int calls = 0;
  const auto fit = cli::FitParameters(narrow, Known(calls), 6, [](int, const FitPoints&) {});
  REQUIRE(fit.ok());
  CHECK(fit->values[1] == doctest::Approx(70));
  CHECK(fit->values[0] == doctest::Approx(15.5).epsilon(0.01));
}

TEST_CASE("calibration: without steps nothing is fitted, and how far it is is told") {
  int calls = 0;
  const auto fit = cli::FitParameters(kParameters, Known(calls), 0, [](int, const FitPoints&) {});
  REQUIRE(fit.ok());
  CHECK(calls == 1);
  CHECK(fit->values == std::vector<double>{14.2, 110});
  CHECK(cli::MedianError(fit->points) == cli::MedianError(fit->before));
}

TEST_CASE("calibration: values have no more digits than their parameter bears") {
  FreeParameter parameter = kParameters[0];
  CHECK(parameter.TextAt(15.24449) == "15.244Gbps");
  CHECK(parameter.TextAt(15) == "15Gbps");
  parameter.decimals = 0;
  CHECK(parameter.TextAt(549.6) == "550Gbps");
}

TEST_CASE("calibration: where no point was published there is nothing to fit to") {
  const auto fit = cli::FitParameters(
      kParameters, [](const std::vector<double>&) { return FitPoints(); }, 1,
      [](int, const FitPoints&) {});
  CHECK(fit.status().message() == "no point of the figure has a published value");
}

TEST_CASE("calibration: what cannot be read is refused with its place") {
  Has(WhyRefused({{"parameters",
                   {{{"name", "card"},
                     {"at", "/x"},
                     {"from", 1},
                     {"to", 2},
                     {"start", 3},
                     {"why", "w"}}}}}),
      "/parameters/0/start: want from <= start <= to, and from < to");
  Has(WhyRefused({{"parameters", json::array()}}), "/parameters: want at least one");
  Has(WhyRefused({{"figures", "x"}}), "figures");
  Has(WhyRefused(json::object()), "figure.json");
  const TemporaryFolder folder;
  const Finished figure = Lockstep({"figures", folder.Write("fit.json", Spec(json::object()))});
  CHECK(figure.exit_code == cli::kBadInput);
  Has(figure.err, "is a calibration");
}

}  // namespace lockstep::tests
