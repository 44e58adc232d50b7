// lockstep plot of traces, as a user starts it: what was how fast when, and what was broken.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/svg.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::string kRestart = "scenarios/faults/restart.json";
constexpr const char* kHead = "time_us,quantity,unit,of,what,per_s\n";

std::string TraceOf(const TemporaryFolder& folder, const std::string& scenario,
                    const std::string& name = "run.jsonl",
                    const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"run", scenario, "--trace", folder.File(name)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished run = Lockstep(arguments);
  REQUIRE_MESSAGE(run.exit_code == cli::kAsExpected, run.err);
  return folder.File(name);
}

json SpecOf(const std::string& trace, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"plot", trace, "--spec"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished spec = Lockstep(arguments);
  REQUIRE_MESSAGE(spec.exit_code == cli::kAsExpected, spec.err);
  return json::parse(spec.out, nullptr, false);
}

// Sums of per_s by "quantity,of,what".
double SumOf(const std::string& csv, const std::string& key) {
  double sum = 0;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream cell_stream(line);
    for (std::string cell; std::getline(cell_stream, cell, ',');) cells.push_back(cell);
    if (cells.size() == 6 && cells[1] + "," + cells[3] + "," + cells[4] == key)
      sum += std::strtod(cells[5].c_str(), nullptr);
  }
  return sum;
}

}  // namespace

TEST_CASE("plot of a trace: its rates are those of the run's summary") {
  const TemporaryFolder folder;
  const std::string trace = TraceOf(folder, kRestart);
  const json summary = json::parse(Lockstep({"check", trace, "--json"}).out, nullptr, false);
  // 100 ms of warm-up, then 300 bins of 1 ms.
  const Finished csv = Lockstep({"plot", trace, "--from", "100ms", "--bin", "1ms", "--csv"});
  CHECK(csv.out.rfind(kHead, 0) == 0);
  for (const json& stream : summary["streams"]) {
    const auto of = stream["stream"].get<std::string>();
    const auto delivered = stream["as_delivered"]["messages_per_s"].get<double>();
    CHECK(SumOf(csv.out, "messages," + of + ",delivered") / 300 ==
          doctest::Approx(delivered).epsilon(0.001));
  }
  const Finished all = Lockstep({"plot", trace, "--bin", "1ms", "--csv"});
  double resends = 0;
  for (const json& oracle : summary["oracles"])
    if (oracle["oracle"] == "R2") resends += oracle["counts"]["resends"].get<double>();
  CHECK(resends > 0);
  CHECK((SumOf(all.out, "resends,a -> b,\"\"") + SumOf(all.out, "resends,b -> a,\"\"")) / 1000 ==
        doctest::Approx(resends).epsilon(1e-9));
}

TEST_CASE("plot of a trace: packed, detailed and through a pipe it is the same picture") {
  const TemporaryFolder folder;
  const std::string plain = TraceOf(folder, kRestart);
  const std::string packed = TraceOf(folder, kRestart, "run.jsonl.zst");
  const std::string detailed = TraceOf(folder, kRestart, "detail.jsonl", {"--detail"});
  const json spec = SpecOf(plain);
  CHECK(SpecOf(packed) == spec);
  CHECK(SpecOf(detailed) == spec);
  const std::string command = "cat " + packed + " | " + LOCKSTEP_BINARY + " plot - --csv; " +
                              LOCKSTEP_BINARY + " plot - --csv < " + plain;
  const std::string csv = Lockstep({"plot", plain, "--csv"}).out;
  CHECK(Process({"/bin/sh", "-c", command}).Wait().out == csv + csv);
}

