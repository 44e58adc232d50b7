// Fixed-layout, little-endian encoding of messages, over literal bytes and filler alike.
//
// Decoding is total: on any input it yields values and, once something was missing, ok() is false
// for good. A codec checks ok() once, at the end; what remains then is padding, or wrong.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "protocols/core/bytes.h"
#include "protocols/core/crypto.h"
#include "protocols/core/run.h"

namespace lockstep::core {

class Encoder {
 public:
  void U8(std::uint8_t value) { Put(value, 1); }
  void U32(std::uint32_t value) { Put(value, 4); }
  void U64(std::uint64_t value) { Put(value, 8); }
  void PutRun(const Run& run);
  void PutTag(const Tag& tag);
  // Content last: filler that is followed by numbers would have to be written out.
  void Content(const Bytes& content) { builder_.Append(content); }
  // Zeros up to a total of `size` bytes; none if the message is longer already. Declared padding,
  // so that a figure's scenario charges the wire sizes of the implementation it reproduces.
  void PadTo(std::uint64_t size);
  std::uint64_t size() const { return builder_.size(); }
  Bytes Take() { return builder_.Take(); }

 private:
  void Put(std::uint64_t value, std::size_t bytes);
  BytesBuilder builder_;
};

class Decoder {
 public:
  // `bytes` outlives the decoder: not a temporary.
  explicit Decoder(const Bytes& bytes) : bytes_(bytes) {}
  explicit Decoder(const Bytes&& bytes) = delete;

  std::uint8_t U8() { return static_cast<std::uint8_t>(Get(1)); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Get(4)); }
  std::uint64_t U64() { return Get(8); }
  Run GetRun();
  Tag GetTag();
  // The next `size` bytes, shared.
  Bytes Content(std::uint64_t size);
  // All that is left, shared, without reading it.
  Bytes Ahead() const { return bytes_.Slice(at_, remaining()); }
  void Fail() { ok_ = false; }
  std::uint64_t remaining() const { return bytes_.size() - at_; }
  bool ok() const { return ok_; }

 private:
  std::uint64_t Get(std::uint64_t bytes);

  const Bytes& bytes_;
  std::uint64_t at_ = 0;
  bool ok_ = true;
};

}  // namespace lockstep::core
