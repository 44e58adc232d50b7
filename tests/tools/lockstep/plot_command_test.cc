// lockstep plot, as a user starts it: data and specifications always, SVG where its packages are.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
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
      Lockstep({"plot", "timeline", trace, "--bin", "10us", "--from", "900us", "--csv"},
               WithoutPackages(folder));
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

TEST_CASE("plot: the file says what there is to plot, whatever stands before it") {
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  const std::string figure = folder.Write("f.json", R"([{"label": "x", "simulated": 200.0}])");
  const std::string trace = CrashTrace(folder);
  for (const auto& [word, file] : {std::pair<std::string, std::string>{"sweep", sweep},
                                   {"timeline", trace},
                                   {"figure", figure}}) {
    std::vector<std::string> arguments = {"plot", file, "--csv"};
    if (word == "timeline") arguments.emplace_back("--replicas");
    const Finished plain = Lockstep(arguments);
    CHECK_MESSAGE(plain.exit_code == cli::kAsExpected, plain.err);
    CHECK(plain.out == Lockstep({"plot", word, file, "--csv"}).out);
  }
  CheckRefused(Lockstep({"plot", "timeline", sweep}), "timeline: is for a trace, and " + sweep);
  CheckRefused(Lockstep({"plot", trace, "--y", "n"}), "--y: is for results of a sweep");
  CheckRefused(Lockstep({"plot", sweep, "--bin", "1ms"}), "--bin: is for a trace");
  CheckRefused(Lockstep({"plot", kCrash, "--csv"}),
               "is a scenario: `" LOCKSTEP_BINARY " run " + kCrash);
  CheckRefused(Lockstep({"plot", folder.Write("empty", "")}), "is empty; want results of a sweep");
  CheckRefused(Lockstep({"plot", folder.Write("text", "hello")}), "nothing that lockstep has");
  CheckRefused(Lockstep({"plot", sweep, trace}), "want one file to plot");
}

TEST_CASE("plot: what comes through a pipe is told by its first bytes, and read to its end") {
  const TemporaryFolder folder;
  const std::string trace = CrashTrace(folder);
  const std::string figure = folder.Write("f.json", R"([{"label": "x", "simulated": 200.0}])");
  for (const std::string& file : {trace, figure}) {
    const std::string wanted = Lockstep({"plot", file, "--csv"}).out;
    CHECK(wanted.size() > 20);
    const std::string command = std::string(LOCKSTEP_BINARY) + " plot - --csv < " + file +
                                "; cat " + file + " | " + LOCKSTEP_BINARY +
                                " plot - --csv; mkfifo " + folder.File("pipe") + "; cat " + file +
                                " > " + folder.File("pipe") + " & " + LOCKSTEP_BINARY + " plot " +
                                folder.File("pipe") + " --csv; rm " + folder.File("pipe");
    CHECK(Process({"/bin/sh", "-c", command}).Wait().out == wanted + wanted + wanted);
  }
}

TEST_CASE("plot: a sweep's metric against a parameter, with the interval of its mean") {
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  // Runs 2 k and 2 k + 1 of point k publish 100 + 2 k and one more: t(0.975, 1) * sqrt(0.5 / 2).
  const Finished csv = Lockstep({"plot", sweep, "--y", "published_per_s", "--csv"});
  REQUIRE_MESSAGE(csv.exit_code == cli::kAsExpected, csv.err);
  Has(csv.out,
      "metric,unit,x,series,y,low,high,runs\npublished_per_s,messages/s,4,\"\",100.5,94.14");
  // A formula has no interval.
  CHECK(Lockstep(
            {"plot", sweep, "--y", "published_per_s / latency_p99_us", "--by", "protocol", "--csv"})
            .out ==
        "metric,unit,x,series,y,low,high,runs\n"
        "published_per_s / latency_p99_us,\"\",4,picsou,13.4,,,2\n"
        "published_per_s / latency_p99_us,\"\",5,picsou,13.666666666666666,,,2\n"
        "published_per_s / latency_p99_us,\"\",6,picsou,13.933333333333334,,,2\n");
  const json document = json::parse(Lockstep({"plot", sweep, "--y", "latency_p99_us", "--y",
                                              "published_per_s", "--log", "y", "--spec"})
                                        .out,
                                    nullptr, false);
  REQUIRE(document["vconcat"].size() == 2);
  CHECK(document["datasets"]["part0.rows"].size() == 3);
  const json& y = document["vconcat"][0]["layer"][0]["encoding"]["y"];
  CHECK(y["scale"]["type"] == "log");
  CHECK(y["title"] == "latency_p99_us (us)");
  CHECK(document["title"]["subtitle"] == json{"bars: 95 % interval of the mean over 2 seeds"});
}

TEST_CASE("plot: points are chosen by a formula over parameters and means") {
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  const Finished some =
      Lockstep({"plot", sweep, "--where", "n > 4 and published_per_s < 104", "--csv"});
  Has(some.out, "published_per_s,messages/s,5,\"\",102.5,");
  CHECK(std::count(some.out.begin(), some.out.end(), '\n') == 2);
  CheckRefused(Lockstep({"plot", sweep, "--where", "n > 6"}), "--where: holds for no point: n > 6");
  CheckRefused(Lockstep({"plot", sweep, "--where", "nn > 6"}),
               "called \"nn\"; did you mean \"n\"?");
  CheckRefused(Lockstep({"plot", sweep, "--where", "n +"}), "--where: ");
}

