// Bytes on their way to a file, packed by zstd.

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lockstep::trace {

class Packer {
 public:
  Packer();
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  // What is to be written now that `bytes` have come; valid until the next call. Nothing is kept
  // back after the last ones.
  std::string_view Pack(std::string_view bytes, bool is_last);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::string packed_;
};

}  // namespace lockstep::trace
