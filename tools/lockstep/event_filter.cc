// Flags to sets of events: see event_filter.h.

#include "tools/lockstep/event_filter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::cli {
namespace {

using trace::Event;
using trace::EventKind;

absl::Status Wrong(std::string_view flag, const std::string& got, std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(flag), ": want ", std::string(wanted), ", not \"", got, "\""));
}

absl::StatusOr<core::Instant> InstantOf(std::string_view flag, const std::string& text,
                                        core::Instant or_else) {
  if (text.empty()) return or_else;
  const absl::StatusOr<core::Duration> time = ParseDuration(text);
  if (time.ok()) return core::Instant() + *time;
  return absl::InvalidArgumentError(absl::StrCat(std::string(flag), ": ", time.status().message()));
}

// "b3", or a number.
std::optional<core::NodeId> NodeNamed(const analysis::Recipe& recipe, const std::string& name) {
  for (const core::Cluster& cluster : recipe.clusters) {
    std::uint32_t index = 0;
    const bool is_its = name.size() > cluster.name.size() && name.starts_with(cluster.name) &&
                        absl::SimpleAtoi(name.substr(cluster.name.size()), &index) &&
                        index < cluster.size && absl::StrCat(cluster.name, index) == name;
    if (is_its) return cluster.Replica(index);
  }
  std::uint32_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return core::NodeId(number);
  return std::nullopt;
}

absl::StatusOr<std::vector<core::NodeId>> NodesOf(std::string_view flag,
                                                  const std::vector<std::string>& names,
                                                  const analysis::Recipe& recipe) {
  std::vector<core::NodeId> nodes;
  for (const std::string& name : names) {
    const std::optional<core::NodeId> node = NodeNamed(recipe, name);
    if (!node) return Wrong(flag, name, "a host, as cluster and index (b3) or by its number");
    nodes.push_back(*node);
  }
  return nodes;
}

// "b3/17" or "b3/17#2".
std::optional<trace::MessageId> MessageNamed(const analysis::Recipe& recipe,
                                             const std::string& name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::size_t hash = std::min(name.find('#', slash), name.size());
  const std::optional<core::NodeId> sender = NodeNamed(recipe, name.substr(0, slash));
  trace::MessageId id;
  if (!sender || !absl::SimpleAtoi(name.substr(slash + 1, hash - slash - 1), &id.count)) {
    return std::nullopt;
  }
  if (hash < name.size() && !absl::SimpleAtoi(name.substr(hash + 1), &id.copy)) {
    return std::nullopt;
  }
  id.sender = *sender;
  return id;
}

// The facts that "carries" or "carries.sent" means; 0 where it is none.
trace::FactSet FactsNamed(const std::string& name) {
  trace::FactSet facts = 0;
  for (std::size_t fact = 0; fact < core::kFactNames.size(); ++fact) {
    const std::string of(core::kFactNames[fact]);
    for (std::size_t phase = 0; phase < trace::kPhaseNames.size(); ++phase) {
      if (name == of || name == absl::StrCat(of, ".", std::string(trace::kPhaseNames[phase]))) {
        facts |= Bit(static_cast<core::Fact>(fact), static_cast<trace::Phase>(phase));
      }
    }
  }
  return facts;
}

}  // namespace

void AddEventFlags(CLI::App& command, EventFlags& flags) {
  command.add_option("--from", flags.from, "Only what happened at this time or later (1.5ms)")
      ->type_name("TIME");
  command.add_option("--to", flags.to, "Only what happened at this time or before")
      ->type_name("TIME");
  const auto many = [&](const char* name, auto& list, const char* type, const char* help) {
    command.add_option(name, list, help)->type_name(type)->take_all()->expected(1);
  };
  many("--node", flags.nodes, "HOST", "Only what happened at this host (b3); may be given again");
  many("--peer", flags.peers, "HOST", "Only what has this host at its other end");
  many("--kind", flags.kinds, "KIND",
       "Only this kind: an event (drop), a note (delivered), a fact (carries, carries.sent)");
  many("--k", flags.numbers, "NUMBER",
       "Only notes and facts about this number: k′, round, slot, index of a log");
  many("--message", flags.messages, "ID", "Only what is about this message (a1/17, a1/17#2)");
}

