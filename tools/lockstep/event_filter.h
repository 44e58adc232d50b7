// Which events of a trace somebody wants to see, as words of the command line.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"

#include "analysis/recipe.h"
#include "protocols/core/note.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/note_names.h"

namespace lockstep::cli {

struct EventFlags {
  std::string from;
  std::string to;
  std::vector<std::string> nodes;
  std::vector<std::string> peers;
  std::vector<std::string> kinds;
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> messages;
};
// Adds --from, --to, --node, --peer, --kind, --k and --message.
void AddEventFlags(CLI::App& command, EventFlags& flags);

class EventFilter {
 public:
  // Errors name the flag and what was wanted.
  static absl::StatusOr<EventFilter> Make(const EventFlags& flags, const analysis::Recipe& recipe,
                                          const trace::NoteNames& notes);

  bool Wants(const trace::Event& event) const;
  // Of the numbers that the event stands for, whether this one is wanted.
  bool WantsNumber(std::uint64_t number) const;

 private:
  struct Message {
    trace::MessageId id;
    bool is_any_copy = true;
  };
  bool WantsKind(const trace::Event& event) const;
  bool WantsNumberOf(const trace::Event& event) const;
  bool WantsMessage(const trace::Event& event) const;

  core::Instant from_;
  core::Instant to_ = core::Instant::Max();
  // Of each, an empty one wants all.
  std::vector<core::NodeId> nodes_;
  std::vector<core::NodeId> peers_;
  bool is_any_kind_ = true;
  trace::KindSet kinds_ = 0;
  trace::FactSet facts_ = 0;
  std::vector<core::NoteKind> notes_;
  std::vector<std::uint64_t> numbers_;
  std::vector<Message> messages_;
};

}  // namespace lockstep::cli
