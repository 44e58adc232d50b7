// Payloads: immutable, shared, and cheap even when they are large and many.
//
// A value is literal bytes followed by *filler*: runs of records whose content is a fixed function
// of (generator, record number, position). Filler is compared, sliced and digested without being
// stored; a world with real sockets writes it out. Slices share what they are cut from.
//
// A value belongs to one thread: the reference count is plain, since a world is single-threaded.
// Memory that is given up is kept for the next value of the thread, since most are small and short-
// lived: an answer, a command, a message.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/core/ids.h"

namespace lockstep::core {

// `count` records of `size` bytes. Record i is bytes [begin, begin + size) of the endless content
// of number first + i * stride. Generator 0 is all zeros: padding.
struct FillerRun {
  std::uint64_t generator = 0;
  std::uint64_t first = 0;
  std::uint64_t stride = 0;
  std::uint64_t count = 0;
  std::uint64_t size = 0;
  std::uint64_t begin = 0;

  std::uint64_t total() const { return count * size; }
  friend bool operator==(const FillerRun&, const FillerRun&) = default;
};

// Byte at `position` of filler number `number`.
std::uint8_t FillerByte(std::uint64_t generator, std::uint64_t number, std::uint64_t position);

// What a world keeps with a payload, for as long as that lives: all who share its memory share it.
// It must hold no part of the payload itself, which would then live for ever.
class Attachment {
 public:
  virtual ~Attachment() = default;
};

class Bytes {
 public:
  Bytes() = default;
  static Bytes Copy(std::string_view literal);
  static Bytes Filler(const FillerRun& run);
  // Literal bytes, then filler; the general form.
  static Bytes Of(std::string literal, std::vector<FillerRun> filler);

  Bytes(const Bytes& other) : rep_(other.rep_), offset_(other.offset_), size_(other.size_) {
    if (rep_ != nullptr) ++rep_->references;
  }
  Bytes(Bytes&& other) noexcept
      : rep_(std::exchange(other.rep_, nullptr)),
        offset_(std::exchange(other.offset_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(const Bytes& other) { return *this = Bytes(other); }
  Bytes& operator=(Bytes&& other) noexcept {
    std::swap(rep_, other.rep_);
    std::swap(offset_, other.offset_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() {
    if (rep_ != nullptr && --rep_->references == 0) GiveUp(rep_);
  }

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteCount byte_count() const { return ByteCount(static_cast<std::int64_t>(size_)); }

  // The part [offset, offset + size), which must lie inside.
  Bytes Slice(std::uint64_t offset, std::uint64_t size) const;

  // The leading literal bytes; all of the value where it has no filler.
  std::string_view literal() const;
  // What follows them, cut to this value and in canonical form: two values made of the same
  // records in the same order have the same list, however they were put together.
  std::vector<FillerRun> filler() const;
  // The same, at the end of a list in that form, which then is that of both.
  void AppendFillerTo(std::vector<FillerRun>& list) const;

  // Whether both are the same part of the same memory.
  bool SharesWith(const Bytes& other) const {
    return rep_ == other.rep_ && offset_ == other.offset_ && size_ == other.size_;
  }

  // Of the whole of the memory; null where there is none, or where this value is a part.
  Attachment* attachment() const { return is_whole() ? rep_->attachment.get() : nullptr; }
  // Replaces the one before; the value must be whole.
  void Attach(std::unique_ptr<Attachment> attachment) const {
    rep_->attachment = std::move(attachment);
  }
  // Whether this is all of its memory, and not nothing.
  bool is_whole() const { return rep_ != nullptr && size_ == rep_->size; }

  // Writes out the bytes from `offset` on; the range must lie inside.
  void CopyTo(std::uint64_t offset, std::span<std::uint8_t> out) const;
  std::string ToString() const;

  // Equal digests mean equal content. Filler is digested by its description, in O(1) a run, so the
  // same bytes as a literal have another digest.
  std::uint64_t Digest() const;

  // Same content, whether literal or filler.
  friend bool operator==(const Bytes& a, const Bytes& b);

 private:
  // Calls `visit(run)` for the filler of this value, in canonical form.
  template <typename Visit>
  void VisitFiller(Visit&& visit) const;

  struct Rep {
    std::uint64_t references = 1;
    std::string literal;
    std::vector<FillerRun> filler;
    std::uint64_t size = 0;
    // Of the whole, when it has been asked for: a payload is digested at every stop of its way.
    std::uint64_t digest = 0;
    bool has_digest = false;
    std::unique_ptr<Attachment> attachment = nullptr;
  };
  class Spares;
  // Memory for a new value, empty but for what it has of room.
  static Rep* NewRep();
  static void GiveUp(Rep* rep);
  std::uint64_t ComputeDigest() const;

  Rep* rep_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
};

// Puts values together; filler that is followed by literal bytes is written out.
class BytesBuilder {
 public:
  void Append(std::string_view literal);
  void Append(const Bytes& value);
  void AppendZeros(std::uint64_t size);
  std::uint64_t size() const { return literal_.size() + filler_size_; }
  // The value; the builder is empty afterwards.
  Bytes Take();

 private:
  std::string literal_;
  std::vector<FillerRun> filler_;
  std::uint64_t filler_size_ = 0;
};

}  // namespace lockstep::core
