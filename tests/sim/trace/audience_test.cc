// Who is told of an event: exactly those who want it, in the order in which they came.

#include "sim/trace/audience.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/interest.h"
#include "sim/trace/sink.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::trace {
namespace {

using core::NoteKind;

class Named : public Sink {
 public:
  Named(int name, const Interest& wants, std::vector<int>& told)
      : name_(name), wants_(wants), told_(told) {}
  Interest Wants() const override { return wants_; }
  void OnEvent(const Event&) override { told_.push_back(name_); }
  void Finish() override {}

 private:
  int name_;
  Interest wants_;
  std::vector<int>& told_;
};

// An event of each kind, with each note that anybody names and one that nobody does, and each fact.
std::vector<Event> AllSorts() {
  std::vector<Event> events;
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
    Event event;
    event.kind = static_cast<EventKind>(kind);
    if (event.kind == EventKind::kNote) {
      for (const NoteKind note : {NoteKind::kCommitted, NoteKind::kState, NoteKind("nobody's")}) {
        event.note = note;
        events.push_back(event);
      }
    } else if (event.kind == EventKind::kFact) {
      for (std::size_t i = 0; i < core::kFactNames.size() * kPhaseNames.size(); ++i) {
        event.fact = static_cast<core::Fact>(i / kPhaseNames.size());
        event.phase = static_cast<Phase>(i % kPhaseNames.size());
        events.push_back(event);
      }
    } else {
      events.push_back(event);
    }
  }
  return events;
}

TEST_CASE("audience: those who want an event are told of it, in the order in which they came") {
  const Interest interests[] = {
      Interest(),
      Interest(Bit(EventKind::kEnd)).Add(NoteKind::kState),
      Interest(Bit(EventKind::kNote)),
      Interest().Add(core::Fact::kVotes, Phase::kHanded).Add(NoteKind::kCommitted),
      Interest(Bit(EventKind::kFact) | Bit(EventKind::kSend)),
      Interest(Bit(EventKind::kNote)).Add(NoteKind::kState),
      Interest(kAllKinds),
      Interest().Add(NoteKind::kState).Add(NoteKind::kCommitted),
  };
  std::vector<int> told;
  std::vector<std::unique_ptr<Named>> sinks;
  Audience audience;
  for (const Interest& interest : interests) {
    sinks.push_back(std::make_unique<Named>(static_cast<int>(sinks.size()), interest, told));
    audience.Add(sinks.back().get(), interest);
  }
  for (const Event& event : AllSorts()) {
    std::vector<int> expected;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      if (interests[i].Has(event)) expected.push_back(static_cast<int>(i));
    }
    told.clear();
    audience.Tell(event);
    CHECK(told == expected);
  }
}

}  // namespace
}  // namespace lockstep::trace
