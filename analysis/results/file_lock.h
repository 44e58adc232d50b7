// One writer for each file, by a lock that the system gives back when its holder dies.
//
// Invariant: who holds the lock of FILE has locked the very inode that "FILE.lock" names. A file of
// that name that lockstep did not make is refused, and left as it is.

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace lockstep::analysis {

class FileLock {
 public:
  // Locks "PATH.lock", or says which process on which machine has it.
  static absl::StatusOr<FileLock> Take(const std::string& path);
  // Gives the lock back and removes its file.
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

  // In a forked child: closes our copy, so that the lock ends with the parent, and does no more.
  void ForgetInChild();

 private:
  FileLock(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

  std::string name_;  // of the lock's own file
  int descriptor_ = -1;
};

}  // namespace lockstep::analysis
