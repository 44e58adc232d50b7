// A trace that was edited by hand is refused, whatever was edited: nothing in it stands outside the
// checksum, and the digest is computed again where the trace has all that it is of.
//
// Who edits may sum again: it is no signature, and these tests say so.

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

#include "sim/trace/json_lines.h"
#include "sim/trace/line_chain.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

struct Recorded {
  std::string scenario;
  std::string run_for;
};
const std::vector<Recorded> kRecorded = {{"scenarios/smoke/pingpong.json", "20ms"},
                                         {"scenarios/smoke/picsou.json", "20ms"},
                                         {"scenarios/smoke/chora.json", "1ms"}};

// The lines of the trace of a short run.
std::vector<std::string> LinesOf(const Recorded& recorded, bool has_detail) {
  const TemporaryFolder folder;
  auto prepared = cli::Prepare(
      recorded.scenario,
      {{"/run/for", absl::StrCat("\"", recorded.run_for, "\"")}, {"/run/warmup", "\"0ms\""}});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  cli::RunOptions options;
  options.trace_path = folder.File("t");
  options.has_detail = has_detail;
  const auto result = cli::Run(*prepared, options);
  REQUIRE_MESSAGE(result.ok(), std::string(result.status().message()));
  std::vector<std::string> lines;
  std::ifstream file(folder.File("t"));
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// What a reader says of these lines.
absl::Status StatusOf(const std::vector<std::string>& lines) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("t", absl::StrCat(absl::StrJoin(lines, "\n"), "\n"));
  auto reader = trace::TraceReader::Open(path);
  return reader.ok() ? reader->Replay({}).status() : reader.status();
}

void ExpectRefused(const std::vector<std::string>& lines, const std::string& why) {
  const absl::Status status = StatusOf(lines);
  const std::string message(status.message());
  CAPTURE(message);
  CHECK_FALSE(status.ok());
  CHECK(message.find(why) != std::string::npos);
}

// Every place in a document, but the whole.
void Walk(const json& value, const std::string& at, std::vector<std::string>& places) {
  if (!at.empty()) places.push_back(at);
  if (!value.is_structured()) return;
  const json flat = value.flatten();
  for (const auto& [pointer, leaf] : flat.items()) places.push_back(at + pointer);
}

json Edited(const json& value) {
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>() + 1;
  if (value.is_string()) return value.get<std::string>() + "x";
  if (value.is_null()) return 0;
  return nullptr;
}

// The first line as it is written: the format comes first.
std::string FirstLineOf(json line) {
  line.erase("lockstep_trace");
  return absl::StrCat(R"({"lockstep_trace":2,)", line.dump().substr(1));
}

// The last line with "check" at its end, as it is written.
std::string LastLineOf(json footer) {
  const std::string check = footer.value("check", "");
  footer.erase("check");
  std::string line = absl::StrCat(R"({"footer":)", footer.dump());
  line.pop_back();
  return absl::StrCat(line, R"(,"check":")", check, "\"}}");
}

// The same, with a check that is right.
std::string Summed(const std::vector<std::string>& lines, json footer) {
  trace::LineChain chain;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) chain.Fold(lines[i]);
  footer.erase("check");
  std::string line = absl::StrCat(R"({"footer":)", footer.dump());
  line.pop_back();
  return absl::StrCat(line, R"(,"check":")", absl::Hex(chain.With(line)), "\"}}");
}

json FooterOf(const std::vector<std::string>& lines) { return json::parse(lines.back())["footer"]; }

}  // namespace

TEST_CASE("forged: whatever is edited in the first line is refused, and that line is named") {
  for (const Recorded& recorded : kRecorded) {
    for (const bool has_detail : {false, true}) {
      std::vector<std::string> lines = LinesOf(recorded, has_detail);
      const std::string whole = lines.front();
      const json recipe = json::parse(whole);
      REQUIRE(FirstLineOf(recipe) == whole);
      REQUIRE(StatusOf(lines).ok());
      std::vector<std::string> places;
      Walk(recipe, "", places);
      CHECK(places.size() > 20);
      for (const std::string& place : places) {
        CAPTURE(place);
        if (place == "/lockstep_trace") continue;  // Another format is refused for that.
        json edited = recipe;
        json& value = edited[json::json_pointer(place)];
        value = Edited(value);
        lines.front() = FirstLineOf(edited);
        ExpectRefused(lines, place.starts_with("/notes") ? ": want " : "t:1: want the lines");
      }
      for (const auto& [key, value] : recipe.items()) {
        if (key == "lockstep_trace" || key == "notes") continue;
        json edited = recipe;
        edited.erase(key);
        lines.front() = FirstLineOf(edited);
        ExpectRefused(lines, "t:1: want the lines that were written");
      }
      lines.front() = whole + " ";
      ExpectRefused(lines, "t:1: want the lines that were written");
    }
  }
}

