// The files of json_lines.h. Lines of events stand in event_line.h; the first and the last line go
// through the JSON library.

#include "sim/trace/json_lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "sim/trace/event_line.h"

namespace lockstep::trace {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 20;
constexpr std::size_t kReadBytes = std::size_t{1} << 16;
// More than any honest line.
constexpr std::size_t kLineMax = std::size_t{128} << 20;
constexpr int kDepthMax = 100;

constexpr std::string_view kFormatKey = "lockstep_trace";
constexpr std::string_view kFirstLine = R"({"lockstep_trace":)";
constexpr std::string_view kFooterLine = R"({"footer":)";
constexpr std::string_view kCheck = R"("check":")";

constexpr std::string_view kTruncated =
    "truncated: want the footer, the last line of every finished trace";
constexpr std::string_view kChanged =
    "want the lines that were written: this trace was changed or damaged afterwards";

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

// By how much the index of the next event is greater at least.
std::uint64_t IndexStep(EventKind kind) { return (kObservableKinds & Bit(kind)) != 0 ? 1 : 0; }

// What a recipe says under "notes". Errors say what was wanted.
absl::StatusOr<NoteNames> ReadNotes(const nlohmann::json& recipe) {
  NoteNames names;
  const auto notes = recipe.find("notes");
  if (notes == recipe.end()) return names;
  bool is_fit = notes->is_array();
  for (const nlohmann::json& name : *notes) {
    is_fit = is_fit && name.is_string() && names.Add(name.get_ref<const std::string&>());
  }
  if (is_fit) return names;
  return absl::InvalidArgumentError(
      "want \"notes\" to list the names of kinds of notes, small letters, digits and underscores");
}

nlohmann::json MarksOf(const LineChain& chain) {
  nlohmann::json after = nlohmann::json::array();
  for (const std::uint64_t mark : chain.marks()) after.push_back(Hex(mark));
  return {{"every", chain.every()}, {"after", std::move(after)}};
}

// The last line, whose "check" covers every line before it and itself up to there.
std::string FooterLine(const LineChain& chain, const nlohmann::json& footer) {
  std::string line = std::string(kFooterLine) + Dump(footer);
  line.pop_back();  // the }
  return absl::StrCat(line, footer.empty() ? "" : ",", std::string(kCheck), Hex(chain.With(line)),
                      "\"}}");
}

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
                                 const Interest& wants, NoteNames notes)
    : path_(std::move(path)),
      partial_(std::move(partial)),
      file_(file),
      buffer_(kWriteBytes),
      wants_(wants),
      notes_(std::move(notes)) {}

JsonLinesWriter::~JsonLinesWriter() {
  if (file_ == nullptr) return;
  Close();
  if (!partial_.empty()) std::remove(partial_.c_str());
}

absl::StatusOr<std::unique_ptr<JsonLinesWriter>> JsonLinesWriter::Open(const std::string& path,
                                                                       const nlohmann::json& recipe,
                                                                       const Interest& wants) {
  CHECK(recipe.is_object());
  absl::StatusOr<NoteNames> notes = ReadNotes(recipe);
  if (!notes.ok()) return notes.status();
  const absl::StatusOr<Target> target = ResolveTarget(path);
  if (!target.ok()) return target.status();
  const std::string& opened = target->partial.empty() ? target->path : target->partial;
  errno = 0;
  std::FILE* const file = path == "-" ? stdout : std::fopen(opened.c_str(), "wb");
  if (file == nullptr) return FileError(opened, "write", errno);

  std::unique_ptr<JsonLinesWriter> writer(
      new JsonLinesWriter(target->path, target->partial, file, wants, *std::move(notes)));
  nlohmann::json rest = recipe;
  rest.erase(std::string(kFormatKey));
  // The format comes first, so that a reader knows a trace by how it begins.
  const std::string first = std::string(kFirstLine) + std::to_string(kTraceFormat) +
                            (rest.empty() ? "" : ",") + Dump(rest).substr(1);
  writer->chain_.Fold(first);
  writer->Write(first + "\n");
  writer->Flush();
  if (!writer->status_.ok()) return writer->status_;
  return writer;
}

void JsonLinesWriter::OnEvent(const Event& event) {
  CHECK(event.at >= last_at_);
  CHECK(event.index >= next_index_);
  CHECK(event.size.value() >= 0);
  // Folded into the digest, so it must not be left to chance.
  CHECK(event.kind == EventKind::kNote || event.note == core::NoteKind());
  last_at_ = event.at;
  next_index_ = event.index + IndexStep(event.kind);
  const std::size_t most = LineSizeMax(event);
  if (buffer_.size() - used_ < most) Flush();
  if (file_ == nullptr) return;
  buffer_.resize(std::max(buffer_.size(), most));
  char* const begin = buffer_.data() + used_;
  char* const end = PutEvent(begin, event, notes_);
  const auto size = static_cast<std::size_t>(end - begin);
  chain_.Fold(std::string_view(begin, size));
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
  footer_.erase("check");
  footer_["lines"] = lines_;
  footer_["body"] = Hex(chain_.value());
  footer_["marks"] = MarksOf(chain_);
  Write(FooterLine(chain_, footer_) + "\n");
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
    return ErrorAt(number_, what, column);
  }
  absl::Status ErrorAt(std::uint64_t number, std::string_view what, std::size_t column = 0) const {
    std::string place = path_ + ":" + std::to_string(number) + ":";
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
        status_ = Error("want a trace, got a line of more than 128 MiB");
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

TraceReader::TraceReader(std::unique_ptr<Lines> lines, nlohmann::json recipe, NoteNames notes,
                         const LineChain& chain)
    : lines_(std::move(lines)),
      recipe_(std::move(recipe)),
      notes_(std::move(notes)),
      chain_(chain) {}
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
    return lines->Error("not a trace: want {\"lockstep_trace\":2,...} as the whole first line");
  }
  const nlohmann::json& format = (*recipe)[std::string(kFormatKey)];
  if (!format.is_number_unsigned() || format != kTraceFormat) {
    return lines->Error("want a trace of format " + std::to_string(kTraceFormat) +
                        ", got one of format " + Dump(format) +
                        ": another version of lockstep wrote it");
  }
  absl::StatusOr<NoteNames> notes = ReadNotes(*recipe);
  if (!notes.ok()) return lines->Error(std::string(notes.status().message()));
  LineChain chain;
  chain.Fold(lines->line());
  return TraceReader(std::move(lines), *std::move(recipe), *std::move(notes), chain);
}

