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

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lockstep::analysis {
namespace {

// How a lock of ours begins, and no file of anybody else's.
constexpr absl::string_view kOurs = "lockstep, ";

std::string TextIn(int descriptor) {
  std::array<char, 256> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  return std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
}

// "process 123 on HOST", as the holder wrote it.
std::string HolderOf(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return absl::StartsWith(text, kOurs) ? text.substr(kOurs.size()) : "of which nothing is known";
}

// False where the disk is full, say: the file would then not be known as ours.
bool WriteHolder(int descriptor) {
  std::array<char, 128> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string holder = absl::StrCat(kOurs, "process ", getpid(), " on ", host.data(), "\n");
  const auto size = static_cast<ssize_t>(holder.size());
  return pwrite(descriptor, holder.data(), holder.size(), 0) == size &&
         ftruncate(descriptor, size) == 0;
}

// The holder before us removes the file as it goes: we may have locked what has no name any more.
bool IsNamed(int descriptor, const std::string& name) {
  struct stat ours = {};
  struct stat named = {};
  return fstat(descriptor, &ours) == 0 && lstat(name.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

int TryFlock(int descriptor) {
  int failed = flock(descriptor, LOCK_EX | LOCK_NB);
  while (failed != 0 && errno == EINTR) failed = flock(descriptor, LOCK_EX | LOCK_NB);
  return failed;
}

// Nor followed, nor waited for where it is a pipe.
constexpr int kOpen = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

absl::Status NotOurs(const std::string& path, const std::string& name) {
  return absl::AlreadyExistsError(absl::StrCat(
      path, ": would be locked by ", name,
      ", which is there and is no lock of lockstep; choose another --out, or remove that file"));
}

// The lock's file, made or found; whether it was made.
struct Opened {
  int descriptor;
  bool is_new;
};

absl::StatusOr<Opened> OpenLock(const std::string& path, const std::string& name) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const int made = open(name.c_str(), kOpen | O_CREAT | O_EXCL, 0666);
    if (made >= 0) return Opened{made, true};
    const int found = errno == EEXIST ? open(name.c_str(), kOpen) : -1;
    if (found >= 0) return Opened{found, false};
    if (errno == ELOOP) return NotOurs(path, name);
    // Its holder may remove it between our two tries.
    if (errno != ENOENT) break;
  }
  return absl::PermissionDeniedError(
      absl::StrCat(path, ": cannot be created: ", name, ": ", std::strerror(errno),
                   "; choose a folder that is there and that you can write to"));
}

// Whether what was found, and locked, is what a lockstep left that was killed.
bool IsOurs(int descriptor) {
  struct stat found = {};
  return fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) &&
         absl::StartsWith(TextIn(descriptor), kOurs);
}

// Somebody has the lock of `descriptor`, which is closed here.
absl::Status Busy(const std::string& path, int descriptor, int why) {
  const std::string holder = HolderOf(TextIn(descriptor));
  close(descriptor);
  if (why != EWOULDBLOCK)
    return absl::UnavailableError(absl::StrCat(path, ": cannot be locked: ", std::strerror(why),
                                               "; choose a folder on a local disk"));
  return absl::UnavailableError(absl::StrCat(
      path, ": another sweep (", holder, ") writes to it; wait for it, or choose another --out"));
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const std::string name = path + ".lock";
  // Between its making and its first line a lock of ours looks like nobody's.
  constexpr int kLooks = 50;
  constexpr useconds_t kLookUs = 10'000;
  for (int look = 0; look < kLooks;) {
    const absl::StatusOr<Opened> opened = OpenLock(path, name);
    if (!opened.ok()) return opened.status();
    const int descriptor = opened->descriptor;
    if (TryFlock(descriptor) != 0) return Busy(path, descriptor, errno);
    const bool is_named = IsNamed(descriptor, name);
    if (is_named && (opened->is_new || IsOurs(descriptor))) {
      FileLock lock(name, descriptor);
      if (WriteHolder(descriptor)) return lock;
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": cannot be locked: ", name, ": ", std::strerror(errno)));
    }
    close(descriptor);
    if (!is_named) continue;
    ++look;
    usleep(kLookUs);
  }
  return NotOurs(path, name);
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
