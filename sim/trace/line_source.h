// The lines of a file, one at a time; of one that gzip or zstd has packed, those that were packed.

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

#include "sim/trace/unpack.h"

namespace lockstep::trace {

class LineSource {
 public:
  enum class Outcome : std::uint8_t {
    kLine,   // line() is a line, without its newline
    kCut,    // line() is what follows the last newline
    kEnd,    // there is no more
    kError,  // status() says why
  };

  // More than any honest line; all that is ever held of a file.
  static constexpr std::size_t kLineMax = std::size_t{32} << 20;

  // "-" is standard input. `taken`: of what can be read only once, the bytes that were read before.
  static absl::StatusOr<std::unique_ptr<LineSource>> Open(const std::string& path,
                                                          std::string_view taken = {});
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  Outcome Next();
  // Of the last call; valid until the next one.
  std::string_view line() const { return line_; }
  const absl::Status& status() const { return status_; }
  const std::string& path() const { return path_; }
  // Of the line read last, from 1.
  std::uint64_t number() const { return number_; }

  // An error about the line read last, or about another one: "FILE:LINE:COLUMN: what".
  absl::Status Error(std::string_view what, std::size_t column = 0) const {
    return ErrorAt(number_, what, column);
  }
  absl::Status ErrorAt(std::uint64_t number, std::string_view what, std::size_t column = 0) const;

 private:
  LineSource(std::string path, std::FILE* file, std::string_view taken);
  // Reads more behind what is left of the buffer.
  bool Fill();

  std::string path_;
  std::FILE* file_;
  Unpacker unpacker_;
  std::vector<char> buffer_;  // buffer_[begin_, end_) was read and not yet given out
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  std::string_view line_;
  absl::Status status_;
};

}  // namespace lockstep::trace
