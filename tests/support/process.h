// Programs as a user starts them: arguments in, exit code, output and errors out.
//
// Output goes to files, so that no program waits for us to read it; they vanish with their folder.

#pragma once

#include <string>
#include <vector>

namespace lockstep::tests {

// A folder for a test's files, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  // Makes a file with this content; its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

std::string ReadText(const std::string& path);

struct Finished {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

class Process {
 public:
  // Starts arguments[0]; `environment` holds further "NAME=value".
  explicit Process(std::vector<std::string> arguments,
                   const std::vector<std::string>& environment = {});
  // Kills it where it was not waited for.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const;
  Finished Wait();

 private:
  TemporaryFolder folder_;
  int pid_ = -1;
};

// Runs the program `lockstep` of this build to its end.
Finished Lockstep(std::vector<std::string> arguments,
                  const std::vector<std::string>& environment = {});

}  // namespace lockstep::tests
