// Formatting and parsing of event lines: see event_line.h.

#include "sim/trace/event_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::trace {
namespace {

// The keys of an event, in the order in which they are written.
enum class Key : std::uint8_t {
  kAt,
  kIndex,
  kKind,
  kNote,
  kLayer,
  kStream,
  kNode,
  kPeer,
  kMessage,
  kSize,
  kValue,
  kDetail,
  kFurther,
  kDigest,
  kEpoch,
  kCount,
  kStride,
  kKnown,
  kOnes,
  kRuns
};
constexpr std::array<std::string_view, 20> kKeys = {"t", "i", "k",  "note",  "l",    "s", "n",
                                                    "p", "m", "b",  "v",     "x",    "y", "d",
                                                    "e", "c", "st", "known", "ones", "r"};
constexpr std::uint32_t KeyBit(Key key) { return 1U << static_cast<unsigned>(key); }

char* Put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* PutDigits(char* out, std::uint64_t value) { return std::to_chars(out, out + 20, value).ptr; }

char* PutNumber(char* out, std::string_view key, std::uint64_t value) {
  return PutDigits(Put(out, key), value);
}

char* PutHex(char* out, std::string_view key, std::uint64_t value) {
  out = Put(out, key);
  out = std::to_chars(out, out + 16, value, 16).ptr;
  *out++ = '"';
  return out;
}

char* PutKind(char* out, const Event& event, const NoteNames& notes) {
  out = Put(out, R"(,"k":")");
  if (event.kind == EventKind::kFact) {
    out = Put(out, core::kFactNames[static_cast<std::size_t>(event.fact)]);
    *out++ = '.';
    out = Put(out, kPhaseNames[static_cast<std::size_t>(event.phase)]);
  } else {
    out = Put(out, Name(event.kind));
  }
  *out++ = '"';
  if (event.kind != EventKind::kNote) return out;
  const std::optional<std::string_view> name = notes.NameOf(event.note);
  CHECK(name.has_value());  // A protocol declares its notes.
  out = Put(Put(out, R"(,"note":")"), *name);
  *out++ = '"';
  return out;
}

char* PutMessage(char* out, const MessageId& id) {
  out = PutNumber(out, R"(,"m":")", id.sender.value());
  out = PutNumber(out, "/", id.count);
  if (id.copy != 0) out = PutNumber(out, "#", id.copy);
  *out++ = '"';
  return out;
}

char* PutRuns(char* out, std::span<const core::Run> runs) {
  std::string_view before = R"(,"r":[)";
  for (const core::Run& run : runs) {
    for (const std::uint64_t number : {run.first, run.count, run.stride}) {
      out = PutNumber(out, std::exchange(before, ","), number);
    }
  }
  *out++ = ']';
  return out;
}

}  // namespace

char* PutEvent(char* out, const Event& event, const NoteNames& notes) {
  out = PutNumber(out, R"({"t":)", static_cast<std::uint64_t>(event.at.ps()));
  out = PutNumber(out, R"(,"i":)", event.index);
  out = PutKind(out, event, notes);
  if (event.layer.value() != 0) out = PutNumber(out, R"(,"l":)", event.layer.value());
  if (event.stream.value() != 0) out = PutNumber(out, R"(,"s":)", event.stream.value());
  out = PutNumber(out, R"(,"n":)", event.node.value());
  if (event.peer != event.node) out = PutNumber(out, R"(,"p":)", event.peer.value());
  if (!event.message.is_none()) out = PutMessage(out, event.message);
  if (event.size.value() != 0) {
    out = PutNumber(out, R"(,"b":)", static_cast<std::uint64_t>(event.size.value()));
  }
  if (event.value != 0) out = PutNumber(out, R"(,"v":)", event.value);
  if (event.detail != 0) out = PutNumber(out, R"(,"x":)", event.detail);
  if (event.further != 0) out = PutNumber(out, R"(,"y":)", event.further);
  if (event.digest != 0) out = PutHex(out, R"(,"d":")", event.digest);
  if (event.epoch != 0) out = PutNumber(out, R"(,"e":)", event.epoch);
  if (event.count != 1) out = PutNumber(out, R"(,"c":)", event.count);
  if (event.stride != 1) out = PutNumber(out, R"(,"st":)", event.stride);
  if (event.votes.known != 0) out = PutHex(out, R"(,"known":")", event.votes.known);
  if (event.votes.ones != 0) out = PutHex(out, R"(,"ones":")", event.votes.ones);
  if (!event.runs.empty()) out = PutRuns(out, event.runs);
  *out++ = '}';
  return out;
}

// Reads one line into the reader's event.
class EventLineReader::Parser {
 public:
  Parser(EventLineReader& reader, std::string_view line)
      : reader_(reader),
        event_(reader.event_),
        begin_(line.data()),
        at_(line.data()),
        end_(line.data() + line.size()) {}

