// Traces as files: what is written is read back, and what is not a whole trace is refused.

#include "sim/trace/json_lines.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "sim/trace/emitter.h"
#include "tests/sim/trace/trace_files.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::trace {
namespace {

// --- Writing ---

// The file is the format: whoever changes it must raise kTraceFormat, or only add to it.
TEST_CASE("json lines: every kind is written as it always was") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  const std::string golden = kData + "every_kind.jsonl";
  if (std::getenv("REWRITE") != nullptr) Spill(golden, Slurp(folder.File("t")));
  CHECK(Slurp(folder.File("t")) == Slurp(golden));
}

TEST_CASE("json lines: the first line is the recipe, and the last one the footer") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  const std::vector<std::string> lines = SplitLines(Slurp(folder.File("t")));
  CHECK(lines.front() ==
        R"({"lockstep_trace":2,"notes":["heard_a_bell"],"scenario":{"name":"a liar"},"seed":7})");
  CHECK(lines.back().starts_with(R"({"footer":{"body":")"));
  CHECK(lines.back().substr(lines.back().size() - 30).find(R"("check":")") != std::string::npos);
  CHECK(lines.size() == EveryKind().size() + 2);

  auto reader = TraceReader::Open(folder.File("t"));
  REQUIRE(reader.ok());
  CHECK(reader->recipe()["seed"] == 7);
  const auto footer = reader->Replay({});
  REQUIRE(footer.ok());
  CHECK((*footer)["digest"] == "00ff");
  CHECK((*footer)["events"] == 1'000);
  CHECK((*footer)["lines"] == EveryKind().size());
}

TEST_CASE("json lines: a writer gets only what it wants, and the indices show the gaps") {
  const Folder folder;
  auto writer = JsonLinesWriter::Open(folder.File("t"), Recipe(),
                                      TheStory().Add(core::Fact::kVotes, Phase::kDestroyed));
  REQUIRE(writer.ok());
  Emitter emitter;
  emitter.Add(writer->get());
  for (Event event : EveryKind()) emitter.Emit(event);
  emitter.Finish();
  REQUIRE((*writer)->status().ok());
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE(events.ok());
  // Crash, restart and fault; the six comments; the notes; and the one fact.
  CHECK(events->size() == 3 + 6 + std::size(core::kSharedNotes) + 1 + 1);
  CHECK(events->front().kind == EventKind::kCrash);
  // All inputs and effects but the note, and the drop, came before it.
  CHECK(events->front().index == static_cast<std::uint64_t>(EventKind::kCrash) - 1);
}

TEST_CASE("json lines: a reader gives each sink what it wants, in order") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  auto reader = TraceReader::Open(folder.File("t"));
  REQUIRE(reader.ok());
  Collector ends(Bit(EventKind::kEnd));
  Collector bells(Interest().Add(kOwnNote));
  Collector told(Interest().Add(core::Fact::kStates, Phase::kArrived));
  Collector nothing{Interest()};
  Collector all;
  REQUIRE(reader->Replay({&ends, &bells, &told, &nothing, &all}).ok());
  REQUIRE(bells.events().size() == 1);
  CHECK(bells.events()[0].note == kOwnNote);
  REQUIRE(told.events().size() == 1);
  CHECK(told.events()[0].Is(core::Fact::kStates, Phase::kArrived));
  CHECK(ends.events() == std::vector<Event>{EveryKind().back()});
  CHECK(nothing.events().empty());
  CHECK(nothing.is_finished());
  CHECK(all.events() == EveryKind());
}

TEST_CASE("json lines: a trace larger than every buffer is read back as it was") {
  const Folder folder;
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < 40'001; ++i) {
    Event event = At(static_cast<std::int64_t>(i), i, EventKind::kArrived,
                     static_cast<std::uint32_t>(i % 5), static_cast<std::uint32_t>(i % 7));
    event.digest = core::Mix(i, 2);
    events.push_back(event);
  }
  auto writer =
      JsonLinesWriter::Open(folder.File("t"), {{"why", std::string(3 << 20, 'x')}}, Interest());
  REQUIRE(writer.ok());
  for (const Event& event : events) (*writer)->OnEvent(event);
  (*writer)->SetFooter({{"why", std::string(2 << 20, 'y')}});
  (*writer)->Finish();
  CHECK((*writer)->lines() == events.size());
  const auto read = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(read.ok(), read.status());
  CHECK((*read == events));
}

