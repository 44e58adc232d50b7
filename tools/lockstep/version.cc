// Revision and toolchain: see version.h.

#include "tools/lockstep/version.h"

#include "tools/lockstep/revision.h"

namespace lockstep::cli {

std::string Revision() { return LOCKSTEP_REVISION; }

std::string Toolchain() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace lockstep::cli
