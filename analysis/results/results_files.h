// What a results file is made of on a disk, as far as it is looked at without SQLite: its name, its
// first bytes, and the files that SQLite keeps beside it ("FILE-wal", "FILE-journal", "FILE-shm").
//
// Errors name the file and say what can be done.

#pragma once

#include <string>

#include "absl/status/status.h"

namespace lockstep::analysis {

// A link that leads nowhere is there, too.
bool IsThere(const std::string& path);

// Whether the file is one of ours, by its first bytes: a file of somebody else is not to be opened
// by SQLite, which would tidy up after that somebody.
absl::Status CheckFormat(const std::string& path);

// Whether SQLite may write, cut and remove what has the names that it uses beside `path`: those of
// a new file must be free, and those of an older one be its own.
absl::Status CheckBeside(const std::string& path, bool is_new);

// Whether something waits in the log of a file in WAL mode.
bool HasLog(const std::string& path);

// The file, and what is beside it.
void Remove(const std::string& path);

absl::Status AlreadyThere(const std::string& path);

// Gives a file its name, which must be free.
absl::Status Publish(const std::string& from, const std::string& path);

}  // namespace lockstep::analysis
