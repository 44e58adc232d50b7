// A summary for people: see report.h.

#include "tools/lockstep/report.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "tools/lockstep/quantity.h"

namespace lockstep::cli {
namespace {

std::string Text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

double Number(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string Stream(const nlohmann::json& stream) {
  const nlohmann::json& published = stream["as_published"];
  const nlohmann::json& delivered = stream["as_delivered"];
  std::string text = absl::StrFormat(
      "  %-10s as published (%s) %s msg/s, %s; as delivered %s msg/s, %s\n", Text(stream, "stream"),
      Text(published, "definition"), ShortNumber(Number(published, "messages_per_s")),
      RateText(Number(published, "payload_mbps")), ShortNumber(Number(delivered, "messages_per_s")),
      RateText(Number(delivered, "payload_mbps")));
  absl::StrAppendFormat(&text, "  %-10s sends per message %.3f", "",
                        Number(stream, "sends_per_message"));
  if (const auto latency = stream.find("latency"); latency != stream.end()) {
    absl::StrAppend(&text, ", latency p50 ", TimeText(Number(*latency, "p50_us")), ", p99 ",
                    TimeText(Number(*latency, "p99_us")));
  }
  return text + "\n";
}

std::string Clients(const nlohmann::json& clients) {
  std::string text =
      absl::StrFormat("  clients %-2s invoked %s/s, returned %s/s", Text(clients, "cluster"),
                      ShortNumber(Number(clients, "invoked_per_s")),
                      ShortNumber(Number(clients, "returned_per_s")));
  if (const auto latency = clients.find("latency"); latency != clients.end()) {
    absl::StrAppend(&text, ", latency p50 ", TimeText(Number(*latency, "p50_us")), ", p99 ",
                    TimeText(Number(*latency, "p99_us")));
  }
  if (Number(clients, "turned_away") > 0)
    absl::StrAppend(&text, ", turned away ", Text(clients, "turned_away"));
  return text + "\n";
}

// Of sends that a protocol notes with their attempts.
std::string Attempts(const nlohmann::json& of_kind) {
  const auto by_attempt = of_kind.find("by_attempt");
  if (by_attempt == of_kind.end()) return "";
  std::vector<std::string> streams;
  for (const auto& [stream, attempts] : by_attempt->items()) {
    std::vector<std::string> counts;
    for (const auto& [attempt, count] : attempts.items())
      counts.push_back(absl::StrCat(attempt, ": ", count.get<std::uint64_t>()));
    streams.push_back(absl::StrCat(stream, " ", absl::StrJoin(counts, ", ")));
  }
  return absl::StrCat("  resent, by attempt: ", absl::StrJoin(streams, "; "), "\n");
}

std::string Notes(const nlohmann::json& summary) {
  std::vector<std::string> kinds;
  std::string attempts;
  const auto notes = summary.find("notes");
  if (notes == summary.end() || notes->empty()) return "";
  for (const auto& [kind, of_kind] : notes->items()) {
    kinds.push_back(absl::StrCat(kind, " ", Text(of_kind, "count")));
    if (of_kind.contains("per_s"))
      absl::StrAppend(&kinds.back(), " (", ShortNumber(Number(of_kind, "per_s")), "/s)");
    attempts += Attempts(of_kind);
  }
  return absl::StrCat("  notes: ", absl::StrJoin(kinds, ", "), "\n", attempts);
}

std::string Drops(const nlohmann::json& drops) {
  if (drops.empty()) return "";
  std::vector<std::string> causes;
  for (const auto& [cause, of_cause] : drops.items()) {
    causes.push_back(absl::StrFormat("%s %d (%s)", cause, of_cause["count"].get<std::uint64_t>(),
                                     SizeText(Number(of_cause, "bytes"))));
  }
  return absl::StrCat("  dropped: ", absl::StrJoin(causes, ", "), "\n");
}

std::string Oracle(const nlohmann::json& oracle) {
  std::string text =
      absl::StrFormat("  %-3s %-28s %-10s %s\n", Text(oracle, "oracle"), Text(oracle, "name"),
                      Text(oracle, "stream"), Text(oracle, "verdict"));
  if (const auto counts = oracle.find("counts"); counts != oracle.end()) {
    text.pop_back();
    for (const auto& [name, count] : counts->items()) {
      absl::StrAppend(&text, ", ", name, " ", count.dump());
    }
    text += "\n";
  }
  for (const nlohmann::json& finding : oracle["findings"]) {
    absl::StrAppendFormat(&text, "        at %.6f s%s: %s\n", Number(finding, "at_ps") / 1e12,
                          finding.contains("node") ? " " + Text(finding, "node") : "",
                          Text(finding, "text"));
  }
  return text;
}

// Of a trace, whether it was seen to be so, too.
std::string DigestLine(const nlohmann::json& summary) {
  std::string text;
  if (summary.contains("digest")) {
    absl::StrAppend(&text, "  digest ", Text(summary, "digest"), " over ", Text(summary, "events"),
                    " events");
    const std::string is = Text(summary, "digest_is");
    absl::StrAppend(&text, is.empty() ? "" : ", ", is, "\n");
  }
  if (Text(summary, "checksum") == "none")
    text += "  the trace has no checksum: nobody can tell whether it was changed\n";
  return text;
}

}  // namespace

std::string Report(const nlohmann::json& summary) {
  std::string text = absl::StrCat(Text(summary, "name"), " (seed ", Text(summary, "seed"),
                                  "): ", Text(summary, "verdict"),
                                  summary.value("as_expected", false)
                                      ? ""
                                      : absl::StrCat(", but expected: ", Text(summary, "expected")),
                                  "\n");
  if (const auto abridged = summary.find("abridged"); abridged != summary.end()) {
    absl::StrAppend(&text, "  without what this trace does not hold, of ",
                    absl::StrJoin(abridged->get<std::vector<std::string>>(), ", "),
                    ": `run --detail` writes one that does\n");
  }
  for (const nlohmann::json& stream : summary["streams"]) text += Stream(stream);
  if (const auto clients = summary.find("clients"); clients != summary.end()) {
    for (const nlohmann::json& row : *clients) text += Clients(row);
  }
  for (const nlohmann::json& oracle : summary["oracles"]) text += Oracle(oracle);
  for (const nlohmann::json& receipt : summary["receipts"]) {
    absl::StrAppend(&text, "  fault ", Text(receipt, "id"), " (", Text(receipt, "kind"),
                    "): touched ", Text(receipt, "touched"), ", changed ",
                    Text(receipt, "changed"));
    if (const auto last = receipt.find("last"); last != receipt.end()) {
      absl::StrAppend(&text, "; at last ", Text(*last, "node"), " told ", Text(*last, "to"), " ",
                      Text(*last, "sent"), " instead of ", Text(*last, "instead_of"));
    }
    text += "\n";
  }
  text += Notes(summary);
  text += Drops(summary["drops"]);
  for (const auto& remark : summary.value("remarks", nlohmann::json::array()))
    absl::StrAppend(&text, "  remark: ", remark.get<std::string>(), "\n");
  text += DigestLine(summary);
  if (summary.contains("speed")) {
    const nlohmann::json& speed = summary["speed"];
    absl::StrAppendFormat(&text, "  %.2f s simulated in %.2f s\n", Number(speed, "simulated_s"),
                          Number(speed, "wall_s"));
  }
  return text;
}

}  // namespace lockstep::cli