  bool Parse() {
    if (!Take('{')) return Fail(at_, "want an event, {\"t\":...}");
    do {
      const std::optional<Key> key = TakeKey();
      if (!key || !TakeValue(*key)) return false;
    } while (Take(','));
    if (!Take('}')) return Fail(at_, "want , or }");
    if (at_ != end_) return Fail(at_, "want nothing after the }");
    return Complete();
  }

 private:
  // Nothing is read after a failure, so the first is the only one.
  bool Fail(const char* place, std::string want) {
    reader_.column_ = static_cast<std::size_t>(place - begin_) + 1;
    reader_.want_ = std::move(want);
    return false;
  }

  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // The text between the quotes here; none of ours has an escape in it.
  std::optional<std::string_view> TakeText() {
    if (at_ == end_ || *at_ != '"') return std::nullopt;
    const char* const close = std::find(at_ + 1, end_, '"');
    if (close == end_) return std::nullopt;
    const std::string_view text(at_ + 1, static_cast<std::size_t>(close - at_ - 1));
    at_ = close + 1;
    return text;
  }

  std::optional<Key> TakeKey() {
    const char* const start = at_;
    const std::optional<std::string_view> text = TakeText();
    if (!text || !Take(':')) {
      Fail(at_, "want a key and a colon, without spaces");
      return std::nullopt;
    }
    // The next key is most often the one we expect, or comes soon after it.
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      const std::size_t candidate = (next_key_ + i) % kKeys.size();
      if (kKeys[candidate] != *text) continue;
      const auto key = static_cast<Key>(candidate);
      if ((seen_ & KeyBit(key)) != 0) {
        Fail(start, "want each key once");
        return std::nullopt;
      }
      seen_ |= KeyBit(key);
      next_key_ = candidate + 1;
      return key;
    }
    Fail(start, "want one of the keys of an event (FORMAT.md), got one that is unknown");
    return std::nullopt;
  }

  bool TakeValue(Key key) {
    switch (key) {
      case Key::kAt:
        return TakeNumber(at_ps_);
      case Key::kIndex:
        return TakeNumber(event_.index);
      case Key::kKind:
        return TakeKind();
      case Key::kNote:
        return TakeNote();
      case Key::kLayer:
        return TakeStrong(event_.layer);
      case Key::kStream:
        return TakeStrong(event_.stream);
      case Key::kNode:
        return TakeStrong(event_.node);
      case Key::kPeer:
        return TakeStrong(event_.peer);
      case Key::kMessage:
        return TakeMessage();
      case Key::kSize:
        return TakeStrong(event_.size);
      case Key::kValue:
        return TakeNumber(event_.value);
      case Key::kDetail:
        return TakeNumber(event_.detail);
      case Key::kFurther:
        return TakeNumber(event_.further);
      case Key::kDigest:
        return TakeHex(event_.digest);
      case Key::kEpoch:
        return TakeNumber(event_.epoch);
      case Key::kCount:
        return TakeNumber(event_.count);
      case Key::kStride:
        return TakeNumber(event_.stride);
      case Key::kKnown:
        return TakeHex(event_.votes.known);
      case Key::kOnes:
        return TakeHex(event_.votes.ones);
      case Key::kRuns:
        return TakeRuns();
    }
    return false;
  }

  // A `Number` that is not negative, at the beginning of `text`; what follows it.
  template <typename Number>
  static const char* ReadNumber(const char* text, const char* end, Number& number) {
    const auto [stop, error] = std::from_chars(text, end, number);
    // JSON has no leading zeros.
    const bool is_number =
        error == std::errc() && *text != '-' && (stop - text == 1 || *text != '0');
    return is_number ? stop : nullptr;
  }

  template <typename Number>
  bool TakeNumber(Number& number) {
    const char* const stop = ReadNumber(at_, end_, number);
    if (stop == nullptr || stop == end_ || (*stop != ',' && *stop != '}' && *stop != ']')) {
      return Fail(at_, "want a whole number from 0 to " +
                           std::to_string(std::numeric_limits<Number>::max()));
    }
    at_ = stop;
    return true;
  }

  template <typename Strong>
  bool TakeStrong(Strong& strong) {
    typename Strong::rep number = 0;
    const bool is_taken = TakeNumber(number);
    strong = Strong(number);
    return is_taken;
  }

  bool TakeHex(std::uint64_t& number) {
    const char* const start = at_;
    const std::optional<std::string_view> text = TakeText();
    if (text && !text->empty()) {
      const char* const stop = text->data() + text->size();
      const auto result = std::from_chars(text->data(), stop, number, 16);
      if (result.ec == std::errc() && result.ptr == stop) return true;
    }
    return Fail(start, "want a string of 1 to 16 hexadecimal digits");
  }

