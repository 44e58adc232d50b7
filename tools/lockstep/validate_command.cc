// lockstep validate SCENARIO

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"

#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/overrides.h"
#include "tools/lockstep/progress.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

constexpr const char* kValidateTeaching =
    "Says what is wrong with a scenario, its profile or its map: file, place, and what was wanted. "
    "What\n"
    "was assumed (rates or delays that a map does not say) is said on stderr. Nothing runs, so the "
    "exit\n"
    "code is 0, 1 or 2.\n"
    "\n"
    "Examples:\n"
    "  $0 validate my-scenario.json\n"
    "  $0 validate my-scenario.json --set /profile/nic/rate/value=25Gbps\n"
    "  $0 validate my-scenario.json --json | jq .scenario   # as it would run, profile and "
    "all\n"
    "\n";

struct ValidateFlags {
  std::string scenario;
  OverrideFlags overrides;
  bool as_json = false;
};

int Validate(const ValidateFlags& flags, const Additions& own) {
  const auto overrides = ReadOverrides(flags.overrides);
  if (!overrides.ok()) return ReportError(overrides.status());
  const auto prepared = Prepare(flags.scenario, *overrides, own);
  if (!prepared.ok()) return ReportError(prepared.status());
  PrintRemarks(prepared->scenario.remarks);
  if (flags.as_json) {
    std::fputs(JsonText(FirstLine(*prepared)).c_str(), stdout);
    return kAsExpected;
  }
  const sim::Scenario& scenario = prepared->scenario;
  std::size_t hosts = 0;
  for (const core::Cluster& cluster : scenario.clusters) hosts += cluster.size;
  absl::PrintF("%s: good: %d clusters, %d hosts, %d faults, %s simulated\n", flags.scenario,
               scenario.clusters.size(), hosts, scenario.faults.size(),
               Seconds(scenario.end - core::Instant()));
  return kAsExpected;
}

}  // namespace

void AddValidate(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand("validate", "Checks a scenario without running it");
  const auto flags = std::make_shared<ValidateFlags>();
  command->add_option("scenario", flags->scenario, "Scenario file")->required()->type_name("FILE");
  AddOverrideFlags(*command, flags->overrides);
  command->add_flag("--json", flags->as_json,
                    "Prints what a trace of it would say in its first line");
  call.Teach(*command, kValidateTeaching, kReaderCodes);
  command->callback([flags, &call] { call.exit_code = Validate(*flags, call.own); });
}

}  // namespace lockstep::cli
