// Formatting, parsing and the files of json_lines.h.
//
// An event line is formatted and parsed by hand, since traces have millions of them; the first and
// the last line go through the JSON library.

#include "sim/trace/json_lines.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::trace {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 20;
constexpr std::size_t kReadBytes = std::size_t{1} << 16;
// More than the longest event line: 14 keys, no value longer than 20 characters.
constexpr std::size_t kEventLineMax = 512;
// More than any honest first or last line.
constexpr std::size_t kLineMax = std::size_t{64} << 20;
constexpr int kDepthMax = 100;

constexpr std::string_view kFormatKey = "lockstep_trace";
constexpr std::string_view kFirstLine = R"({"lockstep_trace":)";
constexpr std::string_view kFooterLine = R"({"footer":)";

constexpr std::string_view kTruncated =
    "truncated: want the footer, the last line of every finished trace";
constexpr std::string_view kChanged =
    "want the lines that were written: this trace was changed or damaged afterwards";

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
  kSize,
  kValue,
  kDetail,
  kDigest,
  kCount,
  kStride
};
constexpr std::array<std::string_view, 14> kKeys = {"t", "i", "k", "note", "l", "s", "n",
                                                    "p", "b", "v", "x",    "d", "c", "st"};
constexpr std::uint32_t KeyBit(Key key) { return 1U << static_cast<unsigned>(key); }

absl::Status FileError(const std::string& path, const char* doing, int error_number) {
  return absl::Status(
      absl::ErrnoToStatusCode(error_number),
      path + ": cannot " + doing + ": " + std::generic_category().message(error_number));
}

// Never throws: bytes that are no UTF-8 (in a path, say) are replaced.
std::string Dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// An object from `text`; none where it is anything else, or nested too deep to be copied safely.
std::optional<nlohmann::json> ParseObject(std::string_view text) {
  bool is_deep = false;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    is_deep = is_deep || depth > kDepthMax;
    return !is_deep;
  };
  nlohmann::json json = nlohmann::json::parse(text.begin(), text.end(), watch, false);
  if (is_deep || !json.is_object()) return std::nullopt;
  return json;
}

std::string Hex(std::uint64_t value) { return absl::StrCat(absl::Hex(value)); }

// Order-sensitive, over the bytes of each line without its newline.
std::uint64_t FoldLine(std::uint64_t check, std::string_view line) {
  return core::Mix(check, core::HashBytes(line.data(), line.size()));
}

// --- Formatting ---

char* Put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* PutNumber(char* out, std::string_view key, std::uint64_t value) {
  out = Put(out, key);
  return std::to_chars(out, out + 20, value).ptr;
}

// Writes the line without its newline, at most kEventLineMax - 1 bytes, and returns its end.
char* PutEvent(char* out, const Event& event) {
  out = PutNumber(out, R"({"t":)", static_cast<std::uint64_t>(event.at.ps()));
  out = PutNumber(out, R"(,"i":)", event.index);
  out = Put(out, R"(,"k":")");
  out = Put(out, Name(event.kind));
  *out++ = '"';
  if (event.kind == EventKind::kNote) {
    out = Put(out, R"(,"note":")");
    out = Put(out, core::Name(event.note));
    *out++ = '"';
  }
  if (event.layer.value() != 0) out = PutNumber(out, R"(,"l":)", event.layer.value());
  if (event.stream.value() != 0) out = PutNumber(out, R"(,"s":)", event.stream.value());
  out = PutNumber(out, R"(,"n":)", event.node.value());
  if (event.peer != event.node) out = PutNumber(out, R"(,"p":)", event.peer.value());
  if (event.size.value() != 0) {
    out = PutNumber(out, R"(,"b":)", static_cast<std::uint64_t>(event.size.value()));
  }
  if (event.value != 0) out = PutNumber(out, R"(,"v":)", event.value);
  if (event.detail != 0) out = PutNumber(out, R"(,"x":)", event.detail);
  if (event.digest != 0) {
    out = Put(out, R"(,"d":")");
    out = std::to_chars(out, out + 16, event.digest, 16).ptr;
    *out++ = '"';
  }
  if (event.count != 1) out = PutNumber(out, R"(,"c":)", event.count);
  if (event.stride != 1) out = PutNumber(out, R"(,"st":)", event.stride);
  *out++ = '}';
  return out;
}

