// Revision and toolchain: see version.h.

#include "tools/lockstep/version.h"

#include <cstdint>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "protocols/core/hash.h"
#include "tools/lockstep/revision.h"

namespace lockstep::cli {

std::string Revision() { return LOCKSTEP_REVISION; }

std::string RevisionOf(const Additions& own) {
  if (own.protocols.empty() && own.oracles.empty()) return Revision();
  std::ifstream program("/proc/self/exe", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(program), {});
  const auto digits = static_cast<std::uint32_t>(core::HashBytes(bytes.data(), bytes.size()));
  return absl::StrCat(Revision(), "+", absl::StrFormat("%08x", digits));
}

std::string Toolchain() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace lockstep::cli
