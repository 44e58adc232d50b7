// Shared payloads with filler: see bytes.h.

#include "protocols/core/bytes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::core {
namespace {

// Canonical form is what one record after the other would have given. Lets `last`, a run in that
// form or none, take the records of `run` that continue it; whether these were all. What is left of
// `run` then is in canonical form behind it.
bool Continue(FillerRun& last, FillerRun& run) {
  if (run.total() == 0) return true;
  if (run.count == 1) run.stride = 0;
  if (last.count == 0 || last.generator != run.generator || last.size != run.size ||
      last.begin != run.begin) {
    return false;
  }
  const std::uint64_t stride = last.count == 1 ? run.first - last.first : last.stride;
  if (run.first != last.first + last.count * stride) return false;
  last.stride = stride;
  if (run.count == 1 || run.stride == stride) {
    last.count += run.count;
    return true;
  }
  // Strides differ: only the first record is the next one.
  ++last.count;
  run.first += run.stride;
  --run.count;
  if (run.count == 1) run.stride = 0;
  return false;
}

void AppendFiller(std::vector<FillerRun>& list, FillerRun run) {
  FillerRun none;
  if (!Continue(list.empty() ? none : list.back(), run)) list.push_back(run);
}

// Puts runs into canonical form, one after the other; `take(run)` gets each of them when nothing
// can continue it any more.
template <typename Take>
class Canonical {
 public:
  explicit Canonical(Take& take) : take_(take) {}

  void Add(FillerRun run) {
    if (Continue(last_, run)) return;
    Finish();
    last_ = run;
  }
  // Bytes [offset, offset + size) of `run`.
  void AddPart(const FillerRun& run, std::uint64_t offset, std::uint64_t size) {
    while (size > 0) {
      const std::uint64_t index = offset / run.size;
      const std::uint64_t skip = offset % run.size;
      FillerRun part = run;
      part.first = run.first + index * run.stride;
      if (skip == 0 && size >= run.size) {
        part.count = size / run.size;
      } else {
        part.count = 1;
        part.begin = run.begin + skip;
        part.size = std::min(run.size - skip, size);
      }
      Add(part);
      offset += part.total();
      size -= part.total();
    }
  }
  void Finish() {
    if (last_.count > 0) take_(last_);
    last_.count = 0;
  }

 private:
  Take& take_;
  FillerRun last_;  // none where it has no records
};

// Bytes from `begin` on of filler number `number`, a word at a time.
void CopyFiller(std::uint64_t generator, std::uint64_t number, std::uint64_t begin,
                std::span<std::uint8_t> out) {
  if (generator == 0) {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return;
  }
  const std::uint64_t key = Mix(generator, number);
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t position = begin + done;
    std::uint64_t word = Mix(key, position / 8) >> (8 * (position % 8));
    const std::size_t count =
        std::min<std::size_t>(8 - static_cast<std::size_t>(position % 8), out.size() - done);
    for (std::size_t i = 0; i < count; ++i, word >>= 8)
      out[done + i] = static_cast<std::uint8_t>(word);
    done += count;
  }
}

}  // namespace

std::uint8_t FillerByte(std::uint64_t generator, std::uint64_t number, std::uint64_t position) {
  std::uint8_t byte = 0;
  CopyFiller(generator, number, position, std::span(&byte, 1));
  return byte;
}

// What values of this thread have given up: at most kCount, none with much room.
class Bytes::Spares {
 public:
  static constexpr std::size_t kCount = 4'096;
  static constexpr std::size_t kRoom = 1'024;  // bytes of literal, and of runs of filler

  Spares() = default;
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;
  ~Spares() {
    is_gone = true;
    for (Rep* rep : reps_) delete rep;
  }

  static Rep* Take() {
    if (is_gone) return new Rep;
    std::vector<Rep*>& reps = OfThread().reps_;
    if (reps.empty()) return new Rep;
    Rep* const rep = reps.back();
    reps.pop_back();
    rep->references = 1;
    return rep;
  }
  static void Put(Rep* rep) {
    const bool is_small =
        rep->literal.capacity() <= kRoom && rep->filler.capacity() * sizeof(FillerRun) <= kRoom;
    if (is_gone || !is_small || OfThread().reps_.size() >= kCount) {
      delete rep;
      return;
    }
    rep->attachment.reset();
    rep->literal.clear();
    rep->filler.clear();
    rep->has_digest = false;
    OfThread().reps_.push_back(rep);
  }

 private:
  static Spares& OfThread() {
    thread_local Spares spares;
    return spares;
  }

  // A value may outlive the other objects of its thread.
  static thread_local bool is_gone;

  std::vector<Rep*> reps_;
};

thread_local bool Bytes::Spares::is_gone = false;

Bytes::Rep* Bytes::NewRep() { return Spares::Take(); }
void Bytes::GiveUp(Rep* rep) { Spares::Put(rep); }

Bytes Bytes::Copy(std::string_view literal) {
  Bytes value;
  if (literal.empty()) return value;
  value.rep_ = NewRep();
  value.rep_->literal = literal;
  value.rep_->size = value.size_ = literal.size();
  return value;
}

Bytes Bytes::Filler(const FillerRun& run) {
  Bytes value;
  if (run.total() == 0) return value;
  value.rep_ = NewRep();
  value.rep_->filler.push_back(run);
  value.rep_->size = value.size_ = run.total();
  return value;
}

Bytes Bytes::Of(std::string literal, std::vector<FillerRun> filler) {
  Bytes value;
  value.size_ = literal.size();
  for (const FillerRun& run : filler) value.size_ += run.total();
  if (value.size_ == 0) return value;
  value.rep_ = NewRep();
  value.rep_->literal = std::move(literal);
  value.rep_->filler = std::move(filler);
  value.rep_->size = value.size_;
  return value;
}