TEST_CASE("json lines: a recipe that is no UTF-8 is written all the same") {
  const Folder folder;
  auto writer = JsonLinesWriter::Open(folder.File("t"), {{"path", "\xFF\xFE"}}, kAllKinds);
  REQUIRE(writer.ok());
  (*writer)->Finish();
  CHECK(ReadTrace(folder.File("t")).ok());
}

// --- What stands in the folder ---

TEST_CASE("json lines: a trace has its name only once it is finished") {
  const Folder folder;
  Spill(folder.File("t"), "an older trace");
  {
    auto writer = JsonLinesWriter::Open(folder.File("t"), Recipe(), kAllKinds);
    REQUIRE(writer.ok());
    (*writer)->OnEvent(EveryKind().front());
    CHECK(folder.Names().size() == 2);
    CHECK(Slurp(folder.File("t")) == "an older trace");
  }
  // It died before Finish.
  CHECK(folder.Names() == std::vector<std::string>{"t"});
  CHECK(Slurp(folder.File("t")) == "an older trace");

  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  CHECK(folder.Names() == std::vector<std::string>{"t"});
  CHECK(ReadTrace(folder.File("t")).ok());
}

TEST_CASE("json lines: a link stays a link") {
  const Folder folder;
  Spill(folder.File("real"), "");
  std::filesystem::create_symlink("real", folder.File("link"));
  REQUIRE(WriteTrace(folder.File("link"), EveryKind()).ok());
  CHECK(std::filesystem::is_symlink(folder.File("link")));
  CHECK(ReadTrace(folder.File("real")).ok());
}

TEST_CASE("json lines: a path that cannot be written is refused by name, before the run") {
  const Folder folder;
  Spill(folder.File("file"), "");
  std::filesystem::create_directory(folder.File("folder"));
  const std::vector<Refusal> wanted = {
      {folder.File("no/such/trace"), "No such file or directory"},
      {folder.File("file/trace"), "Not a directory"},
      {folder.File("folder"), "Is a directory"},
      {folder.File(std::string(300, 'x')), "File name too long"},
  };
  for (const Refusal& refusal : wanted) {
    CAPTURE(refusal.what);
    const auto writer = JsonLinesWriter::Open(refusal.what, Recipe(), kAllKinds);
    CHECK(Contains(writer.status(), refusal.what));
    CHECK(Contains(writer.status(), refusal.reason));
  }
  CHECK_FALSE(JsonLinesWriter::Open("", Recipe(), kAllKinds).ok());
  CHECK(folder.Names() == std::vector<std::string>{"file", "folder"});
}

