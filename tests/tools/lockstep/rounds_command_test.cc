// lockstep rounds: who broke the bound of which round, as a user asks for it.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// A trace of Chora-R in which a replica stands still for a while, and what its run counted.
class PausedTrace {
 public:
  PausedTrace() : path_(folder_.File("pause.jsonl")) {
    const Finished run =
        Lockstep({"run", "scenarios/faults/chora-pause-50us.json", "--trace", path_, "--json"});
    const json summary = json::parse(run.out, nullptr, /*allow_exceptions=*/false);
    REQUIRE(summary.is_object());
    for (const json& row : summary["oracles"])
      if (row["oracle"] == "B") counts_ = row["counts"];
    REQUIRE(counts_.is_object());
  }

  const std::string& path() const { return path_; }
  const json& counts() const { return counts_; }
  json Ask(std::vector<std::string> flags) const {
    flags.insert(flags.begin(), {"rounds", path_, "--json"});
    const Finished asked = Lockstep(flags);
    CHECK(asked.exit_code == cli::kAsExpected);
    return json::parse(asked.out, nullptr, /*allow_exceptions=*/false);
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
  json counts_;
};

}  // namespace

TEST_CASE("rounds: a trace tells as many violations, by cause, as the run that wrote it") {
  const PausedTrace trace;
  const json all = trace.Ask({"--most=1000000"});
  CHECK(all["round_violations"] == trace.counts()["round_violations"]);
  CHECK(all["round_pairs"] == trace.counts()["round_pairs"]);
  CHECK(all["violations"].size() == all["round_violations"]);
  for (const auto& [cause, count] : all["by_cause"].items())
    CHECK(count == trace.counts()[absl::StrCat("round_violations_", cause)]);
  CHECK(all["by_cause"]["sender_stall"] > 20);
  // What never came has no lateness.
  for (const json& row : all["violations"]) {
    if (!row["over_by_ps"].is_null()) CHECK(row["over_by_ps"] >= 0);
  }
}

TEST_CASE(
    "rounds: filters choose by owner, receiver, cause and round, and count what they choose") {
  const PausedTrace trace;
  const json all = trace.Ask({"--most=1000000"});
  const json& first = all["violations"].front();
  const std::string lane = first["lane"].get<std::string>();
  const json of_lane = trace.Ask({"--lane", lane, "--most=2"});
  CHECK(of_lane["violations"].size() == 2);
  std::uint64_t count = 0;
  for (const json& row : all["violations"]) count += row["lane"] == lane ? 1U : 0U;
  CHECK(of_lane["round_violations"] == count);
  const std::string round = first["round"].dump();
  for (const json& row : trace.Ask({"--from", round, "--to", round})["violations"])
    CHECK(row["round"] == first["round"]);
  for (const json& row : trace.Ask({"--cause=sender_stall"})["violations"])
    CHECK(row["cause"] == "sender_stall");
}

TEST_CASE("rounds: people get a table, what is left out, and the totals") {
  const PausedTrace trace;
  const Finished table = Lockstep({"rounds", trace.path(), "--most=3"});
  CHECK(table.exit_code == cli::kAsExpected);
  Has(table.out, "receiver");
  Has(table.out, "never came");
  Has(table.out, "more; --most shows them");
  Has(table.out, "pairs were judged");
}

TEST_CASE("rounds: what cannot be answered is refused with what is wanted") {
  const TemporaryFolder folder;
  const std::string path = folder.File("none.jsonl");
  CHECK(Lockstep({"run", "scenarios/smoke/pingpong.json", "--trace", path}).exit_code ==
        cli::kAsExpected);
  const Finished none = Lockstep({"rounds", path});
  CHECK(none.exit_code == cli::kBadInput);
  Has(none.err, "promises to account for rounds");
  const Finished host = Lockstep({"rounds", path, "--lane=z9"});
  CHECK(host.exit_code == cli::kBadInput);
  Has(host.err, "there is no host z9");
  const Finished order = Lockstep({"rounds", path, "--from=7", "--to=3"});
  CHECK(order.exit_code == cli::kBadInput);
  Has(order.err, "--from");
  CHECK(Lockstep({"rounds", path, "--cause=weather"}).exit_code == cli::kBadInput);
}

}  // namespace lockstep::tests