Bytes Bytes::Slice(std::uint64_t offset, std::uint64_t size) const {
  CHECK(offset <= size_);
  CHECK(size <= size_ - offset);
  if (size == 0) return Bytes();
  Bytes part = *this;
  part.offset_ += offset;
  part.size_ = size;
  return part;
}

std::string_view Bytes::literal() const {
  if (rep_ == nullptr || offset_ >= rep_->literal.size()) return {};
  return std::string_view(rep_->literal).substr(offset_, size_);
}

template <typename Visit>
void Bytes::VisitFiller(Visit&& visit) const {
  if (rep_ == nullptr || rep_->filler.empty()) return;
  if (is_whole() && rep_->filler.size() == 1) {  // So are most that are asked.
    FillerRun run = rep_->filler[0];
    if (run.count == 1) run.stride = 0;
    if (run.total() > 0) visit(run);
    return;
  }
  Canonical canonical(visit);
  std::uint64_t at = rep_->literal.size();
  const std::uint64_t end = offset_ + size_;
  for (const FillerRun& run : rep_->filler) {
    if (at >= end) break;
    const std::uint64_t total = run.total();
    const std::uint64_t from = std::max(at, offset_);
    const std::uint64_t to = std::min(at + total, end);
    if (from == at && to == at + total) {
      canonical.Add(run);
    } else if (from < to) {
      canonical.AddPart(run, from - at, to - from);
    }
    at += total;
  }
  canonical.Finish();
}

std::vector<FillerRun> Bytes::filler() const {
  std::vector<FillerRun> list;
  if (rep_ != nullptr) list.reserve(rep_->filler.size());
  VisitFiller([&](const FillerRun& run) { list.push_back(run); });
  return list;
}

void Bytes::AppendFillerTo(std::vector<FillerRun>& list) const {
  VisitFiller([&](const FillerRun& run) { AppendFiller(list, run); });
}

void Bytes::CopyTo(std::uint64_t offset, std::span<std::uint8_t> out) const {
  CHECK(offset <= size_);
  CHECK(out.size() <= size_ - offset);
  const std::string_view head = literal();
  std::size_t done = 0;
  if (offset < head.size()) {
    done = std::min<std::uint64_t>(out.size(), head.size() - offset);
    std::memcpy(out.data(), head.data() + offset, done);
  }
  if (done == out.size()) return;
  // From here on, as places in the memory that is shared.
  const std::uint64_t wanted = offset_ + offset;
  std::uint64_t at = rep_->literal.size();
  for (const FillerRun& run : rep_->filler) {
    if (done == out.size()) return;
    const std::uint64_t total = run.total();
    while (done < out.size() && wanted + done < at + total) {
      // The rest of a record, or as much of it as is wanted.
      const std::uint64_t within = wanted + done - at;
      const std::uint64_t number = run.first + within / run.size * run.stride;
      const std::uint64_t begin = run.begin + within % run.size;
      const std::uint64_t count = std::min(run.size - within % run.size, out.size() - done);
      CopyFiller(run.generator, number, begin, out.subspan(done, count));
      done += count;
    }
    at += total;
  }
}

std::string Bytes::ToString() const {
  std::vector<std::uint8_t> out(size_);
  CopyTo(0, out);
  return std::string(out.begin(), out.end());
}

std::uint64_t Bytes::Digest() const {
  if (!is_whole()) return ComputeDigest();
  if (!rep_->has_digest) {
    rep_->digest = ComputeDigest();
    rep_->has_digest = true;
  }
  return rep_->digest;
}

std::uint64_t Bytes::ComputeDigest() const {
  const std::string_view head = literal();
  std::uint64_t digest = HashBytes(head.data(), head.size());
  if (head.size() == size_) return digest;
  VisitFiller([&](const FillerRun& run) {
    const std::array<std::uint64_t, 6> words = {run.generator, run.first, run.stride,
                                                run.count,     run.size,  run.begin};
    digest = Mix(digest, HashWords(words));
  });
  return digest;
}

bool operator==(const Bytes& a, const Bytes& b) {
  if (a.size_ != b.size_) return false;
  if (a.SharesWith(b)) return true;
  if (a.literal() == b.literal() && a.filler() == b.filler()) return true;
  // The forms differ, the content may not: compare it written out, a page at a time.
  std::array<std::uint8_t, 4096> left;
  std::array<std::uint8_t, 4096> right;
  for (std::uint64_t at = 0; at < a.size_; at += left.size()) {
    const std::size_t n = std::min<std::uint64_t>(left.size(), a.size_ - at);
    a.CopyTo(at, std::span(left).first(n));
    b.CopyTo(at, std::span(right).first(n));
    if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n), right.begin())) {
      return false;
    }
  }
  return true;
}

void BytesBuilder::Append(std::string_view literal) {
  if (literal.empty()) return;
  if (!filler_.empty()) {
    literal_ = Bytes::Of(std::move(literal_), std::move(filler_)).ToString();
    filler_.clear();
    filler_size_ = 0;
  }
  literal_.append(literal);
}

void BytesBuilder::Append(const Bytes& value) {
  Append(value.literal());
  filler_size_ += value.size() - value.literal().size();
  value.AppendFillerTo(filler_);
}

void BytesBuilder::AppendZeros(std::uint64_t size) {
  if (size == 0) return;
  AppendFiller(filler_, FillerRun{0, 0, 0, 1, size, 0});
  filler_size_ += size;
}

Bytes BytesBuilder::Take() {
  Bytes value = Bytes::Of(std::move(literal_), std::move(filler_));
  literal_.clear();
  filler_.clear();
  filler_size_ = 0;
  return value;
}

}  // namespace lockstep::core
