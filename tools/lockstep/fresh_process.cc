// This program, begun anew: see fresh_process.h.
//
// What it writes goes to files in memory, so that it waits for nobody to read it.

#include "tools/lockstep/fresh_process.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lockstep::cli {
namespace {

// A file in memory that has no name.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("output", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (file_ >= 0) close(file_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int file() const { return file_; }
  std::string Text() const {
    std::string text;
    char piece[64 * 1024];
    for (;;) {
      const ssize_t size = pread(file_, piece, sizeof piece, static_cast<off_t>(text.size()));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return text;
      text.append(piece, static_cast<std::size_t>(size));
    }
  }

 private:
  int file_;
};

[[noreturn]] void Become(std::vector<char*>& arguments, const MemoryFile& out,
                         const MemoryFile& err, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(out.file(), STDOUT_FILENO);
  dup2(err.file(), STDERR_FILENO);
  execv("/proc/self/exe", arguments.data());
  _exit(1);
}

}  // namespace

Ended RunThisProgram(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"lockstep"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const MemoryFile out;
  const MemoryFile err;
  Ended ended;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) Become(pointers, out, err, parent);
  int status = 0;
  if (child < 0) return ended;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  ended.out = out.Text();
  ended.err = err.Text();
  return ended;
}

}  // namespace lockstep::cli
