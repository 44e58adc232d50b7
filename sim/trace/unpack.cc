// gzip by zlib, zstd by libzstd: see unpack.h.

#include "sim/trace/unpack.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
// What is packed is not written to.
#define ZLIB_CONST
#include "zlib.h"
#include "zstd.h"

namespace lockstep::trace {

// One way to unpack, from wherever the last call has stopped.
class Unpacker::Method {
 public:
  struct Step {
    std::size_t taken = 0;
    std::size_t given = 0;
    bool is_whole = false;  // what was packed at once has ended here
    bool is_damaged = false;
  };
  virtual ~Method() = default;
  virtual std::string_view name() const = 0;
  virtual Step Unpack(std::string_view in, char* out, std::size_t size) = 0;
};

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 17;
constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";
// What libzstd takes unasked: 128 MiB of what came before. More is asked for by `zstd --long=28`.
constexpr int kWindowLogMost = 27;

class Gzip final : public Unpacker::Method {
 public:
  Gzip() {
    constexpr int kWithHeader = 16;
    CHECK(inflateInit2(&stream_, MAX_WBITS + kWithHeader) == Z_OK);
  }
  ~Gzip() override { inflateEnd(&stream_); }

  std::string_view name() const override { return "gzip"; }
  Step Unpack(std::string_view in, char* out, std::size_t size) override {
    // Several may stand behind each other.
    if (std::exchange(is_whole_, false)) inflateReset(&stream_);
    stream_.next_in = reinterpret_cast<const Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    is_whole_ = result == Z_STREAM_END;
    const bool is_good = is_whole_ || result == Z_OK || result == Z_BUF_ERROR;
    return {in.size() - stream_.avail_in, size - stream_.avail_out, is_whole_, !is_good};
  }

 private:
  z_stream stream_{};
  bool is_whole_ = false;
};

class Zstd final : public Unpacker::Method {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    CHECK(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLogMost);
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  std::string_view name() const override { return "zstd"; }
  Step Unpack(std::string_view in, char* out, std::size_t size) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, size, 0};
    const std::size_t result = ZSTD_decompressStream(context_, &to, &from);
    return {from.pos, to.pos, result == 0, ZSTD_isError(result) != 0};
  }

 private:
  ZSTD_DCtx* context_;
};

}  // namespace

Unpacker::Unpacker(std::FILE* file, std::string_view taken)
    : file_(file), buffer_(std::max(kBufferBytes, taken.size())), end_(taken.size()) {
  std::copy(taken.begin(), taken.end(), buffer_.begin());
}
Unpacker::~Unpacker() = default;

bool Unpacker::Fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  errno = 0;
  const std::size_t more = std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_);
  end_ += more;
  if (std::ferror(file_) == 0) return more > 0;
  const int why = errno == 0 ? EIO : errno;
  Fail(absl::Status(absl::ErrnoToStatusCode(why),
                    absl::StrCat("cannot read: ", std::generic_category().message(why))));
  return false;
}

void Unpacker::Begin() {
  has_begun_ = true;
  while (end_ < kZstdMagic.size() && Fill()) {
  }
  const std::string_view begin(buffer_.data(), end_);
  if (begin.starts_with(kGzipMagic)) method_ = std::make_unique<Gzip>();
  if (begin.starts_with(kZstdMagic)) method_ = std::make_unique<Zstd>();
}

std::size_t Unpacker::Read(char* out, std::size_t size) {
  if (!has_begun_) Begin();
  if (!status_.ok()) return 0;
  return method_ == nullptr ? ReadPlain(out, size) : ReadPacked(out, size);
}

std::size_t Unpacker::ReadPlain(char* out, std::size_t size) {
  std::size_t given = 0;
  while (given < size && !is_at_end_) {
    if (begin_ == end_ && !Fill()) {
      is_at_end_ = status_.ok();
      break;
    }
    const std::size_t part = std::min(size - given, end_ - begin_);
    std::memcpy(out + given, buffer_.data() + begin_, part);
    begin_ += part;
    given += part;
  }
  return given;
}

std::size_t Unpacker::ReadPacked(char* out, std::size_t size) {
  std::size_t given = 0;
  while (given < size && !is_at_end_ && status_.ok()) {
    if (begin_ == end_ && !Fill() && (is_whole_ || !status_.ok())) {
      is_at_end_ = status_.ok();
      break;
    }
    const std::string_view in(buffer_.data() + begin_, end_ - begin_);
    const Method::Step step = method_->Unpack(in, out + given, size - given);
    begin_ += step.taken;
    given += step.given;
    taken_ += step.taken;
    given_ += step.given;
    is_whole_ = step.is_whole;
    const auto refuse = [&](std::string_view why) {
      Fail(absl::InvalidArgumentError(
          absl::StrCat("packed by ", std::string(method_->name()), ", and ", std::string(why))));
    };
    if (step.is_damaged) {
      refuse("damaged, or in a way that is not supported: want what `zstd` or `gzip` writes");
    } else if (given_ > kUnpackedFree && given_ - kUnpackedFree > kUnpackedMost * taken_) {
      refuse(absl::StrCat("more than ", kUnpackedMost, " times as large unpacked: no trace is"));
    } else if (step.taken == 0 && step.given == 0) {
      refuse(in.empty() ? "cut short: want all of the file" : "damaged");
    }
  }
  return given;
}

void Unpacker::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

}  // namespace lockstep::trace
