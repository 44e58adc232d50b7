// Reading and writing a Recipe: see recipe.h.

#include "analysis/recipe.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxTime = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kMaxHosts = std::uint64_t{1} << 20;
// More than any run has; what is kept for each of them, or asked of each, must stay affordable.
constexpr std::uint64_t kMaxClusters = 4096;
constexpr std::uint64_t kMaxPromises = std::uint64_t{1} << 16;
constexpr std::uint64_t kMaxViews = 4096;
constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint64_t>::max();

// Takes values out of JSON; the first error sticks, and what is read after it is zero.
class Reader {
 public:
  const absl::Status& status() const { return status_; }

  void Fail(const std::string& pointer, std::string_view wanted) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat(pointer, ": want ", std::string(wanted)));
    }
  }

  // The value of `key`, or nullptr, which is an error where it `must` be there.
  const json* Find(const json& object, const std::string& pointer, const char* key, bool must) {
    if (!object.is_object()) {
      Fail(pointer, "an object");
      return nullptr;
    }
    const auto found = object.find(key);
    if (found != object.end()) return &*found;
    if (must) Fail(absl::StrCat(pointer, "/", key), "a value; it is missing");
    return nullptr;
  }

  // A whole number, or its decimal digits in a string: other tools round what passes 2^53.
  std::uint64_t Number(const json& object, const std::string& pointer, const char* key,
                       std::uint64_t min, std::uint64_t max) {
    const json* value = Find(object, pointer, key, true);
    if (value == nullptr) return 0;
    const std::optional<std::uint64_t> number = AsNumber(*value);
    if (number && *number >= min && *number <= max) return *number;
    Fail(absl::StrCat(pointer, "/", key), absl::StrCat("a whole number from ", min, " to ", max));
    return 0;
  }
  std::uint64_t NumberOr(const json& object, const std::string& pointer, const char* key,
                         std::uint64_t or_else) {
    return Find(object, pointer, key, false) == nullptr
               ? or_else
               : Number(object, pointer, key, 0, kMaxNumber);
  }
  core::Duration Time(const json& object, const std::string& pointer, const char* key) {
    return core::Duration::Picoseconds(
        static_cast<std::int64_t>(Number(object, pointer, key, 0, kMaxTime)));
  }

  std::string Text(const json& object, const std::string& pointer, const char* key) {
    const json* value = Find(object, pointer, key, true);
    if (value == nullptr) return "";
    if (!value->is_string()) {
      Fail(absl::StrCat(pointer, "/", key), "a string");
      return "";
    }
    return value->get<std::string>();
  }
  std::string TextOr(const json& object, const std::string& pointer, const char* key,
                     std::string or_else) {
    if (Find(object, pointer, key, false) == nullptr) return or_else;
    return Text(object, pointer, key);
  }

  // What is not mentioned is not so.
  bool Flag(const json& object, const std::string& pointer, const char* key) {
    const json* value = Find(object, pointer, key, false);
    if (value == nullptr) return false;
    if (!value->is_boolean()) Fail(absl::StrCat(pointer, "/", key), "true or false");
    return value->is_boolean() && value->get<bool>();
  }

  // Calls `read(element, pointer)` for each element of an array, of which there are `most` at most.
  template <typename Read>
  void Each(const json& object, const std::string& pointer, const char* key, bool must,
            std::uint64_t most, Read&& read) {
    const json* list = Find(object, pointer, key, must);
    if (list == nullptr) return;
    const std::string at = absl::StrCat(pointer, "/", key);
    if (!list->is_array() || list->size() > most) {
      Fail(at, list->is_array() ? absl::StrCat("at most ", most, " of them") : "an array");
      return;
    }
    for (std::size_t i = 0; i < list->size() && status_.ok(); ++i) {
      read((*list)[i], absl::StrCat(at, "/", i));
    }
  }

 private:
  static std::optional<std::uint64_t> AsNumber(const json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0) {
      return value.get<std::uint64_t>();
    }
    std::uint64_t number = 0;
    if (value.is_string() && absl::SimpleAtoi(value.get_ref<const std::string&>(), &number)) {
      return number;
    }
    return std::nullopt;
  }

  absl::Status status_;
};

void ReadStake(Reader& reader, const json& stake, const std::string& pointer,
               core::Cluster& cluster, std::uint32_t least = 1) {
  const auto is_stake = [&](const json& each) {
    return each.is_number_unsigned() && each >= least && each <= core::kStakeMost;
  };
  const bool is_good = stake.is_array() && stake.size() == cluster.size &&
                       std::all_of(stake.begin(), stake.end(), is_stake);
  if (is_good)
    for (const json& each : stake) cluster.stake.push_back(each.get<std::uint32_t>());
  if (!is_good || cluster.total_stake() > core::kTotalStakeMost)
    reader.Fail(pointer,
                absl::StrCat("a whole number from ", least, " to ", core::kStakeMost,
                             " for each replica, and at most ", core::kTotalStakeMost, " in all"));
}

