// lockstep replay: what happened around a violation, or elsewhere.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::string kLiars = "scenarios/faults/control-two-liars.json";
const std::string kWorld = "scenarios/faults/world-faults.json";

Finished Replay(const std::string& scenario, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"replay", scenario});
  return Lockstep(more);
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

}  // namespace

TEST_CASE("replay: the events around a violation are those of a trace, with what was found") {
  const TemporaryFolder folder;
  const std::string trace = folder.File("t.jsonl");
  const Finished done = Replay(kLiars, {"--before=20", "--after=5"});
  CHECK(done.exit_code == cli::kAsExpected);
  Has(done.out, "negative control: two of four lie (seed 3): violated, as expected\n");
  Has(done.out, "faults in force: liars (lie_ack) since ");
  REQUIRE(Lockstep({"run", kLiars, "--detail", "--trace", trace}).exit_code == 0);
  std::vector<std::string> shown;
  std::vector<std::string> found;
  for (const std::string& line : Lines(done.out.substr(done.out.find("\n\n")))) {
    if (line.rfind(">>>", 0) == 0) {
      found.push_back(line);
    } else {
      shown.push_back(line);
    }
  }
  REQUIRE_FALSE(found.empty());
  Has(found[0], "  Q of a -> b: ");
  CHECK(shown.size() > 25);
  const std::vector<std::string> all = Lines(Lockstep({"trace", trace}).out);
  CHECK(std::ranges::search(all, shown).begin() != all.end());
  // The same, without a word on what is expected.
  CHECK(Replay(kLiars, {"--set=/expect={}"}).exit_code == cli::kViolated);
}

TEST_CASE("replay: an event is found by its number or its instant, and events are chosen") {
  const Finished at = Replay(kWorld, {"--around=90ms", "--before=3", "--after=2", "--json"});
  REQUIRE(at.exit_code == cli::kAsExpected);
  const json around = json::parse(at.out);
  CHECK(around["events"].size() == 5);
  CHECK(around["events"][2]["t_ps"] < 90'000'000'000);
  CHECK(around["events"][3]["t_ps"] >= 90'000'000'000);
  CHECK(around["faults"] == json({"torn (crash) since 500.000000 us",  //
                                  "paused (pause) since 80000.000000 us"}));
  CHECK(around["down"].empty());
  const std::uint64_t number = around["events"][3]["index"];
  const Finished by =
      Replay(kWorld, {absl::StrCat("--around=#", number), "--before=0", "--after=0", "--json"});
  const json one = json::parse(by.out);
  // What no digest counts has the number of what comes next.
  REQUIRE_FALSE(one["events"].empty());
  for (const json& event : one["events"]) CHECK(event["index"] == number);
  const Finished chosen =
      Replay(kWorld, {"--around=10ms", "--kind=crash", "--kind=restart", "--json", "--before=5"});
  const json few = json::parse(chosen.out);
  REQUIRE(few["events"].size() == 2);
  CHECK(few["events"][0]["kind"] == "crash");
  CHECK(few["down"] == json({"a2 since 500.000000 us"}));
}

TEST_CASE("replay: where nobody objects, and where nothing is, it says so") {
  const Finished holds = Replay(kWorld);
  CHECK(holds.exit_code == cli::kAsExpected);
  Has(holds.err, "no oracle objects; --around EVENT shows");
  const Finished late = Replay(kWorld, {"--around=500ms"});
  Has(late.err, "the run ends before the event that was asked for");
  const Finished none = Replay(kWorld, {"--around=10ms", "--kind=hold"});
  Has(none.err, "no event is wanted");
}

TEST_CASE("replay: what it cannot look for is refused, with what to do") {
  CheckRefused(Replay(kWorld, {"--around=soon"}), "--around: want an instant, such as 12.5ms");
  CheckRefused(Replay(kWorld, {"--around=10ms", "--node=z9"}), "--node");
  CheckRefused(Replay(kLiars, {"--oracle=D"}), "--oracle: D does not object; there are: Q");
  CheckRefused(Replay("nowhere.json"), "nowhere.json: cannot be read");
}

}  // namespace lockstep::tests
