// Linearizability of a store: see linearizable.h.

#include "analysis/smr/linearizable.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "analysis/smr/others.h"

namespace lockstep::analysis {
namespace {

using core::OperationMix;
using linear::KeyWatch;

constexpr std::array<const char*, 4> kKindNames = {"get", "put", "delete", "append"};

// A number of a load, within bounds.
std::optional<std::uint64_t> NumberAt(const nlohmann::json& load, const char* key,
                                      std::uint64_t least, std::uint64_t most) {
  const auto found = load.find(key);
  if (found == load.end() || !found->is_number_integer()) return std::nullopt;
  if (!found->is_number_unsigned() && found->get<std::int64_t>() < 0) return std::nullopt;
  const auto number = found->get<std::uint64_t>();
  if (number < least || number > most) return std::nullopt;
  return number;
}

absl::StatusOr<LinearizabilityChecker::Mixes> ReadLoads(const Charge& charge) {
  const nlohmann::json& parameters = charge.promise.parameters;
  const auto loads = parameters.find("loads");
  const absl::Status wanted = absl::InvalidArgumentError(
      "want {\"loads\": [{\"clients\", \"keys\", \"gets\", \"appends\", \"value_bytes\"}, ...]}");
  if (parameters.size() != 1 || loads == parameters.end() || !loads->is_array()) return wanted;
  LinearizabilityChecker::Mixes mixes;
  for (const nlohmann::json& load : *loads) {
    if (!load.is_object()) return wanted;
    constexpr std::uint64_t kMany = 1U << 30;
    const auto clients = NumberAt(load, "clients", 0, charge.recipe->clusters.size() - 1);
    const auto keys = NumberAt(load, "keys", 1, kMany);
    const auto gets = NumberAt(load, "gets", 0, 100);
    const auto appends = NumberAt(load, "appends", 0, 100);
    const auto bytes = NumberAt(load, "value_bytes", OperationMix::kValueBytesMin, kMany);
    if (!clients || !keys || !gets || !appends || !bytes) return wanted;
    mixes[static_cast<std::uint32_t>(*clients)] = {*keys, *gets, *appends, *bytes};
  }
  return mixes;
}

absl::StatusOr<std::unique_ptr<Checker>> MakeLinearizable(const Charge& charge) {
  if (charge.promise.scope.kind != Scope::Kind::kCluster)
    return absl::InvalidArgumentError("want {\"cluster\": ...} as what it is about");
  auto mixes = ReadLoads(charge);
  if (!mixes.ok()) return mixes.status();
  return std::make_unique<LinearizabilityChecker>(
      charge.recipe, core::ClusterId(charge.promise.scope.id), *std::move(mixes));
}

constexpr std::array<CountInfo, 1> kLinearizableCounts = {
    {{"linearized", "operations", "answers that were found to fit an order", ""}}};

}  // namespace

LinearizabilityChecker::LinearizabilityChecker(std::shared_ptr<const Recipe> recipe,
                                               core::ClusterId store, Mixes mixes)
    : FindingChecker("Z", "linearizability",
                     trace::Interest(Bit(trace::EventKind::kCrash) | Bit(trace::EventKind::kFaulty))
                         .Add(core::NoteKind::kInvoked)
                         .Add(core::NoteKind::kReturned)),
      recipe_(std::move(recipe)),
      store_(store),
      mixes_(std::move(mixes)) {}

bool LinearizabilityChecker::IsAnswerable(core::NodeId node) const {
  return std::find(liars_.begin(), liars_.end(), node) == liars_.end();
}

std::optional<std::uint32_t> LinearizabilityChecker::AskingCluster(core::NodeId node) const {
  for (const auto& [cluster, mix] : mixes_) {
    if (recipe_->clusters[cluster].Has(node)) return cluster;
  }
  return std::nullopt;
}

void LinearizabilityChecker::OnEvent(const trace::Event& event) {
  constexpr std::uint64_t kLies = 2;
  last_ = event.at;
  const std::optional<std::uint32_t> cluster = AskingCluster(event.node);
  if (!cluster || is_blind_) return;
  if (event.kind == trace::EventKind::kFaulty && event.value == kLies) liars_.push_back(event.node);
  if (event.kind == trace::EventKind::kCrash) OnCrash(event.node);
  if (event.Is(core::NoteKind::kInvoked)) OnInvoked(event, mixes_.at(*cluster));
  if (event.Is(core::NoteKind::kReturned)) OnReturned(event);
}

LinearizabilityChecker::Key& LinearizabilityChecker::KeyNamed(const std::string& name,
                                                              std::size_t& index) {
  const auto [found, is_new] = key_index_.try_emplace(name, keys_.size());
  if (is_new) keys_.push_back(std::make_unique<Key>(Key{name, {}, false}));
  index = found->second;
  return *keys_[index];
}

void LinearizabilityChecker::OnInvoked(const trace::Event& event, const OperationMix& mix) {
  core::Operation operation = mix.Of(core::ClientId(event.detail), core::RequestId(event.value));
  // What others have written is in no history.
  if (HasOthers(*recipe_) || core::EncodeOperation(operation).Digest() != event.digest) {
    is_blind_ = true;
    SetUnsure();
    return;
  }
  Open open{event.node, 0, 0};
  Key& key = KeyNamed(operation.key, open.key);
  open.slot = key.watch.Invoke(std::move(operation), core::ClientId(event.detail),
                               core::RequestId(event.value));
  open_[Request(event.detail, event.value)] = open;
}

void LinearizabilityChecker::OnReturned(const trace::Event& event) {
  const auto found = open_.find(Request(event.detail, event.value));
  if (found == open_.end()) return;
  SetExercised();
  Key& key = *keys_[found->second.key];
  key.watch.Return(found->second.slot, event.digest);
  open_.erase(found);
  Tell(event.at, event.node, key);
}

void LinearizabilityChecker::OnCrash(core::NodeId node) {
  for (auto at = open_.begin(); at != open_.end();) {
    if (at->second.node != node) {
      ++at;
      continue;
    }
    Key& key = *keys_[at->second.key];
    key.watch.Abandon(at->second.slot);
    at = open_.erase(at);
    Tell(last_, std::nullopt, key);
  }
}

void LinearizabilityChecker::Tell(core::Instant at, std::optional<core::NodeId> node, Key& key) {
  if (key.is_told || key.watch.outcome() == KeyWatch::Outcome::kFine) return;
  key.is_told = true;
  if (key.watch.outcome() == KeyWatch::Outcome::kUnsure) return SetUnsure();
  Object(at, node, [&] {
    const KeyWatch::Culprit& culprit = key.watch.culprit();
    return absl::StrCat("no order explains the answer to client ", culprit.client.value(), "'s ",
                        kKindNames[static_cast<std::size_t>(culprit.kind)], " of ", key.name,
                        " (request ", culprit.request.value(), "), after ", key.watch.judged(),
                        " answers of that key that have one");
  });
}

void LinearizabilityChecker::Finish() {
  for (const std::unique_ptr<Key>& key : keys_) {
    key->watch.Finish();
    Tell(last_, std::nullopt, *key);
  }
}

std::vector<std::uint64_t> LinearizabilityChecker::counts() const {
  std::uint64_t judged = 0;
  for (const std::unique_ptr<Key>& key : keys_) judged += key->watch.judged();
  return {judged};
}

std::size_t LinearizabilityChecker::size() const {
  std::size_t size = open_.size();
  for (const std::unique_ptr<Key>& key : keys_) size += key->watch.size();
  return size;
}

const Oracle kLinearizabilityOracle = {"Z", &MakeLinearizable, kLinearizableCounts};

}  // namespace lockstep::analysis
