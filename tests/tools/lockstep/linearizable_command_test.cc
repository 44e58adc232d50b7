// lockstep check --linearizable as a user meets it.

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

using nlohmann::json;

const std::string kHolds =
    "INFO  jepsen.util - 0\t:invoke\t:write\t1\n"
    "INFO  jepsen.util - 0\t:ok\t:write\t1\n"
    "INFO  jepsen.util - 1\t:invoke\t:read\tnil\n"
    "INFO  jepsen.util - 1\t:ok\t:read\t1\n";
// A write that had returned is not read.
const std::string kStale = kHolds +
                           "INFO  jepsen.util - 1\t:invoke\t:read\tnil\n"
                           "INFO  jepsen.util - 1\t:ok\t:read\tnil\n"
                           "INFO  jepsen.util - 1\t:invoke\t:write\t5\n";

Finished CheckText(const std::string& text, std::vector<std::string> more = {}) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"check", "--linearizable", folder.Write("h.log", text),
                                        "--model", "register"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Lockstep(arguments);
}

}  // namespace

TEST_CASE("check --linearizable: holds, violated, unknown and bad input have their exit codes") {
  const Finished holds = CheckText(kHolds);
  CHECK(holds.exit_code == cli::kAsExpected);
  Has(holds.out, "holds: 2 operations on 1 key");
  CHECK(CheckText(kStale).exit_code == cli::kViolated);
  const Finished unknown = CheckText(kHolds + kHolds, {"--budget", "1"});
  CHECK(unknown.exit_code == cli::kUnknown);
  Has(unknown.out, "took more steps than --budget allows");
  CheckRefused(CheckText("INFO  jepsen.util - 0\t:invoke\n"), "h.log:1: want a process");
  CHECK(CheckText("0 :invoke :write 1\n").exit_code == cli::kNotExercised);
}

TEST_CASE("check --linearizable: shows the longest prefix, and the operation without a place") {
  const Finished violated = CheckText(kStale);
  Has(violated.out, "what comes before line 6 is linearizable, in this order of 2 operations");
  Has(violated.out, "process 0 :write 1  (lines 1 to 2)");
  Has(violated.out, "process 1 :read -> nil  (lines 5 to 6)");
}

TEST_CASE("check --linearizable: JSON says the same") {
  const Finished run = CheckText(kStale, {"--json"});
  CHECK(run.exit_code == cli::kViolated);
  const json report = json::parse(run.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["verdict"] == "violated");
  CHECK(report["operations"] == 4);
  CHECK(report["open_operations"] == 1);
  CHECK(report["violations"][0]["culprit"]["operation"] == ":read -> nil");
  CHECK(report["violations"][0]["culprit"]["returned_line"] == 6);
  CHECK(report["violations"][0]["longest_linearizable_prefix"].size() == 2);
}

TEST_CASE("check --linearizable: flags that do not fit are refused with what is wanted") {
  CheckRefused(Lockstep({"check"}), "trace is required, or --linearizable and a history");
  CheckRefused(Lockstep({"check", "--linearizable", "h.log"}), "wants --model register or kv");
  CheckRefused(Lockstep({"check", "t.jsonl", "--linearizable", "h.log", "--model", "kv"}),
               "want a trace or --linearizable, not both");
  CheckRefused(Lockstep({"check", "t.jsonl", "--model", "kv"}), "--model wants --linearizable");
  CheckRefused(Lockstep({"check", "--linearizable", "none.log", "--model", "kv"}),
               "none.log: cannot be opened");
  CheckRefused(Lockstep({"check", "--linearizable", "tests", "--model", "kv"}),
               "tests: cannot be read; want a file");
}

}  // namespace lockstep::tests