TEST_CASE("forged: whatever is edited in the footer is refused, and that line is named") {
  for (const Recorded& recorded : kRecorded) {
    std::vector<std::string> lines = LinesOf(recorded, /*has_detail=*/false);
    const json footer = FooterOf(lines);
    REQUIRE(LastLineOf(footer) == lines.back());
    for (const char* key : {"digest", "events", "verdict", "lines", "first", "body", "check"})
      CHECK(footer.contains(key));
    std::vector<std::string> places;
    Walk(footer, "", places);
    const std::string at_last = absl::StrCat("t:", lines.size(), ": want ");
    for (const std::string& place : places) {
      CAPTURE(place);
      json edited = footer;
      json& value = edited[json::json_pointer(place)];
      value = Edited(value);
      lines.back() = LastLineOf(edited);
      // Who edits what the lines are compared with is told of the lines.
      const bool is_sum = place == "/body" || place == "/first" || place.starts_with("/marks");
      ExpectRefused(lines, is_sum ? ": want the lines that were written" : at_last);
    }
    for (const auto& item : footer.items()) {
      const std::string& key = item.key();
      CAPTURE(key);
      json edited = footer;
      edited.erase(key);
      lines.back() = LastLineOf(edited);
      ExpectRefused(lines, ": want ");
    }
    lines.back() = LastLineOf(footer);
    CHECK(StatusOf(lines).ok());
  }
}

TEST_CASE(
    "forged: a digest that is not that of the events is refused where all of them are there") {
  for (const Recorded& recorded : kRecorded) {
    for (const char* key : {"digest", "events"}) {
      for (const bool has_detail : {false, true}) {
        std::vector<std::string> lines = LinesOf(recorded, has_detail);
        json footer = FooterOf(lines);
        lines.back() = Summed(lines, footer);
        REQUIRE(StatusOf(lines).ok());
        if (footer[key].is_string()) {
          std::string digest = footer[key];
          digest[5] = digest[5] == '0' ? '1' : '0';
          footer[key] = digest;
        } else {
          footer[key] = footer[key].get<std::uint64_t>() + 1;
        }
        lines.back() = Summed(lines, footer);
        // How many there were is known from the end; what they were is not.
        const bool is_seen = has_detail || std::string(key) == "events";
        CAPTURE(key);
        if (is_seen) {
          ExpectRefused(lines, absl::StrCat("t:", lines.size(), ": want "));
        } else {
          CHECK(StatusOf(lines).ok());
        }
      }
    }
  }
}

TEST_CASE("forged: check says whether it has computed the digest again, or only repeats it") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.jsonl");
  const auto check = [&](const char* more) {
    std::vector<std::string> arguments = {"run", kRecorded[0].scenario, "--trace", path};
    if (*more != '\0') arguments.emplace_back(more);
    REQUIRE(Lockstep(arguments).exit_code == 0);
    return Lockstep({"check", path});
  };
  Has(check("").out, " events, as stated\n");
  Has(check("--detail").out, " events, computed again\n");
  CHECK(json::parse(Lockstep({"check", path, "--json"}).out)["digest_is"] == "computed again");

  // By hand, or cut out of another.
  std::string text = ReadText(path);
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  folder.Write("t.jsonl", text + "{\"footer\":{}}\n");
  const Finished bare = Lockstep({"check", path});
  CHECK(bare.exit_code == 0);
  Has(bare.out, "the trace has no checksum");
  CHECK(bare.out.find("digest") == std::string::npos);
}

}  // namespace lockstep::tests
