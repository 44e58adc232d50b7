// The program as a user meets it: exit codes, messages, and what goes to which output.

#include <csignal>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "analysis/verdict.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::string kPingPong = "scenarios/smoke/pingpong.json";
const std::string kPicsou = "scenarios/smoke/picsou.json";
// A drop that waits for a message which never comes.
const std::string kIdleFault = R"(/faults=[{"id":"idle","drop":{"msg":{"nth":1000000}}}])";

std::string WithSet(const std::string& text) { return "--set=" + text; }

}  // namespace

TEST_CASE("exit code: 0 where the run got what the scenario expects") {
  const Finished run = Lockstep({"run", kPingPong});
  CHECK(run.exit_code == cli::kAsExpected);
  Has(run.out, "holds");
  Has(run.out, "digest ");
  CHECK(run.err.empty());  // No progress on what is no terminal.
  CHECK(Lockstep({"validate", kPicsou}).exit_code == cli::kAsExpected);
  CHECK(Lockstep({"--version"}).exit_code == cli::kAsExpected);
}

TEST_CASE("exit code: 3 where a promise is violated, and 0 where that is expected of its oracle") {
  // One liar more than r = 1 allows, so that two say that they hold everything.
  std::vector<std::string> arguments = {
      "run", kPicsou, WithSet("/negative_control=true"),
      WithSet(R"(/faults=[{"id":"liars","lie_ack":{"target":["b1","b2"],"mode":"inf"}}])")};
  const Finished violated = Lockstep(arguments);
  CHECK(violated.exit_code == cli::kViolated);
  Has(violated.out, "violated, but expected: holds");
  arguments.push_back(WithSet(R"(/expect={"verdict":"violated","oracle":"Q"})"));
  CHECK(Lockstep(arguments).exit_code == cli::kAsExpected);
  arguments.back() = WithSet(R"(/expect={"verdict":"violated","oracle":"D"})");
  CHECK(Lockstep(arguments).exit_code == cli::kViolated);
}

TEST_CASE("exit code: 4 where a fault had no effect, unless none is wanted") {
  const Finished idle = Lockstep({"run", kPingPong, WithSet(kIdleFault)});
  CHECK(idle.exit_code == cli::kNotExercised);
  Has(idle.out, "fault idle (drop) changed 0 things, and 1 or more were expected");
  Has(idle.out, "fault idle (drop): touched 0, changed 0");
  CHECK(Lockstep({"run", kPingPong, WithSet(kIdleFault), WithSet("/faults/0/expect_effect=0")})
            .exit_code == cli::kAsExpected);
}

TEST_CASE("exit code: 4 where nothing was promised, unless just that is expected, live and read") {
  const TemporaryFolder folder;
  const std::string trace = folder.File("trace.jsonl");
  const Finished run = Lockstep({"run", kPingPong, WithSet("/expect={}"), "--trace", trace});
  CHECK(run.exit_code == cli::kNotExercised);
  Has(run.out, "not judged, but expected: holds");
  const Finished check = Lockstep({"check", trace, "--json"});
  CHECK(check.exit_code == cli::kNotExercised);
  CHECK(nlohmann::json::parse(check.out)["verdict"] == "not judged");
  for (const char* expected : {"not judged", "not_judged"}) {
    const std::string expect = absl::StrCat(R"(/expect={"verdict":")", expected, "\"}");
    CHECK(Lockstep({"run", kPingPong, WithSet(expect)}).exit_code == cli::kAsExpected);
    CHECK(Lockstep({"run", kPicsou, WithSet(expect)}).exit_code == cli::kHeldUnexpectedly);
  }
}

TEST_CASE("exit code: 6 where all held, but the scenario expects otherwise") {
  const Finished run =
      Lockstep({"run", kPicsou, WithSet(R"(/expect={"verdict":"violated","oracle":"L"})")});
  CHECK(run.exit_code == cli::kHeldUnexpectedly);
  Has(run.out, "holds, but expected: violated");
}

TEST_CASE("exit code: 5 where a trace has no end, so that nobody can tell") {
  const TemporaryFolder folder;
  const std::string whole = folder.File("whole.jsonl");
  REQUIRE(Lockstep({"run", kPingPong, "--trace", whole}).exit_code == 0);
  std::string text = ReadText(whole);
  // The last two lines: the end and the footer. A footer without checksums is one made by hand.
  for (int i = 0; i < 2; ++i) text.resize(text.rfind('\n', text.size() - 2) + 1);
  const std::string endless = folder.Write("endless.jsonl", text + "{\"footer\":{}}\n");
  CHECK(Lockstep({"check", endless}).exit_code == cli::kUnknown);
}

