// Z as an oracle: histories from notes, by the mix that was promised.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "analysis/oracles.h"
#include "protocols/core/operation.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

constexpr core::OperationMix kMix = {4, 30, 30, 16};

nlohmann::json Loads() {
  return {{"loads",
           {{{"clients", 1}, {"keys", 4}, {"gets", 30}, {"appends", 30}, {"value_bytes", 16}}}}};
}

// Cluster a is a store, which clients of cluster c ask.
class ZStory {
 public:
  explicit ZStory(const char* fault = nullptr) : story(RecipeOf(fault)) {}

  ZStory& Invoked(std::uint64_t client, std::uint64_t request, std::uint64_t wrong = 0) {
    const core::Operation operation = kMix.Of(core::ClientId(client), core::RequestId(request));
    return Note(core::NoteKind::kInvoked, client, request,
                core::EncodeOperation(operation).Digest() + wrong);
  }
  // Takes effect now.
  ZStory& Returned(std::uint64_t client, std::uint64_t request) {
    const core::Operation operation = kMix.Of(core::ClientId(client), core::RequestId(request));
    std::optional<std::string>& value = values_[operation.key];
    const std::uint64_t digest = core::AnswerOf(value).Digest();
    value = operation.Apply(value);
    return Note(core::NoteKind::kReturned, client, request, digest);
  }
  ZStory& ReturnedWrong(std::uint64_t client, std::uint64_t request) {
    return Note(core::NoteKind::kReturned, client, request, 12'345);
  }
  ZStory& Crashed() {
    trace::Event event;
    event.kind = trace::EventKind::kCrash;
    event.node = B(0);
    story.Raw(event);
    return *this;
  }
  Story story;

 private:
  static analysis::Recipe RecipeOf(const char* fault) {
    analysis::Recipe recipe;
    if (fault != nullptr) recipe.faults.push_back({"f", fault});
    recipe.clusters = {{"a", A(0), 3, 1, 0}, {"c", B(0), 2, 0, 0}};
    recipe.clusters[1].is_client = true;
    recipe.promises = {{"Z", {analysis::Scope::Kind::kCluster, 0}, Loads()}};
    recipe.run_for = core::Duration::Seconds(3);
    return recipe;
  }
  ZStory& Note(core::NoteKind kind, std::uint64_t client, std::uint64_t request,
               std::uint64_t digest) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = kind;
    event.node = B(0);
    event.value = request;
    event.detail = client;
    event.digest = digest;
    story.Raw(event);
    return *this;
  }

  std::map<std::string, std::optional<std::string>> values_;
};

TEST_CASE("oracle Z: answers that have an order are accepted, key by key") {
  ZStory z;
  for (std::uint64_t request = 1; request < 60; ++request) {
    z.Invoked(1, request).Invoked(2, request).Returned(2, request).Returned(1, request);
  }
  CHECK(z.story.Ask("Z") == Verdict::kHolds);
}

TEST_CASE("oracle Z: an answer that no order explains is refused") {
  ZStory z;
  z.Invoked(1, 1).Returned(1, 1).Invoked(1, 2).ReturnedWrong(1, 2);
  CHECK(z.story.Ask("Z") == Verdict::kViolated);
}

TEST_CASE("oracle Z: a client that dies leaves operations that may have had an effect") {
  ZStory z;
  z.Invoked(1, 1).Invoked(1, 2).Crashed().Invoked(2, 1).Returned(2, 1);
  CHECK(z.story.Ask("Z") == Verdict::kHolds);
}

TEST_CASE("oracle Z: what is asked for beside the promised mix cannot be judged") {
  ZStory z;
  z.Invoked(1, 1).Returned(1, 1).Invoked(1, 2, /*wrong=*/1).ReturnedWrong(1, 2);
  CHECK(z.story.Ask("Z") == Verdict::kUnknown);
}

TEST_CASE("oracle Z: where a spike of load adds clients, what they write is not known") {
  for (const auto& [fault, verdict] :
       {std::pair{"load_spike", Verdict::kUnknown}, {"loss", Verdict::kViolated}}) {
    ZStory z(fault);
    z.Invoked(1, 1).Returned(1, 1).Invoked(1, 2).ReturnedWrong(1, 2);
    CHECK(z.story.Ask("Z") == verdict);
  }
}

TEST_CASE("oracle Z: nothing that was answered exercises it") {
  ZStory z;
  z.Invoked(1, 1);
  CHECK(z.story.Ask("Z") == Verdict::kNotExercised);
}

TEST_CASE("oracle Z: a promise says what is asked for") {
  analysis::Recipe recipe = ZStory().story.recipe();
  recipe.promises[0].parameters = nlohmann::json::object();
  const absl::Status status = analysis::CheckPromises(recipe);
  REQUIRE(!status.ok());
  CHECK(std::string(status.message()).find("want {\"loads\"") != std::string::npos);
}

}  // namespace
}  // namespace lockstep::tests