TEST_CASE("json lines: a full device is an error, and stays a device") {
  if (!std::filesystem::is_character_file("/dev/full")) return;
  const auto writer = JsonLinesWriter::Open("/dev/full", Recipe(), kAllKinds);
  CHECK(Contains(writer.status(), "/dev/full: cannot write: No space left on device"));
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("json lines: a disk that fills up during the run leaves nothing behind") {
  const Folder folder;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  auto writer = JsonLinesWriter::Open(folder.File("t"), Recipe(), kAllKinds);
  REQUIRE(writer.ok());

  const rlimit small = {1'500'000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  for (std::uint64_t i = 0; i < 100'000; ++i)
    (*writer)->OnEvent(At(static_cast<std::int64_t>(i), i, EventKind::kArrived, 0, 1));
  (*writer)->Finish();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);

  CHECK(Contains((*writer)->status(), folder.File("t") + ": cannot write: File too large"));
  CHECK(folder.Names().empty());
}

TEST_CASE("json lines: a name that is taken away during the run is an error at its end") {
  const Folder folder;
  auto writer = JsonLinesWriter::Open(folder.File("t"), Recipe(), kAllKinds);
  REQUIRE(writer.ok());
  std::filesystem::create_directory(folder.File("t"));
  (*writer)->Finish();
  CHECK(Contains((*writer)->status(), "Is a directory"));
  CHECK(folder.Names() == std::vector<std::string>{"t"});
}

TEST_CASE("json lines: a dash is standard output, then standard input") {
  const Folder folder;
  std::fflush(stdout);
  const int saved = dup(STDOUT_FILENO);
  REQUIRE(std::freopen(folder.File("out").c_str(), "wb", stdout) != nullptr);
  const absl::Status status = WriteTrace("-", EveryKind());
  std::fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  CHECK(status.ok());
  const auto events = ReadTrace(folder.File("out"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(*events == EveryKind());
}

// --- Reading ---

TEST_CASE("trace reader: a trace cut anywhere is refused, and a cut behind a line names it") {
  const Folder folder;
  const std::string whole = Slurp(kData + "every_kind.jsonl");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Spill(folder.File("t"), whole.substr(0, size));
    const absl::Status status = ReadTrace(folder.File("t")).status();
    CAPTURE(size);
    CAPTURE(status);
    CHECK_FALSE(status.ok());
    const auto lines = std::count(whole.begin(), whole.begin() + static_cast<long>(size), '\n');
    if (lines == 0) continue;  // too little to be known as a trace
    CHECK(Contains(status, folder.File("t") + ":" + std::to_string(lines + 1) + ": truncated"));
  }
}

TEST_CASE("trace reader: a trace with any other byte in it is refused") {
  const Folder folder;
  const std::string whole = Slurp(kData + "every_kind.jsonl");
  const auto expect = [&](const std::string& damaged) {
    if (damaged == whole) return;
    Spill(folder.File("t"), damaged);
    CHECK_FALSE(ReadTrace(folder.File("t")).ok());
  };
  // Every position meets a wrong byte, and one of three other kinds of damage.
  for (std::size_t at = 0; at < whole.size(); ++at) {
    constexpr std::array<char, 8> kBytes = {'0', '9', '"', '{', '}', '\n', '\0', '\xFF'};
    std::string damaged = whole;
    damaged[at] = kBytes[at % kBytes.size()];
    expect(damaged);
    damaged[at] = static_cast<char>(whole[at] ^ (1 << (at % 7)));
    const std::string before = whole.substr(0, at);
    if (at % 3 == 0) expect(damaged);
    if (at % 3 == 1) expect(before + whole.substr(std::min(whole.size(), at + 1 + at % 4)));
    if (at % 3 == 2) expect(before + whole.substr(at - std::min(at, at % 41)));
  }
}

TEST_CASE("trace reader: a file that is no trace is refused by name") {
  const Folder folder;
  const std::string first = "{\"lockstep_trace\":2}\n";
  const std::vector<Refusal> wanted = {
      {"", ": want a trace, got an empty file"},
      {"\n", ":1: not a trace"},
      {"# A text.\n", ":1: not a trace"},
      {std::string("\x7F\x45LF\0\0\n", 7), ":1: not a trace"},
      {"{\n  \"lockstep\": 1\n}\n", ":1: not a trace"},
      {"{\"lockstep\":1}\n", ":1: not a trace"},
      {"[1]\n", ":1: not a trace"},
      {"{\"lockstep_trace\":2,\"a\":" + std::string(200'000, '[') + "\n", ":1: not a trace"},
      {"{\"lockstep_trace\":2,\"a\":" + std::string(999, '[') + std::string(999, ']') + "}\n",
       ":1: not a trace"},
      {"{\"lockstep_trace\":2", ":1: truncated"},
      {"{\"lockstep_trace\":1}\n", ":1: want a trace of format 2, got one of format 1"},
      {"{\"lockstep_trace\":\"2\"}\n", ":1: want a trace of format 2, got one of format \"2\""},
      {"{\"lockstep_trace\":2.0}\n", ":1: want a trace of format 2"},
      {"{\"lockstep_trace\":0}\n", ":1: want a trace of format 2"},
      {"{\"lockstep_trace\":2,\"notes\":7}\n", ":1: want \"notes\" to list the names"},
      {"{\"lockstep_trace\":2,\"notes\":[\"a\",\"B\"]}\n", ":1: want \"notes\" to list the names"},
      {first, ":2: truncated"},
      {first + "{\"footer\":{}}\n{}\n", ":3: want nothing after the footer"},
      {first + "{\"footer\":{}}\n\n", ":3: want nothing after the footer"},
      {first + "{\"footer\":[]}\n", ":2: want {\"footer\":{...}}"},
      {first + "{\"footer\":{},\"a\":1}\n", ":2: want {\"footer\":{...}}"},
      {first + "{\"footer\":{\"lines\":0}}\n", ":2: want \"check\" in a footer that says anything"},
      {first + "{\"footer\":{\"lines\":0,\"check\":\"1\"}}\n",
       ":2: want the lines that were written"},
  };
  for (const Refusal& refusal : wanted) {
    Spill(folder.File("t"), refusal.what);
    const absl::Status status = ReadTrace(folder.File("t")).status();
    CAPTURE(refusal.what.substr(0, 60));
    CAPTURE(status);
    CHECK(Contains(status, folder.File("t") + refusal.reason));
  }
  CHECK(Contains(ReadTrace(folder.File("none")).status(), "No such file or directory"));
  CHECK(Contains(ReadTrace(folder.File("")).status(), "Is a directory"));

  Spill(folder.File("t"), first + "{\"footer\":{}}\n");
  CHECK(ReadTrace(folder.File("t")).ok());
}

TEST_CASE("trace reader: time and index never go back, and nothing follows the end") {
  const Folder folder;
  const auto line = [](int t, int i, const std::string& kind) {
    return "{\"t\":" + std::to_string(t) + ",\"i\":" + std::to_string(i) + ",\"k\":\"" + kind +
           "\",\"n\":0}\n";
  };
  const auto refusal = [&](const std::string& lines) {
    Spill(folder.File("t"), "{\"lockstep_trace\":2}\n" + lines + "{\"footer\":{}}\n");
    return ReadTrace(folder.File("t")).status();
  };
  CHECK(refusal(line(5, 1, "crash") + line(5, 2, "crash")).ok());
  // What is not observable shares its index with what comes next.
  CHECK(refusal(line(5, 1, "metric") + line(5, 1, "carries.sent") + line(5, 1, "crash")).ok());
  CHECK(Contains(refusal(line(5, 1, "crash") + line(6, 1, "crash")),
                 ":3: want \"t\" and \"i\" never"));
  CHECK(Contains(refusal(line(5, 1, "crash") + line(4, 2, "crash")),
                 ":3: want \"t\" and \"i\" never"));
  CHECK(Contains(refusal(line(5, 1, "end") + line(5, 2, "crash")), ":3: want the footer"));
}

// Puts the footer that the example's lines have in the place of the one that is there.
void RewriteExample(const std::string& text, const Folder& folder) {
  const std::string trace = Slurp(folder.File("t"));
  const std::size_t at = trace.rfind("{\"footer\":");
  nlohmann::json footer = nlohmann::json::parse(trace.substr(at))["footer"];
  Spill(folder.File("bare"), trace.substr(0, at) + "{\"footer\":{}}\n");
  const auto events = ReadTrace(folder.File("bare"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  const nlohmann::json recipe = nlohmann::json::parse(SplitLines(trace).front());
  auto writer = JsonLinesWriter::Open(folder.File("t"), recipe, kAllKinds);
  REQUIRE(writer.ok());
  for (const Event& event : *events) (*writer)->OnEvent(event);
  footer["events"] = events->back().index;
  (*writer)->SetFooter(footer);
  (*writer)->Finish();
  std::string rewritten = text;
  const std::string before = trace.substr(at);
  rewritten.replace(rewritten.find(before), before.size(),
                    SplitLines(Slurp(folder.File("t"))).back() + "\n");
  Spill("sim/trace/FORMAT.md", rewritten);
}

TEST_CASE("trace format: FORMAT.md names every kind, and its examples are events") {
  const Folder folder;
  const std::string text = Slurp("sim/trace/FORMAT.md");
  const auto expect_named = [&](std::string_view name) {
    CAPTURE(std::string(name));
    CHECK(text.find("| `" + std::string(name) + "` |") != std::string::npos);
  };
  for (const std::string_view name : kEventNames) {
    if (name != Name(EventKind::kFact)) expect_named(name);
  }
  for (const std::string_view name : core::kFactNames) expect_named(name);
  for (const std::string_view name : kPhaseNames) expect_named(name);
  for (const core::NoteSpec& note : core::kSharedNotes) expect_named(note.name);
  for (const std::string_view name : {"t", "i", "k", "note", "l", "s", "n", "p", "m", "b", "v", "x",
                                      "y", "d", "c", "st", "known", "ones", "r"})
    expect_named(name);

  std::string trace;
  std::size_t examples = 0;
  for (const std::string& line : SplitLines(text)) {
    const bool is_event = line.starts_with("{\"t\":");
    examples += is_event ? 1 : 0;
    if (is_event || line.starts_with("{\"lockstep_trace\":") || line.starts_with("{\"footer\":"))
      trace += line + "\n";
  }
  Spill(folder.File("t"), trace);
  if (std::getenv("REWRITE") != nullptr) RewriteExample(text, folder);
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(events->size() == examples);
  CHECK(examples >= 5);
}

}  // namespace
}  // namespace lockstep::trace