// Whether the footer, on the line read last, stands behind the lines that were written.
absl::Status TraceReader::CheckFooter(const Lines& lines, const nlohmann::json& footer) const {
  const std::string_view line = lines.line();
  const std::size_t at = line.rfind(kCheck);
  if (at == std::string_view::npos) {
    return lines.Error("want \"check\" in a footer that says anything, as its last key");
  }
  const std::size_t comma = at > 0 && line[at - 1] == ',' ? 1 : 0;
  const std::string_view covered = line.substr(0, at - comma);
  const std::string expected = absl::StrCat(std::string(kCheck), Hex(chain_.With(covered)), "\"}}");
  if (line.substr(at) == expected) return absl::OkStatus();
  if (footer.value("body", nlohmann::json()) == Hex(chain_.value())) {
    return lines.Error(kChanged);  // It is the footer itself.
  }
  return ErrorOfChange(lines, footer);
}

// Names the first line that differs from those that were written, as far as the footer tells.
absl::Status TraceReader::ErrorOfChange(const Lines& lines, const nlohmann::json& footer) const {
  const nlohmann::json marks = footer.value("marks", nlohmann::json::object());
  const std::uint64_t every = chain_.every();
  const bool is_comparable = marks.is_object() && marks.value("every", nlohmann::json()) == every &&
                             marks.value("after", nlohmann::json()).is_array();
  if (!is_comparable) return lines.Error(kChanged);
  const nlohmann::json& after = marks["after"];
  std::size_t i = 0;
  while (i < chain_.marks().size() && i < after.size() && after[i] == Hex(chain_.marks()[i])) ++i;
  const std::uint64_t first = i * every + 1;
  const std::uint64_t last = std::min(first + every - 1, chain_.lines() + 1);
  const std::string range =
      first < last ? absl::StrCat(", first in one of the lines ", first, " to ", last) : "";
  return lines.ErrorAt(first, std::string(kChanged) + range);
}

absl::StatusOr<nlohmann::json> TraceReader::ReadFooter(Lines& lines, std::uint64_t count) const {
  std::optional<nlohmann::json> last = ParseObject(lines.line());
  if (!last || last->size() != 1 || !(*last)["footer"].is_object()) {
    return lines.Error("want {\"footer\":{...}}");
  }
  nlohmann::json footer = std::move((*last)["footer"]);
  // A trace made by hand has an empty one.
  if (!footer.empty()) {
    if (const absl::Status status = CheckFooter(lines, footer); !status.ok()) return status;
    if (footer.contains("lines") && footer["lines"] != count) return lines.Error(kChanged);
  }
  if (lines.Next() == Lines::Outcome::kEnd) return footer;
  return lines.status().ok() ? lines.Error("want nothing after the footer") : lines.status();
}

absl::StatusOr<nlohmann::json> TraceReader::Replay(const std::vector<Sink*>& sinks) {
  CHECK(lines_ != nullptr);
  const std::unique_ptr<Lines> lines = std::move(lines_);
  std::vector<std::pair<Interest, Sink*>> listeners;
  for (Sink* const sink : sinks) listeners.emplace_back(sink->Wants(), sink);

  EventLineReader reader(notes_);
  std::uint64_t count = 0;
  std::uint64_t least_index = 0;  // of the next event
  core::Instant now;
  bool is_ended = false;
  while (true) {
    const Lines::Outcome outcome = lines->Next();
    if (outcome == Lines::Outcome::kError) return lines->status();
    if (outcome != Lines::Outcome::kLine) return lines->Error(kTruncated);
    const std::string_view line = lines->line();
    if (line.starts_with(kFooterLine)) break;

    const Event* const event = reader.Read(line);
    if (event == nullptr) return lines->Error(reader.want(), reader.column());
    if (is_ended) return lines->Error("want the footer after an end");
    if (event->index < least_index || event->at < now) {
      return lines->Error(
          "want \"t\" and \"i\" never to go back, and \"i\" to grow with observable events");
    }
    now = event->at;
    least_index = event->index + IndexStep(event->kind);
    is_ended = event->kind == EventKind::kEnd;
    chain_.Fold(line);
    ++count;
    for (const auto& [wants, sink] : listeners)
      if (wants.Has(*event)) sink->OnEvent(*event);
  }
  absl::StatusOr<nlohmann::json> footer = ReadFooter(*lines, count);
  if (footer.ok())
    for (Sink* const sink : sinks) sink->Finish();
  return footer;
}

}  // namespace lockstep::trace