TEST_CASE("exit code: the code of a verdict says which it is") {
  using analysis::Verdict;
  CHECK(cli::CodeOf(Verdict::kViolated, true) == cli::kAsExpected);
  CHECK(cli::CodeOf(Verdict::kHolds, false) == cli::kHeldUnexpectedly);
  CHECK(cli::CodeOf(Verdict::kViolated, false) == cli::kViolated);
  CHECK(cli::CodeOf(Verdict::kUnknown, false) == cli::kUnknown);
  CHECK(cli::CodeOf(Verdict::kNotExercised, false) == cli::kNotExercised);
  CHECK(cli::CodeOf(Verdict::kNotJudged, false) == cli::kNotExercised);
}

TEST_CASE("exit code: help and README list the codes that exit_code.h has") {
  const std::string help = Lockstep({"--help"}).out;
  const std::string readme = ReadText("README.md");
  for (const cli::ExitCodeMeaning& row : cli::kExitCodes) {
    const std::string meaning(row.meaning);
    const std::string code = std::to_string(static_cast<int>(row.code));
    Has(help, absl::StrCat("  ", code, "  ", meaning, "\n"));
    Has(readme, absl::StrCat("| ", code, " | ", meaning, " |"));
  }
}

TEST_CASE("command: bad arguments are refused with what is wrong") {
  CheckRefused(Lockstep({"frobnicate"}), "unknown command \"frobnicate\" Commands: run, check");
  CheckRefused(Lockstep({"chek"}), "did you mean \"check\"?");
  CheckRefused(Lockstep({"run"}), "scenario is required");
  CheckRefused(Lockstep({"run", kPingPong, "--bogus"}), "--bogus");
  CheckRefused(Lockstep({"check"}), "trace is required");
  CheckRefused(Lockstep({"figures", "scenarios/figures/picsou-testbed.json", "--jobs", "0"}),
               "--jobs");
}

TEST_CASE("command: alone it shows the commands, and help is what --help says") {
  const Finished alone = Lockstep({});
  CHECK(alone.exit_code == cli::kAsExpected);
  Has(alone.out, "  run ");
  Has(alone.out, "Exit codes:");
  CHECK(Lockstep({"help"}).out == alone.out);
  CHECK(Lockstep({"help", "sweep"}).out == Lockstep({"sweep", "--help"}).out);
  CheckRefused(Lockstep({"help", "swep"}), "did you mean \"sweep\"?");
}

TEST_CASE("command: a scenario that cannot be read is refused by name and place") {
  CheckRefused(Lockstep({"run", "no/such.json"}),
               "no/such.json: cannot be read: No such file or directory");
  CheckRefused(Lockstep({"validate", "scenarios"}), "scenarios: cannot be read: Is a directory");
  CheckRefused(Lockstep({"run", "tests/data/bad/broken_comma.json"}),
               "broken_comma.json:4:3: syntax error");
  CheckRefused(Lockstep({"run", "tests/data/bad/shape_unknown_key.json"}),
               "/run/sed: unknown key; did you mean \"seed\"?");
}

TEST_CASE("command: every bad scenario of the data is refused by every command that reads one") {
  for (const auto& entry : std::filesystem::directory_iterator("tests/data/bad")) {
    const std::string path = entry.path().string();
    CAPTURE(path);
    const TemporaryFolder folder;
    const Finished run = Lockstep({"run", path, "--trace", folder.File("t")});
    CHECK(run.exit_code == cli::kBadInput);
    CHECK(run.out.empty());
    Has(run.err, "lockstep: " + path + ":");
    CHECK_FALSE(std::filesystem::exists(folder.File("t")));  // Nothing half-written.
    CHECK(Lockstep({"validate", path}).err == run.err);
  }
}

TEST_CASE("command: an override that cannot be is refused, and says what is there") {
  const auto refuse = [](const std::string& set, const std::string& why) {
    CheckRefused(Lockstep({"run", kPingPong, "--set", set}), why);
  };
  refuse("seed=1", "--set seed=1: want /POINTER=VALUE");
  refuse("/run/seed", "--set /run/seed: want /POINTER=VALUE");
  refuse("/run/sed=1", "/run/sed: unknown key; did you mean \"seed\"?");
  refuse("/nope/x=1", "there is no /nope; the scenario has: clusters,");
  refuse("/run/seed=\"x\"", "/run/seed: want a whole number below 2^64");
  for (const std::string seed : {"-1", "1.5", "x", "18446744073709551616", ""}) {
    CheckRefused(Lockstep({"run", kPingPong, "--seed=" + seed}), "");
  }
}