absl::StatusOr<EventFilter> EventFilter::Make(const EventFlags& flags,
                                              const analysis::Recipe& recipe,
                                              const trace::NoteNames& notes) {
  EventFilter filter;
  const auto from = InstantOf("--from", flags.from, core::Instant());
  if (!from.ok()) return from.status();
  const auto to = InstantOf("--to", flags.to, core::Instant::Max());
  if (!to.ok()) return to.status();
  filter.from_ = *from;
  filter.to_ = *to;
  auto nodes = NodesOf("--node", flags.nodes, recipe);
  if (!nodes.ok()) return nodes.status();
  auto peers = NodesOf("--peer", flags.peers, recipe);
  if (!peers.ok()) return peers.status();
  filter.nodes_ = *std::move(nodes);
  filter.peers_ = *std::move(peers);
  filter.numbers_ = flags.numbers;
  for (const std::string& kind : flags.kinds) {
    filter.is_any_kind_ = false;
    const auto named = std::ranges::find(trace::kEventNames, kind);
    const trace::FactSet facts = FactsNamed(kind);
    if (named != trace::kEventNames.end()) {
      filter.kinds_ |= Bit(static_cast<EventKind>(named - trace::kEventNames.begin()));
    } else if (facts != 0) {
      filter.facts_ |= facts;
    } else if (const auto note = notes.Named(kind)) {
      filter.notes_.push_back(*note);
    } else {
      std::vector<std::string> known(trace::kEventNames.begin(), trace::kEventNames.end());
      known.insert(known.end(), core::kFactNames.begin(), core::kFactNames.end());
      for (const core::NoteSpec& spec : core::kSharedNotes) known.emplace_back(spec.name);
      const std::optional<std::string> nearest = Nearest(kind, known);
      return Wrong("--kind", kind,
                   absl::StrCat("the name of an event, a fact, or a note of this trace",
                                nearest ? absl::StrCat(" (", *nearest, "?)") : ""));
    }
  }
  for (const std::string& message : flags.messages) {
    const auto id = MessageNamed(recipe, message);
    if (!id) return Wrong("--message", message, "SENDER/COUNT or SENDER/COUNT#COPY");
    filter.messages_.push_back({*id, message.find('#') == std::string::npos});
  }
  return filter;
}

bool EventFilter::WantsKind(const Event& event) const {
  if (is_any_kind_ || (kinds_ & Bit(event.kind)) != 0) return true;
  if (event.kind == EventKind::kFact) return (facts_ & Bit(event.fact, event.phase)) != 0;
  return event.kind == EventKind::kNote && std::ranges::count(notes_, event.note) > 0;
}

bool EventFilter::WantsNumber(std::uint64_t number) const {
  return numbers_.empty() || std::ranges::count(numbers_, number) > 0;
}

bool EventFilter::WantsNumberOf(const Event& event) const {
  if (numbers_.empty()) return true;
  if (event.kind != EventKind::kNote && event.kind != EventKind::kFact) return false;
  const auto is_in = [](const core::Run& run, std::uint64_t number) {
    if (run.count == 0 || number < run.first) return false;
    const std::uint64_t past = number - run.first;
    if (run.count == 1 || run.stride == 0) return past == 0;
    return past % run.stride == 0 && past / run.stride < run.count;
  };
  return std::ranges::any_of(numbers_, [&](std::uint64_t number) {
    return is_in(event.run(), number) || std::ranges::any_of(event.runs, [&](const core::Run& run) {
             return is_in(run, number);
           });
  });
}

bool EventFilter::WantsMessage(const Event& event) const {
  return messages_.empty() || std::ranges::any_of(messages_, [&](const Message& wanted) {
           return event.message.sender == wanted.id.sender &&
                  event.message.count == wanted.id.count && !event.message.is_none() &&
                  (wanted.is_any_copy || event.message.copy == wanted.id.copy);
         });
}

bool EventFilter::Wants(const Event& event) const {
  if (event.at < from_ || event.at > to_) return false;
  if (!nodes_.empty() && std::ranges::count(nodes_, event.node) == 0) return false;
  const bool is_of_peer = event.peer != event.node && std::ranges::count(peers_, event.peer) > 0;
  if (!peers_.empty() && !is_of_peer) return false;
  return WantsKind(event) && WantsNumberOf(event) && WantsMessage(event);
}

}  // namespace lockstep::cli
