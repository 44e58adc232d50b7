// `lockstep sweep` as a user meets it, on real scenarios: the same rows whatever happens on the
// way, and an error that helps wherever there is one.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// What no honest run of these tests needs; a sanitizer keeps what was freed.
#ifdef __SANITIZE_ADDRESS__
constexpr const char* kMemory = "1GB";
#else
constexpr const char* kMemory = "200MB";
#endif
// Everything but speed.
constexpr const char* kRows = "select * from results order by run";

// Picsou and one-shot over links that lose, a faulty network above, 36 runs of 5 to 10 ms.
json SmallSweep() {
  return {
      {"lockstep_sweep", 1},
      {"name", "of a test"},
      {"why", "Small."},
      {"scenario", std::filesystem::absolute("scenarios/faults/loss.json").string()},
      {"set",
       {{"/run/for", "60ms"},
        {"/run/warmup", "10ms"},
        {"/phases/heal", "30ms"},
        {"/phases/settle", "30ms"}}},
      {"axes",
       {{{"name", "protocol"},
         {"values",
          {{{"label", "picsou"}, {"set", json::object()}},
           {{"label", "one-shot"},
            {"set", {{"/clusters/0/stack/1", {{"c3b", "one-shot"}, {"batch_bytes", 20000}}}}}}}}},
        {{"name", "n"}, {"at", {"/clusters/0/size", "/clusters/1/size"}}, {"values", {4, 5}}},
        {{"name", "loss"},
         {"at", "/network/cross/loss"},
         {"values", {{0, 1}, {1, 100}, {1, 20}}}}}},
      {"seeds", 3},
      // A few milliseconds may not do to settle; what matters here is that rows are the same.
      {"expect", {{{"verdict", {"holds", "violated", "not exercised"}}}}}};
}

std::string WriteSweep(const TemporaryFolder& folder, const json& sweep) {
  return folder.Write("sweep.json", sweep.dump());
}

Finished Sweep(const std::string& file, const std::string& out,
               const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"sweep", file, "--out", out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Lockstep(arguments);
}

std::string Rows(const std::string& file) {
  const Finished rows = Lockstep({"results", file, "--ndjson", "--sql", kRows});
  REQUIRE_MESSAGE(rows.exit_code == 0, rows.err);
  CHECK_FALSE(rows.out.empty());
  return rows.out;
}

}  // namespace

TEST_CASE("sweep: one job, two, killed and resumed ten times, four shards merged: the same rows") {
  const TemporaryFolder folder;
  const std::string sweep = WriteSweep(folder, SmallSweep());
  const Finished one = Sweep(sweep, folder.File("1"), {"--jobs=1"});
  REQUIRE_MESSAGE(one.exit_code == 0, one.err, one.out);
  Has(one.out, "36 judged");
  const std::string rows = Rows(folder.File("1"));

  REQUIRE(Sweep(sweep, folder.File("2"), {"--jobs=2"}).exit_code == 0);
  CHECK(Rows(folder.File("2")) == rows);

  int kills = 0;
  for (int kill = 0; kill < 10; ++kill) {
    Process process({LOCKSTEP_BINARY, "sweep", sweep, "--out", folder.File("killed"), "--resume"});
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + kill * 37 % 90));
    process.Signal(SIGKILL);
    const int exit_code = process.Wait().exit_code;
    CHECK(exit_code <= 0);  // Killed, or done by now.
    if (exit_code < 0) ++kills;
  }
  CHECK(kills > 0);
  const Finished last = Sweep(sweep, folder.File("killed"), {"--resume"});
  REQUIRE_MESSAGE(last.exit_code == 0, last.err);
  CHECK(Rows(folder.File("killed")) == rows);

  std::vector<std::string> merge = {"merge", folder.File("merged")};
  for (int i = 1; i <= 4; ++i) {
    const std::string name = folder.File(absl::StrCat("shard", i));
    REQUIRE(Sweep(sweep, name, {absl::StrCat("--shard=", i, "/4")}).exit_code == 0);
    merge.push_back(name);
  }
  const Finished merged = Lockstep(merge);
  REQUIRE_MESSAGE(merged.exit_code == 0, merged.err);
  CHECK(Rows(folder.File("merged")) == rows);
}

