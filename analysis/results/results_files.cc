// What a results file is made of on a disk: see results_files.h.

#include "analysis/results/results_files.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "absl/strings/str_cat.h"

#include "analysis/results/results_schema.h"

namespace lockstep::analysis {
namespace {

namespace fs = std::filesystem;

// A big-endian number of 32 bits in a header of SQLite's.
template <std::size_t kSize>
std::int64_t HeaderField(const std::array<char, kSize>& header, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    value = value << 8 | static_cast<unsigned char>(header[i]);
  return value;
}

// How the files begin that SQLite keeps beside its own.
struct SideFile {
  const char* suffix;
  std::string_view begins;  // empty: anything
};
constexpr std::array<SideFile, 3> kSideFiles = {{
    {"-wal", "\x37\x7f\x06"},
    {"-journal", "\xd9\xd5\x05\xf9"},
    {"-shm", ""},
}};

// Whether it may be one that SQLite keeps, which it can do without.
bool IsSideFile(const SideFile& side, const std::string& name) {
  std::array<char, 28> header{};
  std::ifstream file(name, std::ios::binary);
  file.read(header.data(), header.size());
  const auto size = static_cast<std::size_t>(file.gcount());
  if (size == 0) return true;  // Nothing to lose.
  const std::string_view said(header.data(), size);
  if (said.substr(0, side.begins.size()) == side.begins) return true;
  // A journal begins with zeros until it is synced: whoever wrote it was killed before. Its header
  // ends with the size of a page ("The Rollback Journal" of SQLite's file format).
  const std::int64_t page = HeaderField(header, 24);
  return std::string_view(side.suffix) == "-journal" && size == header.size() &&
         said.substr(0, 12) == std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0", 12) && page >= 512 &&
         (page & (page - 1)) == 0;
}

}  // namespace

bool IsThere(const std::string& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

absl::Status CheckFormat(const std::string& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (fs::is_directory(status))
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a folder; want a results file, such as sweep.sqlite"));
  if (!fs::exists(status))
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", failed.message(),
                                            "; `sweep` makes results files"));
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
  std::array<char, 100> header{};
  file.read(header.data(), header.size());
  const auto size = static_cast<std::size_t>(file.gcount());
  const bool is_sqlite =
      size == header.size() && std::memcmp(header.data(), "SQLite format 3", 16) == 0;
  if (!is_sqlite || HeaderField(header, 68) != kResultsApplication)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is ", is_sqlite ? "an SQLite file, but " : "",
                     "not a results file of lockstep; want one that `sweep` has made"));
  const std::int64_t version = HeaderField(header, 60);
  if (version == kResultsVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": was written by ", version > kResultsVersion ? "a newer" : "an older",
                   " lockstep (results format ", version, "; this one knows ", kResultsVersion,
                   "); use that one, or choose another file"));
}

absl::Status CheckBeside(const std::string& path, bool is_new) {
  std::error_code failed;
  const std::string real = is_new ? path : fs::canonical(path, failed).string();
  if (failed)
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", failed.message()));
  for (const SideFile& side : kSideFiles) {
    const std::string name = absl::StrCat(real, side.suffix);
    const fs::file_status status = fs::symlink_status(name, failed);
    if (!fs::exists(status)) continue;
    if (!is_new && fs::is_regular_file(status) && IsSideFile(side, name)) continue;
    return absl::AlreadyExistsError(absl::StrCat(
        path, ": ", name, " is there, which SQLite would write over, and is not of ",
        is_new ? "any results file" : "this one", "; move it away, or choose another file"));
  }
  return absl::OkStatus();
}

bool HasLog(const std::string& path) {
  std::error_code failed;
  const std::string real = fs::canonical(path, failed).string();
  if (failed) return false;
  const auto size = fs::file_size(real + "-wal", failed);
  return !failed && size > 0;
}

void Remove(const std::string& path) {
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) unlink((path + suffix).c_str());
}

absl::Status AlreadyThere(const std::string& path) {
  return absl::AlreadyExistsError(
      absl::StrCat(path, ": is there already; go on with it by --resume, or choose another file"));
}

absl::Status Publish(const std::string& from, const std::string& path) {
  std::error_code failed;
  fs::create_hard_link(from, path, failed);
  if (!failed) {
    Remove(from);
    return absl::OkStatus();
  }
  if (failed == std::errc::file_exists) return AlreadyThere(path);
  // Some file systems have no links; the lock keeps other sweeps away.
  fs::rename(from, path, failed);
  if (!failed) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(path, ": cannot be created: ", failed.message()));
}

}  // namespace lockstep::analysis
