// The files of json_lines.h. Lines of events stand in event_line.h; the first and the last line go
// through the JSON library.

#include "sim/trace/json_lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "sim/trace/event_line.h"
#include "sim/trace/file_beside.h"
#include "sim/trace/line_source.h"
#include "sim/trace/pack.h"

namespace lockstep::trace {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 20;
constexpr int kDepthMax = 100;
constexpr std::string_view kZstdEnding = ".zst";
constexpr std::string_view kGzipEnding = ".gz";

constexpr std::string_view kFormatKey = "lockstep_trace";
constexpr std::string_view kFirstLine = R"({"lockstep_trace":)";
constexpr std::string_view kFooterLine = R"({"footer":)";
constexpr std::string_view kCheck = R"("check":")";

constexpr std::string_view kTruncated =
    "truncated: want the footer, the last line of every finished trace";
constexpr std::string_view kChanged =
    "want the lines that were written: this trace was changed or damaged afterwards";

absl::Status WriteError(const std::string& path, int error_number) {
  return absl::Status(absl::ErrnoToStatusCode(error_number),
                      path + ": cannot write: " + std::generic_category().message(error_number));
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

// Where a trace for `path` goes; nothing for standard output.
absl::StatusOr<std::optional<FileBeside>> TargetOf(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("trace: want the name of a file");
  if (path.ends_with(kGzipEnding)) {
    return absl::InvalidArgumentError(
        path +
        ": cannot write: want a name that ends in .zst, or in neither, since traces are "
        "read from .gz, but not written");
  }
  if (path == "-") return std::optional<FileBeside>();
  absl::StatusOr<FileBeside> made = FileBeside::Make(path);
  if (!made.ok()) return made.status();
  return std::optional<FileBeside>(*std::move(made));
}

}  // namespace

// --- Writing ---

JsonLinesWriter::JsonLinesWriter(std::string path, std::optional<FileBeside> target,
                                 const Interest& wants, NoteNames notes)
    : path_(std::move(path)),
      target_(std::move(target)),
      file_(target_ ? target_->file() : stdout),
      buffer_(kWriteBytes),
      wants_(wants),
      notes_(std::move(notes)) {}

JsonLinesWriter::~JsonLinesWriter() = default;

absl::StatusOr<std::unique_ptr<JsonLinesWriter>> JsonLinesWriter::Open(const std::string& path,
                                                                       const nlohmann::json& recipe,
                                                                       const Interest& wants) {
  CHECK(recipe.is_object());
  absl::StatusOr<NoteNames> notes = ReadNotes(recipe);
  if (!notes.ok()) return notes.status();
  absl::StatusOr<std::optional<FileBeside>> target = TargetOf(path);
  if (!target.ok()) return target.status();
  std::unique_ptr<JsonLinesWriter> writer(
      new JsonLinesWriter(path, *std::move(target), wants, *std::move(notes)));
  if (path.ends_with(kZstdEnding)) writer->packer_ = std::make_unique<Packer>();
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
  footer_["first"] = Hex(chain_.first());
  footer_["body"] = Hex(chain_.value());
  footer_["marks"] = MarksOf(chain_);
  Write(FooterLine(chain_, footer_) + "\n");
  Flush(/*is_last=*/true);
  if (file_ == nullptr) return;
  // Standard output is not ours to close.
  file_ = nullptr;
  if (target_) status_ = target_->Publish();
}

void JsonLinesWriter::Write(std::string_view text) {
  Flush();
  buffer_.resize(std::max(buffer_.size(), text.size()));
  used_ = text.copy(buffer_.data(), text.size());
}

void JsonLinesWriter::Flush(bool is_last) {
  std::string_view bytes(buffer_.data(), std::exchange(used_, 0));
  if (file_ == nullptr) return;
  if (packer_ != nullptr) bytes = packer_->Pack(bytes, is_last);
  errno = 0;
  const bool is_written =
      std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size() && std::fflush(file_) == 0;
  if (!is_written) Fail(errno);
}

void JsonLinesWriter::Fail(int error_number) {
  status_ = WriteError(path_, error_number == 0 ? EIO : error_number);
  file_ = nullptr;
  if (target_) target_->Abandon();
}

// --- Reading ---

TraceReader::TraceReader(std::unique_ptr<LineSource> lines, nlohmann::json recipe, NoteNames notes,
                         const LineChain& chain)
    : lines_(std::move(lines)),
      recipe_(std::move(recipe)),
      notes_(std::make_unique<NoteNames>(std::move(notes))),
      chain_(chain) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

