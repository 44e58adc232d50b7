// Traces as files: one JSON object a line. FORMAT.md describes them.
//
// A trace appears under its name only when it is whole. Reading is strict: a file that was cut,
// changed or never was a trace is refused, with file, line and what was wanted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/time.h"
#include "sim/trace/digest.h"
#include "sim/trace/event.h"
#include "sim/trace/file_beside.h"
#include "sim/trace/line_chain.h"
#include "sim/trace/note_names.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

inline constexpr std::uint64_t kTraceFormat = 2;

class EventLineReader;
class LineSource;
class Packer;

// Writes a file beside FILE, which takes its place once all is written (file_beside.h). "-" is
// standard output. A FILE that ends in ".zst" is packed by zstd.
//
// The first error sticks: what was written is removed, later events are ignored, an older FILE
// stays as it was. So it is where a writer ends before Finish.
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
  // What the last line is to say, an object; the keys "lines", "first", "body", "marks"
  // and "check" are added to it.
  void SetFooter(nlohmann::json footer);
  void Finish() override;

  // After Finish: whether the trace is whole and in its place. Before: the first error so far.
  const absl::Status& status() const { return status_; }
  // Lines of events written so far, and their bytes, before they were packed.
  std::uint64_t lines() const { return lines_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  JsonLinesWriter(std::string path, std::optional<FileBeside> target, const Interest& wants,
                  NoteNames notes);
  void Write(std::string_view text);
  void Flush(bool is_last = false);
  void Fail(int error_number);

  std::string path_;
  std::optional<FileBeside> target_;  // none: standard output
  std::FILE* file_;                   // null once finished or failed
  std::vector<char> buffer_;          // buffer_[0, used_) is still to be written
  std::size_t used_ = 0;
  std::unique_ptr<Packer> packer_;  // null where it is not packed
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

// Reads a trace back, into sinks, which cannot tell it from the run, or event by event.
class TraceReader {
 public:
  // Reads the first line. "-" is standard input; what gzip or zstd has packed is unpacked. `taken`:
  // of what can be read only once, the bytes that were read before.
  static absl::StatusOr<TraceReader> Open(const std::string& path, std::string_view taken = {});
  TraceReader(TraceReader&&) noexcept;
  ~TraceReader();

  const nlohmann::json& recipe() const { return recipe_; }
  const NoteNames& notes() const { return *notes_; }
  // The next event, valid until the next call; null behind the last one, after which the footer
  // has been read, and this is not called again.
  absl::StatusOr<const Event*> Next();
  // Gives each event to the sinks that want it, finishes them, and returns the footer. May be
  // called once, and not after Next. After an error the sinks have seen a part of the run and are
  // not finished: they are not to be asked for conclusions.
  absl::StatusOr<nlohmann::json> Replay(const std::vector<Sink*>& sinks);

  // Of the event read last; the recipe is on line 1.
  std::uint64_t line_number() const { return chain_.lines(); }
  // Once the last event was read: what the last line says.
  const nlohmann::json& footer() const { return footer_; }
  // The same: whether every observable event of the run is in the trace, so that the digest in the
  // footer was compared with theirs. Else it is as whoever wrote the footer says.
  bool holds_all() const { return holds_all_; }

 private:
  TraceReader(std::unique_ptr<LineSource> lines, nlohmann::json recipe, NoteNames notes,
              const LineChain& chain);
  absl::StatusOr<nlohmann::json> ReadFooter(LineSource& lines) const;
  absl::Status CheckFooter(const LineSource& lines, const nlohmann::json& footer) const;
  absl::Status CheckDigest(const LineSource& lines, const nlohmann::json& footer) const;
  absl::Status ErrorOfChange(const LineSource& lines, const nlohmann::json& footer) const;
  void FoldDigest(const Event& event);

  std::unique_ptr<LineSource> lines_;  // null once the footer was read
  nlohmann::json recipe_;
  nlohmann::json footer_;
  std::unique_ptr<NoteNames> notes_;
  std::unique_ptr<EventLineReader> reader_;  // null before the first event
  LineChain chain_;
  Digest digest_;
  bool holds_all_ = true;
  std::uint64_t least_index_ = 0;  // of the next event
  core::Instant now_;
  std::optional<std::uint64_t> end_index_;  // of the event `end`
};

}  // namespace lockstep::trace
