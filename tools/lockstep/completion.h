// What may stand next on the command line, for shells that complete words.
//
// From the description that --help is made of, so that neither knows what the other does not. The
// scripts of the shells hold nothing of it: they ask the program, at each word.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"

#include "tools/lockstep/commands.h"

namespace lockstep::cli {

inline constexpr const char* kShells[] = {"bash", "zsh", "fish"};

// What may stand for the last of `words`, of which it is the beginning, on a line each; its meaning
// follows a tab. A line ":files" or ":folders" stands for those of the shell's folder. `words` are
// those after the program's name, and "=" may be one of its own, as bash has it.
std::string Completions(const CLI::App& app, const Call& call, std::vector<std::string> words);

// The script that lets `shell`, one of kShells, complete a program of this name.
std::string CompletionScript(std::string_view shell, const std::string& program);

}  // namespace lockstep::cli
