// Histories of others: see linearizable.h.

#include "tools/lockstep/linearizable.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"

namespace lockstep::cli {
namespace {

using analysis::linear::History;
using analysis::linear::HistoryFile;
using analysis::linear::LinearizabilityReport;
using analysis::linear::Model;
using analysis::linear::Operation;
using analysis::linear::Violation;
using nlohmann::json;

absl::StatusOr<HistoryFile> Read(const std::string& path, Model model) {
  if (path == "-") return ReadHistory(std::cin, "standard input", model);
  std::ifstream in(path);
  if (!in) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be opened"));
  // A folder opens, and cannot be read.
  if (in.peek() == std::ifstream::traits_type::eof() && !in.eof())
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read; want a file"));
  in.clear();
  return ReadHistory(in, path, model);
}

json ToJson(const Operation& operation, Model model) {
  json row = {{"process", operation.process},
              {"operation", Describe(operation, model)},
              {"invoked_line", operation.invoked_line}};
  if (operation.has_returned()) row["returned_line"] = operation.returned_line;
  return row;
}

json ToJson(const LinearizabilityReport& report, const LinearizableFlags& flags,
            const HistoryFile& file, Model model) {
  json violations = json::array();
  for (const Violation& each : report.violations) {
    json prefix = json::array();
    for (const std::uint32_t i : each.prefix)
      prefix.push_back(ToJson(file.history.operations[i], model));
    violations.push_back({{"key", each.key},
                          {"culprit", ToJson(file.history.operations[each.culprit], model)},
                          {"is_longest", each.is_longest},
                          {"longest_linearizable_prefix", prefix}});
  }
  return {{"verdict", Name(report.verdict)},
          {"model", flags.model},
          {"history", flags.history},
          {"lines", file.lines},
          {"skipped_lines", file.skipped},
          {"operations", report.operations},
          {"open_operations", report.open},
          {"keys", report.keys},
          {"steps", report.steps},
          {"budget", flags.budget},
          {"unknown_keys", report.unknown_keys},
          {"violations", violations}};
}

std::string Row(const Operation& operation, Model model) {
  // Values that were appended to for a long time are longer than anybody reads.
  constexpr std::size_t kShown = 100;
  std::string text = Describe(operation, model);
  if (text.size() > kShown) text = absl::StrCat(text.substr(0, kShown), "...");
  return absl::StrFormat("    process %d %s  (line%s %d%s)\n", operation.process, text,
                         operation.has_returned() ? "s" : "", operation.invoked_line,
                         operation.has_returned() ? absl::StrCat(" to ", operation.returned_line)
                                                  : " on, never returned");
}

void Append(const Violation& violation, const History& history, Model model, std::string& text) {
  constexpr std::size_t kShown = 10;
  const std::size_t size = violation.prefix.size();
  const Operation& culprit = history.operations[violation.culprit];
  absl::StrAppendFormat(
      &text,
      "  %s: what comes before line %d is linearizable%s, in this order of %d operation%s%s\n",
      violation.key.empty() ? "the register" : absl::StrCat("key ", violation.key),
      culprit.returned_line, violation.is_longest ? "" : " (and maybe more: the budget ended)",
      size, size == 1 ? "" : "s",
      size > kShown ? absl::StrCat(", of which these are the last ", kShown, ":") : ":");
  for (std::size_t i = size > kShown ? size - kShown : 0; i < size; ++i)
    text += Row(history.operations[violation.prefix[i]], model);
  text += "  and with that line, no order of them has a place for\n" + Row(culprit, model);
}

std::string ToText(const LinearizabilityReport& report, const HistoryFile& file, Model model) {
  constexpr std::size_t kKeysShown = 5;
  std::string text = absl::StrFormat(
      "%s: %d operations on %d key%s (%d never returned) in %d lines, of which %d say something "
      "else; %d steps\n",
      Name(report.verdict).data(), report.operations, report.keys, report.keys == 1 ? "" : "s",
      report.open, file.lines, file.skipped, report.steps);
  for (std::size_t i = 0; i < report.violations.size() && i < kKeysShown; ++i)
    Append(report.violations[i], file.history, model, text);
  if (report.violations.size() > kKeysShown) {
    absl::StrAppend(&text, "  and ", report.violations.size() - kKeysShown,
                    " more keys; --json shows all\n");
  }
  if (!report.unknown_keys.empty()) {
    absl::StrAppend(&text, "  ", report.unknown_keys.size(),
                    " of the keys took more steps than --budget allows\n");
  }
  return text;
}

ExitCode CodeOfHistory(analysis::Verdict verdict) {
  return CodeOf(verdict, verdict == analysis::Verdict::kHolds);
}

}  // namespace

int CheckHistory(const LinearizableFlags& flags) {
  const Model model = flags.model == "register" ? Model::kRegister : Model::kKeyValue;
  const absl::StatusOr<HistoryFile> file = Read(flags.history, model);
  if (!file.ok()) return ReportError(file.status());
  const LinearizabilityReport report = CheckLinearizability(file->history, {flags.budget});
  const std::string text =
      flags.as_json ? JsonText(ToJson(report, flags, *file, model)) : ToText(report, *file, model);
  Print(stdout, text);
  return CodeOfHistory(report.verdict);
}

}  // namespace lockstep::cli
