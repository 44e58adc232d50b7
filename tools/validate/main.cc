// The program behind tools/validate-model: runs experiments, prints their tables.
//
// Tables go to the output as soon as each is complete, progress to the error output; so a run that
// is interrupted has said all that it found.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"

#include "tools/validate/finding.h"

namespace lockstep::validate {
namespace {

struct Options {
  Effort effort;
  bool is_json = false;
  bool is_list = false;
  std::vector<std::string> only;
};

// Runs one experiment; how many of its findings do not hold.
std::size_t Run(const Experiment& experiment, const Options& options) {
  std::vector<Finding> findings;
  std::size_t missed = 0;
  experiment.run(options.effort, [&](const Finding& finding) {
    findings.push_back(finding);
    if (!finding.holds()) ++missed;
    std::fprintf(stderr, "validate: %s, %s\n", experiment.name.c_str(), Line(finding).c_str());
    if (options.is_json) std::printf("%s\n", Json(experiment, finding).dump().c_str());
    std::fflush(stdout);
  });
  if (!options.is_json) std::printf("%s\n", Markdown(experiment, findings).c_str());
  std::fflush(stdout);
  return missed;
}

int RunAll(const Options& options) {
  std::size_t missed = 0;
  std::size_t run = 0;
  for (const Experiment& experiment : Experiments()) {
    const bool is_wanted =
        options.only.empty() ||
        std::find(options.only.begin(), options.only.end(), experiment.name) != options.only.end();
    if (!is_wanted) continue;
    if (options.is_list) {
      std::printf("%-13s %s\n", experiment.name.c_str(), experiment.title.c_str());
      continue;
    }
    missed += Run(experiment, options);
    ++run;
  }
  if (options.is_list) return 0;
  std::fprintf(stderr, "validate: %zu experiments, %zu findings that do not hold\n", run, missed);
  return missed == 0 ? 0 : 1;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Compares the model of the network with theory: waits and losses of queues, latencies with\n"
      "closed forms, laws of TCP, conservation. Exit code 1 where a formula is missed.");
  std::vector<std::string> names;
  for (const Experiment& experiment : Experiments()) names.push_back(experiment.name);
  app.add_flag("--quick", options.effort.is_quick, "loads up to 0.8 and short runs: seconds");
  app.add_option("--only", options.only, "this experiment; may be repeated")
      ->check(CLI::IsMember(names));
  app.add_option("--seed", options.effort.seed, "of the queueing experiments")
      ->capture_default_str();
  app.add_flag("--json", options.is_json, "one JSON object for each finding, instead of tables");
  app.add_flag("--list", options.is_list, "print the names of the experiments; run none");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return RunAll(options);
}

}  // namespace
}  // namespace lockstep::validate

int main(int argc, char** argv) { return lockstep::validate::Main(argc, argv); }