void ReadPositions(Reader& reader, const json& positions, const std::string& pointer,
                   core::Cluster& cluster) {
  std::vector<bool> is_there(cluster.size);
  bool is_good = positions.is_array() && positions.size() == cluster.size;
  for (const json& each : is_good ? positions : json::array()) {
    is_good = is_good && each.is_number_unsigned() && each < cluster.size &&
              !is_there[each.get<std::uint32_t>()];
    if (is_good) is_there[each.get<std::uint32_t>()] = true;
  }
  if (is_good)
    cluster.positions = positions.get<std::vector<std::uint32_t>>();
  else
    reader.Fail(pointer, "a list of all indices of the cluster, each once");
}

core::Cluster ReadCluster(Reader& reader, const json& object, const std::string& pointer) {
  core::Cluster cluster;
  cluster.name = reader.Text(object, pointer, "name");
  cluster.first = core::NodeId(
      static_cast<std::uint32_t>(reader.Number(object, pointer, "first", 0, kMaxHosts - 1)));
  const auto number = [&](const char* key, std::uint64_t min, std::uint64_t max) {
    return static_cast<std::uint32_t>(reader.Number(object, pointer, key, min, max));
  };
  cluster.size = number("size", 1, kMaxClusterSize);
  const bool has_stake = reader.Find(object, pointer, "stake", false) != nullptr;
  const std::uint64_t most = has_stake ? core::kTotalStakeMost : kMaxClusterSize;
  cluster.u = number("u", 0, most);
  cluster.r = number("r", 0, most);
  if (reader.Find(object, pointer, "positions", false) != nullptr)
    ReadPositions(reader, object.at("positions"), absl::StrCat(pointer, "/positions"), cluster);
  if (has_stake) ReadStake(reader, object.at("stake"), absl::StrCat(pointer, "/stake"), cluster);
  return cluster;
}

// Of a view: the clusters in their order, each with what it has of "stake" and "positions".
AnnouncedView ReadView(Reader& reader, const json& object, const std::string& pointer,
                       const Recipe& recipe) {
  AnnouncedView view;
  view.number = reader.Number(object, pointer, "number", 1, kMaxNumber);
  view.at = core::Instant() + reader.Time(object, pointer, "at_ps");
  reader.Each(object, pointer, "clusters", true, kMaxClusters,
              [&](const json& members, const std::string& at) {
                if (view.clusters.size() == recipe.clusters.size()) return;
                core::Cluster cluster = recipe.clusters[view.clusters.size()];
                cluster.stake.clear();
                cluster.positions.clear();
                if (reader.Find(members, at, "positions", false) != nullptr)
                  ReadPositions(reader, members.at("positions"), at + "/positions", cluster);
                // 0: it is no member.
                if (reader.Find(members, at, "stake", false) != nullptr)
                  ReadStake(reader, members.at("stake"), at + "/stake", cluster, 0);
                const std::uint64_t least = std::uint64_t{2} * cluster.u + cluster.r + 1;
                if (!cluster.stake.empty() && cluster.total_stake() < least)
                  reader.Fail(at + "/stake", absl::StrCat(least, " or more in all"));
                view.clusters.push_back(std::move(cluster));
              });
  if (view.clusters.size() != recipe.clusters.size())
    reader.Fail(pointer + "/clusters", "as many as there are clusters");
  const bool is_later = recipe.views.empty() || (recipe.views.back().number < view.number &&
                                                 recipe.views.back().at <= view.at);
  if (!is_later) reader.Fail(pointer, "a number, and a time, above those of the view before");
  return view;
}

json ToJson(const AnnouncedView& view) {
  json clusters = json::array();
  for (const core::Cluster& cluster : view.clusters) {
    json members = json::object();
    if (cluster.has_stake()) members["stake"] = cluster.stake;
    if (cluster.has_positions()) members["positions"] = cluster.positions;
    clusters.push_back(std::move(members));
  }
  return {
      {"number", view.number}, {"at_ps", (view.at - core::Instant()).ps()}, {"clusters", clusters}};
}

