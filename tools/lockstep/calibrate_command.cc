// lockstep calibrate FILE

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"

#include "sim/trace/file_beside.h"
#include "tools/lockstep/calibration.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"

namespace lockstep::cli {
namespace {

constexpr const char* kCalibrateTeaching =
    "The file names a figure and those of its panels whose published points count, and the free\n"
    "parameters: what they are in a scenario or its profile, and between which values each is\n"
    "plausible. One value of each serves all points. Shown are the values, what each point is "
    "most\n"
    "sensitive to, and how far each point is from what was published, before and after; --out "
    "writes\n"
    "the profile. Parameters that are not of the profile are for whoever writes scenarios.\n"
    "\n"
    "Each step simulates all points once for each parameter, and some more: long work. Ctrl-C ends "
    "it\n"
    "with the best values so far.\n"
    "\n"
    "Examples:\n"
    "  $0 calibrate scenarios/figures/picsou-calibration.json\n"
    "  $0 calibrate scenarios/figures/picsou-calibration.json --iterations 0   # how far it is\n"
    "  $0 calibrate scenarios/figures/picsou-calibration.json --out fitted.json --jobs 4\n"
    "\n";

struct CalibrateFlags {
  std::string file;
  unsigned jobs = 2;
  int iterations = 3;
  std::string out;
  bool as_json = false;
};

int RunCalibrate(const CalibrateFlags& flags, const Additions& own) {
  const auto calibration = ReadCalibration(flags.file, own);
  if (!calibration.ok()) return ReportError(calibration.status());
  if (!flags.out.empty()) {
    const absl::Status free = CheckNoInput(flags.out, "--out", {flags.file, calibration->figure});
    if (!free.ok()) return ReportError(free);
  }
  NoteInterrupts();
  const auto fit = FitParameters(
      calibration->parameters, SimulateFigure(*calibration, flags.jobs), flags.iterations,
      [](int count, const FitPoints& points) {
        absl::FPrintF(stderr,
                      "simulated all points %d times: median error %.1f %%, worst %.1f %%\n", count,
                      MedianError(points) * 100, WorstError(points) * 100);
      });
  if (!fit.ok()) return ReportError(fit.status());
  Print(stdout,
        flags.as_json ? JsonText(FitJson(*calibration, *fit)) : FitReport(*calibration, *fit));
  if (!flags.out.empty()) {
    const auto profile = FittedProfile(*calibration, *fit);
    if (!profile.ok()) return ReportError(profile.status());
    const absl::Status written = trace::WriteFile(flags.out, profile->dump(2) + "\n");
    if (!written.ok()) return ReportError(written);
  }
  return fit->is_complete ? kAsExpected : kInterrupted;
}

}  // namespace

void AddCalibrate(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand(
      "calibrate", "Fits the free parameters of a profile to the published points of a figure");
  const auto flags = std::make_shared<CalibrateFlags>();
  command->add_option("calibration", flags->file, "What is fitted to what")
      ->required()
      ->type_name("FILE");
  command->add_option("--jobs", flags->jobs, "Runs at the same time")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  command->add_option("--iterations", flags->iterations, "Steps at most; 0: fits nothing")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command->add_option("--out", flags->out, "Writes the profile with the values that were found")
      ->type_name("FILE.json");
  command->add_flag("--json", flags->as_json, "Prints the fit as JSON");
  call.Teach(*command, kCalibrateTeaching, {kAsExpected, kInternalError, kBadInput, kInterrupted});
  command->callback([flags, &call] { call.exit_code = RunCalibrate(*flags, call.own); });
}

}  // namespace lockstep::cli
