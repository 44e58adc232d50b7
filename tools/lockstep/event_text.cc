// The words of each kind: see event_text.h. FORMAT.md says what the values mean.

#include "tools/lockstep/event_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "protocols/core/effects.h"

namespace lockstep::cli {
namespace {

using trace::Event;
using trace::EventKind;

constexpr std::array<std::string_view, 3> kClocks = {"monotonic", "synced", "wall"};

// The name, or the number where there is none.
template <std::size_t kSize>
std::string NameOr(const std::array<std::string_view, kSize>& names, std::uint64_t number) {
  return number < kSize ? std::string(names[number]) : absl::StrCat(number);
}

// "7772.5 us". Clocks may read less than 0, which a trace has as a number above 2^63.
std::string Span(std::uint64_t ps) {
  const bool is_below = ps >> 63 != 0;
  const std::uint64_t size = is_below ? 0 - ps : ps;
  std::string text =
      absl::StrFormat("%s%d.%06d", is_below ? "-" : "", size / 1'000'000, size % 1'000'000);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " us";
}

// "7", "1, 5, ... (1000, by 4)", "1 to 1000".
std::string Numbers(const core::Run& run) {
  if (run.count == 1) return absl::StrCat(run.first);
  if (run.count > 1 && run.stride == 1) return absl::StrCat(run.first, " to ", run.Last());
  return absl::StrCat(run.first, ", ", run.At(1), ", ... (", run.count, ", by ", run.stride, ")");
}

// Parts that are there, with commas between them.
class Parts {
 public:
  Parts& Add(std::string part) {
    if (!part.empty()) parts_.push_back(std::move(part));
    return *this;
  }
  Parts& AddIf(bool is_there, std::string part) { return is_there ? Add(std::move(part)) : *this; }
  std::string Join() const { return absl::StrJoin(parts_, ", "); }