Content ReadContent(Reader& reader, const json& object, const std::string& pointer) {
  Content content;
  if (reader.Text(object, pointer, "kind") != "file") reader.Fail(pointer + "/kind", "\"file\"");
  content.generator = reader.Number(object, pointer, "generator", 0, kMaxNumber);
  // Below 2^40, so that the length of a run of messages stays a number.
  content.message_bytes =
      reader.Number(object, pointer, "message_bytes", 0, (std::uint64_t{1} << 40) - 1);
  const std::string kind = reader.TextOr(object, pointer, "contents", "filler");
  if (kind == "real") content.kind = core::ContentKind::kReal;
  if (kind != "real" && kind != "filler")
    reader.Fail(pointer + "/contents", "\"filler\" or \"real\"");
  if (reader.Find(object, pointer, "rate", false) != nullptr) {
    content.rate = reader.Number(object, pointer, "rate", 1, kMaxTime);
  }
  if (reader.Find(object, pointer, "messages", false) != nullptr)
    content.messages = reader.Number(object, pointer, "messages", 1, kMaxNumber);
  const std::uint64_t ahead = reader.NumberOr(object, pointer, "clock_ahead_ps", 0);
  content.clock_ahead =
      core::Duration::Picoseconds(static_cast<std::int64_t>(std::min(ahead, kMaxTime)));
  return content;
}

Promise ReadPromise(Reader& reader, const json& object, const std::string& pointer) {
  Promise promise;
  promise.oracle = reader.Text(object, pointer, "oracle");
  if (const json* scope = reader.Find(object, pointer, "scope", true)) {
    const std::optional<Scope> read = ReadScope(*scope);
    if (!read) {
      reader.Fail(pointer + "/scope", R"({}, {"stream": id}, {"cluster": id} or {"clients": id})");
    }
    promise.scope = read.value_or(Scope{});
  }
  if (const json* parameters = reader.Find(object, pointer, "parameters", false)) {
    if (!parameters->is_object()) reader.Fail(pointer + "/parameters", "an object");
    promise.parameters = *parameters;
  }
  return promise;
}

Stream ReadStream(Reader& reader, const json& object, const std::string& pointer,
                  std::size_t clusters) {
  Stream stream;
  const auto cluster = [&](const char* key) {
    return static_cast<std::uint32_t>(
        reader.Number(object, pointer, key, 0, clusters == 0 ? 0 : clusters - 1));
  };
  stream.from = core::ClusterId(cluster("from"));
  stream.to = core::ClusterId(cluster("to"));
  stream.stream = core::StreamId(cluster("stream"));
  if (stream.stream.value() != stream.from.value()) {
    reader.Fail(pointer + "/stream", "the sending cluster, as in \"from\"");
  }
  if (stream.from == stream.to) reader.Fail(pointer + "/to", "another cluster than \"from\"");
  static const json kNothing = json::object();
  const auto part = [&](const char* key) -> const json& {
    const json* value = reader.Find(object, pointer, key, true);
    return value == nullptr ? kNothing : *value;
  };
  stream.content = ReadContent(reader, part("content"), pointer + "/content");
  stream.is_for_all = reader.Flag(object, pointer, "for_all");
  const std::string throughput = reader.Text(object, pointer, "throughput");
  const std::optional<Published> published = PublishedNamed(throughput);
  if (!published) {
    reader.Fail(pointer + "/throughput", R"("quack", "enqueue", "prefix" or "broadcast")");
  }
  stream.throughput = published.value_or(Published::kQuack);
  return stream;
}

DeclaredFault ReadFault(Reader& reader, const json& object, const std::string& pointer) {
  DeclaredFault fault;
  fault.id = reader.Text(object, pointer, "id");
  fault.kind = reader.Text(object, pointer, "kind");
  fault.expect_effect = reader.NumberOr(object, pointer, "expect_effect", 1);
  return fault;
}

Expected ReadExpected(Reader& reader, const json& object, const std::string& pointer) {
  Expected expected;
  const std::optional<Verdict> verdict =
      VerdictNamed(reader.TextOr(object, pointer, "verdict", std::string(Name(Verdict::kHolds))));
  if (!verdict) {
    reader.Fail(pointer + "/verdict",
                "\"holds\", \"violated\", \"unknown\", \"not exercised\" or \"not judged\"");
  }
  expected.verdict = verdict.value_or(Verdict::kHolds);
  expected.oracle = reader.TextOr(object, pointer, "oracle", "");
  return expected;
}

std::vector<std::string> ReadTexts(Reader& reader, const json& list, const std::string& pointer,
                                   std::string_view wanted) {
  std::vector<std::string> texts;
  bool is_good = list.is_array();
  for (const json& text : list) {
    is_good = is_good && text.is_string();
    if (is_good) texts.push_back(text.get<std::string>());
  }
  if (!is_good) reader.Fail(pointer, wanted);
  return texts;
}

