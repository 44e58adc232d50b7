// The subcommands: each adds itself to the program, and leaves its exit code when it was called.

#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace lockstep::cli {

void AddRun(CLI::App& app, int& exit_code);
void AddCheck(CLI::App& app, int& exit_code);
void AddTrace(CLI::App& app, int& exit_code);
void AddRounds(CLI::App& app, int& exit_code);
void AddValidate(CLI::App& app, int& exit_code);
void AddSweep(CLI::App& app, int& exit_code);
void AddResults(CLI::App& app, int& exit_code);
void AddMerge(CLI::App& app, int& exit_code);
void AddCompare(CLI::App& app, int& exit_code);
void AddFigures(CLI::App& app, int& exit_code);
void AddFuzz(CLI::App& app, int& exit_code);
void AddTopology(CLI::App& app, int& exit_code);
void AddPlot(CLI::App& app, int& exit_code);
void AddList(CLI::App& app, int& exit_code);
void AddExplain(CLI::App& app, int& exit_code);

// Runs the program with these arguments (without its name); the exit code.
int Main(const std::vector<std::string>& arguments);

// What the exit codes mean, for the end of a command's help.
std::string ExitCodeTable();

// Prints the error and gives the code for it: bad input, unless it is a bug of ours.
int ReportError(const absl::Status& status);

}  // namespace lockstep::cli