TEST_CASE("plot of a trace: what is broken is a band from then to then, the warm-up another") {
  const TemporaryFolder folder;
  const json spec = SpecOf(TraceOf(folder, kRestart));
  CHECK(spec["title"]["text"] == "a replica dies and comes back (seed 3)");
  CHECK(spec["datasets"]["part0.rows"] == json::parse(R"([
          {"name": "warm-up, not measured", "kind": "warm-up", "from_us": 0.0,
           "until_us": 100000.0},
          {"name": "dead: a1 down", "kind": "fault", "from_us": 50000.0, "until_us": 100000.0}])"));
  // The same are shaded behind the rates.
  CHECK(spec["datasets"]["part1.bands"] == spec["datasets"]["part0.rows"]);
  CHECK(spec["vconcat"].size() == 3);
  CHECK(spec["vconcat"][1]["layer"][1]["encoding"]["y"]["title"] == "messages/s");
  CHECK(spec["vconcat"][2]["layer"][1]["encoding"]["y"]["title"] == "resends/s");
  CHECK(spec["vconcat"][2]["encoding"]["x"]["title"] == "time (ms)");
}

TEST_CASE("plot of a trace: lock-step replicas have requests, commits and violations") {
  const TemporaryFolder folder;
  const std::string trace = TraceOf(folder, "scenarios/faults/chora-pause.json");
  const std::string csv = Lockstep({"plot", trace, "--csv"}).out;
  const json summary = json::parse(Lockstep({"check", trace, "--json"}).out, nullptr, false);
  // 80 bins of 100 us.
  const auto answered = summary["notes"]["returned"]["count"].get<double>();
  CHECK(SumOf(csv, "requests,a,\"\"") / 10'000 == doctest::Approx(answered).epsilon(1e-9));
  CHECK(SumOf(csv, "violations,a,\"\"") > 0);
  CHECK(SumOf(csv, "commits,a,\"\"") > 0);
  CHECK(csv.find("notes") == std::string::npos);
  // The other picture of such a trace stays.
  Has(Lockstep({"plot", trace, "--replicas", "--csv"}).out, "time_us,host,commits,answered,");
}

TEST_CASE("plot of a trace: what has no other rates shows its notes, others when they are asked") {
  const TemporaryFolder folder;
  const std::string pings = TraceOf(folder, "scenarios/smoke/pingpong.json", "pings.jsonl");
  Has(Lockstep({"plot", pings, "--csv"}).out, ",notes,notes/s,state,\"\",");
  const std::string trace = TraceOf(folder, kRestart);
  const Finished csv = Lockstep({"plot", trace, "--notes", "complaint", "--csv"});
  Has(csv.out, ",notes,notes/s,complaint,\"\",");
  CHECK(csv.out.find("notes/s,resent") == std::string::npos);
  CheckRefused(Lockstep({"plot", trace, "--notes", "complaints", "--csv"}),
               "no note is called \"complaints\"; did you mean \"complaint\"? It has ");
  CheckRefused(Lockstep({"plot", trace, "--notes", "state", "--replicas"}), "want one of");
}

TEST_CASE("plot of a trace: one that was cut short says so, and one that is damaged is refused") {
  const TemporaryFolder folder;
  const std::string whole = ReadText(TraceOf(folder, kRestart));
  CheckRefused(
      Lockstep({"plot", folder.Write("half.jsonl", whole.substr(0, whole.size() / 2)), "--csv"}),
      "half.jsonl:");
  CHECK_FALSE(std::filesystem::exists(folder.File("half.csv")));
}

TEST_CASE("plot of a trace: the picture of the README is drawn from what is computed today") {
  const std::string kept = "analysis/report/restart.svg";
  const TemporaryFolder folder;
  const std::string trace = TraceOf(folder, kRestart);
  if (std::getenv("REWRITE") != nullptr) {
    const Finished drawn = Lockstep({"plot", trace, "-o", kept});
    REQUIRE_MESSAGE(drawn.exit_code == cli::kAsExpected, drawn.err);
  }
  INFO("REWRITE=1 draws ", kept, " again, with what `tools/setup --pictures` installs");
  const auto picture = ReadTextFile(kept);
  REQUIRE(picture.ok());
  Has(*picture, cli::SpecificationDigest(SpecOf(trace)));
  const auto readme = ReadTextFile("README.md");
  REQUIRE(readme.ok());
  Has(*readme, "](" + kept + ")");
}

}  // namespace lockstep::tests
