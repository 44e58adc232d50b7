// Kinds of files: see file_kind.h.

#include "tools/lockstep/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"

#include "tools/lockstep/program_name.h"

namespace lockstep::cli {
namespace {

struct Kind {
  const char* key;
  const char* name;
  const char* command;
};
constexpr std::array<Kind, 4> kKinds = {{{"lockstep", "a scenario", "run"},
                                         {"lockstep_sweep", "a sweep", "sweep"},
                                         {"lockstep_figure", "a figure", "figures"},
                                         {"lockstep_calibration", "a calibration", "calibrate"}}};

constexpr std::size_t kHeadBytes = 256;
constexpr std::size_t kWholeBytes = std::size_t{64} << 20;

using namespace std::string_view_literals;
constexpr std::string_view kSqlite = "SQLite format 3\0"sv;
constexpr std::string_view kGzip = "\x1F\x8B";
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD";
constexpr std::string_view kTraceBegin = "{\"lockstep_trace\"";

absl::Status CannotRead(const std::string& path, int why) {
  return absl::Status(
      absl::ErrnoToStatusCode(why),
      absl::StrCat(path, ": cannot be read: ", std::generic_category().message(why)));
}

}  // namespace

absl::Status CheckKind(const nlohmann::json& document, const std::string& wanted,
                       const std::string& file) {
  if (!document.is_object() || document.contains(wanted)) return absl::OkStatus();
  for (const Kind& kind : kKinds) {
    if (!document.contains(kind.key)) continue;
    return absl::InvalidArgumentError(absl::StrCat(file, ": is ", kind.name, ": `",
                                                   ProgramAsCalled(), " ", kind.command, " ", file,
                                                   "` takes it"));
  }
  return absl::OkStatus();
}

FileHead::~FileHead() {
  if (file_ > STDERR_FILENO) close(file_);
}

FileHead::FileHead(FileHead&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      kind_(other.kind_),
      is_regular_(other.is_regular_),
      taken_(std::move(other.taken_)) {}

absl::StatusOr<FileHead> FileHead::Read(const std::string& path) {
  const int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return CannotRead(path, errno);
  FileHead head(path, file);
  struct stat status = {};
  head.is_regular_ = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && path != "-";
  std::string begin;
  if (absl::Status read = head.Append(begin, kHeadBytes); !read.ok()) return read;
  if (absl::Status found = head.FindKind(begin); !found.ok()) return found;
  head.taken_ = std::move(begin);
  // By its name it begins anew.
  if (head.is_regular_ && lseek(file, 0, SEEK_SET) == 0) head.taken_.clear();
  return head;
}

absl::Status FileHead::Append(std::string& head, std::size_t most) const {
  constexpr std::size_t kAtOnce = std::size_t{1} << 16;
  while (head.size() < most) {
    const std::size_t had = head.size();
    head.resize(std::min(most, had + kAtOnce));
    const ssize_t more = read(file_, head.data() + had, head.size() - had);
    const int why = errno;
    head.resize(had + static_cast<std::size_t>(std::max<ssize_t>(more, 0)));
    if (more == 0) break;
    if (more < 0 && why != EINTR) return CannotRead(path_, why);
  }
  return absl::OkStatus();
}

absl::Status FileHead::FindKind(const std::string& head) {
  std::string solid;
  std::copy_if(head.begin(), head.end(), std::back_inserter(solid),
               [](unsigned char c) { return std::isspace(c) == 0; });
  std::error_code ignored;
  // A sweep that has just begun has all its pages beside it.
  const bool is_young = head.empty() && std::filesystem::exists(path_ + "-wal", ignored);
  if (head.starts_with(kSqlite) || is_young) {
    kind_ = FileKind::kResults;
    if (is_regular_) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": is SQLite, which is read from a file, not from a pipe"));
  }
  if (head.starts_with(kGzip) || head.starts_with(kZstd) || solid.starts_with(kTraceBegin)) {
    kind_ = FileKind::kTrace;
    return absl::OkStatus();
  }
  if (solid.starts_with('{') || solid.starts_with('[')) {
    kind_ = FileKind::kDocument;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path_, solid.empty() ? ": is empty" : ": is nothing that lockstep has written",
                   "; want results of a sweep, a trace, or what `", ProgramAsCalled(),
                   " figures --json` prints"));
}

absl::StatusOr<std::string> FileHead::ReadAll() {
  std::string text = taken_;
  if (absl::Status read = Append(text, kWholeBytes + 1); !read.ok()) return read;
  if (text.size() > kWholeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": want at most ", kWholeBytes >> 20, " MiB"));
  }
  return text;
}

}  // namespace lockstep::cli
