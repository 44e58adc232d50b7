// The part of a trace's first line that conclusions need: who sits where, what is sent, what was
// promised, what was broken, what is expected.
//
// The tool that runs a scenario fills a Recipe and writes it; the tool that checks a trace reads it
// back. Keys that are not listed at ReadRecipe belong to others and are ignored.
//
// Invariant: a Recipe that ReadRecipe returned is consistent: clusters do not overlap, every stream
// leads from one of them to another, no two streams share a sending cluster, and what a promise is
// about exists. Whether there is such an oracle, and what it makes of its parameters, is for
// CheckPromises to say.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/verdict.h"
#include "protocols/core/content.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// What the File RSM commits at position k′: content number k′ of `generator`.
struct Content {
  std::uint64_t generator = 0;
  std::uint64_t message_bytes = 0;
  std::optional<std::uint64_t> rate;      // messages per second; endless where there is none
  std::optional<std::uint64_t> messages;  // in all; endless where there is none
  core::Duration clock_ahead = {};        // by how much a clock of the run may be ahead, at most
  core::ContentKind kind = core::ContentKind::kFiller;  // what the world of the run is made of
  friend bool operator==(const Content&, const Content&) = default;
};

// What a promise is about: the whole run, a stream, a cluster, or the clients that are a cluster.
struct Scope {
  enum class Kind : std::uint8_t { kRun, kStream, kCluster, kClients };
  Kind kind = Kind::kRun;
  std::uint32_t id = 0;  // of the stream or cluster
  friend bool operator==(const Scope&, const Scope&) = default;
};

// What a protocol promises, as the catalogue says: an oracle is asked whether it was kept.
struct Promise {
  std::string oracle;  // its letter: see oracles.h
  Scope scope;
  nlohmann::json parameters = nlohmann::json::object();  // as the oracle wants them
  friend bool operator==(const Promise&, const Promise&) = default;
};

// How the paper counted the throughput of a protocol: see c3b/published.h.
enum class Published : std::uint8_t { kQuack, kEnqueue, kPrefix, kBroadcast, kConsumed };
inline constexpr std::array<std::string_view, 5> kPublishedNames = {"quack", "enqueue", "prefix",
                                                                    "broadcast", "consumed"};
constexpr std::string_view Name(Published published) {
  return kPublishedNames[static_cast<std::size_t>(published)];
}
std::optional<Published> PublishedNamed(std::string_view name);
constexpr bool IsAtReceivers(Published published) {
  return published == Published::kPrefix || published == Published::kBroadcast ||
         published == Published::kConsumed;
}

struct Stream {
  core::StreamId stream;
  core::ClusterId from;
  core::ClusterId to;
  Content content;
  bool is_for_all = false;  // all correct receivers are to deliver, not only whoever comes first
  Published throughput = Published::kQuack;
  friend bool operator==(const Stream&, const Stream&) = default;
};

struct DeclaredFault {
  std::string id;
  std::string kind;
  std::uint64_t expect_effect = 1;
  friend bool operator==(const DeclaredFault&, const DeclaredFault&) = default;
};

// The clusters as they are in a view that is announced to all replicas from `at` on. View 0 is what
// Recipe::clusters says.
struct AnnouncedView {
  std::uint64_t number = 0;
  core::Instant at;
  std::vector<core::Cluster> clusters;  // those of the recipe, with other stakes and positions
};

struct Expected {
  Verdict verdict = Verdict::kHolds;
  std::string oracle;  // who must object; empty: anybody
  friend bool operator==(const Expected&, const Expected&) = default;
};

struct Recipe {
  std::uint64_t seed = 0;
  std::vector<core::Cluster> clusters;
  std::vector<Stream> streams;
  std::vector<Promise> promises;  // in the order of the tables
  core::Duration run_for;
  core::Instant warmup;
  core::Instant heal;     // every fault that spends no budget has ended
  core::Duration settle;  // time allowed after it
  std::vector<DeclaredFault> faults;
  std::vector<AnnouncedView> views;  // by number, and by time
  Expected expect;
  // Kinds of notes that the protocols of the run have declared, beside those that all share.
  std::vector<std::string> notes;
  // Oracles for which the trace holds less than they want: see Sparing. None in a run.
  std::vector<std::string> abridged;

  bool IsAbridged(std::string_view oracle) const {
    return std::find(abridged.begin(), abridged.end(), oracle) != abridged.end();
  }
  const core::Cluster& cluster(core::ClusterId id) const { return clusters[id.value()]; }
};

// Replicas of one cluster, and of all: as many as a scenario may have. What is kept for each pair
// must stay affordable.
inline constexpr std::uint64_t kMaxClusterSize = 10'000;

// {}, {"stream": id}, {"cluster": id} or {"clients": id}; none for anything else.
std::optional<Scope> ReadScope(const nlohmann::json& scope);

// Reads "seed", "clusters", "streams", "promises", "run" {for_ps, warmup_ps}, "phases" {heal_ps,
// settle_ps}, and, where they are there, "faults", "views", "expect", "notes" and "abridged".
// Errors name the JSON pointer and what was wanted.
absl::StatusOr<Recipe> ReadRecipe(const nlohmann::json& first_line);
// The object that ReadRecipe reads back to an equal Recipe; the tool adds its own keys to it.
nlohmann::json ToJson(const Recipe& recipe);

// Cluster and index, such as "b3"; the number where it is no replica.
std::string HostName(const Recipe& recipe, core::NodeId node);
// Such as "a -> b".
std::string StreamName(const Recipe& recipe, const Stream& stream);

}  // namespace lockstep::analysis
