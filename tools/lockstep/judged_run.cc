// Runs in few words: see judged_run.h.

#include "tools/lockstep/judged_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "tools/lockstep/memory.h"
#include "tools/sweep/engine.h"

namespace lockstep::cli {
namespace {

// The stream or cluster of a row of a summary.
std::string ScopeOfRow(const nlohmann::json& row) {
  return row.value("stream", row.value("cluster", std::string()));
}

Objection ObjectionOf(const nlohmann::json& row) {
  Objection objection;
  objection.oracle = row["oracle"];
  objection.scope = ScopeOfRow(row);
  objection.is_liveness = row.value("nature", "") == analysis::Name(analysis::Nature::kLiveness);
  objection.cause = row.value("cause", "");
  if (row["findings"].empty()) return objection;
  objection.at_ps = row["findings"][0]["at_ps"];
  objection.text = row["findings"][0]["text"];
  return objection;
}

// Oracles that could not tell, or had nothing to judge; faults without an effect among them.
std::vector<std::string> DoubtsIn(const nlohmann::json& summary) {
  std::vector<std::string> doubts;
  for (const nlohmann::json& row : summary["oracles"]) {
    const std::string verdict = row["verdict"];
    if (verdict == "holds" || verdict == "violated") continue;
    const std::string scope = ScopeOfRow(row);
    std::string text = absl::StrCat(row["oracle"].get<std::string>(), scope.empty() ? "" : " of ",
                                    scope, ": ", verdict);
    if (!row["findings"].empty())
      absl::StrAppend(&text, " (", row["findings"][0]["text"].get<std::string>(), ")");
    doubts.push_back(std::move(text));
  }
  return doubts;
}

std::string LimitText(RunEnding ending, const JudgedRun& run) {
  if (ending == RunEnding::kEventsMax) return absl::StrCat("stopped after ", run.events, " events");
  if (ending == RunEnding::kSimulatedMax) return "stopped before its end";
  return "its worker was told to stop";
}

}  // namespace

std::string Objection::Name() const {
  return absl::StrCat(oracle, scope.empty() ? "" : " of ", scope, cause.empty() ? "" : " (", cause,
                      cause.empty() ? "" : ")");
}

std::string JudgedRun::Text() const {
  if (!error.empty()) return error;
  if (!failure.empty()) return failure;
  if (!objections.empty())
    return absl::StrCat("violated: ", objections[0].Name(), ": ", objections[0].text);
  const std::string verdict_text(analysis::Name(verdict));
  return doubts.empty() ? verdict_text : absl::StrCat(verdict_text, ": ", doubts[0]);
}

JudgedRun JudgedBy(const nlohmann::json& summary) {
  JudgedRun run;
  const auto verdict = analysis::VerdictNamed(summary["verdict"].get<std::string>());
  CHECK(verdict.has_value());
  run.verdict = *verdict;
  run.is_as_expected = summary["as_expected"];
  run.failure = summary.value("failure", "");
  run.objections = ObjectionsIn(summary);
  run.doubts = DoubtsIn(summary);
  run.digest = summary["digest"];
  run.events = summary["events"];
  return run;
}

std::vector<Objection> ObjectionsIn(const nlohmann::json& summary) {
  std::vector<Objection> objections;
  for (const nlohmann::json& row : summary["oracles"])
    if (row["verdict"] == "violated") objections.push_back(ObjectionOf(row));
  std::ranges::stable_sort(objections, {}, &Objection::at_ps);
  return objections;
}

JudgedRun RunAndJudge(const nlohmann::json& document, const std::string& path,
                      const std::vector<sim::Override>& overrides, const RunOptions& options,
                      const Additions& own) {
  JudgedRun run;
  const auto prepared = PrepareDocument(document, path, overrides, own);
  absl::Status status = prepared.status();
  if (status.ok())
    status = CheckMemory(*prepared, sweep::MemoryForEach(), "what one of several runs may take",
                         "make it by itself with `run --memory`");
  if (!status.ok()) {
    run.error = std::string(status.message());
    return run;
  }
  const auto result = Run(*prepared, options);
  if (!result.ok()) {
    run.error = std::string(result.status().message());
    return run;
  }
  run = JudgedBy(result->summary);
  const bool is_judged =
      result->ending == RunEnding::kComplete || result->ending == RunEnding::kStuck;
  if (!is_judged) run.error = LimitText(result->ending, run);
  return run;
}

std::string Encode(const JudgedRun& run) {
  nlohmann::json objections = nlohmann::json::array();
  for (const Objection& each : run.objections)
    objections.push_back(
        {each.oracle, each.scope, each.is_liveness, each.cause, each.at_ps, each.text});
  return nlohmann::json::array({run.error, run.failure, static_cast<int>(run.verdict),
                                run.is_as_expected, std::move(objections), run.doubts, run.digest,
                                run.events})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

JudgedRun DecodeJudgedRun(const std::string& text) {
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  CHECK(value.is_array());
  JudgedRun run;
  run.error = value[0];
  run.failure = value[1];
  run.verdict = static_cast<analysis::Verdict>(value[2].get<int>());
  run.is_as_expected = value[3];
  for (const nlohmann::json& each : value[4])
    run.objections.push_back({each[0], each[1], each[2], each[3], each[4], each[5]});
  run.doubts = value[5].get<std::vector<std::string>>();
  run.digest = value[6];
  run.events = value[7];
  return run;
}

}  // namespace lockstep::cli
