// A run as it was judged, in the few words that a regression or a reduction needs: what a worker
// process tells of the run that it has made.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/verdict.h"
#include "sim/scenario/override.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {

// An oracle that objects to a run.
struct Objection {
  std::string oracle;  // its letter
  std::string scope;   // the stream or cluster that it is about, such as "a->b"; empty: the run
  bool is_liveness = false;
  std::string cause;       // which kind of violation, where its oracle tells several apart
  std::int64_t at_ps = 0;  // of the first finding
  std::string text;        // what the first finding says
  friend bool operator==(const Objection&, const Objection&) = default;

  // Whether both say that the same thing is broken: the same oracle, of the same stream or cluster,
  // and of the same kind where it tells several apart.
  bool IsLike(const Objection& other) const {
    return oracle == other.oracle && scope == other.scope && cause == other.cause;
  }
  // "L of a->b (left behind)".
  std::string Name() const;
};

struct JudgedRun {
  std::string error;    // why there is no verdict: refused, crashed, or over a limit; else empty
  std::string failure;  // of a run that stood still: who, and when
  analysis::Verdict verdict = analysis::Verdict::kUnknown;
  bool is_as_expected = false;
  std::vector<Objection> objections;  // the earliest first
  std::vector<std::string> doubts;    // where the verdict shows nothing: what was not shown
  std::string digest;
  std::uint64_t events = 0;
  friend bool operator==(const JudgedRun&, const JudgedRun&) = default;

  // What it came to, in one line: the verdict, and who objects first.
  std::string Text() const;
};

// What the summary of a run says of it.
JudgedRun JudgedBy(const nlohmann::json& summary);
// Who objects, by the summary of a run.
std::vector<Objection> ObjectionsIn(const nlohmann::json& summary);

// Makes the run. One that a limit of the options ends has an error that says so.
JudgedRun RunAndJudge(const nlohmann::json& document, const std::string& path,
                      const std::vector<sim::Override>& overrides, const RunOptions& options,
                      const Additions& own);

// Text between processes; Decode gives back what Encode was given. What cannot be read is a bug of
// ours, since no other program writes it.
std::string Encode(const JudgedRun& run);
JudgedRun DecodeJudgedRun(const std::string& text);

}  // namespace lockstep::cli
