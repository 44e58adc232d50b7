// Rows of values for people and for programs: an aligned table, CSV, JSON.

#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

enum class RowFormat : std::uint8_t {
  kTable,   // columns aligned, numbers to the right; held back until the last row is known
  kCsv,     // by RFC 4180, but with plain line ends; null is empty
  kJson,    // an array of objects
  kNdjson,  // an object on each line
};

// Writes rows as they come. Values are null, numbers and strings.
class RowPrinter {
 public:
  // `out` outlives it, and is not closed.
  RowPrinter(RowFormat format, std::FILE* out) : format_(format), out_(out) {}

  // False: nobody reads any more, or nothing can be written; that is, stop.
  bool Columns(const std::vector<std::string>& names);
  bool Row(const std::vector<nlohmann::json>& values);
  // Prints what is still to come. A reader who went away, such as `head`, is no error.
  absl::Status Finish();

 private:
  void AppendObject(const std::vector<nlohmann::json>& values);
  // Writes what is collected, once it is enough.
  bool Flush(std::size_t least);

  RowFormat format_;
  std::FILE* out_;
  std::string text_;               // collected for the next write
  std::vector<std::string> keys_;  // of JSON: "name": with the colon
  std::vector<std::vector<std::string>> table_;
  std::vector<std::vector<bool>> is_number_;
  bool is_first_ = true;
  int error_ = 0;
};

// The same as text, where it is no standard stream that they go to.
std::string CsvOf(const std::vector<std::string>& columns,
                  const std::vector<std::vector<nlohmann::json>>& rows);

// Cells below each other, two spaces apart; the first row is the head. What has a true in
// `is_number`, of the same shape, stands to the right.
std::string AlignedTable(const std::vector<std::vector<std::string>>& rows,
                         const std::vector<std::vector<bool>>& is_number);

// A program that writes to a pipe learns that its reader has gone from fwrite, not from a signal.
void IgnoreClosedPipes();

}  // namespace lockstep::cli
