// Overrides on the command line: see overrides.h.

#include "tools/lockstep/overrides.h"

#include "absl/strings/str_cat.h"

namespace lockstep::cli {

void AddOverrideFlags(CLI::App& command, OverrideFlags& flags) {
  command.add_option("--seed", flags.seed, "Seed of the run, instead of the scenario's")
      ->type_name("UINT");
  AddSetFlag(command, flags,
             "Changes the scenario: JSON pointer = JSON value, such as "
             "/clusters/0/size=7 or /network/cross/delay=1ms; may be repeated");
}

void AddSetFlag(CLI::App& command, OverrideFlags& flags, const std::string& meaning) {
  command.add_option("--set", flags.sets, meaning)
      ->type_name("/POINTER=VALUE")
      ->expected(1)
      ->take_all();
}

absl::StatusOr<std::vector<sim::Override>> ReadOverrides(const OverrideFlags& flags) {
  std::vector<sim::Override> overrides;
  for (const std::string& set : flags.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos || set.empty() || set[0] != '/') {
      return absl::InvalidArgumentError(
          absl::StrCat("--set ", set, ": want /POINTER=VALUE, such as /run/seed=7"));
    }
    overrides.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  if (flags.seed) overrides.emplace_back("/run/seed", *flags.seed);
  return overrides;
}

}  // namespace lockstep::cli
