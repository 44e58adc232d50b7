// Lines out of buffers: see line_source.h.

#include "sim/trace/line_source.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::trace {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 16;

}  // namespace

LineSource::LineSource(std::string path, std::FILE* file, std::string_view taken)
    : path_(std::move(path)), file_(file), unpacker_(file, taken), buffer_(kReadBytes) {}

LineSource::~LineSource() {
  if (file_ != stdin) std::fclose(file_);
}

absl::StatusOr<std::unique_ptr<LineSource>> LineSource::Open(const std::string& path,
                                                             std::string_view taken) {
  errno = 0;
  std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return absl::Status(
        absl::ErrnoToStatusCode(errno),
        absl::StrCat(path, ": cannot read: ", std::generic_category().message(errno)));
  }
  return std::unique_ptr<LineSource>(new LineSource(path, file, taken));
}

LineSource::Outcome LineSource::Next() {
  ++number_;
  std::size_t searched = 0;  // bytes behind begin_ that hold no newline
  while (true) {
    const char* const begin = buffer_.data() + begin_;
    const void* const newline = std::memchr(begin + searched, '\n', end_ - begin_ - searched);
    const char* const end =
        newline != nullptr ? static_cast<const char*>(newline) : buffer_.data() + end_;
    line_ = std::string_view(begin, static_cast<std::size_t>(end - begin));
    if (newline != nullptr) {
      begin_ += line_.size() + 1;
      return Outcome::kLine;
    }
    if (unpacker_.is_at_end()) return line_.empty() ? Outcome::kEnd : Outcome::kCut;
    searched = line_.size();
    if (!Fill()) return Outcome::kError;
  }
}

absl::Status LineSource::ErrorAt(std::uint64_t number, std::string_view what,
                                 std::size_t column) const {
  std::string place = absl::StrCat(path_, ":", number, ":");
  if (column != 0) absl::StrAppend(&place, column, ":");
  return absl::InvalidArgumentError(absl::StrCat(place, " ", std::string(what)));
}

bool LineSource::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == buffer_.size()) {
    if (end_ >= kLineMax) {
      status_ = Error(absl::StrCat("want a line of at most ", kLineMax >> 20, " MiB"));
      return false;
    }
    buffer_.resize(2 * end_);
  }
  end_ += unpacker_.Read(buffer_.data() + end_, buffer_.size() - end_);
  if (unpacker_.status().ok()) return true;
  const std::string why(unpacker_.status().message());
  status_ = absl::Status(unpacker_.status().code(), absl::StrCat(path_, ": ", why));
  return false;
}

}  // namespace lockstep::trace
