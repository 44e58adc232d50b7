// What this program is called, in texts that tell somebody to call it.
//
// Of the system's own record of how it was started, so that an error deep inside can name it, too.

#pragma once

#include <string>
#include <string_view>

namespace lockstep::cli {

// As a shell finds it again in the same folder: `lockstep` if it was found through PATH, else the
// path as it was typed, such as `build/release/lockstep`; one word of a shell.
std::string ProgramAsCalled();

// Without folders, before each message: `lockstep`, or what an own program is called.
std::string ProgramName();

// `text` with ProgramAsCalled() for each "$0". For texts of ours only, never for a user's.
std::string AsCalled(std::string_view text);

}  // namespace lockstep::cli