// --- Parsing ---

// Reads one event line. Total on any input: on failure, `want()` and `column()` say why.
class EventParser {
 public:
  explicit EventParser(std::string_view line)
      : begin_(line.data()), at_(line.data()), end_(line.data() + line.size()) {}

  std::optional<Event> Parse() {
    Event event;
    if (!Take('{')) return Fail(at_, "want an event, {\"t\":...}");
    do {
      const std::optional<Key> key = TakeKey();
      if (!key || !TakeValue(*key, event)) return std::nullopt;
    } while (Take(','));
    if (!Take('}')) return Fail(at_, "want , or }");
    if (at_ != end_) return Fail(at_, "want nothing after the }");
    return Completed(event);
  }

  const std::string& want() const { return want_; }
  std::size_t column() const { return static_cast<std::size_t>(at_ - begin_) + 1; }

 private:
  // Nothing is read after a failure, so the first is the only one.
  std::nullopt_t Fail(const char* place, std::string want) {
    at_ = place;
    want_ = std::move(want);
    return std::nullopt;
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
    if (!text || !Take(':')) return Fail(at_, "want a key and a colon, without spaces");
    // The next key is most often the one we expect, or comes soon after it.
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      const std::size_t candidate = (next_key_ + i) % kKeys.size();
      if (kKeys[candidate] != *text) continue;
      const auto key = static_cast<Key>(candidate);
      if ((seen_ & KeyBit(key)) != 0) return Fail(start, "want each key once");
      seen_ |= KeyBit(key);
      next_key_ = candidate + 1;
      return key;
    }
    return Fail(start, "want one of the keys of an event (FORMAT.md), got one that is unknown");
  }

  bool TakeValue(Key key, Event& event) {
    switch (key) {
      case Key::kAt:
        return TakeNumber(at_ps_);
      case Key::kIndex:
        return TakeNumber(event.index);
      case Key::kKind:
        return TakeName(kEventNames, "the name of an event kind", event.kind);
      case Key::kNote:
        return TakeName(core::kNoteNames, "the name of a note kind", event.note);
      case Key::kLayer:
        return TakeStrong(event.layer);
      case Key::kStream:
        return TakeStrong(event.stream);
      case Key::kNode:
        return TakeStrong(event.node);
      case Key::kPeer:
        return TakeStrong(event.peer);
      case Key::kSize:
        return TakeStrong(event.size);
      case Key::kValue:
        return TakeNumber(event.value);
      case Key::kDetail:
        return TakeNumber(event.detail);
      case Key::kDigest:
        return TakeHex(event.digest);
      case Key::kCount:
        return TakeNumber(event.count);
      case Key::kStride:
        return TakeNumber(event.stride);
    }
    return false;
  }

  // A `Number` that is not negative.
  template <typename Number>
  bool TakeNumber(Number& number) {
    const auto [stop, error] = std::from_chars(at_, end_, number);
    // JSON has no leading zeros.
    const bool is_number = error == std::errc() && *at_ != '-' && (stop - at_ == 1 || *at_ != '0');
    if (!is_number || stop == end_ || (*stop != ',' && *stop != '}')) {
      Fail(at_,
           "want a whole number from 0 to " + std::to_string(std::numeric_limits<Number>::max()));
      return false;
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
    Fail(start, "want a string of 1 to 16 hexadecimal digits");
    return false;
  }

  template <std::size_t kSize, typename Kind>
  bool TakeName(const std::array<std::string_view, kSize>& names, const char* wanted, Kind& kind) {
    const char* const start = at_;
    if (const std::optional<std::string_view> text = TakeText()) {
      const auto found = std::find(names.begin(), names.end(), *text);
      if (found != names.end()) {
        kind = static_cast<Kind>(found - names.begin());
        return true;
      }
    }
    Fail(start, std::string("want ") + wanted + " (FORMAT.md)");
    return false;
  }

  // What keys mean together.
  std::optional<Event> Completed(Event& event) {
    constexpr std::uint32_t kRequired =
        KeyBit(Key::kAt) | KeyBit(Key::kIndex) | KeyBit(Key::kKind) | KeyBit(Key::kNode);
    if ((seen_ & kRequired) != kRequired) return Fail(at_, "want the keys t, i, k and n");
    const bool is_note = event.kind == EventKind::kNote;
    if (is_note != ((seen_ & KeyBit(Key::kNote)) != 0)) {
      return Fail(at_, "want the key \"note\" where the kind is \"note\", and only there");
    }
    event.at = core::Instant::FromPicoseconds(at_ps_);
    if ((seen_ & KeyBit(Key::kPeer)) == 0) event.peer = event.node;
    return event;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::int64_t at_ps_ = 0;
  std::uint32_t seen_ = 0;
  std::size_t next_key_ = 0;
  std::string want_;
};

// Where a trace for `path` goes: the file itself, and the partial one (empty: written in place).
struct Target {
  std::string path;
  std::string partial;
};

absl::StatusOr<Target> ResolveTarget(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("trace: want the name of a file");
  if (path == "-") return Target{path, ""};
  std::error_code error;
  const std::filesystem::file_type type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::not_found) return Target{path, path + ".partial"};
  if (error) return FileError(path, "write", error.value());
  if (type == std::filesystem::file_type::directory) return FileError(path, "write", EISDIR);
  if (type != std::filesystem::file_type::regular) return Target{path, ""};
  // A link stays a link; what it leads to is replaced.
  const std::string real = std::filesystem::canonical(path, error).string();
  if (error) return FileError(path, "write", error.value());
  return Target{real, real + ".partial"};
}

}  // namespace

