// lockstep plot, as a user starts it: data and specifications always, SVG where its packages are.

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "tests/analysis/results/small_results.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::string kCrash = "scenarios/faults/chora-crash.json";

// The trace of a short run in which a replica dies at 1 ms.
std::string CrashTrace(const TemporaryFolder& folder) {
  const std::string path = folder.File("crash.jsonl");
  const Finished run =
      Lockstep({"run", kCrash, "--set=/run/for=1200us",
                R"(--set=/phases={"heal":"1100us","settle":"90us"})", "--trace", path});
  REQUIRE_MESSAGE(run.exit_code == cli::kAsExpected, run.err);
  return path;
}

std::string SmallSweep(const TemporaryFolder& folder) {
  const std::string path = folder.File("a.sqlite");
  auto file = analysis::ResultsFile::Create(path, SmallHeader());
  REQUIRE(file.ok());
  for (std::uint64_t point = 0; point < 3; ++point) CHECK((*file)->Add(SmallPoint(point)).ok());
  for (std::uint64_t run = 0; run < 6; ++run) CHECK((*file)->Add(SmallRun(run)).ok());
  CHECK((*file)->Close().ok());
  return path;
}

// Where no packages are.
std::vector<std::string> WithoutPackages(const TemporaryFolder& folder) {
  return {"LOCKSTEP_PICTURES=" + folder.File("nowhere")};
}

bool HasPackages() {
  const std::filesystem::path pictures =
      std::filesystem::path(LOCKSTEP_BINARY).parent_path() / ".." / "pictures";
  return std::filesystem::exists(pictures / "render.mjs") &&
         std::filesystem::exists(pictures / "node_modules" / "vega-lite");
}

}  // namespace

