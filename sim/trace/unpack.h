// The bytes of a file as they were before gzip or zstd packed it, whichever its first bytes name;
// those of any other file as they are.
//
// What a file unpacks to is bounded by its size, so that a small one cannot keep a reader busy: see
// kUnpackedMost.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace lockstep::trace {

// So many bytes for each byte of the file, and the first ones. Traces shrink to a twentieth or so.
inline constexpr std::uint64_t kUnpackedMost = 400;
inline constexpr std::uint64_t kUnpackedFree = std::uint64_t{16} << 20;

class Unpacker {
 public:
  // `file` is not owned and outlives this; nobody else reads it. `taken`: what was read of it
  // before.
  explicit Unpacker(std::FILE* file, std::string_view taken = {});
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // Puts `size` bytes at `out`; fewer only at the end of the file and after an error.
  std::size_t Read(char* out, std::size_t size);
  bool is_at_end() const { return is_at_end_; }
  // OK, or what is wrong, without the name of the file.
  const absl::Status& status() const { return status_; }

  class Method;  // how it was packed

 private:
  // Reads more of the file; whether there was more.
  bool Fill();
  void Begin();
  std::size_t ReadPlain(char* out, std::size_t size);
  std::size_t ReadPacked(char* out, std::size_t size);
  void Fail(absl::Status status);

  std::FILE* file_;
  std::unique_ptr<Method> method_;  // null where it is not packed
  std::vector<char> buffer_;        // buffer_[begin_, end_) was read and not yet used
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t taken_ = 0;  // bytes of the file that were unpacked,
  std::uint64_t given_ = 0;  // and to how many
  bool has_begun_ = false;
  bool is_whole_ = false;  // what was packed at once ended with what was taken last
  bool is_at_end_ = false;
  absl::Status status_;
};

}  // namespace lockstep::trace