// --- Writing ---

JsonLinesWriter::JsonLinesWriter(std::string path, std::string partial, std::FILE* file,
                                 KindSet wants)
    : path_(std::move(path)),
      partial_(std::move(partial)),
      file_(file),
      buffer_(kWriteBytes),
      wants_(wants) {}

JsonLinesWriter::~JsonLinesWriter() {
  if (file_ == nullptr) return;
  Close();
  if (!partial_.empty()) std::remove(partial_.c_str());
}

absl::StatusOr<std::unique_ptr<JsonLinesWriter>> JsonLinesWriter::Open(const std::string& path,
                                                                       const nlohmann::json& recipe,
                                                                       KindSet wants) {
  CHECK(recipe.is_object());
  const absl::StatusOr<Target> target = ResolveTarget(path);
  if (!target.ok()) return target.status();
  const std::string& opened = target->partial.empty() ? target->path : target->partial;
  errno = 0;
  std::FILE* const file = path == "-" ? stdout : std::fopen(opened.c_str(), "wb");
  if (file == nullptr) return FileError(opened, "write", errno);

  std::unique_ptr<JsonLinesWriter> writer(
      new JsonLinesWriter(target->path, target->partial, file, wants));
  nlohmann::json rest = recipe;
  rest.erase(std::string(kFormatKey));
  // The format comes first, so that a reader knows a trace by how it begins.
  writer->Write(std::string(kFirstLine) + std::to_string(kTraceFormat) + (rest.empty() ? "" : ",") +
                Dump(rest).substr(1) + "\n");
  writer->Flush();
  if (!writer->status_.ok()) return writer->status_;
  return writer;
}

void JsonLinesWriter::OnEvent(const Event& event) {
  CHECK(event.at >= last_at_);
  CHECK(event.index >= next_index_);
  CHECK(event.size.value() >= 0);
  // Folded into the digest, so it must not be left to chance.
  CHECK(event.kind == EventKind::kNote || event.note == core::NoteKind{});
  last_at_ = event.at;
  next_index_ = event.index + 1;
  if (buffer_.size() - used_ < kEventLineMax) Flush();
  if (file_ == nullptr) return;
  char* const begin = buffer_.data() + used_;
  char* const end = PutEvent(begin, event);
  const auto size = static_cast<std::size_t>(end - begin);
  check_ = FoldLine(check_, std::string_view(begin, size));
  *end = '\n';
  used_ += size + 1;
  bytes_ += size + 1;
  ++lines_;
}