TEST_CASE("sweep: what is refused, too long or too large is a row, and the exit code says so") {
  const TemporaryFolder folder;
  const json sweep = {
      {"lockstep_sweep", 1},
      {"name", "of a test"},
      {"why", "One good point, and three bad ones."},
      {"scenario", std::filesystem::absolute("scenarios/smoke/pingpong.json").string()},
      {"axes",
       {{{"name", "what"},
         {"values",
          {{{"label", "good"}, {"set", json::object()}},
           {{"label", "refused"}, {"set", {{"/clusters/0/size", 2}, {"/clusters/0/budget/u", 1}}}},
           {{"label", "endless"}, {"set", {{"/run/for", "1000000s"}, {"/run/period", "10s"}}}},
           // Ten thousand replicas, each of which says everything to five thousand others.
           {{"label", "large"},
            {"set",
             {{"/clusters/0",
               {{"name", "a"},
                {"size", 5000},
                {"budget", {{"u", 1}, {"r", 0}}},
                {"stack", {{{"rsm", "file"}, {"message_bytes", 1000}}, {{"c3b", "all-to-all"}}}}}},
              {"/clusters/-",
               {{"name", "b"},
                {"size", 5000},
                {"budget", {{"u", 1}, {"r", 0}}},
                {"stack", "like a"}}},
              {"/network/intra", {{"transport", "stream"}, {"delay", "25us"}}},
              {"/network/cross", {{"transport", "stream"}, {"delay", "25us"}}}}}}}}}}},
      {"limits", {{"wall", "5s"}, {"memory", kMemory}}}};
  const Finished run = Sweep(WriteSweep(folder, sweep), folder.File("f"));
  CHECK(run.exit_code == cli::kRunsFailed);
  const auto outcome = [&](const std::string& what) {
    return Lockstep({"results", folder.File("f"), "--csv", "--sql",
                     absl::StrCat("select outcome from results where what='", what, "'")})
        .out;
  };
  Has(outcome("good"), "judged");
  Has(outcome("refused"), "refused");
  Has(outcome("endless"), "wall limit");
  Has(outcome("large"), "memory limit");
  Has(run.out, "/clusters/0/size: want at least 2u + r + 1 = 3, not 2");
}

TEST_CASE("sweep: a row is made again by the command that results prints, whatever it holds") {
  const TemporaryFolder folder;
  json sweep = SmallSweep();
  sweep["set"]["/name"] = "it's $HOME, `pwd`, \\ and \"=\"\nand more";
  sweep["seeds"] = {{"first", 5}, {"count", 2}};
  // Once with the scenario's file, once written out.
  for (const bool is_inline : {false, true}) {
    CAPTURE(is_inline);
    if (is_inline) {
      sweep["scenario"] = json::parse(ReadText("scenarios/faults/loss.json"));
      sweep["scenario"]["profile"] =
          std::filesystem::absolute("scenarios/profiles/gcp-c2-standard-8.json").string();
    }
    const std::string out = folder.File(is_inline ? "inline" : "named");
    REQUIRE(Sweep(WriteSweep(folder, sweep), out).exit_code == 0);
    for (const int run : {0, 9, 23}) {
      CAPTURE(run);
      const Finished made = Lockstep({"results", out, "--reproduce", absl::StrCat(run)});
      REQUIRE_MESSAGE(made.exit_code == 0, made.err);
      CHECK(made.err.empty());
      // It works anywhere, without a PATH that knows the program.
      std::string command = "cd / && " + made.out;
      command.insert(command.rfind('\n'), " --json");
      Process shell({"/bin/sh", "-c", command}, {"TMPDIR=" + folder.File(".")});
      const Finished again = shell.Wait();
      const json summary = json::parse(again.out, nullptr, false);
      REQUIRE_MESSAGE(summary.is_object(), again.err, made.out);
      const Finished row =
          Lockstep({"results", out, "--ndjson", "--sql",
                    absl::StrCat("select digest, verdict, events from results where run=", run)});
      const json wanted = json::parse(row.out);
      CHECK(summary["digest"] == wanted["digest"]);
      CHECK(summary["verdict"] == wanted["verdict"]);
      CHECK(summary["events"] == wanted["events"]);
    }
  }
  CheckRefused(Lockstep({"results", folder.File("named"), "--reproduce", "24"}), "has no run 24");
}