TEST_CASE("command: a seed and overrides are what is run, the last one winning") {
  const auto seed_of = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run", kPingPong, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json::parse(Lockstep(arguments).out)["seed"];
  };
  CHECK(seed_of({}) == 1);
  CHECK(seed_of({"--seed", "9"}) == 9);
  CHECK(seed_of({"--set", "/run/seed=8", "--set", "/run/seed=7"}) == 7);
  CHECK(seed_of({"--seed", "9223372036854775807"}) == 9'223'372'036'854'775'807);
}

TEST_CASE("command: with --json, standard output is JSON and nothing else") {
  const TemporaryFolder folder;
  const std::string trace = folder.File("t.jsonl");
  const Finished run = Lockstep({"run", kPicsou, "--json", "--trace", trace, "--detail"});
  CHECK(run.err.empty());
  const json summary = json::parse(run.out, nullptr, /*allow_exceptions=*/false);
  REQUIRE(summary.is_object());
  for (const char* key : {"verdict", "as_expected", "streams", "oracles", "receipts", "digest",
                          "seed", "name", "speed", "trace"}) {
    CAPTURE(key);
    CHECK(summary.contains(key));
  }
  CHECK(summary["trace"]["path"] == trace);
  CHECK(summary["trace"]["bytes"] < std::filesystem::file_size(trace));
  CHECK(summary["streams"].size() == 2);
  for (const std::vector<std::string>& other :
       {std::vector<std::string>{"check", trace, "--json"}, {"validate", kPicsou, "--json"}}) {
    const Finished done = Lockstep(other);
    CHECK(done.exit_code == 0);
    CHECK(json::accept(done.out));
  }
  CHECK(Lockstep({"run", "no/such.json", "--json"}).out.empty());
}

TEST_CASE("command: a trace on standard output is not mixed with the report") {
  const Finished run = Lockstep({"run", kPingPong, "--trace", "-"});
  CHECK(run.exit_code == 0);
  Has(run.err, "holds");
  const TemporaryFolder folder;
  const std::string trace = folder.Write("t.jsonl", run.out);
  const Finished check = Lockstep({"check", trace});
  CHECK(check.exit_code == 0);
  // But for the speed, and that the digest was not computed again, the same report.
  const std::string stated = ", as stated\n";
  REQUIRE(check.out.ends_with(stated));
  Has(run.err, check.out.substr(0, check.out.size() - stated.size()) + "\n");
}

TEST_CASE("command: a trace that cannot be written is refused before the run") {
  CheckRefused(Lockstep({"run", kPingPong, "--trace", "/nonexistent/t.jsonl"}),
               "/nonexistent/t.jsonl: cannot write: No such file or directory");
  CheckRefused(Lockstep({"run", kPingPong, "--trace", "scenarios"}), "scenarios");
}

TEST_CASE("command: a truncated or foreign trace is refused, and nothing is concluded") {
  const TemporaryFolder folder;
  const std::string whole = folder.File("whole.jsonl");
  REQUIRE(Lockstep({"run", kPingPong, "--trace", whole}).exit_code == 0);
  const std::string text = ReadText(whole);
  CheckRefused(Lockstep({"check", folder.Write("cut.jsonl", text.substr(0, text.size() / 2))}),
               "cut.jsonl");
  CheckRefused(Lockstep({"check", folder.Write("empty.jsonl", "")}), "empty.jsonl");
  CheckRefused(Lockstep({"check", folder.Write("other.jsonl", "{\"hello\":1}\n" + text)}),
               "not a trace");
  CheckRefused(Lockstep({"check", kPingPong}), "not a trace");
  CheckRefused(Lockstep({"check", folder.File("missing.jsonl")}),
               "cannot read: No such file or directory");
  // A first line of ours without what conclusions need.
  CheckRefused(
      Lockstep({"check", folder.Write("bare.jsonl", "{\"lockstep_trace\":1}\n{\"footer\":{}}\n")}),
      "bare.jsonl:1: ");
}