TEST_CASE("plot: a failed run is said and is no zero, a point of one seed has no bar") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  auto file = analysis::ResultsFile::Create(path, SmallHeader());
  REQUIRE(file.ok());
  for (std::uint64_t point = 0; point < 3; ++point) CHECK((*file)->Add(SmallPoint(point)).ok());
  for (std::uint64_t number = 0; number < 6; ++number) {
    analysis::RunRow run = SmallRun(number);
    // Both runs of n = 5, and one of n = 6.
    if (number >= 2 && number <= 4) {
      run.outcome = analysis::Outcome::kCrashed;
      run.verdict.clear();
      run.is_as_expected = false;
      run.metrics.clear();
    }
    CHECK((*file)->Add(run).ok());
  }
  CHECK((*file)->Close().ok());
  const Finished csv = Lockstep({"plot", path, "--csv"});
  Has(csv.out, "\npublished_per_s,messages/s,5,\"\",,,,0\n");
  Has(csv.out, "\npublished_per_s,messages/s,6,\"\",105,,,1\n");
  Has(csv.err, "3 runs failed and count for nothing; 1 point has no other: a gap");
  const json document = json::parse(Lockstep({"plot", path, "--spec"}).out, nullptr, false);
  Has(document["title"]["subtitle"].dump(), "mean over 1 to 2 seeds; a point of one seed has none");
}

TEST_CASE("plot: times, rates and sizes of an axis are numbers of one unit") {
  const TemporaryFolder folder;
  const auto csv_of = [&](const std::vector<std::string>& values) {
    const std::string path = folder.File(values[0] + ".sqlite");
    auto file = analysis::ResultsFile::Create(path, SmallHeader());
    REQUIRE(file.ok());
    for (std::uint64_t point = 0; point < 3; ++point)
      CHECK((*file)->Add({point, {{"n", 4}, {"protocol", values[point]}}}).ok());
    for (std::uint64_t run = 0; run < 6; ++run) CHECK((*file)->Add(SmallRun(run)).ok());
    CHECK((*file)->Close().ok());
    const Finished csv = Lockstep({"plot", path, "--x", "protocol", "--csv"});
    const json spec =
        json::parse(Lockstep({"plot", path, "--x", "protocol", "--spec"}).out, nullptr, false);
    return std::pair(csv.out, spec["vconcat"][0]["encoding"]["x"]["title"].get<std::string>());
  };
  const auto [times, time_title] = csv_of({"2ms", "500us", "0ms"});
  // From left to right.
  CHECK(times.find("messages/s,0,") < times.find("messages/s,500,"));
  CHECK(times.find("messages/s,500,") < times.find("messages/s,2000,"));
  CHECK(time_title == "protocol (us)");
  CHECK(csv_of({"1Gbps", "7.5Gbps", "100Gbps"}).second == "protocol (Gbit/s)");
  CHECK(csv_of({"64KiB", "1MB", "2kB"}).second == "protocol (kB)");
  CHECK(csv_of({"1ms", "fast", "slow"}).second == "protocol");
}

TEST_CASE("plot: the end of its name says what a file gets, and nothing is replaced by mistake") {
  const TemporaryFolder folder;
  const std::string sweep = SmallSweep(folder);
  const std::string csv = folder.File("a.csv");
  CHECK(Lockstep({"plot", sweep, "-o", csv}).exit_code == cli::kAsExpected);
  CHECK(ReadText(csv) == Lockstep({"plot", sweep, "--csv"}).out);
  const std::string spec = folder.File("a.vl.json");
  CHECK(Lockstep({"plot", sweep, "--out", spec}).exit_code == cli::kAsExpected);
  CHECK(ReadText(spec) == Lockstep({"plot", sweep, "--spec"}).out);
  CheckRefused(Lockstep({"plot", sweep, "-o", folder.File("a.png")}), "rsvg-convert");
  CheckRefused(Lockstep({"plot", sweep, "-o", folder.File("a")}), "ends in .svg, .csv or .json");
  CheckRefused(Lockstep({"plot", sweep, "--csv", "-o", folder.File("a.svg")}), "does not end as");
  CheckRefused(Lockstep({"plot", sweep, "--csv", "-o", sweep}), "is read here");
  CHECK_FALSE(std::filesystem::exists(folder.File("a.svg")));
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
               "want what `" LOCKSTEP_BINARY " figures FIGURE --json` prints");
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
               "no metric or parameter is called \"speed\"; the file has ");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "latency_p98_us", "--csv"}),
               "did you mean \"latency_p99_us\"?");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "latency_p99_us", "--x", "m", "--csv"}),
               "--x: \"m\" is no parameter of the sweep; it has n, protocol");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--x", "protocol", "--by", "protocol", "--csv"}),
               "stand on the same line; they differ in n");
  CheckRefused(Lockstep({"plot", sweep, "--log", "z", "--csv"}), "--log");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "1 +", "--csv"}), "--y: ");
  CheckRefused(Lockstep({"plot", "sweep", sweep, "--y", "n", "--csv", "--spec"}),
               "want one of --csv and --spec");
  const std::string trace = CrashTrace(folder);
  CheckRefused(Lockstep({"plot", "timeline", trace, "--bin", "1ns", "--csv"}),
               "--bin: 1200000 bins");
  CheckRefused(Lockstep({"plot", "timeline", trace, "--from", "2ms", "--csv"}), "--from, --until");
  CheckRefused(Lockstep({"plot", "timeline", trace, "--from", "1190us", "--bin", "20us", "--csv"}),
               "want at least one bin of 20us");
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
