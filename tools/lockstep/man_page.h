// The manual page, made of the description that --help is made of.

#pragma once

#include <string>

#include "CLI/CLI.hpp"

#include "tools/lockstep/commands.h"

namespace lockstep::cli {

// For man(1), in the language of man(7), of a program that is called `program`.
std::string ManPage(const CLI::App& app, const Call& call, const std::string& program);

}  // namespace lockstep::cli
