// Traces as files, for tests: a folder to write them in, events of every kind, and how they are
// written and read.

#pragma once

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/hash.h"
#include "sim/trace/json_lines.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::trace {

inline constexpr core::NoteKind kOwnNote("heard_a_bell");
inline const std::string kData = "tests/data/traces/";

// Runs that an event may refer to for as long as the tests run.
inline std::span<const core::Run> Kept(std::vector<core::Run> runs) {
  static std::deque<std::vector<core::Run>> kept;
  return kept.emplace_back(std::move(runs));
}

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
  explicit Collector(Interest wants = kAllKinds) : wants_(std::move(wants)) {}
  Interest Wants() const override { return wants_; }
  void OnEvent(const Event& event) override {
    events_.push_back(event);
    events_.back().runs = Kept({event.runs.begin(), event.runs.end()});
  }
  void Finish() override { is_finished_ = true; }
  const std::vector<Event>& events() const { return events_; }
  bool is_finished() const { return is_finished_; }

 private:
  Interest wants_;
  std::vector<Event> events_;
  bool is_finished_ = false;
};

inline std::string Slurp(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline void Spill(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// What is refused, and a part of the message.
struct Refusal {
  std::string what;
  std::string reason;
};

inline bool Contains(const absl::Status& status, const std::string& part) {
  return std::string(status.message()).find(part) != std::string::npos;
}

inline std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

inline Event At(std::int64_t us, std::uint64_t index, EventKind kind, std::uint32_t node,
                std::uint32_t peer) {
  Event event;
  event.at = core::Instant() + core::Duration::Microseconds(us);
  event.index = index;
  event.kind = kind;
  event.node = core::NodeId(node);
  event.peer = core::NodeId(peer);
  return event;
}

// One event of each kind of the world, then each fact, in one phase or another, then each shared
// note and one that is not, then one of each kind of account, then the end.
inline std::vector<Event> EveryKind() {
  std::vector<Event> events;
  const auto add = [&](EventKind kind) -> Event& {
    const std::size_t i = events.size();
    Event event = At(static_cast<std::int64_t>(40 * i), 3 * i, kind,
                     static_cast<std::uint32_t>(i % 4), static_cast<std::uint32_t>(i % 3));
    if (i % 5 < 3) {
      event.message = {event.node, static_cast<std::uint32_t>(i % 5), 1 + i * i};
    }
    event.layer = core::Layer(static_cast<std::uint8_t>(i % 2));
    event.stream = core::StreamId(static_cast<std::uint32_t>(i % 2));
    event.size = core::ByteCount(static_cast<std::int64_t>(i % 5) * 1'000'003);
    event.value = i % 7;
    event.detail = i % 2;
    event.further = i % 6 * 1'000;
    event.digest = i % 3 == 0 ? 0 : core::Mix(i, 1);
    event.count = 1 + i % 4;
    event.stride = 1 + i % 3;
    events.push_back(event);
    return events.back();
  };
  for (std::size_t kind = 0; kind + 1 < kEventKinds; ++kind) {
    const auto of = static_cast<EventKind>(kind);
    const bool is_later = of == EventKind::kFact || of == EventKind::kNote;
    if (!is_later && (kAccountKinds & Bit(of)) == 0) add(of);
  }
  for (std::size_t i = 0; i < core::kFactNames.size(); ++i) {
    Event& event = add(EventKind::kFact);
    event.fact = static_cast<core::Fact>(i);
    event.phase = static_cast<Phase>(i % kPhaseNames.size());
    if (i % 3 == 1) event.votes = {core::Mix(i, 2), core::Mix(i, 2) & core::Mix(i, 3)};
    if (i % 3 == 2) event.runs = Kept({{i, 2, 7}, {10 + i, 1, 1}});
  }
  for (const core::NoteSpec& note : core::kSharedNotes) add(EventKind::kNote).note = note.kind();
  add(EventKind::kNote).note = kOwnNote;
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
    const auto of = static_cast<EventKind>(kind);
    if ((kAccountKinds & Bit(of)) == 0) continue;
    Event& event = add(of);
    if (of == EventKind::kSpans) event.runs = Kept({{1'618, 3, 0}, {70'000, 1, 0}});
  }
  events.push_back(At(5'000, 1'000, EventKind::kEnd, 0, 0));
  return events;
}

inline nlohmann::json Recipe() {
  return {{"notes", {"heard_a_bell"}}, {"scenario", {{"name", "a liar"}}}, {"seed", 7}};
}

// Writes a trace of these events; the writer's last word.
inline absl::Status WriteTrace(const std::string& path, const std::vector<Event>& events) {
  auto writer = JsonLinesWriter::Open(path, Recipe(), kAllKinds);
  if (!writer.ok()) return writer.status();
  for (const Event& event : events) (*writer)->OnEvent(event);
  (*writer)->SetFooter({{"digest", "00ff"}, {"events", 1'000}});
  (*writer)->Finish();
  return (*writer)->status();
}

// Reads a trace; the events where all of it is good.
inline absl::StatusOr<std::vector<Event>> ReadTrace(const std::string& path) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  Collector collector;
  const absl::StatusOr<nlohmann::json> footer = reader->Replay({&collector});
  CHECK(collector.is_finished() == footer.ok());
  if (!footer.ok()) return footer.status();
  return collector.events();
}

}  // namespace lockstep::trace
