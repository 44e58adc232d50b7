// What goes from a run to its trace: what the trace is to hold of the events, and what its judge
// tells beside them (analysis/sparing.h).

#pragma once

#include <algorithm>
#include <vector>

#include "analysis/judge.h"
#include "sim/trace/json_lines.h"
#include "sim/trace/sink.h"

namespace lockstep::cli {

class TraceTap final : public trace::Sink {
 public:
  // Both outlive it; the judge is given each event before this is.
  TraceTap(trace::JsonLinesWriter& writer, analysis::Judge& judge, bool has_detail)
      : writer_(writer), beside_(*this) {
    if (has_detail) {
      wants_ = trace::Interest(trace::kAllKinds & ~trace::kAccountKinds);
    } else {
      wants_ = judge.Keeps();
      spares_ = judge.Spares();
    }
    judge.TellTo(&beside_);
  }

  trace::Interest Wants() const override { return wants_; }
  void OnEvent(const trace::Event& event) override {
    if (!IsSpared(event)) writer_.OnEvent(event);
  }
  void Finish() override { writer_.Finish(); }

 private:
  // Takes what the judge tells, unless it comes by itself.
  class Beside final : public trace::Sink {
   public:
    explicit Beside(TraceTap& tap) : tap_(tap) {}
    trace::Interest Wants() const override { return {}; }
    void OnEvent(const trace::Event& event) override {
      if (!tap_.wants_.Has(event) || tap_.IsSpared(event)) tap_.writer_.OnEvent(event);
    }
    void Finish() override {}

   private:
    TraceTap& tap_;
  };

  bool IsSpared(const trace::Event& event) const {
    return event.kind == trace::EventKind::kNote &&
           std::find(spares_.begin(), spares_.end(), event.note) != spares_.end();
  }

  trace::JsonLinesWriter& writer_;
  trace::Interest wants_;
  std::vector<core::NoteKind> spares_;  // of all notes
  Beside beside_;
};

}  // namespace lockstep::cli