 private:
  std::vector<std::string> parts_;
};

std::string Bytes(const Event& event) {
  return event.size.value() == 0 ? "" : absl::StrCat(event.size.value(), " B");
}
std::string Content(const Event& event) {
  return event.digest == 0 ? "" : absl::StrCat("content ", absl::Hex(event.digest));
}

// Of the shared notes only one is about another host; what the others have there says nothing.
bool HasPeer(const Event& event) {
  if (event.peer == event.node) return false;
  if (event.kind != EventKind::kNote || event.note == core::NoteKind::kMalformed) return true;
  return std::ranges::none_of(
      core::kSharedNotes, [&](const core::NoteSpec& spec) { return spec.kind() == event.note; });
}

}  // namespace

std::string Plain(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return plain;
}

EventText::EventText(const analysis::Recipe& recipe, const trace::NoteNames& notes)
    : recipe_(recipe), notes_(notes) {}

const std::string& EventText::Host(core::NodeId node) const {
  constexpr std::size_t kRemembered = 1 << 16;
  const auto found = hosts_.find(node);
  if (found != hosts_.end()) return found->second;
  if (hosts_.size() >= kRemembered) hosts_.clear();
  const bool is_named = std::ranges::any_of(
      recipe_.clusters, [&](const core::Cluster& cluster) { return cluster.Has(node); });
  const std::string name =
      is_named ? Plain(analysis::HostName(recipe_, node)) : absl::StrCat(node.value());
  return hosts_.emplace(node, name).first->second;
}

std::string EventText::Message(const trace::MessageId& id) const {
  if (id.is_none()) return "";
  std::string text = absl::StrCat(Host(id.sender), "/", id.count);
  if (id.copy != 0) absl::StrAppend(&text, "#", id.copy);
  return text;
}

std::string EventText::Stream(core::StreamId stream) const {
  for (const analysis::Stream& known : recipe_.streams) {
    if (known.stream == stream) {
      return absl::StrCat("stream ", Plain(analysis::StreamName(recipe_, known)));
    }
  }
  return stream.value() == 0 ? "" : absl::StrCat("stream ", stream.value());
}

std::string EventText::Fault(std::uint64_t index) const {
  return index < recipe_.faults.size() ? absl::StrCat("fault ", Plain(recipe_.faults[index].id))
                                       : absl::StrCat("fault number ", index);
}

std::string EventText::KindOf(const Event& event) const {
  if (event.kind == EventKind::kNote) {
    return std::string(notes_.NameOf(event.note).value_or("note"));
  }
  if (event.kind != EventKind::kFact) return std::string(Name(event.kind));
  return absl::StrCat(std::string(core::kFactNames[static_cast<std::size_t>(event.fact)]), ".",
                      std::string(trace::kPhaseNames[static_cast<std::size_t>(event.phase)]));
}

std::string EventText::WhatFact(const Event& event) const {
  const bool is_sender =
      event.phase == trace::Phase::kSent || event.phase == trace::Phase::kDestroyed;
  Parts parts;
  parts.Add(absl::StrCat(is_sender ? "to " : "from ", Host(event.peer)));
  parts.Add(Message(event.message));
  switch (event.fact) {
    case core::Fact::kCarries:
      parts.Add(absl::StrCat("k′ ", Numbers(event.run())));
      parts.Add(Stream(event.stream));
      parts.AddIf(event.phase == trace::Phase::kDestroyed,
                  NameOr(trace::kDropCauses, event.detail));
      break;
    case core::Fact::kStates: {
      parts.Add(absl::StrCat("ack ", event.value));
      parts.AddIf(event.further != 0, absl::StrCat("list to ", event.further));
      std::vector<std::string> held;
      for (const core::Run& run : event.runs) held.push_back(Numbers(run));
      parts.AddIf(!held.empty(), absl::StrCat("holds ", absl::StrJoin(held, "; ")));
      parts.Add(Stream(event.stream));
      parts.AddIf(is_sender && event.detail != 0,
                  absl::StrCat("listed ", Span(event.detail), " before"));
      break;
    }
    case core::Fact::kRequests:
    case core::Fact::kAnswers:
      parts.Add(absl::StrCat("request ", event.value, " of client ", event.detail));
      break;
    default:
      parts.Add(absl::StrCat("number ", Numbers(event.run()), ", lane ", event.detail));
      parts.AddIf(event.further != 0, absl::StrCat("ballot ", event.further));
      parts.AddIf(event.votes.known != 0, absl::StrCat("votes known ", absl::Hex(event.votes.known),
                                                       " ones ", absl::Hex(event.votes.ones)));
  }
  parts.AddIf(event.epoch != 0, absl::StrCat("epoch ", event.epoch));
  return parts.Add(Content(event)).Join();
}

std::string EventText::WhatNote(const Event& event) const {
  Parts parts;
  parts.Add(Numbers(event.run()));
  parts.AddIf(event.detail != 0, absl::StrCat("detail ", event.detail));
  parts.AddIf(event.further != 0, absl::StrCat("further ", event.further));
  parts.AddIf(HasPeer(event), absl::StrCat("peer ", Host(event.peer)));
  // 0 is a stream, and what a note says that is about none; those of a C3B layer are about one.
  const bool has_stream = event.stream.value() != 0 || event.layer.value() != 0 ||
                          event.note == core::NoteKind::kDelivered ||
                          event.note == core::NoteKind::kQuacked;
  parts.AddIf(has_stream, Stream(event.stream));
  return parts.Add(Content(event)).Join();
}

std::string EventText::WhatWorld(const Event& event) const {
  Parts parts;
  switch (event.kind) {
    case EventKind::kStart:
    case EventKind::kRestart:
      return absl::StrCat("life ", event.value);
    case EventKind::kCrash:
      return absl::StrCat("life ", event.value, ", cuts off ", event.detail, " effects");
    case EventKind::kTimer:
    case EventKind::kCancelTimer:
      return absl::StrCat("timer ", event.value);
    case EventKind::kSetTimer:
      return absl::StrCat("timer ", event.value, " for ", Span(event.detail), " on the ",
                          NameOr(kClocks, event.further), " clock");
    case EventKind::kRead:
      return absl::StrCat("the ", NameOr(kClocks, event.detail), " clock: ", Span(event.value));
    case EventKind::kStalled:
      return absl::StrCat("core ", event.value, " for ", Span(event.detail));
    case EventKind::kSpend:
      parts.Add(absl::StrCat(NameOr(core::kWorkNames, event.value), " ", event.detail, " times"));
      return parts.Add(Bytes(event)).Join();
    case EventKind::kSubmit:
      return absl::StrCat("request ", event.value, " of client ", event.detail, " at ",
                          Host(event.peer));
    case EventKind::kFault:
      return absl::StrCat(Fault(event.value), event.detail == 1 ? " begins" : " ends");
    case EventKind::kMessage:
    case EventKind::kArrived:
      parts.Add(absl::StrCat("from ", Host(event.peer)));
      break;
    case EventKind::kSave:
    case EventKind::kSaveSnapshot:
      break;
    default:
      parts.Add(absl::StrCat("to ", Host(event.peer)));
  }
  parts.Add(Message(event.message)).Add(Bytes(event));
  if (event.kind == EventKind::kDrop) {
    parts.Add(NameOr(trace::kDropCauses, event.detail));
    parts.Add(event.further == 0 ? "at itself" : absl::StrCat("at place ", event.further - 1));
  }
  return parts.Add(Content(event)).Join();
}

std::string EventText::WhatComment(const Event& event) const {
  switch (event.kind) {
    case EventKind::kFaulty:
      return absl::StrCat("may be hit by a fault that spends ", event.value == 2 ? "u and r" : "u",
                          event.detail == 1 ? ", until it has rejoined" : "");
    case EventKind::kTampered:
      return absl::StrCat("to ", Host(event.peer), ", ", event.value, " became ", event.detail,
                          ", by ", Fault(event.further));
    case EventKind::kReceipt:
      return absl::StrCat(Fault(event.value), " touched ", event.detail, ", changed ",
                          event.further);
    case EventKind::kMetric:
      return absl::StrCat(NameOr(trace::kMetricNames, event.value), " ", event.detail);
    case EventKind::kDropped:
      return absl::StrCat(NameOr(trace::kDropCauses, event.value), " ", event.detail, " times, ",
                          event.size.value(), " B");
    case EventKind::kEnd:
      return event.value == 0 ? "of the run" : "of the run, which was cut short";
    default:
      return absl::StrCat("peer ", Host(event.peer), ", value ", event.value, ", detail ",
                          event.detail, ", further ", event.further,
                          event.runs.empty() ? "" : absl::StrCat(", ", event.runs.size(), " runs"));
  }
}

std::string EventText::What(const Event& event) const {
  if (event.kind == EventKind::kFact) return WhatFact(event);
  if (event.kind == EventKind::kNote) return WhatNote(event);
  return event.kind < EventKind::kFact ? WhatWorld(event) : WhatComment(event);
}

std::string EventText::Line(const Event& event) const {
  const auto ps = static_cast<std::uint64_t>(event.at.ps());
  return absl::StrFormat("%12d.%06d us  #%-8d %-6s %-17s %s", ps / 1'000'000, ps % 1'000'000,
                         event.index, Host(event.node), KindOf(event), What(event));
}

nlohmann::json EventText::Object(const Event& event) const {
  nlohmann::json row = {
      {"t_ps", event.at.ps()}, {"index", event.index}, {"node", Host(event.node)}};
  const bool is_note = event.kind == EventKind::kNote;
  row["kind"] = is_note ? "note" : KindOf(event);
  if (is_note) row["note"] = KindOf(event);
  const auto add = [&](const char* key, std::uint64_t value, std::uint64_t none) {
    if (value != none) row[key] = value;
  };
  add("layer", event.layer.value(), 0);
  add("stream", event.stream.value(), 0);
  if (HasPeer(event)) row["peer"] = Host(event.peer);
  if (!event.message.is_none()) row["message"] = Message(event.message);
  add("bytes", static_cast<std::uint64_t>(event.size.value()), 0);
  add("value", event.value, 0);
  add("detail", event.detail, 0);
  add("further", event.further, 0);
  if (event.digest != 0) row["digest"] = absl::StrCat(absl::Hex(event.digest));
  add("epoch", event.epoch, 0);
  add("count", event.count, 1);
  add("stride", event.stride, 1);
  if (event.votes.known != 0) row["votes_known"] = absl::StrCat(absl::Hex(event.votes.known));
  if (event.votes.ones != 0) row["votes_ones"] = absl::StrCat(absl::Hex(event.votes.ones));
  for (const core::Run& run : event.runs) {
    row["runs"].push_back({{"first", run.first}, {"count", run.count}, {"stride", run.stride}});
  }
  return row;
}

}  // namespace lockstep::cli