TEST_CASE("command: an interrupt ends a run with a valid trace that says so") {
  const TemporaryFolder folder;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string trace = folder.File("t.jsonl");
    // Far longer than anybody waits.
    Process run({LOCKSTEP_BINARY, "run", kPicsou, WithSet("/run/for=1000000s"),
                 WithSet("/run/period=100s"), "--trace", trace, "--json"});
    // Signals are noted before the trace is begun; 20 s are more than enough for that.
    for (int i = 0; i < 20'000 && std::filesystem::is_empty(folder.File(".")); ++i) usleep(1'000);
    REQUIRE_FALSE(std::filesystem::is_empty(folder.File(".")));
    run.Signal(signal);
    const Finished done = run.Wait();
    CHECK(done.exit_code == cli::kInterrupted);
    Has(done.err, "interrupted");
    json live = json::parse(done.out, nullptr, false);
    REQUIRE(live.is_object());
    CHECK(live["interrupted"] == true);
    CHECK(live["is_complete"] == false);
    const std::string text = ReadText(trace);
    std::filesystem::remove(trace);
    CHECK(std::filesystem::is_empty(folder.File(".")));  // Nothing is left beside it.
    Has(text, "\"k\":\"end\",\"n\":0,\"v\":1}\n{\"footer\":");
    const json read = json::parse(Lockstep({"check", folder.Write("t.jsonl", text), "--json"}).out,
                                  nullptr, false);
    std::filesystem::remove(trace);
    REQUIRE(read.is_object());
    CHECK(read["is_complete"] == false);
    CHECK(read["digest"] == live["digest"]);
    CHECK(read["verdict"] == live["verdict"]);
  }
}

TEST_CASE("command: a bug of ours ends with its exit code, not by a signal") {
  // What a failed CHECK does when it has said what failed.
  const TemporaryFolder folder;
  Process run({LOCKSTEP_BINARY, "run", kPicsou, WithSet("/run/for=1000000s"),
               WithSet("/run/period=100s"), "--trace", folder.File("t.jsonl")});
  for (int i = 0; i < 20'000 && std::filesystem::is_empty(folder.File(".")); ++i) usleep(1'000);
  run.Signal(SIGABRT);
  CHECK(run.Wait().exit_code == cli::kInternalError);
}

TEST_CASE("command: a figure file that is none is refused") {
  const TemporaryFolder folder;
  CheckRefused(Lockstep({"figures", folder.File("missing.json")}), "missing.json: cannot be read");
  CheckRefused(Lockstep({"figures", folder.Write("broken.json", "{\n  \"a\" 1\n}")}),
               "broken.json:2:");
  CheckRefused(Lockstep({"figures", kPingPong}), "is a scenario");
}

TEST_CASE("command: a report that cannot be written is an error, and closed streams are none") {
  const TemporaryFolder folder;
  const auto shell = [&](const std::string& redirected) {
    Process process(
        {"/bin/sh", "-c",
         absl::StrCat("'", LOCKSTEP_BINARY, "' run scenarios/smoke/pingpong.json ", redirected)});
    return process.Wait();
  };
  // Whether the report fits a buffer or not.
  for (const char* const form : {"", "--json --set /clusters/0/size=40"}) {
    CAPTURE(form);
    const Finished full = shell(absl::StrCat(form, " > /dev/full"));
    CHECK(full.exit_code == cli::kBadInput);
    CHECK(full.err.find("standard output cannot be written") != std::string::npos);
  }
  // What is printed does not end up in the trace.
  const std::string trace = folder.File("trace");
  CHECK(shell(absl::StrCat("--trace '", trace, "' <&- >&- 2>&-")).exit_code == 0);
  const Finished checked = Lockstep({"check", trace});
  CHECK_MESSAGE(checked.exit_code == 0, checked.err);
}

TEST_CASE("run: over a link too slow for its messages nothing comes, however much waits") {
  // 100 MB at 1 bit/s are 25 years.
  for (const char* slow :
       {"/profile/nic/rate/value=\"1bps\"", "/network/cross/pair_rate=\"1bps\""}) {
    const Finished run = Lockstep({"run", "scenarios/smoke/picsou.json", "--set",
                                   "/clusters/0/stack/0/message_bytes=100000000", "--set",
                                   "/network/send_buffer=\"2GiB\"", "--set",
                                   "/network/cross/segment=\"message\"", "--set", slow});
    CHECK_MESSAGE(run.exit_code == cli::kViolated, run.err);
    Has(run.out, "eventual delivery");
  }
}

}  // namespace lockstep::tests