TEST_CASE("sweep: who runs a row again is told that its scenario was edited") {
  const TemporaryFolder folder;
  json scenario = json::parse(ReadText("scenarios/smoke/pingpong.json"));
  scenario["profile"] = std::filesystem::absolute("scenarios/profiles/gcp-c2-standard-8.json");
  folder.Write("base.json", scenario.dump());
  const json sweep = {{"lockstep_sweep", 1},
                      {"name", "of a test"},
                      {"why", "One run."},
                      {"scenario", "base.json"},
                      {"seeds", 1}};
  REQUIRE(Sweep(WriteSweep(folder, sweep), folder.File("f")).exit_code == 0);
  CHECK(Lockstep({"results", folder.File("f"), "--reproduce", "0"}).err.empty());
  scenario["run"]["for"] = "7ms";
  folder.Write("base.json", scenario.dump());
  Has(Lockstep({"results", folder.File("f"), "--reproduce", "0"}).err, "is not what it was");
  std::filesystem::remove(folder.File("base.json"));
  CheckRefused(Lockstep({"results", folder.File("f"), "--reproduce", "0"}),
               "the sweep's scenario base.json is not here");
}

TEST_CASE("sweep: a whole group that is told to end, as `timeout` does, loses no run to it") {
  const TemporaryFolder folder;
  json many = SmallSweep();
  many["seeds"] = 300;  // It takes seconds, so that it is under way whenever the signal comes.
  const std::string sweep = WriteSweep(folder, many);
  const std::string out = folder.File("f");
  // The shell is the leader of a group of its own, with the sweep and its workers in it. Workers
  // get the signal first here, as some of them may: the order within a group is the system's.
  Process shell({"/usr/bin/setsid", "-w", "/bin/sh", "-c",
                 absl::StrCat("trap '' TERM; (trap - TERM; exec '", LOCKSTEP_BINARY, "' sweep '",
                              sweep, "' --out '", out,
                              "') & child=$!; sleep 0.5; "
                              "kill -TERM $(cat /proc/$child/task/$child/children); sleep 0.2; "
                              "kill -TERM -$$; wait $child")});
  CHECK(shell.Wait().exit_code == cli::kInterrupted);
  const Finished crashed = Lockstep(
      {"results", out, "--csv", "--sql", "select count(*) from runs where outcome = 'crashed'"});
  Has(crashed.out, "\n0\n");
}

TEST_CASE("sweep: limits of simulated time and of events stop a run at the same place every time") {
  const TemporaryFolder folder;
  json sweep = SmallSweep();
  sweep["seeds"] = 1;
  sweep["limits"] = {{"simulated", "20ms"}};
  const std::string file = WriteSweep(folder, sweep);
  CHECK(Sweep(file, folder.File("1"), {"--jobs=1"}).exit_code == cli::kRunsFailed);
  CHECK(Sweep(file, folder.File("2"), {"--jobs=2"}).exit_code == cli::kRunsFailed);
  Has(Rows(folder.File("1")), "time limit");
  CHECK(Rows(folder.File("1")) == Rows(folder.File("2")));
  sweep["limits"] = {{"events", 100}};
  WriteSweep(folder, sweep);
  CHECK(Sweep(file, folder.File("3"), {"--jobs=1"}).exit_code == cli::kRunsFailed);
  CHECK(Sweep(file, folder.File("4"), {"--jobs=2"}).exit_code == cli::kRunsFailed);
  Has(Rows(folder.File("3")), "event limit");
  CHECK(Rows(folder.File("3")) == Rows(folder.File("4")));
}

