// A file that takes the place of another once it is whole.
//
// Nobody finds half a file, and what has another's name is not touched: the file for now is made
// anew, under a name that was free.

#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lockstep::trace {

// Makes an empty file "PATH.KIND-..." that was not there before, and returns its name. Neither a
// file nor a link of that name is opened: another name is taken.
absl::StatusOr<std::string> MakeBeside(const std::string& path, std::string_view kind);

class FileBeside {
 public:
  // For `path`, or what it leads to where it is a link: a link stays a link. What is there and no
  // regular file (a terminal, a pipe) is written in place. Errors name `path`.
  static absl::StatusOr<FileBeside> Make(const std::string& path);
  // Removes what was not published.
  ~FileBeside() { Abandon(); }
  FileBeside(FileBeside&& other) noexcept;
  FileBeside& operator=(FileBeside&&) = delete;

  // Owned; null once published or abandoned.
  std::FILE* file() const { return file_; }
  // Gives the file the name that was asked for, its contents on the disk before it. An error that
  // a write met before, and nobody looked at, is told here.
  absl::Status Publish();
  void Abandon();

 private:
  FileBeside(std::string path, std::string beside, std::FILE* file)
      : path_(std::move(path)), beside_(std::move(beside)), file_(file) {}
  bool Close();

  std::string path_;    // for good
  std::string beside_;  // for now; empty where `path_` is written in place
  std::FILE* file_;
};

// A whole file at once.
absl::Status WriteFile(const std::string& path, std::string_view text);

}  // namespace lockstep::trace
