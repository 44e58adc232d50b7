// The checksum of a trace: it covers every line, and tells which one differs.

#include "sim/trace/line_chain.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/sim/trace/trace_files.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::trace {
namespace {

// The lines of a trace of so many events.
std::vector<std::string> LinesOf(const Folder& folder, std::size_t count) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back(At(static_cast<std::int64_t>(i), i, EventKind::kTimer, 0, 0));
    events.back().value = 5;
  }
  CHECK(WriteTrace(folder.File("t"), events).ok());
  return SplitLines(Slurp(folder.File("t")));
}

TEST_CASE("line chain: an edit is refused wherever it is, and the line that differs is named") {
  const Folder folder;
  const auto refusal = [&](std::vector<std::string> lines, std::size_t number,
                           const std::string& from, const std::string& to) {
    std::string& line = lines[number - 1];
    const std::size_t at = line.find(from);
    REQUIRE(at != std::string::npos);
    line.replace(at, from.size(), to);
    std::string text;
    for (const std::string& kept : lines) text += kept + "\n";
    Spill(folder.File("t"), text);
    return ReadTrace(folder.File("t")).status();
  };
  const std::string changed = ": want the lines that were written";
  // Few lines: there is a mark behind each.
  const std::vector<std::string> few = LinesOf(folder, 100);
  REQUIRE(few.size() == 102);
  CHECK(Contains(refusal(few, 1, "\"seed\":7", "\"seed\":8"), "t:1" + changed));
  CHECK(Contains(refusal(few, 2, "\"v\":5", "\"v\":6"), "t:2" + changed));
  CHECK(Contains(refusal(few, 77, "\"v\":5", "\"v\":6"), "t:77" + changed));
  CHECK(Contains(refusal(few, 101, "\"v\":5", "\"v\":6"), "t:101" + changed));
  CHECK(
      Contains(refusal(few, 102, "\"digest\":\"00ff\"", "\"digest\":\"00fe\""), "t:102" + changed));
  CHECK(Contains(refusal(few, 102, "\"check\":\"", "\"check\":\"1"), "t:102" + changed));
  CHECK(Contains(refusal(few, 102, "\"check\":", "\"chick\":"), "t:102: want \"check\""));
  // Many: 128 marks are one too many, so every second one is kept, five times over.
  const std::vector<std::string> many = LinesOf(folder, 2'500);
  CHECK(Contains(refusal(many, 77, "\"v\":5", "\"v\":6"), "t:65" + changed));
  CHECK(Contains(refusal(many, 77, "\"v\":5", "\"v\":6"), "first in one of the lines 65 to 96"));
  CHECK(Contains(refusal(many, 2'501, "\"v\":5", "\"v\":6"), "one of the lines 2497 to 2502"));
  // The first line is known for itself.
  const absl::Status recipe = refusal(many, 1, "\"seed\":7", "\"seed\":8");
  CHECK(Contains(recipe, "t:1" + changed));
  CHECK_FALSE(Contains(recipe, "one of the lines"));
}

TEST_CASE("line chain: a lost or swapped line is noticed") {
  const Folder folder;
  const std::vector<std::string> lines = SplitLines(Slurp(kData + "every_kind.jsonl"));
  const auto refusal = [&](const std::vector<std::string>& kept) {
    std::string text;
    for (const std::string& line : kept) text += line + "\n";
    Spill(folder.File("t"), text);
    return ReadTrace(folder.File("t")).status();
  };
  CHECK(refusal(lines).ok());
  std::vector<std::string> lost = lines;
  lost.erase(lost.begin() + 3);
  CHECK(Contains(refusal(lost), "t:4: want the lines that were written"));
  std::vector<std::string> swapped = lines;
  std::swap(swapped[3], swapped[4]);
  CHECK(Contains(refusal(swapped), ":5: want \"t\" and \"i\" never to go back"));
}

}  // namespace
}  // namespace lockstep::trace
