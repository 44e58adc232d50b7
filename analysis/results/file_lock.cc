// One writer for each file: see file_lock.h.

#include "analysis/results/file_lock.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

// "process 123 on HOST", as the holder wrote it.
std::string HolderIn(int descriptor) {
  std::array<char, 256> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder.empty() ? "of which nothing is known" : holder;
}

void WriteHolder(int descriptor) {
  std::array<char, 128> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string holder = absl::StrCat("process ", getpid(), " on ", host.data(), "\n");
  // Only for a message: a lock is as good where nothing could be written.
  if (ftruncate(descriptor, 0) != 0) return;
  if (pwrite(descriptor, holder.data(), holder.size(), 0) < 0) return;
}

// The holder before us removes the file as it goes: we may have locked what has no name any more.
bool IsNamed(int descriptor, const std::string& name) {
  struct stat ours = {};
  struct stat named = {};
  return fstat(descriptor, &ours) == 0 && stat(name.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

int TryFlock(int descriptor) {
  int failed = flock(descriptor, LOCK_EX | LOCK_NB);
  while (failed != 0 && errno == EINTR) failed = flock(descriptor, LOCK_EX | LOCK_NB);
  return failed;
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const std::string name = path + ".lock";
  while (true) {
    const int descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
      return absl::PermissionDeniedError(
          absl::StrCat(path, ": cannot be created: ", name, ": ", std::strerror(errno),
                       "; choose a folder that is there and that you can write to"));
    }
    if (TryFlock(descriptor) != 0) {
      const int why = errno;
      const std::string holder = HolderIn(descriptor);
      close(descriptor);
      if (why != EWOULDBLOCK)
        return absl::UnavailableError(absl::StrCat(path, ": cannot be locked: ", std::strerror(why),
                                                   "; choose a folder on a local disk"));
      return absl::UnavailableError(absl::StrCat(path, ": another sweep (", holder,
                                                 ") writes to it; wait for it, or choose another "
                                                 "--out"));
    }
    if (IsNamed(descriptor, name)) {
      WriteHolder(descriptor);
      return FileLock(name, descriptor);
    }
    close(descriptor);
  }
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  unlink(name_.c_str());
  close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : name_(std::move(other.name_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

void FileLock::ForgetInChild() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

}  // namespace lockstep::analysis