TEST_CASE("plot: a timeline is rows by bin and replica, without the packages that draw") {
  const TemporaryFolder folder;
  const std::string trace = CrashTrace(folder);
  const Finished csv =
      Lockstep({"plot", "timeline", trace, "--from", "900us", "--csv"}, WithoutPackages(folder));
  REQUIRE_MESSAGE(csv.exit_code == cli::kAsExpected, csv.err);
  std::istringstream lines(csv.out);
  std::string line;
  std::getline(lines, line);
  CHECK(line == "time_us,host,commits,answered,latency_rounds,lag_rounds,lanes");
  std::size_t rows = 0;
  while (std::getline(lines, line)) ++rows;
  CHECK(rows == 3 * (1'200 - 900) / 10);
  Has(csv.out, "\n1150,a1,0,0,,,\n");  // It is dead.
}

TEST_CASE("plot: a specification holds its data, and no place is left open") {
  const TemporaryFolder folder;
  const std::string trace = CrashTrace(folder);
  const Finished spec =
      Lockstep({"plot", "timeline", trace, "--bin=50us", "--spec"}, WithoutPackages(folder));
  REQUIRE_MESSAGE(spec.exit_code == cli::kAsExpected, spec.err);
  const json document = json::parse(spec.out, nullptr, false);
  REQUIRE(document.is_object());
  CHECK(document["datasets"]["rows"].size() == 3 * 1'200 / 50);
  CHECK(document["datasets"]["marks"][0]["what"] == "dead begins");
  CHECK(document["title"]["text"] == "a replica of Chora-R dies (seed 1)");
  CHECK(document.dump().find("\"$title") == std::string::npos);
}

TEST_CASE("plot: a sweep's metric against a parameter, with the interval of its mean") {
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  // Runs 2 k and 2 k + 1 of point k publish 100 + 2 k and one more: t(0.975, 1) * sqrt(0.5 / 2).
  const Finished csv = Lockstep({"plot", "sweep", sweep, "--y", "published_per_s", "--csv"});
  REQUIRE_MESSAGE(csv.exit_code == cli::kAsExpected, csv.err);
  Has(csv.out, "x,series,y,low,high\n4,\"\",100.5,94.14");
  // A formula has no interval.
  CHECK(Lockstep({"plot", "sweep", sweep, "--y", "published_per_s / latency_p99_us", "--by",
                  "protocol", "--csv"})
            .out ==
        "x,series,y,low,high\n4,protocol picsou,13.4,,\n5,protocol "
        "picsou,13.666666666666666,,\n6,protocol picsou,13.933333333333334,,\n");
  const json document = json::parse(
      Lockstep({"plot", "sweep", sweep, "--y", "latency_p99_us", "--log-y", "--spec"}).out, nullptr,
      false);
  CHECK(document["datasets"]["rows"].size() == 3);
  CHECK(document["layer"][0]["encoding"]["y"]["scale"]["type"] == "log");
}

TEST_CASE("plot: a figure's rows, simulated and published") {
  const TemporaryFolder folder;
  const std::string figure = folder.Write(
      "f.json", R"([{"label": "x", "simulated": 200.0, "spread": 0.1, "published": 250.0},
                    {"label": "y", "simulated": 3.0}])");
  CHECK(Lockstep({"plot", "figure", figure, "--csv"}).out ==
        "label,which,value,low,high\nx,simulated,200,180,220\nx,published,250,,\n"
        "y,simulated,3,3,3\n");
  CheckRefused(Lockstep({"plot", "figure", folder.Write("g.json", "{}"), "--csv"}),
               "want what `lockstep figures FIGURE --json` prints");
}

TEST_CASE("plot: without its packages SVG is refused, with the remedy, and nothing is written") {
  const TemporaryFolder folder;
  const std::string out = folder.File("a.svg");
  CheckRefused(
      Lockstep({"plot", "sweep", SmallSweep(folder), "--y", "published_per_s", "--out", out},
               WithoutPackages(folder)),
      "`tools/setup --pictures` installs");
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("plot: what cannot be plotted is refused with what is wrong") {
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "speed", "--csv"}),
               "no metric is called \"speed\"; the file has ");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "latency_p99_us", "--x", "m", "--csv"}),
               "--x: \"m\" is no parameter of the sweep; it has n, protocol");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "1 +", "--csv"}), "--y: ");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "n", "--csv", "--spec"}),
               "want one of --csv and --spec");
  const std::string trace = CrashTrace(folder);
  CheckRefused(Lockstep({"plot", "timeline", trace, "--bin", "1ns", "--csv"}),
               "--bin: 1200000 bins");
  CheckRefused(Lockstep({"plot", "timeline", trace, "--from", "2ms", "--csv"}), "--from, --until");
  CheckRefused(Lockstep({"plot", "timeline", trace, "--bin", "0us", "--csv"}), "--bin: ");
  CheckRefused(Lockstep({"plot", "timeline", sweep, "--csv"}), sweep);
}

TEST_CASE("plot: SVG is drawn of each kind, where what draws is installed") {
  if (!HasPackages()) {
    MESSAGE("skipped: `tools/setup --pictures` installs what draws");
    return;
  }
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  const std::string figure =
      folder.Write("f.json", R"([{"label": "x", "simulated": 2.0, "published": 2.5}])");
  const std::string trace = CrashTrace(folder);
  for (const std::vector<std::string>& what :
       {std::vector<std::string>{"timeline", trace},
        std::vector<std::string>{"sweep", sweep, "--y", "published_per_s", "--log-x", "--log-y"},
        std::vector<std::string>{"sweep", sweep, "--y", "published_per_s", "--x", "protocol"},
        std::vector<std::string>{"figure", figure}}) {
    CAPTURE(what[0]);
    std::vector<std::string> arguments = {"plot"};
    arguments.insert(arguments.end(), what.begin(), what.end());
    const Finished drawn = Lockstep(arguments);
    CHECK_MESSAGE(drawn.exit_code == cli::kAsExpected, drawn.err);
    CHECK(drawn.out.rfind("<svg", 0) == 0);
    Has(drawn.out, "</svg>");
    // The same picture each time, in a file as on standard output.
    arguments.insert(arguments.end(), {"--out", folder.File("a.svg")});
    CHECK(Lockstep(arguments).exit_code == cli::kAsExpected);
    CHECK(ReadText(folder.File("a.svg")) == drawn.out);
  }
}

}  // namespace lockstep::tests
