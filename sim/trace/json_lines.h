// Traces as files: one JSON object a line. FORMAT.md describes them.
//
// A trace appears under its name only when it is whole. Reading is strict: a file that was cut,
// changed or never was a trace is refused, with file, line and what was wanted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/line_chain.h"
#include "sim/trace/note_names.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

inline constexpr std::uint64_t kTraceFormat = 2;

// Writes FILE.partial, and renames it to FILE once all is written. What is no regular file (a
// pipe, /dev/null) is written in place, and "-" is standard output.
//
// The first error sticks: the partial file is removed, later events are ignored, an older FILE
// stays as it was. So is the partial file of a writer that dies before Finish.
class JsonLinesWriter : public Sink {
 public:
  // Writes the first line at once, so that a path that cannot be written fails here. `recipe` is an
  // object, which lists under "notes" the kinds of notes that are not shared; the key
  // "lockstep_trace" is added to it.
  static absl::StatusOr<std::unique_ptr<JsonLinesWriter>> Open(const std::string& path,
                                                               const nlohmann::json& recipe,
                                                               const Interest& wants);
  ~JsonLinesWriter() override;
  JsonLinesWriter(const JsonLinesWriter&) = delete;
  JsonLinesWriter& operator=(const JsonLinesWriter&) = delete;

  Interest Wants() const override { return wants_; }
  void OnEvent(const Event& event) override;
  // What the last line is to say, an object; the keys "lines", "body", "marks" and
  // "check" are added to it.
  void SetFooter(nlohmann::json footer);
  void Finish() override;

  // After Finish: whether the trace is whole and in its place. Before: the first error so far.
  const absl::Status& status() const { return status_; }
  // Lines of events written so far, and their bytes.
  std::uint64_t lines() const { return lines_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  JsonLinesWriter(std::string path, std::string partial, std::FILE* file, const Interest& wants,
                  NoteNames notes);
  void Write(std::string_view text);
  void Flush();
  void Fail(int error_number);
  bool Close();

  std::string path_;
  std::string partial_;       // empty where `path_` is written in place
  std::FILE* file_;           // null once finished or failed
  std::vector<char> buffer_;  // buffer_[0, used_) is still to be written
  std::size_t used_ = 0;
  Interest wants_;
  NoteNames notes_;
  nlohmann::json footer_ = nlohmann::json::object();
  std::uint64_t lines_ = 0;
  std::uint64_t bytes_ = 0;
  LineChain chain_;
  std::uint64_t next_index_ = 0;  // the least that may come
  core::Instant last_at_;
  absl::Status status_;
};

// Reads a trace back into sinks, which cannot tell it from the run.
class TraceReader {
 public:
  // Reads the first line. "-" is standard input.
  static absl::StatusOr<TraceReader> Open(const std::string& path);
  TraceReader(TraceReader&&) noexcept;
  ~TraceReader();

  const nlohmann::json& recipe() const { return recipe_; }
  // Gives each event to the sinks that want it, finishes them, and returns the footer. May be
  // called once. After an error the sinks have seen a part of the run and are not finished: they
  // are not to be asked for conclusions.
  absl::StatusOr<nlohmann::json> Replay(const std::vector<Sink*>& sinks);

 private:
  class Lines;
  TraceReader(std::unique_ptr<Lines> lines, nlohmann::json recipe, NoteNames notes,
              const LineChain& chain);
  // `count`: lines of events before it.
  absl::StatusOr<nlohmann::json> ReadFooter(Lines& lines, std::uint64_t count) const;
  absl::Status CheckFooter(const Lines& lines, const nlohmann::json& footer) const;
  absl::Status ErrorOfChange(const Lines& lines, const nlohmann::json& footer) const;

  std::unique_ptr<Lines> lines_;  // null once replayed
  nlohmann::json recipe_;
  NoteNames notes_;
  LineChain chain_;
};

}  // namespace lockstep::trace
