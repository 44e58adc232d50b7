// Kinds of files: see file_kind.h.

#include "tools/lockstep/file_kind.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace lockstep::cli {
namespace {

struct Kind {
  const char* key;
  const char* name;
  const char* command;
};
constexpr std::array<Kind, 3> kKinds = {{{"lockstep", "a scenario", "run"},
                                         {"lockstep_sweep", "a sweep", "sweep"},
                                         {"lockstep_figure", "a figure", "figures"}}};

}  // namespace

absl::Status CheckKind(const nlohmann::json& document, const std::string& wanted,
                       const std::string& file) {
  if (!document.is_object() || document.contains(wanted)) return absl::OkStatus();
  for (const Kind& kind : kKinds) {
    if (!document.contains(kind.key)) continue;
    return absl::InvalidArgumentError(absl::StrCat(file, ": is ", kind.name, ": `lockstep ",
                                                   kind.command, " ", file, "` takes it"));
  }
  return absl::OkStatus();
}

}  // namespace lockstep::cli