void CheckApart(Reader& reader, const std::vector<core::Cluster>& clusters) {
  std::uint64_t hosts = 0;
  for (const core::Cluster& cluster : clusters) hosts += cluster.size;
  if (hosts > kMaxClusterSize)
    reader.Fail("/clusters", absl::StrCat("at most ", kMaxClusterSize, " hosts in all"));
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const core::Cluster& a = clusters[i];
      const core::Cluster& b = clusters[j];
      if (a.first.value() < b.first.value() + b.size &&
          b.first.value() < a.first.value() + a.size) {
        reader.Fail(absl::StrCat("/clusters/", i, "/first"), "hosts of no other cluster");
      }
    }
  }
}

void CheckConsistent(Reader& reader, const Recipe& recipe) {
  CheckApart(reader, recipe.clusters);
  std::vector<bool> is_sending(recipe.clusters.size());  // by cluster
  for (std::size_t i = 0; i < recipe.streams.size(); ++i) {
    const std::uint32_t from = recipe.streams[i].stream.value();
    if (from >= is_sending.size()) continue;  // That has been objected to.
    if (is_sending[from]) {
      reader.Fail(absl::StrCat("/streams/", i, "/stream"), "one stream for a sending cluster");
    }
    is_sending[from] = true;
  }
  for (std::size_t i = 0; i < recipe.promises.size(); ++i) {
    const Scope& scope = recipe.promises[i].scope;
    const bool is_there = scope.kind == Scope::Kind::kRun ||
                          (scope.id < recipe.clusters.size() &&
                           (scope.kind != Scope::Kind::kStream || is_sending[scope.id]));
    if (!is_there) reader.Fail(absl::StrCat("/promises/", i, "/scope"), "something that exists");
  }
  if (recipe.settle.ps() > core::Instant::Max().ps() - recipe.heal.ps()) {
    reader.Fail("/phases/settle_ps", "a time below 106 days after the heal");
  }
}

constexpr std::string_view kScopeNames[] = {"", "stream", "cluster", "clients"};  // by Scope::Kind

json ToJson(const Promise& promise) {
  json scope = json::object();
  if (promise.scope.kind != Scope::Kind::kRun) {
    const auto kind = static_cast<std::size_t>(promise.scope.kind);
    scope[std::string(kScopeNames[kind])] = promise.scope.id;
  }
  return {
      {"oracle", promise.oracle}, {"scope", std::move(scope)}, {"parameters", promise.parameters}};
}

json ToJson(const Stream& stream) {
  const Content& content = stream.content;
  json written = {
      {"stream", stream.stream.value()},
      {"from", stream.from.value()},
      {"to", stream.to.value()},
      {"content",
       {{"kind", "file"},
        {"contents", std::string(core::kContentNames[static_cast<std::size_t>(content.kind)])},
        {"generator", absl::StrCat(content.generator)},
        {"message_bytes", content.message_bytes}}},
      {"for_all", stream.is_for_all},
      {"throughput", std::string(Name(stream.throughput))}};
  if (content.rate) written["content"]["rate"] = *content.rate;
  if (content.messages) written["content"]["messages"] = *content.messages;
  if (content.clock_ahead > core::Duration()) {
    written["content"]["clock_ahead_ps"] = content.clock_ahead.ps();
  }
  return written;
}

json ToJson(const Expected& expected) {
  json written = {{"verdict", std::string(Name(expected.verdict))}};
  if (!expected.oracle.empty()) written["oracle"] = expected.oracle;
  return written;
}

}  // namespace

std::optional<Published> PublishedNamed(std::string_view name) {
  const auto found = std::find(kPublishedNames.begin(), kPublishedNames.end(), name);
  if (found == kPublishedNames.end()) return std::nullopt;
  return static_cast<Published>(found - kPublishedNames.begin());
}

std::optional<Scope> ReadScope(const json& scope) {
  if (!scope.is_object() || scope.size() > 1) return std::nullopt;
  if (scope.empty()) return Scope{};
  const auto entry = scope.begin();
  const std::string& key = entry.key();
  const json& id = entry.value();
  const auto kind = std::ranges::find(kScopeNames, key);
  if (kind == std::end(kScopeNames) || key.empty() || !id.is_number_unsigned() || id > kMaxHosts) {
    return std::nullopt;
  }
  return Scope{static_cast<Scope::Kind>(kind - kScopeNames), id.get<std::uint32_t>()};
}