absl::StatusOr<TraceReader> TraceReader::Open(const std::string& path, std::string_view taken) {
  absl::StatusOr<std::unique_ptr<LineSource>> opened = LineSource::Open(path, taken);
  if (!opened.ok()) return opened.status();
  std::unique_ptr<LineSource> lines = *std::move(opened);
  const LineSource::Outcome outcome = lines->Next();
  if (outcome == LineSource::Outcome::kError) return lines->status();
  if (outcome == LineSource::Outcome::kEnd) {
    return absl::InvalidArgumentError(path + ": want a trace, got an empty file");
  }
  std::optional<nlohmann::json> recipe = ParseObject(lines->line());
  if (outcome == LineSource::Outcome::kCut && lines->line().starts_with(kFirstLine)) {
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
absl::Status TraceReader::CheckFooter(const LineSource& lines, const nlohmann::json& footer) const {
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
absl::Status TraceReader::ErrorOfChange(const LineSource& lines,
                                        const nlohmann::json& footer) const {
  if (footer.contains("first") && footer["first"] != Hex(chain_.first())) {
    return lines.ErrorAt(1, kChanged);
  }
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

// Whether the footer says of the run what its events say. Only of those that are all there is known
// what they were.
absl::Status TraceReader::CheckDigest(const LineSource& lines, const nlohmann::json& footer) const {
  if (end_index_ && footer.contains("events") && footer["events"] != *end_index_) {
    return lines.Error(absl::StrCat("want \"events\" to be ", *end_index_, ", as the end says"));
  }
  if (!holds_all_ || !footer.contains("digest") || footer["digest"] == digest_.Hex()) {
    return absl::OkStatus();
  }
  return lines.Error(
      absl::StrCat("want the digest ", digest_.Hex(), ", which is that of the events above"));
}

absl::StatusOr<nlohmann::json> TraceReader::ReadFooter(LineSource& lines) const {
  std::optional<nlohmann::json> last = ParseObject(lines.line());
  if (!last || last->size() != 1 || !(*last)["footer"].is_object()) {
    return lines.Error("want {\"footer\":{...}}");
  }
  nlohmann::json footer = std::move((*last)["footer"]);
  // A trace made by hand has an empty one.
  if (!footer.empty()) {
    if (const absl::Status status = CheckFooter(lines, footer); !status.ok()) return status;
    if (footer.contains("lines") && footer["lines"] != chain_.lines() - 1)
      return lines.Error(kChanged);
    if (const absl::Status status = CheckDigest(lines, footer); !status.ok()) return status;
  }
  if (lines.Next() == LineSource::Outcome::kEnd) return footer;
  return lines.status().ok() ? lines.Error("want nothing after the footer") : lines.status();
}

// As long as no observable event is missing.
void TraceReader::FoldDigest(const Event& event) {
  holds_all_ = holds_all_ && event.index == least_index_;
  if (holds_all_ && IndexStep(event.kind) != 0) digest_.OnEvent(event);
  if (event.kind == EventKind::kEnd) end_index_ = event.index;
}

absl::StatusOr<const Event*> TraceReader::Next() {
  CHECK(lines_ != nullptr);
  if (reader_ == nullptr) reader_ = std::make_unique<EventLineReader>(*notes_);
  const LineSource::Outcome outcome = lines_->Next();
  if (outcome == LineSource::Outcome::kError) return lines_->status();
  if (outcome != LineSource::Outcome::kLine) return lines_->Error(kTruncated);
  const std::string_view line = lines_->line();
  if (line.starts_with(kFooterLine)) {
    absl::StatusOr<nlohmann::json> footer = ReadFooter(*lines_);
    lines_.reset();
    if (!footer.ok()) return footer.status();
    footer_ = *std::move(footer);
    return nullptr;
  }
  const Event* const event = reader_->Read(line);
  if (event == nullptr) return lines_->Error(reader_->want(), reader_->column());
  if (end_index_) return lines_->Error("want the footer after an end");
  if (event->index < least_index_ || event->at < now_) {
    return lines_->Error(
        "want \"t\" and \"i\" never to go back, and \"i\" to grow with observable events");
  }
  now_ = event->at;
  FoldDigest(*event);
  least_index_ = event->index + IndexStep(event->kind);
  chain_.Fold(line);
  return event;
}

absl::StatusOr<nlohmann::json> TraceReader::Replay(const std::vector<Sink*>& sinks) {
  std::vector<std::pair<Interest, Sink*>> listeners;
  for (Sink* const sink : sinks) listeners.emplace_back(sink->Wants(), sink);
  while (true) {
    const absl::StatusOr<const Event*> event = Next();
    if (!event.ok()) return event.status();
    if (*event == nullptr) break;
    for (const auto& [wants, sink] : listeners)
      if (wants.Has(**event)) sink->OnEvent(**event);
  }
  for (Sink* const sink : sinks) sink->Finish();
  return footer_;
}

}  // namespace lockstep::trace
