// A file that takes the place of another: see file_beside.h.

#include "sim/trace/file_beside.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::trace {
namespace {

namespace fs = std::filesystem;

absl::Status CannotWrite(const std::string& path, int error_number) {
  const int why = error_number == 0 ? EIO : error_number;
  return absl::Status(absl::ErrnoToStatusCode(why),
                      absl::StrCat(path, ": cannot write: ", std::strerror(why)));
}

// What has the rights of the file that it will replace, where there is one.
void TakeRights(int descriptor, const std::string& path) {
  struct stat old = {};
  if (stat(path.c_str(), &old) != 0) return;
  // Only a courtesy: whoever may not do it gets a file with the usual rights.
  if (fchmod(descriptor, old.st_mode & 0777) != 0) return;
}

}  // namespace

absl::StatusOr<std::string> MakeBeside(const std::string& path, std::string_view kind) {
  constexpr int kTries = 10'000;
  for (int i = 0; i < kTries; ++i) {
    std::string name = absl::StrCat(path, ".", std::string(kind), "-", getpid());
    if (i > 0) absl::StrAppend(&name, "-", i);
    const int made = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (made >= 0) {
      close(made);
      return name;
    }
    if (errno != EEXIST) return CannotWrite(path, errno);
  }
  return CannotWrite(path, EEXIST);
}

absl::StatusOr<FileBeside> FileBeside::Make(const std::string& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  const bool is_new = type == fs::file_type::not_found;
  if (error && !is_new) return CannotWrite(path, error.value());
  if (type == fs::file_type::directory) return CannotWrite(path, EISDIR);
  if (!is_new && type != fs::file_type::regular) {
    std::FILE* const file = std::fopen(path.c_str(), "wbe");
    if (file == nullptr) return CannotWrite(path, errno);
    return FileBeside(path, "", file);
  }
  // What a link leads to is where the file shall be, also where nothing is there yet.
  fs::path real = path;
  constexpr int kLinksMax = 40;
  for (int i = 0; i < kLinksMax && fs::is_symlink(fs::symlink_status(real, error)); ++i) {
    real = real.parent_path() / fs::read_symlink(real, error);
    if (error) return CannotWrite(path, error.value());
  }
  absl::StatusOr<std::string> beside = MakeBeside(real.string(), "partial");
  if (!beside.ok()) return beside.status();
  std::FILE* const file = std::fopen(beside->c_str(), "wbe");
  if (file == nullptr) {
    const int why = errno;
    unlink(beside->c_str());
    return CannotWrite(path, why);
  }
  TakeRights(fileno(file), real.string());
  return FileBeside(real.string(), *std::move(beside), file);
}

FileBeside::FileBeside(FileBeside&& other) noexcept
    : path_(std::move(other.path_)),
      beside_(std::exchange(other.beside_, "")),
      file_(std::exchange(other.file_, nullptr)) {}

bool FileBeside::Close() {
  std::FILE* const file = std::exchange(file_, nullptr);
  bool is_whole = std::ferror(file) == 0 && std::fflush(file) == 0;
  // A pipe has no disk to be on.
  if (is_whole && !beside_.empty()) is_whole = fsync(fileno(file)) == 0;
  const int why = errno;
  const bool is_closed = std::fclose(file) == 0;
  if (!is_whole) errno = why;
  return is_whole && is_closed;
}

absl::Status FileBeside::Publish() {
  errno = 0;
  bool is_done = Close();
  if (is_done && !beside_.empty()) is_done = std::rename(beside_.c_str(), path_.c_str()) == 0;
  if (is_done) {
    beside_.clear();
    return absl::OkStatus();
  }
  absl::Status failed = CannotWrite(path_, errno);
  Abandon();
  return failed;
}

void FileBeside::Abandon() {
  if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
  if (!beside_.empty()) unlink(beside_.c_str());
  beside_.clear();
}

absl::Status WriteFile(const std::string& path, std::string_view text) {
  absl::StatusOr<FileBeside> file = FileBeside::Make(path);
  if (!file.ok()) return file.status();
  // An error stays with the file, and Publish tells it.
  std::fwrite(text.data(), 1, text.size(), file->file());
  return file->Publish();
}

}  // namespace lockstep::trace