absl::StatusOr<Recipe> ReadRecipe(const json& first_line) {
  Reader reader;
  Recipe recipe;
  recipe.seed = reader.Number(first_line, "", "seed", 0, kMaxNumber);
  reader.Each(first_line, "", "clusters", true, kMaxClusters,
              [&](const json& object, const std::string& at) {
                recipe.clusters.push_back(ReadCluster(reader, object, at));
              });
  reader.Each(first_line, "", "streams", true, kMaxClusters,
              [&](const json& object, const std::string& at) {
                recipe.streams.push_back(ReadStream(reader, object, at, recipe.clusters.size()));
              });
  reader.Each(first_line, "", "promises", true, kMaxPromises,
              [&](const json& object, const std::string& at) {
                recipe.promises.push_back(ReadPromise(reader, object, at));
              });
  if (const json* run = reader.Find(first_line, "", "run", true)) {
    recipe.run_for = reader.Time(*run, "/run", "for_ps");
    recipe.warmup = core::Instant() + reader.Time(*run, "/run", "warmup_ps");
  }
  if (const json* phases = reader.Find(first_line, "", "phases", true)) {
    recipe.heal = core::Instant() + reader.Time(*phases, "/phases", "heal_ps");
    recipe.settle = reader.Time(*phases, "/phases", "settle_ps");
  }
  reader.Each(first_line, "", "faults", false, kMaxNumber,
              [&](const json& object, const std::string& at) {
                recipe.faults.push_back(ReadFault(reader, object, at));
              });
  reader.Each(first_line, "", "views", false, kMaxViews,
              [&](const json& object, const std::string& at) {
                recipe.views.push_back(ReadView(reader, object, at, recipe));
              });
  if (const json* expect = reader.Find(first_line, "", "expect", false)) {
    recipe.expect = ReadExpected(reader, *expect, "/expect");
  }
  if (const json* abridged = reader.Find(first_line, "", "abridged", false)) {
    recipe.abridged = ReadTexts(reader, *abridged, "/abridged", "a list of the letters of oracles");
  }
  if (const json* notes = reader.Find(first_line, "", "notes", false)) {
    recipe.notes = ReadTexts(reader, *notes, "/notes", "a list of the names of notes");
  }
  CheckConsistent(reader, recipe);
  if (!reader.status().ok()) return reader.status();
  return recipe;
}

json ToJson(const Recipe& recipe) {
  json clusters = json::array();
  for (const core::Cluster& cluster : recipe.clusters) {
    clusters.push_back({{"name", cluster.name},
                        {"first", cluster.first.value()},
                        {"size", cluster.size},
                        {"u", cluster.u},
                        {"r", cluster.r}});
    if (cluster.has_stake()) clusters.back()["stake"] = cluster.stake;
    if (cluster.has_positions()) clusters.back()["positions"] = cluster.positions;
  }
  json streams = json::array();
  for (const Stream& stream : recipe.streams) streams.push_back(ToJson(stream));
  json promises = json::array();
  for (const Promise& promise : recipe.promises) promises.push_back(ToJson(promise));
  json faults = json::array();
  for (const DeclaredFault& fault : recipe.faults) {
    faults.push_back(
        {{"id", fault.id}, {"kind", fault.kind}, {"expect_effect", fault.expect_effect}});
  }
  json written = {{"seed", recipe.seed},
                  {"clusters", std::move(clusters)},
                  {"streams", std::move(streams)},
                  {"promises", std::move(promises)},
                  {"run", {{"for_ps", recipe.run_for.ps()}, {"warmup_ps", recipe.warmup.ps()}}},
                  {"phases", {{"heal_ps", recipe.heal.ps()}, {"settle_ps", recipe.settle.ps()}}},
                  {"faults", std::move(faults)},
                  {"expect", ToJson(recipe.expect)}};
  for (const AnnouncedView& view : recipe.views) written["views"].push_back(ToJson(view));
  if (!recipe.abridged.empty()) written["abridged"] = recipe.abridged;
  if (!recipe.notes.empty()) written["notes"] = recipe.notes;
  return written;
}

std::string HostName(const Recipe& recipe, core::NodeId node) {
  for (const core::Cluster& cluster : recipe.clusters) {
    if (cluster.Has(node)) {
      return absl::StrCat(cluster.name, node.value() - cluster.first.value());
    }
  }
  return absl::StrCat("host ", node.value());
}

std::string StreamName(const Recipe& recipe, const Stream& stream) {
  return absl::StrCat(recipe.cluster(stream.from).name, " -> ", recipe.cluster(stream.to).name);
}

}  // namespace lockstep::analysis