void JsonLinesWriter::SetFooter(nlohmann::json footer) {
  CHECK(footer.is_object());
  footer_ = std::move(footer);
}

void JsonLinesWriter::Finish() {
  if (file_ == nullptr) return;
  footer_["lines"] = lines_;
  footer_["check"] = Hex(check_);
  Write(std::string(kFooterLine) + Dump(footer_) + "}\n");
  Flush();
  if (file_ == nullptr) return;
  errno = 0;
  if (!Close()) return Fail(errno);
  if (!partial_.empty() && std::rename(partial_.c_str(), path_.c_str()) != 0) Fail(errno);
}

void JsonLinesWriter::Write(std::string_view text) {
  Flush();
  buffer_.resize(std::max(buffer_.size(), text.size()));
  used_ = text.copy(buffer_.data(), text.size());
}

void JsonLinesWriter::Flush() {
  const std::size_t size = std::exchange(used_, 0);
  if (file_ == nullptr) return;
  errno = 0;
  const bool is_written =
      std::fwrite(buffer_.data(), 1, size, file_) == size && std::fflush(file_) == 0;
  if (!is_written) Fail(errno);
}

void JsonLinesWriter::Fail(int error_number) {
  status_ = FileError(path_, "write", error_number == 0 ? EIO : error_number);
  Close();
  if (!partial_.empty()) std::remove(partial_.c_str());
}

// Whether all was written. Standard output is not ours to close.
bool JsonLinesWriter::Close() {
  std::FILE* const file = std::exchange(file_, nullptr);
  return file == nullptr || file == stdout || std::fclose(file) == 0;
}

// --- Reading ---

// The lines of a file, one at a time.
class TraceReader::Lines {
 public:
  enum class Outcome : std::uint8_t {
    kLine,   // line() is a line, without its newline
    kCut,    // line() is what follows the last newline
    kEnd,    // there is no more
    kError,  // status() says why
  };

  Lines(std::string path, std::FILE* file)
      : path_(std::move(path)), file_(file), buffer_(kReadBytes) {}
  ~Lines() {
    if (file_ != stdin) std::fclose(file_);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  Outcome Next() {
    ++number_;
    while (true) {
      const char* const begin = buffer_.data() + begin_;
      const void* const newline = std::memchr(begin, '\n', end_ - begin_);
      const char* const end =
          newline != nullptr ? static_cast<const char*>(newline) : buffer_.data() + end_;
      line_ = std::string_view(begin, static_cast<std::size_t>(end - begin));
      if (newline != nullptr) {
        begin_ += line_.size() + 1;
        return Outcome::kLine;
      }
      if (is_at_end_) return line_.empty() ? Outcome::kEnd : Outcome::kCut;
      if (!Fill()) return Outcome::kError;
    }
  }

  std::string_view line() const { return line_; }
  const absl::Status& status() const { return status_; }

  // An error about the line read last.
  absl::Status Error(std::string_view what, std::size_t column = 0) const {
    std::string place = path_ + ":" + std::to_string(number_) + ":";
    if (column != 0) place += std::to_string(column) + ":";
    return absl::InvalidArgumentError(place + " " + std::string(what));
  }

 private:
  // Reads more behind what is left of the buffer.
  bool Fill() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    if (end_ == buffer_.size()) {
      if (end_ >= kLineMax) {
        status_ = Error("want a trace, got a line of more than 64 MiB");
        return false;
      }
      buffer_.resize(2 * end_);
    }
    errno = 0;
    end_ += std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_);
    is_at_end_ = std::feof(file_) != 0;
    if (std::ferror(file_) != 0) status_ = FileError(path_, "read", errno == 0 ? EIO : errno);
    return status_.ok();
  }

  std::string path_;
  std::FILE* file_;
  std::vector<char> buffer_;  // buffer_[begin_, end_) was read and not yet given out
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t number_ = 0;  // of the line, from 1
  bool is_at_end_ = false;
  std::string_view line_;
  absl::Status status_;
};