TEST_CASE("sweep: Ctrl-C ends it with what it has, and --resume makes the rest") {
  const TemporaryFolder folder;
  const std::string sweep = WriteSweep(folder, SmallSweep());
  Process process({LOCKSTEP_BINARY, "sweep", sweep, "--out", folder.File("f"), "--jobs=1"});
  while (!std::filesystem::exists(folder.File("f")))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  process.Signal(SIGINT);
  const Finished interrupted = process.Wait();
  CHECK(interrupted.exit_code == cli::kInterrupted);
  Has(interrupted.out, "--resume");
  const Finished rest = Sweep(sweep, folder.File("f"), {"--resume"});
  CHECK(rest.exit_code == 0);
  Has(rest.out, "36 judged");
  // Nothing is left to do, and it says so quietly.
  CHECK(Sweep(sweep, folder.File("f"), {"--resume"}).exit_code == 0);
}

TEST_CASE("sweep: a file that is there, of another sweep, of another shard or in use is refused") {
  const TemporaryFolder folder;
  json keys = SmallSweep();
  keys["seeds"] = 1;
  const std::string sweep = WriteSweep(folder, keys);
  REQUIRE(Sweep(sweep, folder.File("f")).exit_code == 0);
  const std::string before = Rows(folder.File("f"));
  CheckRefused(Sweep(sweep, folder.File("f")), "--resume goes on with it");
  CheckRefused(Sweep(sweep, folder.File("f"), {"--resume", "--shard=1/2"}), "holds shard 1/1");
  keys["set"]["/run/for"] = "70ms";
  WriteSweep(folder, keys);
  CheckRefused(Sweep(sweep, folder.File("f"), {"--resume"}), "/set/~1run~1for");
  CheckRefused(Sweep(sweep, folder.Write("text", "no database"), {"--resume"}), "text");
  CHECK(Rows(folder.File("f")) == before);

  keys["set"]["/run/for"] = "20s";
  WriteSweep(folder, keys);
  Process process({LOCKSTEP_BINARY, "sweep", sweep, "--out", folder.File("busy"), "--jobs=1"});
  while (!std::filesystem::exists(folder.File("busy")))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CheckRefused(Sweep(sweep, folder.File("busy"), {"--resume"}), "another sweep");
  process.Signal(SIGINT);
  CHECK(process.Wait().exit_code == cli::kInterrupted);
}

TEST_CASE("sweep: the file cannot be made where no file can be") {
  const TemporaryFolder folder;
  const std::string sweep = WriteSweep(folder, SmallSweep());
  CheckRefused(Sweep(sweep, "/proc/lockstep.sqlite"), "/proc/lockstep.sqlite");
  CheckRefused(Sweep(sweep, folder.File("no/such/folder.sqlite")), "no/such/folder.sqlite");
  CheckRefused(Sweep(sweep, folder.File("f"), {"--shard=5/4"}), "want i/k with i from 1 to k");
}

TEST_CASE(
    "sweep: a scenario where a sweep is wanted, and the other way round, is told its command") {
  const std::string sweep = "scenarios/sweeps/pingpong-loss.json";
  CheckRefused(Lockstep({"sweep", "scenarios/smoke/picsou.json"}),
               "is a scenario: `" LOCKSTEP_BINARY " run scenarios/smoke/picsou.json` takes it");
  CheckRefused(Lockstep({"run", sweep}),
               "is a sweep: `" + std::string(LOCKSTEP_BINARY) + " sweep " + sweep + "` takes it");
  CheckRefused(Lockstep({"figures", sweep}), "is a sweep");
  CheckRefused(Lockstep({"sweep", "scenarios/figures/picsou-testbed.json"}), "is a figure");
}

TEST_CASE("sweep: a dry run counts, shows and tries, and makes no file") {
  const TemporaryFolder folder;
  json keys = SmallSweep();
  const Finished dry = Sweep(WriteSweep(folder, keys), folder.File("f"), {"--dry-run"});
  CHECK(dry.exit_code == 0);
  Has(dry.out, "12 points");
  Has(dry.out, "36 runs");
  CHECK_FALSE(std::filesystem::exists(folder.File("f")));
  keys["axes"][1]["values"] = {4, 0};
  const Finished refused =
      Sweep(WriteSweep(folder, keys), folder.File("f"), {"--dry-run", "--json"});
  CHECK(refused.exit_code == cli::kRunsFailed);
  CHECK(json::parse(refused.out)["refused"].size() == 6);
}

