// A folder for what is of no use afterwards; goes with all that is in it.

#pragma once

#include <filesystem>
#include <stdlib.h>
#include <string>
#include <system_error>

namespace lockstep::cli {

class Scratch {
 public:
  Scratch() {
    std::error_code unknown;
    std::string name = (std::filesystem::temp_directory_path(unknown) / "lockstep-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // False where none could be made.
  bool is_there() const { return !path_.empty(); }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lockstep::cli
