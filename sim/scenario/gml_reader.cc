// GML, the Graph Modelling Language of Himsolt's report: see graph_reader.h.
//
// A file is a list of keys with values; a value is a number, a text in quotes, or a list in
// brackets.

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "sim/scenario/graph_reader.h"
#include "sim/scenario/graph_text.h"

namespace lockstep::sim {
namespace {

// One key of a list. `inside` is its list, where it has one.
struct GmlEntry {
  std::string key;
  std::string value;
  std::vector<GmlEntry> inside;
  bool is_list = false;
  std::size_t at = 0;  // of the key in the text
};

class GmlParser {
 public:
  explicit GmlParser(std::string_view text) : text_(text) {
    if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
  }

  // Entries up to the end of the text (depth 0) or to the bracket that closes the list.
  absl::StatusOr<std::vector<GmlEntry>> List(std::size_t depth) {
    if (depth > kNestedMax) return NestedTooDeep(text_, at_);
    std::vector<GmlEntry> entries;
    for (SkipSpace(); at_ < text_.size(); SkipSpace()) {
      if (text_[at_] == ']' && depth > 0) {
        ++at_;
        return entries;
      }
      absl::StatusOr<GmlEntry> entry = Entry(depth);
      if (!entry.ok()) return entry.status();
      entries.push_back(*std::move(entry));
    }
    if (depth > 0) return Want("want ] at the end of a list, got the end of the text");
    return entries;
  }

 private:
  absl::Status Want(const std::string& what) const {
    return WrongAt(text_, at_, absl::StrCat("want GML: ", what));
  }
  static bool IsOfWord(char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '+' ||
           c == '-';
  }

  void SkipSpace() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '#')
        at_ = std::min(text_.find('\n', at_), text_.size() - 1);
      else if (!absl::ascii_isspace(static_cast<unsigned char>(text_[at_])))
        return;
    }
  }

  std::string Word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsOfWord(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  absl::StatusOr<GmlEntry> Entry(std::size_t depth) {
    GmlEntry entry;
    entry.at = at_;
    if (!absl::ascii_isalpha(static_cast<unsigned char>(text_[at_])) && text_[at_] != '_')
      return Want(absl::StrCat("want a key, got '", std::string(text_.substr(at_, 1)), "'"));
    entry.key = Word();
    SkipSpace();
    if (at_ == text_.size())
      return Want(absl::StrCat("want a value of \"", entry.key, "\", got the end of the text"));
    if (text_[at_] == '[') {
      ++at_;
      auto inside = List(depth + 1);
      if (!inside.ok()) return inside.status();
      entry.is_list = true;
      entry.inside = *std::move(inside);
    } else if (text_[at_] == '"') {
      const std::size_t end = text_.find('"', at_ + 1);
      if (end == std::string_view::npos) return Want("want \" at the end of a text");
      entry.value = WithoutEntities(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    } else if (IsOfWord(text_[at_])) {
      entry.value = Word();
    } else {
      return Want(absl::StrCat("want a number, a text in quotes or a list as the value of \"",
                               entry.key, "\""));
    }
    return entry;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

const GmlEntry* Find(const std::vector<GmlEntry>& list, std::string_view key) {
  for (const GmlEntry& entry : list)
    if (entry.key == key) return &entry;
  return nullptr;
}

Attributes AttributesOf(const std::vector<GmlEntry>& list) {
  Attributes attributes;
  for (const GmlEntry& entry : list)
    if (!entry.is_list) attributes[entry.key] = entry.value;
  return attributes;
}

// The index of the node that `key` of an edge names.
absl::StatusOr<std::size_t> EndOf(std::string_view text, const GmlEntry& edge, const char* key,
                                  const std::map<std::string, std::size_t>& index) {
  const GmlEntry* end = Find(edge.inside, key);
  if (end == nullptr) return WrongAt(text, edge.at, absl::StrCat("an edge has no \"", key, "\""));
  const auto found = index.find(end->value);
  if (found != index.end()) return found->second;
  return WrongAt(text, end->at,
                 absl::StrCat("an edge ends at \"", end->value, "\", which no node has as id"));
}

}  // namespace

absl::StatusOr<RawGraph> ReadGml(std::string_view text) {
  const auto file = GmlParser(text).List(0);
  if (!file.ok()) return file.status();
  const GmlEntry* graph = Find(*file, "graph");
  if (graph == nullptr || !graph->is_list)
    return absl::InvalidArgumentError("want GML, in which there is a \"graph [ ... ]\"");
  const GmlEntry* directed = Find(graph->inside, "directed");
  RawGraph raw;
  std::map<std::string, std::size_t> index;
  for (const GmlEntry& node : graph->inside) {
    if (node.key != "node") continue;
    const GmlEntry* id = Find(node.inside, "id");
    if (id == nullptr) return WrongAt(text, node.at, "a node has no \"id\"");
    if (!index.emplace(id->value, raw.nodes.size()).second)
      return WrongAt(text, node.at, absl::StrCat("two nodes have the id \"", id->value, "\""));
    raw.nodes.push_back({id->value, AttributesOf(node.inside)});
  }
  for (const GmlEntry& edge : graph->inside) {
    if (edge.key != "edge") continue;
    const auto from = EndOf(text, edge, "source", index);
    if (!from.ok()) return from.status();
    const auto to = EndOf(text, edge, "target", index);
    if (!to.ok()) return to.status();
    const bool is_one_way = directed != nullptr && directed->value == "1";
    raw.links.push_back({*from, *to, is_one_way, AttributesOf(edge.inside)});
  }
  return raw;
}

}  // namespace lockstep::sim
