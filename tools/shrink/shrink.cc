// The search for a smaller scenario: see shrink.h.

#include "tools/shrink/shrink.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "tools/shrink/candidates.h"
#include "tools/shrink/ddmin.h"

namespace lockstep::shrink {
namespace {

using nlohmann::json;

class Search {
 public:
  Search(json scenario, core::Duration failing_at, const FirstFailing& first_failing,
         const OnStep& on_step)
      : first_failing_(first_failing), on_step_(on_step), failing_at_(failing_at) {
    shrunk_.scenario = std::move(scenario);
  }

  Shrunk Run() {
    shrunk_.status = RunToFixedPoint();
    return std::move(shrunk_);
  }

 private:
  using Candidates = std::function<std::vector<Candidate>()>;

  absl::Status RunToFixedPoint() {
    std::uint64_t before = 0;
    do {
      before = shrunk_.steps;
      absl::Status status = DropFaults();
      for (const Candidates& candidates : {
               Candidates([&] { return ShorterRuns(shrunk_.scenario, failing_at_); }),
               Candidates([&] { return SmallerClusters(shrunk_.scenario); }),
               Candidates([&] { return SimplerValues(shrunk_.scenario); }),
           }) {
        if (status.ok()) status = Improve(candidates);
      }
      if (!status.ok()) return status;
    } while (shrunk_.steps > before);
    return absl::OkStatus();
  }

  // Takes the first candidate that fails, again and again, until none does. What was refuted by the
  // way is asked again only in the next round: most of it would be once more.
  absl::Status Improve(const Candidates& candidates) {
    std::set<std::string> refuted;
    for (;;) {
      std::vector<Candidate> asked = candidates();
      std::erase_if(asked, [&](const Candidate& each) { return refuted.contains(each.what); });
      std::vector<json> documents;
      for (Candidate& each : asked) documents.push_back(std::move(each.document));
      const auto found = Ask(documents);
      if (!found.ok()) return found.status();
      if (!found->has_value()) return absl::OkStatus();
      for (std::size_t i = 0; i < **found; ++i) refuted.insert(asked[i].what);
      if (absl::Status status = Take(asked[**found].what, std::move(documents[**found]));
          !status.ok())
        return status;
    }
  }

  absl::Status DropFaults() {
    if (!shrunk_.scenario.contains("faults") || !shrunk_.scenario["faults"].is_array())
      return absl::OkStatus();
    const json all = shrunk_.scenario["faults"];
    const auto with = [&](const Places& places) {
      json document = shrunk_.scenario;
      document["faults"] = json::array();
      for (const std::size_t place : places) document["faults"].push_back(all[place]);
      return document;
    };
    const auto ask =
        [&](const std::vector<Places>& asked) -> absl::StatusOr<std::optional<std::size_t>> {
      std::vector<json> documents;
      for (const Places& places : asked) documents.push_back(with(places));
      const auto found = Ask(documents);
      if (!found.ok() || !found->has_value()) return found;
      const std::size_t left = asked[**found].size();
      const absl::Status status =
          Take(absl::StrCat(shrunk_.scenario["faults"].size(), " -> ", left, " faults"),
               std::move(documents[**found]));
      if (!status.ok()) return status;
      return *found;
    };
    return DeltaDebug(all.size(), ask).status();
  }

  // The first that fails, and when it does is kept; those that are known not to are not asked about
  // again.
  absl::StatusOr<std::optional<std::size_t>> Ask(const std::vector<json>& documents) {
    std::vector<json> unknown;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      if (passing_.contains(documents[i].dump())) continue;
      unknown.push_back(documents[i]);
      places.push_back(i);
    }
    if (unknown.empty()) return std::optional<std::size_t>();
    const auto found = first_failing_(unknown);
    if (!found.ok()) return found.status();
    const std::size_t passed = found->has_value() ? (*found)->index : unknown.size();
    for (std::size_t i = 0; i < passed; ++i) passing_.insert(unknown[i].dump());
    shrunk_.asked += std::min(passed + 1, unknown.size());
    if (!found->has_value()) return std::optional<std::size_t>();
    failing_at_ = (*found)->at;
    return std::optional(places[(*found)->index]);
  }

  absl::Status Take(const std::string& what, json scenario) {
    shrunk_.scenario = std::move(scenario);
    ++shrunk_.steps;
    return on_step_(what, shrunk_.scenario);
  }

  const FirstFailing& first_failing_;
  const OnStep& on_step_;
  core::Duration failing_at_;
  std::set<std::string> passing_;  // as texts: that do not fail, or not so
  Shrunk shrunk_;
};

}  // namespace

Shrunk Shrink(json scenario, core::Duration failing_at, const FirstFailing& first_failing,
              const OnStep& on_step) {
  return Search(std::move(scenario), failing_at, first_failing, on_step).Run();
}

}  // namespace lockstep::shrink