TraceReader::TraceReader(std::unique_ptr<Lines> lines, nlohmann::json recipe)
    : lines_(std::move(lines)), recipe_(std::move(recipe)) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

absl::StatusOr<TraceReader> TraceReader::Open(const std::string& path) {
  errno = 0;
  std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return FileError(path, "read", errno);
  auto lines = std::make_unique<Lines>(path, file);

  const Lines::Outcome outcome = lines->Next();
  if (outcome == Lines::Outcome::kError) return lines->status();
  if (outcome == Lines::Outcome::kEnd) {
    return absl::InvalidArgumentError(path + ": want a trace, got an empty file");
  }
  std::optional<nlohmann::json> recipe = ParseObject(lines->line());
  if (outcome == Lines::Outcome::kCut && lines->line().starts_with(kFirstLine)) {
    return lines->Error(kTruncated);
  }
  if (!recipe || !recipe->contains(std::string(kFormatKey))) {
    return lines->Error("not a trace: want {\"lockstep_trace\":1,...} as the whole first line");
  }
  const nlohmann::json& format = (*recipe)[std::string(kFormatKey)];
  if (!format.is_number_unsigned() || format != kTraceFormat) {
    return lines->Error("want a trace of format " + std::to_string(kTraceFormat) +
                        ", got one of format " + Dump(format) +
                        ": another version of lockstep wrote it");
  }
  return TraceReader(std::move(lines), *std::move(recipe));
}

// Checks the footer, on the line read last, against the lines before it.
absl::StatusOr<nlohmann::json> TraceReader::ReadFooter(Lines& lines, std::uint64_t count,
                                                       std::uint64_t check) {
  std::optional<nlohmann::json> last = ParseObject(lines.line());
  if (!last || last->size() != 1 || !(*last)["footer"].is_object()) {
    return lines.Error("want {\"footer\":{...}}");
  }
  nlohmann::json footer = std::move((*last)["footer"]);
  // Traces made by hand may do without these two.
  if (footer.contains("lines") && footer["lines"] != count) return lines.Error(kChanged);
  if (footer.contains("check") && footer["check"] != Hex(check)) return lines.Error(kChanged);
  if (lines.Next() == Lines::Outcome::kEnd) return footer;
  return lines.status().ok() ? lines.Error("want nothing after the footer") : lines.status();
}

absl::StatusOr<nlohmann::json> TraceReader::Replay(const std::vector<Sink*>& sinks) {
  CHECK(lines_ != nullptr);
  const std::unique_ptr<Lines> lines = std::move(lines_);
  std::vector<std::pair<KindSet, Sink*>> listeners;
  for (Sink* const sink : sinks) listeners.emplace_back(sink->Wants(), sink);

  std::uint64_t count = 0;
  std::uint64_t check = 0;
  std::optional<Event> last;
  while (true) {
    const Lines::Outcome outcome = lines->Next();
    if (outcome == Lines::Outcome::kError) return lines->status();
    if (outcome != Lines::Outcome::kLine) return lines->Error(kTruncated);
    const std::string_view line = lines->line();
    if (line.starts_with(kFooterLine)) break;

    EventParser parser(line);
    const std::optional<Event> event = parser.Parse();
    if (!event) return lines->Error(parser.want(), parser.column());
    if (last && last->kind == EventKind::kEnd) return lines->Error("want the footer after an end");
    if (last && (event->index <= last->index || event->at < last->at)) {
      return lines->Error("want \"i\" to increase and \"t\" never to go back");
    }
    last = event;
    check = FoldLine(check, line);
    ++count;
    for (const auto& [wants, sink] : listeners)
      if ((wants & Bit(event->kind)) != 0) sink->OnEvent(*event);
  }
  absl::StatusOr<nlohmann::json> footer = ReadFooter(*lines, count, check);
  if (footer.ok())
    for (Sink* const sink : sinks) sink->Finish();
  return footer;
}

}  // namespace lockstep::trace
