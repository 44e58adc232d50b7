// The subcommands: each adds itself to the program, and leaves its exit code when it was called.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/program.h"

namespace lockstep::cli {

// Words that an option may be, each with its meaning, where `given` came before it.
using Offer = std::function<std::vector<std::pair<std::string, std::string>>(
    const std::vector<std::string>& given)>;

// One call of the program: what the commands know of it, what they say of themselves, and what
// comes of it.
struct Call {
  const Additions& own;  // outlives it
  int exit_code = kAsExpected;
  // By the name of the command, or by that and the option's ("compare --metric").
  std::map<std::string, std::vector<ExitCode>> exit_codes = {};
  std::map<std::string, Offer> offers = {};

  // Ends the help of `command` with `text` and with the codes that it may end with.
  void Teach(CLI::App& command, const std::string& text, const std::vector<ExitCode>& codes);
};

// Of a command that judges nothing.
inline const std::vector<ExitCode> kReaderCodes = {kAsExpected, kInternalError, kBadInput};

void AddRun(CLI::App& app, Call& call);
void AddCheck(CLI::App& app, Call& call);
void AddTrace(CLI::App& app, Call& call);
void AddRounds(CLI::App& app, Call& call);
void AddValidate(CLI::App& app, Call& call);
void AddSweep(CLI::App& app, Call& call);
void AddResults(CLI::App& app, Call& call);
void AddMerge(CLI::App& app, Call& call);
void AddCompare(CLI::App& app, Call& call);
void AddFigures(CLI::App& app, Call& call);
void AddCalibrate(CLI::App& app, Call& call);
void AddFuzz(CLI::App& app, Call& call);
void AddReplay(CLI::App& app, Call& call);
void AddRegress(CLI::App& app, Call& call);
void AddShrink(CLI::App& app, Call& call);
void AddTopology(CLI::App& app, Call& call);
void AddPlot(CLI::App& app, Call& call);
void AddList(CLI::App& app, Call& call);
void AddExplain(CLI::App& app, Call& call);
void AddCompletions(CLI::App& app, Call& call);
void AddMan(CLI::App& app, Call& call);

// An error of ours where two protocols, or two oracles, have one name: one would never be asked.
absl::Status CheckAdditions(const Additions& own);

// Prints the error and gives the code for it: bad input, unless it is a bug of ours.
int ReportError(const absl::Status& status);

}  // namespace lockstep::cli