  template <std::size_t kSize, typename Kind>
  static bool IsNamed(const std::array<std::string_view, kSize>& names, std::string_view name,
                      Kind& kind) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return false;
    kind = static_cast<Kind>(found - names.begin());
    return true;
  }

  // "drop", or "carries.sent".
  bool TakeKind() {
    const char* const start = at_;
    if (const std::optional<std::string_view> text = TakeText()) {
      const std::size_t dot = text->find('.');
      if (dot == std::string_view::npos) {
        if (IsNamed(kEventNames, *text, event_.kind) && event_.kind != EventKind::kFact) {
          return true;
        }
      } else if (IsNamed(core::kFactNames, text->substr(0, dot), event_.fact) &&
                 IsNamed(kPhaseNames, text->substr(dot + 1), event_.phase)) {
        event_.kind = EventKind::kFact;
        return true;
      }
    }
    return Fail(start, "want the name of an event kind (FORMAT.md)");
  }

  bool TakeNote() {
    const char* const start = at_;
    const std::optional<std::string_view> text = TakeText();
    const auto note = text ? reader_.notes_.Named(*text) : std::nullopt;
    if (!note) {
      return Fail(start, "want the name of a note kind (FORMAT.md, and \"notes\" in the recipe)");
    }
    event_.note = *note;
    return true;
  }

  // "5/212" or "5/212#1".
  bool TakeMessage() {
    const char* const start = at_;
    const std::optional<std::string_view> text = TakeText();
    if (text && IsMessage(*text)) return true;
    return Fail(start, "want a message, \"SENDER/COUNT\" or \"SENDER/COUNT#COPY\"");
  }
  bool IsMessage(std::string_view text) {
    const char* const end = text.data() + text.size();
    std::uint32_t sender = 0;
    const char* at = ReadNumber(text.data(), end, sender);
    if (at == nullptr || at == end || *at != '/') return false;
    event_.message.sender = core::NodeId(sender);
    at = ReadNumber(at + 1, end, event_.message.count);
    if (at == nullptr || event_.message.count == 0) return false;
    if (at == end) return true;
    return *at == '#' && ReadNumber(at + 1, end, event_.message.copy) == end &&
           event_.message.copy != 0;
  }

  // [first,count,stride, ...]
  bool TakeRuns() {
    const char* const start = at_;
    if (!Take('[')) return Fail(at_, "want [first,count,stride,...]");
    do {
      core::Run run;
      const bool is_run = TakeNumber(run.first) && Take(',') && TakeNumber(run.count) &&
                          Take(',') && TakeNumber(run.stride);
      if (!is_run) return Fail(start, "want [first,count,stride,...]");
      reader_.runs_.push_back(run);
    } while (Take(','));
    return Take(']') || Fail(start, "want [first,count,stride,...]");
  }

  // What keys mean together.
  bool Complete() {
    constexpr std::uint32_t kRequired =
        KeyBit(Key::kAt) | KeyBit(Key::kIndex) | KeyBit(Key::kKind) | KeyBit(Key::kNode);
    constexpr std::uint32_t kOfFacts = KeyBit(Key::kKnown) | KeyBit(Key::kOnes);
    constexpr std::uint32_t kOfSpans = KeyBit(Key::kRuns);
    if ((seen_ & kRequired) != kRequired) return Fail(at_, "want the keys t, i, k and n");
    const bool is_note = event_.kind == EventKind::kNote;
    if (is_note != ((seen_ & KeyBit(Key::kNote)) != 0)) {
      return Fail(at_, "want the key \"note\" where the kind is \"note\", and only there");
    }
    const std::uint32_t denied = event_.kind == EventKind::kFact    ? 0
                                 : event_.kind == EventKind::kSpans ? kOfFacts
                                                                    : kOfFacts | kOfSpans;
    if ((seen_ & denied) != 0) {
      return Fail(at_,
                  "want the keys \"known\", \"ones\" and \"r\" in facts only, \"r\" in spans, too");
    }
    event_.at = core::Instant::FromPicoseconds(at_ps_);
    if ((seen_ & KeyBit(Key::kPeer)) == 0) event_.peer = event_.node;
    event_.runs = reader_.runs_;
    return true;
  }

  EventLineReader& reader_;
  Event& event_;
  const char* begin_;
  const char* at_;
  const char* end_;
  std::int64_t at_ps_ = 0;
  std::uint32_t seen_ = 0;
  std::size_t next_key_ = 0;
};

const Event* EventLineReader::Read(std::string_view line) {
  event_ = Event();
  runs_.clear();
  return Parser(*this, line).Parse() ? &event_ : nullptr;
}

}  // namespace lockstep::trace
