// The name of this program: see program_name.h.

#include "tools/lockstep/program_name.h"

#include <cerrno>

#include "absl/strings/str_replace.h"

#include "tools/lockstep/shell_word.h"

namespace lockstep::cli {
namespace {

// A program may be started without a name.
std::string Started() {
  const char* const name = program_invocation_name;
  return name == nullptr || *name == '\0' ? "lockstep" : name;
}

}  // namespace

std::string ProgramAsCalled() { return ShellWord(Started()); }

std::string ProgramName() {
  const std::string name = Started();
  return name.substr(name.rfind('/') + 1);
}

std::string AsCalled(std::string_view text) {
  return absl::StrReplaceAll(std::string(text), {{"$0", ProgramAsCalled()}});
}

}  // namespace lockstep::cli
