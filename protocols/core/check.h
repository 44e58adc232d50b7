// Assertions that stay on in every build.
//
// For the third kind of wrong: when *we* are wrong. Bad input is a Status, a bad peer is a note.
// One condition each, so that the message names what failed.

#pragma once

#include <cstdio>
#include <cstdlib>

namespace lockstep::core {

[[noreturn]] inline void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed: this is a bug in lockstep\n", file, line,
               condition);
  std::abort();
}

}  // namespace lockstep::core

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::lockstep::core::CheckFailed(#condition, __FILE__, __LINE__))
