// Traces as files: what is written is read back, and what is not a whole trace is refused.

#include "sim/trace/json_lines.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "protocols/core/hash.h"
#include "sim/trace/emitter.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::trace {
namespace {

const std::string kData = LOCKSTEP_SOURCE_DIR "/tests/data/traces/";

// A folder of its own for each test, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "lockstep_trace_XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

class Collector : public Sink {
 public:
  explicit Collector(KindSet wants = kAllKinds) : wants_(wants) {}
  KindSet Wants() const override { return wants_; }
  void OnEvent(const Event& event) override { events_.push_back(event); }
  void Finish() override { is_finished_ = true; }
  const std::vector<Event>& events() const { return events_; }
  bool is_finished() const { return is_finished_; }

 private:
  KindSet wants_;
  std::vector<Event> events_;
  bool is_finished_ = false;
};

std::string Slurp(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void Spill(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// What is refused, and a part of the message.
struct Refusal {
  std::string what;
  std::string reason;
};

bool Contains(const absl::Status& status, const std::string& part) {
  return std::string(status.message()).find(part) != std::string::npos;
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

Event At(std::int64_t us, std::uint64_t index, EventKind kind, std::uint32_t node,
         std::uint32_t peer) {
  Event event;
  event.at = core::Instant() + core::Duration::Microseconds(us);
  event.index = index;
  event.kind = kind;
  event.node = core::NodeId(node);
  event.peer = core::NodeId(peer);
  return event;
}

// One event of each kind, then one of each kind of note, then the end.
std::vector<Event> EveryKind() {
  std::vector<Event> events;
  const auto add = [&](EventKind kind, core::NoteKind note) {
    const std::size_t i = events.size();
    Event event = At(static_cast<std::int64_t>(40 * i), 3 * i, kind,
                     static_cast<std::uint32_t>(i % 4), static_cast<std::uint32_t>(i % 3));
    event.note = note;
    event.layer = core::Layer(static_cast<std::uint8_t>(i % 2));
    event.stream = core::StreamId(static_cast<std::uint32_t>(i % 2));
    event.size = core::ByteCount(static_cast<std::int64_t>(i % 5) * 1'000'003);
    event.value = i % 7;
    event.detail = i % 2;
    event.digest = i % 3 == 0 ? 0 : core::Mix(i, 1);
    event.count = 1 + i % 4;
    event.stride = 1 + i % 3;
    events.push_back(event);
  };
  for (std::size_t kind = 0; kind + 1 < kEventKinds; ++kind)
    add(static_cast<EventKind>(kind), core::NoteKind{});
  for (std::size_t note = 0; note < core::kNoteNames.size(); ++note)
    add(EventKind::kNote, static_cast<core::NoteKind>(note));
  events.push_back(At(5'000, 1'000, EventKind::kEnd, 0, 0));
  return events;
}

nlohmann::json Recipe() { return {{"scenario", {{"name", "a liar"}}}, {"seed", 7}}; }

// Writes a trace of these events; the writer's last word.
absl::Status WriteTrace(const std::string& path, const std::vector<Event>& events) {
  auto writer = JsonLinesWriter::Open(path, Recipe(), kAllKinds);
  if (!writer.ok()) return writer.status();
  for (const Event& event : events) (*writer)->OnEvent(event);
  (*writer)->SetFooter({{"digest", "00ff"}, {"events", 3}});
  (*writer)->Finish();
  return (*writer)->status();
}

// Reads a trace; the events where all of it is good.
absl::StatusOr<std::vector<Event>> ReadTrace(const std::string& path) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  Collector collector;
  const absl::StatusOr<nlohmann::json> footer = reader->Replay({&collector});
  CHECK(collector.is_finished() == footer.ok());
  if (!footer.ok()) return footer.status();
  return collector.events();
}

// --- Writing ---

TEST_CASE("json lines: an event of every kind is read back as it was") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(*events == EveryKind());
}

TEST_CASE("json lines: the greatest numbers are read back as they were") {
  const Folder folder;
  Event event = At(0, ~std::uint64_t{0}, EventKind::kNote, ~0U, ~0U - 1);
  event.at = core::Instant::Max();
  event.note = core::NoteKind::kMalformed;
  event.layer = core::Layer(255);
  event.stream = core::StreamId(~0U);
  event.size = core::ByteCount(std::numeric_limits<std::int64_t>::max());
  event.value = event.detail = event.digest = event.count = event.stride = ~std::uint64_t{0};
  REQUIRE(WriteTrace(folder.File("t"), {event}).ok());
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(*events == std::vector<Event>{event});
}

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
  CHECK(lines.front() == R"({"lockstep_trace":1,"scenario":{"name":"a liar"},"seed":7})");
  CHECK(lines.back().starts_with(R"({"footer":{"check":")"));
  CHECK(lines.size() == EveryKind().size() + 2);

  auto reader = TraceReader::Open(folder.File("t"));
  REQUIRE(reader.ok());
  CHECK(reader->recipe()["seed"] == 7);
  const auto footer = reader->Replay({});
  REQUIRE(footer.ok());
  CHECK((*footer)["digest"] == "00ff");
  CHECK((*footer)["events"] == 3);
  CHECK((*footer)["lines"] == EveryKind().size());
}

TEST_CASE("json lines: a writer gets only the kinds it wants, and their indices show the gaps") {
  const Folder folder;
  auto writer = JsonLinesWriter::Open(folder.File("t"), Recipe(), kDefaultKinds);
  REQUIRE(writer.ok());
  Emitter emitter;
  emitter.Add(writer->get());
  for (Event event : EveryKind()) emitter.Emit(event);
  emitter.Finish();
  REQUIRE((*writer)->status().ok());
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE(events.ok());
  // All but the 19 observable kinds, of which note, crash, restart and fault; and the notes.
  const std::size_t kinds = kEventKinds - 19 + 4;
  CHECK(events->size() == kinds + core::kNoteNames.size());
  CHECK(events->front().kind == EventKind::kNote);
  CHECK(events->front().index == static_cast<std::uint64_t>(EventKind::kNote));
}

TEST_CASE("json lines: a reader gives each sink the kinds it wants, in order") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  auto reader = TraceReader::Open(folder.File("t"));
  REQUIRE(reader.ok());
  Collector ends(Bit(EventKind::kEnd));
  Collector nothing(0);
  Collector all;
  REQUIRE(reader->Replay({&ends, &nothing, &all}).ok());
  CHECK(ends.events() == std::vector<Event>{EveryKind().back()});
  CHECK(nothing.events().empty());
  CHECK(nothing.is_finished());
  CHECK(all.events() == EveryKind());
}

TEST_CASE("json lines: a trace larger than every buffer is read back as it was") {
  const Folder folder;
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < 40'001; ++i) {
    Event event = At(static_cast<std::int64_t>(i), i, EventKind::kHanded,
                     static_cast<std::uint32_t>(i % 5), static_cast<std::uint32_t>(i % 7));
    event.digest = core::Mix(i, 2);
    events.push_back(event);
  }
  auto writer = JsonLinesWriter::Open(folder.File("t"), {{"why", std::string(3 << 20, 'x')}}, 0);
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
    CHECK(folder.Names() == std::vector<std::string>{"t", "t.partial"});
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
    (*writer)->OnEvent(At(static_cast<std::int64_t>(i), i, EventKind::kHanded, 0, 1));
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

TEST_CASE("trace reader: a damaged trace is refused, or means the same") {
  const Folder folder;
  const std::string whole = Slurp(kData + "every_kind.jsonl");
  std::size_t refused = 0;
  const auto expect = [&](const std::string& damaged) {
    Spill(folder.File("t"), damaged);
    const auto events = ReadTrace(folder.File("t"));
    refused += events.ok() ? 0U : 1U;
    CHECK((!events.ok() || *events == EveryKind()));
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
  // The others hit the recipe or the footer.
  CHECK(refused > 2 * whole.size() * 9 / 10);
}

TEST_CASE("trace reader: a lost or swapped line is noticed") {
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
  CHECK(Contains(refusal(lost), "changed or damaged"));
  std::vector<std::string> swapped = lines;
  std::swap(swapped[3], swapped[4]);
  CHECK(Contains(refusal(swapped), ":5: want \"i\" to increase and \"t\" never to go back"));
}

TEST_CASE("trace reader: a file that is no trace is refused by name") {
  const Folder folder;
  const std::string first = "{\"lockstep_trace\":1}\n";
  const std::vector<Refusal> wanted = {
      {"", ": want a trace, got an empty file"},
      {"\n", ":1: not a trace"},
      {"# A text.\n", ":1: not a trace"},
      {std::string("\x7F\x45LF\0\0\n", 7), ":1: not a trace"},
      {"{\n  \"lockstep\": 1\n}\n", ":1: not a trace"},
      {"{\"lockstep\":1}\n", ":1: not a trace"},
      {"[1]\n", ":1: not a trace"},
      {"{\"lockstep_trace\":1,\"a\":" + std::string(200'000, '[') + "\n", ":1: not a trace"},
      {"{\"lockstep_trace\":1,\"a\":" + std::string(999, '[') + std::string(999, ']') + "}\n",
       ":1: not a trace"},
      {"{\"lockstep_trace\":1", ":1: truncated"},
      {"{\"lockstep_trace\":2}\n", ":1: want a trace of format 1, got one of format 2"},
      {"{\"lockstep_trace\":\"1\"}\n", ":1: want a trace of format 1, got one of format \"1\""},
      {"{\"lockstep_trace\":1.0}\n", ":1: want a trace of format 1"},
      {"{\"lockstep_trace\":0}\n", ":1: want a trace of format 1"},
      {first, ":2: truncated"},
      {first + "{\"footer\":{}}\n{}\n", ":3: want nothing after the footer"},
      {first + "{\"footer\":{}}\n\n", ":3: want nothing after the footer"},
      {first + "{\"footer\":[]}\n", ":2: want {\"footer\":{...}}"},
      {first + "{\"footer\":{},\"a\":1}\n", ":2: want {\"footer\":{...}}"},
      {first + "{\"footer\":{\"lines\":1}}\n", ":2: want the lines that were written"},
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

TEST_CASE("trace reader: a line that is no event is refused with its column") {
  const Folder folder;
  const std::vector<Refusal> wanted = {
      {"", "1: want an event"},
      {"[]", "1: want an event"},
      {"{}", "2: want a key"},
      {"{\"t\" :1}", "5: want a key and a colon"},
      {"{\"t\":1", "6: want a whole number"},
      {"{\"t\":1,}", "8: want a key"},
      {"{\"t\":1,\"n\":2}", "14: want the keys t, i, k and n"},
      {"{\"t\":1,\"t\":1}", "8: want each key once"},
      {"{\"t\":1,\"z\":1}", "8: want one of the keys of an event"},
      {"{\"t\":-1}", "6: want a whole number from 0 to 9223372036854775807"},
      {"{\"t\":9223372036854775808}", "6: want a whole number"},
      {"{\"t\":1.5}", "6: want a whole number"},
      {"{\"t\":1e3}", "6: want a whole number"},
      {"{\"t\":\"1\"}", "6: want a whole number"},
      {"{\"t\":null}", "6: want a whole number"},
      {"{\"t\":}", "6: want a whole number"},
      {"{\"t\":01}", "6: want a whole number"},
      {"{\"i\":18446744073709551616}", "6: want a whole number from 0 to 18446744073709551615"},
      {"{\"l\":256}", "6: want a whole number from 0 to 255"},
      {"{\"n\":4294967296}", "6: want a whole number from 0 to 4294967295"},
      {"{\"k\":\"sent\"}", "6: want the name of an event kind"},
      {"{\"k\":3}", "6: want the name of an event kind"},
      {"{\"note\":\"\"}", "9: want the name of a note kind"},
      {"{\"d\":\"\"}", "6: want a string of 1 to 16 hexadecimal digits"},
      {"{\"d\":\"xyz\"}", "6: want a string of 1 to 16 hexadecimal digits"},
      {"{\"d\":\"12345678123456789\"}", "6: want a string of 1 to 16 hexadecimal digits"},
      {"{\"d\":\"1}", "6: want a string"},
      {"{\"t\":0,\"i\":0,\"k\":\"note\",\"n\":0}", "31: want the key \"note\" where"},
      {"{\"t\":0,\"i\":0,\"k\":\"end\",\"note\":\"state\",\"n\":0}", "45: want the key \"note\""},
      {"{\"t\":0,\"i\":0,\"k\":\"end\",\"n\":0}}", "30: want nothing after the }"},
      {"{\"t\":0,\"i\":0,\"k\":\"end\"\"n\":0}", "23: want , or }"},
  };
  for (const Refusal& refusal : wanted) {
    Spill(folder.File("t"), "{\"lockstep_trace\":1}\n" + refusal.what + "\n{\"footer\":{}}\n");
    const absl::Status status = ReadTrace(folder.File("t")).status();
    CAPTURE(refusal.what);
    CAPTURE(status);
    CHECK(Contains(status, folder.File("t") + ":2:" + refusal.reason));
  }
}

TEST_CASE("trace reader: time may stand still, the index may not, and nothing follows the end") {
  const Folder folder;
  const auto line = [](int t, int i, const std::string& kind) {
    return "{\"t\":" + std::to_string(t) + ",\"i\":" + std::to_string(i) + ",\"k\":\"" + kind +
           "\",\"n\":0}\n";
  };
  const auto refusal = [&](const std::string& lines) {
    Spill(folder.File("t"), "{\"lockstep_trace\":1}\n" + lines + "{\"footer\":{}}\n");
    return ReadTrace(folder.File("t")).status();
  };
  CHECK(refusal(line(5, 1, "crash") + line(5, 2, "crash")).ok());
  CHECK(Contains(refusal(line(5, 1, "crash") + line(6, 1, "crash")), ":3: want \"i\" to increase"));
  CHECK(Contains(refusal(line(5, 1, "crash") + line(4, 2, "crash")), ":3: want \"i\" to increase"));
  CHECK(Contains(refusal(line(5, 1, "end") + line(5, 2, "crash")), ":3: want the footer"));
}

TEST_CASE("trace reader: keys come in any order, and defaults may be spelled out") {
  const Folder folder;
  Spill(folder.File("t"),
        "{\"lockstep_trace\":1}\n"
        "{\"st\":1,\"c\":1,\"d\":\"0aF\",\"v\":0,\"p\":2,\"n\":2,\"k\":\"send\",\"i\":4,\"t\":3}\n"
        "{\"footer\":{}}\n");
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  Event event = At(0, 4, EventKind::kSend, 2, 2);
  event.at = core::Instant::FromPicoseconds(3);
  event.digest = 0xAF;
  CHECK(*events == std::vector<Event>{event});
}

TEST_CASE("trace format: FORMAT.md names every kind, and its examples are events") {
  const Folder folder;
  const std::string text = Slurp(LOCKSTEP_SOURCE_DIR "/sim/trace/FORMAT.md");
  const auto expect_named = [&](std::string_view name) {
    CAPTURE(std::string(name));
    CHECK(text.find("| `" + std::string(name) + "` |") != std::string::npos);
  };
  for (const std::string_view name : kEventNames) expect_named(name);
  for (const std::string_view name : core::kNoteNames) expect_named(name);
  for (const std::string_view name :
       {"t", "i", "k", "note", "l", "s", "n", "p", "b", "v", "x", "d", "c", "st"})
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
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(events->size() == examples);
  CHECK(examples >= 5);
}

}  // namespace
}  // namespace lockstep::trace
