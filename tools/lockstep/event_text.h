// Events as people read them: names of hosts for their numbers, words for what values mean.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

#include "analysis/recipe.h"
#include "sim/trace/event.h"
#include "sim/trace/note_names.h"

namespace lockstep::cli {

// `text` without what would command a terminal: control characters become blanks.
std::string Plain(std::string_view text);

class EventText {
 public:
  // Both outlive it. Hosts that the recipe does not name are shown by their numbers.
  EventText(const analysis::Recipe& recipe, const trace::NoteNames& notes);

  // One line, without its newline:
  //   "     25330.144000 us  #212  b1  message  from a1, a1/97, 100184 B, ..."
  std::string Line(const trace::Event& event) const;
  // {"t_ps", "index", "kind", "node"}, and what else the event says, under names for its keys.
  nlohmann::json Object(const trace::Event& event) const;

  // "b3"; "7" where it is no replica.
  const std::string& Host(core::NodeId node) const;
  // "carries.sent"; of a note, its name.
  std::string KindOf(const trace::Event& event) const;

 private:
  std::string Message(const trace::MessageId& id) const;
  std::string Stream(core::StreamId stream) const;
  std::string Fault(std::uint64_t index) const;
  std::string What(const trace::Event& event) const;
  std::string WhatFact(const trace::Event& event) const;
  std::string WhatNote(const trace::Event& event) const;
  std::string WhatWorld(const trace::Event& event) const;
  std::string WhatComment(const trace::Event& event) const;

  const analysis::Recipe& recipe_;
  const trace::NoteNames& notes_;
  mutable std::map<core::NodeId, std::string> hosts_;  // those that were asked for
};

}  // namespace lockstep::cli