TEST_CASE("sweep: expectations that do not hold are named with their point, and give a code") {
  const TemporaryFolder folder;
  json keys = SmallSweep();
  keys["seeds"] = 1;
  keys["expect"].push_back(
      {{"that", "delivered_per_s > 1e9"}, {"when", "n == 5"}, {"why", "hope"}});
  const Finished unmet = Sweep(WriteSweep(folder, keys), folder.File("f"));
  CHECK(unmet.exit_code == cli::kUnmet);
  Has(unmet.out, "expected, but not met: 6");
  Has(unmet.out, "protocol=picsou n=5 loss=0: delivered_per_s > 1e9; delivered_per_s=");
}

TEST_CASE("sweep: a number to be recorded that no run has is named, with its pointer") {
  const TemporaryFolder folder;
  json sweep = SmallSweep();
  sweep["axes"] = json::array();
  sweep["seeds"] = 2;
  sweep["record"] = {{"good", "/streams/0/as_published/messages_per_s"},
                     {"nowhere", "/streams/0/as_publish/messages_per_s"}};
  const Finished run = Sweep(WriteSweep(folder, sweep), folder.File("out.sqlite"));
  CHECK(run.exit_code == cli::kUnmet);
  Has(run.out, "record of nowhere");
  Has(run.out, "/streams/0/as_publish/messages_per_s leads to no number in the summary of any run");
  CHECK(run.out.find("record of good") == std::string::npos);
  // It is told as soon as a run has ended, not at the end alone.
  Has(run.err, "/record/nowhere: leads to no number in the summary of the first run");
  CHECK(run.err.find("/record/good") == std::string::npos);
}

TEST_CASE("sweep: what is to be recorded from where no summary has anything is refused at once") {
  const TemporaryFolder folder;
  json sweep = SmallSweep();
  for (const auto& [pointer, why] :
       {std::pair("/stream/0/as_published/messages_per_s", "did you mean \"streams\"?"),
        std::pair("/throughput", "no summary has \"throughput\"; there are: abridged"),
        std::pair("", "/record/x: ")}) {
    sweep["record"] = {{"x", pointer}};
    const Finished run = Sweep(WriteSweep(folder, sweep), folder.File("out.sqlite"));
    CHECK(run.exit_code == cli::kBadInput);
    Has(run.err, "/record/x: ");
    Has(run.err, why);
  }
  CHECK_FALSE(std::filesystem::exists(folder.File("out.sqlite")));
}

TEST_CASE("sweep: every key that a summary has may be recorded from") {
  const std::vector<std::string> keys = cli::SummaryKeys();
  for (const char* scenario : {"smoke/pingpong.json", "smoke/picsou.json", "smoke/chora-kv.json",
                               "smoke/one-shot.json", "faults/crash.json"}) {
    const Finished run = Lockstep({"run", std::string("scenarios/") + scenario, "--json"});
    const json summary = json::parse(run.out);
    for (const auto& entry : summary.items())
      CHECK_MESSAGE(std::ranges::find(keys, entry.key()) != keys.end(), entry.key());
  }
}

TEST_CASE("sweep: the closing report as JSON has the thresholds, and stands any name of a file") {
  const TemporaryFolder folder;
  json keys = SmallSweep();
  keys["seeds"] = 1;
  keys["bisect"] = {{"axis", "loss"}, {"holds", "delivered_per_s < 0"}};
  const Finished run = Sweep(WriteSweep(folder, keys), folder.File("\xff"), {"--json"});
  CHECK(run.exit_code == cli::kAsExpected);
  const json report = json::parse(run.out, nullptr, /*allow_exceptions=*/false);
  REQUIRE(report.is_object());
  // One for each protocol and n, of which none holds even at the first value.
  REQUIRE(report["thresholds"].size() == 4);
  CHECK(report["thresholds"][1]["group"] == 1);
  CHECK(report["thresholds"][1]["last_holding"].is_null());
  CHECK(report["thresholds"][1]["first_failing"] ==
        json({{"point", 3}, {"where", "protocol=picsou n=5 loss=0"}}));
}

}  // namespace lockstep::tests
