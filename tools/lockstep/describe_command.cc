// lockstep completions SHELL, lockstep man

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tools/lockstep/commands.h"
#include "tools/lockstep/completion.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/man_page.h"
#include "tools/lockstep/program_name.h"

namespace lockstep::cli {
namespace {

constexpr const char* kCompletionsTeaching =
    "The script asks the program for words at each of them, so that it is never out of date. An\n"
    "installed program has it where shells look for it.\n"
    "\n"
    "Examples:\n"
    "  source <($0 completions bash)\n"
    "  source <($0 completions zsh)     # after compinit\n"
    "  $0 completions fish | source\n"
    "\n";
constexpr const char* kManTeaching =
    "An installed program has it where man looks for it.\n"
    "\n"
    "Examples:\n"
    "  $0 man | man -l -\n"
    "\n";

}  // namespace

void AddCompletions(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("completions", "Prints a script that lets a shell complete words");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "Which shell")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kShells), std::end(kShells))));
  call.Teach(*command, kCompletionsTeaching, kReaderCodes);
  command->callback(
      [shell] { std::fputs(CompletionScript(*shell, ProgramName()).c_str(), stdout); });
}

void AddMan(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand("man", "Prints the manual page");
  call.Teach(*command, kManTeaching, kReaderCodes);
  command->callback(
      [&app, &call] { std::fputs(ManPage(app, call, ProgramName()).c_str(), stdout); });
}

}  // namespace lockstep::cli
