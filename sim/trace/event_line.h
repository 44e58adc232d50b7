// One event as one line of a trace, and back. FORMAT.md describes it.
//
// Done by hand, since traces have millions of them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/run.h"
#include "sim/trace/event.h"
#include "sim/trace/note_names.h"

namespace lockstep::trace {

// At least as many bytes as the line has.
constexpr std::size_t LineSizeMax(const Event& event) { return 1024 + 64 * event.runs.size(); }

// Writes the line without its newline and returns its end. The event's note is one of `notes`.
char* PutEvent(char* out, const Event& event, const NoteNames& notes);

// Reads lines; total on any input.
class EventLineReader {
 public:
  // `notes` outlives it.
  explicit EventLineReader(const NoteNames& notes) : notes_(notes) {}

  // Null where the line is no event; then `want` and `column` say why. Valid until the next call.
  const Event* Read(std::string_view line);
  const std::string& want() const { return want_; }
  std::size_t column() const { return column_; }

 private:
  class Parser;

  const NoteNames& notes_;
  Event event_;
  std::vector<core::Run> runs_;  // of event_
  std::string want_;
  std::size_t column_ = 0;  // from 1
};

}  // namespace lockstep::trace
