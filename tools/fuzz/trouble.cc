// Faults that are drawn: see trouble.h.

#include "tools/fuzz/trouble.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/fault/engine/kinds.h"
#include "tools/fuzz/draw_keys.h"

namespace lockstep::fuzz {
namespace {

using core::Duration;
using nlohmann::json;

constexpr int kTries = 8;
constexpr std::uint64_t kFreeMost = 6;  // faults of a draw that spend nothing
// Per cent that wait for an event, or begin again and again.
constexpr std::uint64_t kTriggeredPercent = 15;
constexpr std::uint64_t kRepeatedPercent = 10;

// A name that no other fault has.
std::string NewId(const std::string& kind, const json& faults) {
  for (std::size_t i = faults.size();; ++i) {
    std::string id = absl::StrCat("drawn-", kind, "-", i);
    const bool is_taken = std::any_of(faults.begin(), faults.end(), [&](const json& fault) {
      return fault.is_object() && fault.value("id", "") == id;
    });
    if (!is_taken) return id;
  }
}

json& AddEntry(const std::string& kind, json body, json& faults) {
  json entry = {{"id", NewId(kind, faults)}, {"expect_effect", 0}};
  entry[kind] = std::move(body);
  faults.push_back(std::move(entry));
  return faults.back();
}

// Of a crash: strikes only whom its cluster can spare at that moment.
constexpr const char* kWithinBudget = "within_budget";

// Kinds that are about more than one host, or about another fault.
constexpr const char* kCollude = "collude";
constexpr const char* kRelease = "release";
constexpr const char* kHold = "hold";

bool HasKey(const sim::FaultInfo& info, std::string_view name) {
  return std::any_of(info.keys.begin(), info.keys.end(),
                     [&](const KeyInfo& key) { return key.name == name; });
}
bool CanSpare(const sim::FaultInfo& info) { return HasKey(info, kWithinBudget); }

bool SpendsU(const sim::FaultInfo& info) { return info.kind->spends != sim::Spends::kNothing; }
bool SpendsR(const sim::FaultInfo& info) { return info.kind->spends == sim::Spends::kUAndR; }

// What a stream has carried may be lost by it.
bool LosesMessages(const sim::FaultInfo& info) {
  const bool is_of_messages = (info.kind->points & sim::Points::kMessages) != 0;
  return (is_of_messages && !info.kind->wants_datagrams) || info.kind->family == "connections";
}

// But for views, which grow with time and want a protocol that knows them: see view_draw.h.
const std::vector<sim::FaultInfo>& AllKinds() {
  static const std::vector<sim::FaultInfo> kinds = [] {
    std::vector<sim::FaultInfo> all = sim::ListFaults();
    std::erase_if(all, [](const sim::FaultInfo& info) { return info.kind->family == "views"; });
    return all;
  }();
  return kinds;
}

constexpr std::string_view kMutate = "mutate";
// Kinds that make another content of what was committed, or a proof of one, and a value of a key
// that does.
constexpr std::string_view kOtherContents[] = {"bad_cert", "equivocate", kMutate};
constexpr const char* kChecksum = "checksum";
constexpr const char* kField = "field";
constexpr const char* kMissed = "missed";
// In whose name a host speaks: another one's of its cluster.
constexpr std::string_view kAs = "as";

// Whether a protocol promises anything of what such a fault makes of contents.
bool IsPromised(const sim::FaultInfo& info, bool has_certificates, bool has_lengths) {
  const bool is_other = std::find(std::begin(kOtherContents), std::end(kOtherContents),
                                  info.kind->name) != std::end(kOtherContents);
  if (is_other) return has_certificates;
  return info.kind->name != "truncate" || has_certificates || has_lengths;
}

// What of a kind is drawn as any other keys are: all but whom it is about.
std::vector<KeyInfo> OwnKeys(const sim::FaultInfo& info) {
  std::vector<KeyInfo> own;
  for (const KeyInfo& key : info.keys)
    if (key.name != "target" && key.name != "link" && key.name != "msg") own.push_back(key);
  return own;
}

std::string ClusterOfHost(const std::string& host) {
  return host.substr(0, host.find_last_not_of("0123456789") + 1);
}

}  // namespace

std::vector<std::string> NotPromised(bool has_certificates, bool has_lengths) {
  std::vector<std::string> words;
  for (const sim::FaultInfo& info : AllKinds()) {
    if (!IsPromised(info, has_certificates, has_lengths)) words.emplace_back(info.kind->name);
    if (!has_certificates && HasKey(info, kChecksum))
      words.push_back(absl::StrCat(std::string(info.kind->name), " with a checksum that misses"));
  }
  return words;
}

bool LosesOfCorrect(const Frame& frame, const json& faults) {
  const auto fails = [&](const json& host) {
    return host.is_string() &&
           std::any_of(frame.clusters.begin(), frame.clusters.end(), [&](const FrameCluster& c) {
             return std::any_of(c.failing.begin(), c.failing.end(),
                                [&](std::uint32_t index) { return host == c.Host(index); });
           });
  };
  for (const json& fault : faults) {
    for (const sim::FaultInfo& info : AllKinds()) {
      const auto body = fault.find(std::string(info.kind->name));
      if (body == fault.end() || !LosesMessages(info) || SpendsU(info)) continue;
      const json link = body->value("link", json::object());
      if (!fails(link.value("src", body->value("target", json())))) return true;
    }
  }
  return false;
}

Trouble::Trouble(const Frame& frame, Spending spending, Dice dice)
    : frame_(frame), dice_(std::move(dice)) {
  ChooseVictims(spending);
}

void Trouble::ChooseVictims(Spending spending) {
  const std::size_t over = dice_.Below(std::max<std::size_t>(frame_.clusters.size(), 1));
  for (std::size_t c = 0; c < frame_.clusters.size(); ++c) {
    const FrameCluster& cluster = frame_.clusters[c];
    if (!cluster.stake.empty()) {
      ChooseByStake(cluster, spending, spending == Spending::kOver && c == over);
      continue;
    }
    std::set<std::uint32_t> failing = cluster.failing;
    std::set<std::uint32_t> lying = cluster.lying;
    std::uint64_t most = cluster.u;
    if (spending == Spending::kOver && c == over) ++most;
    if (spending == Spending::kRandom) most = dice_.Below(most + 1);
    most = std::min<std::uint64_t>(most, cluster.size);
    while (failing.size() < most)
      failing.insert(static_cast<std::uint32_t>(dice_.Below(cluster.size)));
    std::uint64_t liars = std::min<std::uint64_t>(cluster.r, failing.size());
    if (spending == Spending::kRandom) liars = dice_.Below(liars + 1);
    std::vector<std::uint32_t> others(failing.begin(), failing.end());
    while (lying.size() < liars) lying.insert(dice_.Pick(others));
    hit_.push_back(cluster.failing);
    failing_.push_back(std::move(failing));
    lying_.push_back(std::move(lying));
  }
}

void Trouble::ChooseByStake(const FrameCluster& cluster, Spending spending, bool is_over) {
  std::vector<std::uint32_t> all(cluster.size);
  std::iota(all.begin(), all.end(), 0U);
  std::set<std::uint32_t> failing = cluster.failing;
  std::set<std::uint32_t> lying = cluster.lying;
  std::uint64_t most = cluster.u;
  if (spending == Spending::kRandom) most = dice_.Below(most + 1);
  ChooseWithin(cluster, most, all, failing);
  // Whoever is left does not fit any more.
  if (is_over && failing.size() < cluster.size) {
    std::erase_if(all, [&](std::uint32_t index) { return failing.contains(index); });
    failing.insert(dice_.Pick(all));
  }
  std::uint64_t liars = cluster.r;
  if (spending == Spending::kRandom) liars = dice_.Below(liars + 1);
  ChooseWithin(cluster, liars, {failing.begin(), failing.end()}, lying);
  hit_.push_back(cluster.failing);
  failing_.push_back(std::move(failing));
  lying_.push_back(std::move(lying));
}

void Trouble::ChooseWithin(const FrameCluster& cluster, std::uint64_t most,
                           const std::vector<std::uint32_t>& among,
                           std::set<std::uint32_t>& chosen) {
  if (among.empty()) return;
  std::uint64_t spent = 0;
  for (const std::uint32_t index : chosen) spent += cluster.StakeOf(index);
  const std::uint64_t from = dice_.Below(among.size());
  for (std::size_t i = 0; i < among.size(); ++i) {
    const std::uint32_t index = among[(from + i) % among.size()];
    if (chosen.contains(index) || spent + cluster.StakeOf(index) > most) continue;
    chosen.insert(index);
    spent += cluster.StakeOf(index);
  }
}

Duration Trouble::Some(Duration least, Duration most) {
  const auto ns = [](Duration time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.ps() / 1'000, 1));
  };
  return Duration::Nanoseconds(
      static_cast<std::int64_t>(dice_.Log(ns(least), std::max(ns(least), ns(most)))));
}

Trouble::Kinds Trouble::Promised() const {
  Kinds kinds;
  for (const sim::FaultInfo& kind : AllKinds())
    if (IsPromised(kind, frame_.has_certificates, frame_.has_lengths)) kinds.push_back(&kind);
  return kinds;
}

Trouble::Kinds Trouble::KindsOf(Strategy strategy) {
  Kinds kinds;
  for (const sim::FaultInfo* kind : Promised())
    if (strategy != Strategy::kSwarm || dice_.Percent(40)) kinds.push_back(kind);
  return kinds;
}

std::vector<std::string> Trouble::MayHit(const sim::FaultInfo& kind) const {
  std::vector<std::string> hosts;
  const bool is_loss = LosesMessages(kind) && !frame_.bears_loss;
  for (std::size_t c = 0; c < frame_.clusters.size(); ++c) {
    const FrameCluster& cluster = frame_.clusters[c];
    const bool is_free = (!SpendsU(kind) && !is_loss) || (cluster.is_concurrent && CanSpare(kind));
    // What is lost for good is an omission of its sender, who must be one that fails anyway.
    const std::set<std::uint32_t>& victims = is_loss         ? hit_[c]
                                             : SpendsR(kind) ? lying_[c]
                                                             : failing_[c];
    for (std::uint32_t i = 0; i < cluster.size; ++i)
      if (is_free || victims.contains(i)) hosts.push_back(cluster.Host(i));
  }
  return hosts;
}

void Trouble::AddHosts(const std::string& link_class, const sim::FaultInfo& kind, json& link) {
  const std::vector<std::string> sources = MayHit(kind);
  if (link_class == "client" || sources.empty()) return;
  const bool is_bound = LosesMessages(kind) && !frame_.bears_loss;
  if (is_bound || dice_.Percent(50)) link["src"] = dice_.Pick(sources);
  if (dice_.Percent(60)) return;
  const std::size_t of = dice_.Below(frame_.clusters.size());
  const FrameCluster& cluster = frame_.clusters[of];
  const std::string to = cluster.Host(static_cast<std::uint32_t>(dice_.Below(cluster.size)));
  if (!link.contains("src")) {
    link["dst"] = to;
    return;
  }
  // A link of that class leads there.
  const std::string& from = link["src"].get_ref<const std::string&>();
  const bool is_same = ClusterOfHost(from) == cluster.name;
  const bool leads = link_class.empty() || (link_class == "intra") == is_same;
  if (from != to && leads) link["dst"] = to;
}

std::optional<json> Trouble::DrawLink(const sim::FaultInfo& kind) {
  json link = json::object();
  std::vector<std::string> classes;
  for (const FrameLink& each : frame_.links)
    if (!kind.kind->wants_datagrams || !each.is_stream) classes.push_back(each.name);
  if (classes.empty() || MayHit(kind).empty()) return std::nullopt;
  const bool is_any = classes.size() == frame_.links.size() && dice_.Percent(50);
  const std::string of = is_any ? "" : dice_.Pick(classes);
  if (!of.empty()) link["class"] = of;
  AddHosts(of, kind, link);
  // Between clients and replicas nobody can be named who may lose what is sent.
  if (LosesMessages(kind) && !frame_.bears_loss && !link.contains("src")) return std::nullopt;
  return link;
}

json Trouble::DrawMessage() {
  json message = json::object();
  if (!frame_.types.empty() && dice_.Percent(60)) message["type"] = dice_.Pick(frame_.types);
  if (dice_.Percent(30)) message["nth"] = dice_.Log(0, 60);
  if (dice_.Percent(15)) message["seq"] = dice_.Log(0, 100);
  return message;
}

json Trouble::DrawPattern() {
  json pattern = json::object();
  const std::uint64_t which = dice_.Below(3);
  if (which == 0 && !frame_.types.empty()) {
    pattern["handed"] = dice_.Pick(frame_.types);
  } else if (which == 1 && !frame_.notes.empty()) {
    pattern["note"] = dice_.Pick(frame_.notes);
  } else {
    pattern["effect"] = "send";
    if (dice_.Percent(40)) pattern["nth_of_call"] = dice_.Below(4);
  }
  if (dice_.Percent(50)) {
    const FrameCluster& cluster = dice_.Pick(frame_.clusters);
    pattern["host"] = cluster.Host(static_cast<std::uint32_t>(dice_.Below(cluster.size)));
  }
  if (dice_.Percent(70)) pattern["nth"] = dice_.Log(0, 60);
  return pattern;
}

std::string Trouble::OtherThan(const std::string& host) {
  for (const FrameCluster& cluster : frame_.clusters) {
    if (cluster.name != ClusterOfHost(host) || cluster.size < 2) continue;
    const std::uint64_t index = std::stoul(host.substr(cluster.name.size()));
    const std::uint64_t other = index + 1 + dice_.Below(cluster.size - 1);
    return cluster.Host(static_cast<std::uint32_t>(other % cluster.size));
  }
  return host;
}

void Trouble::AddNamed(const sim::FaultInfo& kind, json& body) {
  for (const KeyInfo& key : kind.keys) {
    if (key.kind != KeyInfo::Kind::kOther || key.name == "target") continue;
    if (IsMeaningless(key, body)) continue;
    const FrameCluster& cluster = dice_.Pick(frame_.clusters);
    if (!key.is_required && dice_.Percent(50)) continue;
    const auto cut = static_cast<std::uint32_t>(dice_.Below(cluster.size));
    if (key.definition == "hosts") body[key.name] = cluster.Host(cut);
    if (key.name == kAs) body[key.name] = OtherThan(body["target"].get<std::string>());
    if (key.definition != "host_groups" || body.value("k", 2) != 2) continue;
    if (cluster.size < 2) continue;
    const std::uint32_t second = std::max(cut, 1U);
    json groups = json::array({json::array(), json::array()});
    for (std::uint32_t i = 0; i < cluster.size; ++i)
      groups[i < second ? 0 : 1].push_back(cluster.Host(i));
    body[key.name] = std::move(groups);
  }
}

void Trouble::AddActivation(const sim::FaultInfo& kind, json& entry) {
  if (kind.kind->is_of_each()) {
    if (dice_.Percent(60)) entry["prob"] = json::array({dice_.Between(1, 100), 100});
    if (dice_.Percent(30)) entry["count"] = dice_.Log(1, 20);
    if (dice_.Percent(40)) return;
  }
  const std::int64_t heal_ns = frame_.heal.ps() / 1'000;
  const auto at_ns =
      dice_.Below(static_cast<std::uint64_t>(std::max<std::int64_t>(heal_ns - 2, 1)));
  entry["at"] = absl::StrCat(at_ns, "ns");
  const Duration left = Duration::Nanoseconds(heal_ns - static_cast<std::int64_t>(at_ns));
  const Duration least = Duration::Picoseconds(frame_.lasts.ps() / 500);
  const bool lasts = kind.lasting == sim::Lasting::kSpan;
  // What spends a budget may last.
  const bool is_endless = SpendsU(kind) && dice_.Percent(50);
  const Duration each = std::min(left, Some(least, left));
  if (dice_.Percent(kTriggeredPercent)) {
    entry["on"] = DrawPattern();
  } else if (kind.lasting != sim::Lasting::kStays && dice_.Percent(kRepeatedPercent)) {
    if (lasts) entry["for"] = TimeText(each);
    entry["every"] = TimeText(each + Some(least, left));
    return;
  }
  if (lasts && !is_endless) entry["for"] = TimeText(each);
}

// All that may lie; one alone has nobody to share with.
bool Trouble::AddAccomplices(const std::string& host, json& body) {
  json gang = json::array({host});
  for (std::size_t c = 0; c < frame_.clusters.size(); ++c) {
    for (const std::uint32_t index : lying_[c]) {
      const std::string other = frame_.clusters[c].Host(index);
      if (other == host) continue;
      gang.push_back(other);
      hit_[c].insert(index);
    }
  }
  if (gang.size() < 2) return false;
  body["target"] = std::move(gang);
  return true;
}

std::optional<std::string> Trouble::HoldOf(const json& faults) {
  for (const json& fault : faults)
    if (fault.contains(kHold)) return fault["id"].get<std::string>();
  return std::nullopt;
}

bool Trouble::AddHold(json& faults) {
  for (const sim::FaultInfo& kind : AllKinds())
    if (kind.kind->name == kHold) return Add(kind, faults);
  return false;
}

bool Trouble::Add(const sim::FaultInfo& kind, json& faults, const std::optional<std::string>& hit) {
  const Duration run = frame_.lasts;
  const KeyOdds odds{40, Duration::Picoseconds(run.ps() / 1'000),
                     Duration::Picoseconds(run.ps() / 5)};
  json body = DrawKeys(OwnKeys(kind), odds, dice_);
  if (!frame_.has_certificates && body.value(kChecksum, "") == kMissed) {
    body.erase(kChecksum);
    body.erase("bits");
  }
  if (kind.kind->Has(sim::Takes::kTarget)) {
    const std::vector<std::string> hosts = MayHit(kind);
    if (hosts.empty()) return false;
    const std::string host = hit.value_or(dice_.Pick(hosts));
    body["target"] = host;
    if (kind.kind->name == kCollude && !AddAccomplices(host, body)) return false;
    for (std::size_t c = 0; c < frame_.clusters.size() && SpendsU(kind); ++c) {
      const FrameCluster& cluster = frame_.clusters[c];
      if (cluster.name != ClusterOfHost(host)) continue;
      if (cluster.is_concurrent && CanSpare(kind)) body[kWithinBudget] = true;
      const std::string index = host.substr(cluster.name.size());
      if (!body.value(kWithinBudget, false))
        hit_[c].insert(static_cast<std::uint32_t>(std::stoul(index)));
    }
  }
  if (kind.kind->Has(sim::Takes::kLink)) {
    std::optional<json> link = DrawLink(kind);
    if (!link) return false;
    if (!link->empty()) body["link"] = *std::move(link);
  }
  if (kind.kind->Has(sim::Takes::kMessage)) {
    json message = DrawMessage();
    if (!message.empty()) body["msg"] = std::move(message);
  }
  if (kind.kind->name == kRelease) {
    const std::optional<std::string> held = HoldOf(faults);
    if (!held) return !is_one_ && AddHold(faults) && Add(kind, faults, hit);
    body[kHold] = *held;
  }
  const bool wants_limit = kind.kind->name == "queue" && !body.contains("bytes");
  if (wants_limit && !body.contains("packets")) body["packets"] = dice_.Log(1, 100);
  AddNamed(kind, body);
  if (kind.kind->name == kMutate) {
    if (frame_.numbers.empty()) return false;
    body[kField] = dice_.Pick(frame_.numbers);
  }
  json entry = json::object();
  AddActivation(kind, entry);
  AddEntry(std::string(kind.kind->name), std::move(body), faults).update(entry);
  return true;
}

void Trouble::HitVictims(const Kinds& spending, json& faults) {
  Kinds of_liars;
  for (const sim::FaultInfo* kind : spending)
    if (SpendsR(*kind)) of_liars.push_back(kind);
  Kinds others;
  for (const sim::FaultInfo* kind : spending)
    if (!SpendsR(*kind)) others.push_back(kind);
  std::uint64_t more = 0;
  for (std::size_t c = 0; c < frame_.clusters.size(); ++c) {
    const FrameCluster& cluster = frame_.clusters[c];
    for (const std::uint32_t index : failing_[c]) {
      if (cluster.failing.contains(index) || (cluster.is_concurrent && dice_.Percent(70))) continue;
      const bool lies = lying_[c].contains(index) && !of_liars.empty();
      const Kinds& kinds = lies ? of_liars : others;
      for (int i = 0; i < kTries && !kinds.empty(); ++i)
        if (Add(*dice_.Pick(kinds), faults, cluster.Host(index))) break;
      if (dice_.Percent(30)) ++more;
    }
    if (cluster.is_concurrent) more += dice_.Below(4);
  }
  for (; more > 0; --more) Add(*dice_.Pick(spending), faults);
}

void Trouble::AddSome(Strategy strategy, json& faults) {
  const Kinds kinds = KindsOf(strategy);
  Kinds spending;
  Kinds free;
  for (const sim::FaultInfo* kind : kinds) (SpendsU(*kind) ? spending : free).push_back(kind);
  if (!spending.empty()) HitVictims(spending, faults);
  if (strategy == Strategy::kPriorities) AddPriorities(faults);
  for (std::uint64_t i = 0; i < kFreeMost && !free.empty() && dice_.Percent(55); ++i)
    Add(*dice_.Pick(free), faults);
}

bool Trouble::AddOne(json& faults) {
  is_one_ = true;
  const Kinds kinds = Promised();
  for (int i = 0; i < kTries; ++i)
    if (Add(*dice_.Pick(kinds), faults)) return true;
  return false;
}

// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010) for hosts in place of threads:
// hosts have priorities, and those that are low come later, by as much as they are low; at some
// instants one host becomes the lowest.
void Trouble::AddPriorities(json& faults) {
  std::vector<std::string> ranks;  // the lowest first
  for (const FrameCluster& cluster : frame_.clusters)
    for (std::uint32_t i = 0; i < cluster.size; ++i) ranks.push_back(cluster.Host(i));
  if (ranks.size() < 2) return;
  for (std::size_t i = ranks.size() - 1; i > 0; --i) std::swap(ranks[i], ranks[dice_.Below(i + 1)]);
  std::vector<Duration> points = {Duration(), frame_.heal};
  for (std::uint64_t i = dice_.Between(1, 3); i > 0; --i)
    points.push_back(Duration::Nanoseconds(static_cast<std::int64_t>(
        dice_.Below(static_cast<std::uint64_t>(frame_.heal.ps() / 1'000)))));
  std::sort(points.begin(), points.end());
  const Duration unit = Some(Duration::Picoseconds(frame_.lasts.ps() / 10'000),
                             Duration::Picoseconds(frame_.lasts.ps() / 50));
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const std::size_t low = dice_.Between(1, std::min<std::size_t>(3, ranks.size() / 2));
    for (std::size_t rank = 0; rank < low; ++rank)
      AddLate(ranks[rank], points[i], points[i + 1], unit * static_cast<std::int64_t>(low - rank),
              faults);
    const std::size_t falls = dice_.Below(ranks.size());
    std::rotate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(falls),
                ranks.begin() + static_cast<std::ptrdiff_t>(falls) + 1);
  }
}

// What a host sends comes late; a stream keeps order, so there the host itself is held up.
void Trouble::AddLate(const std::string& host, Duration from, Duration until, Duration by,
                      json& faults) {
  const Duration lasts = until - from;
  if (lasts.ps() < 2'000) return;
  bool has_streams = false;
  for (const FrameLink& link : frame_.links) {
    has_streams |= link.is_stream;
    if (link.is_stream || link.name == "client") continue;
    json& entry = AddEntry("delay",
                           {{"link", {{"src", host}, {"class", link.name}}},
                            {"min", TimeText(by)},
                            {"max", TimeText(by * 2)}},
                           faults);
    entry["at"] = TimeText(from);
    entry["for"] = TimeText(lasts);
  }
  if (!has_streams) return;
  for (int i = 0; i < 2; ++i) {
    const auto at = static_cast<std::int64_t>(dice_.Below(static_cast<std::uint64_t>(lasts.ps())));
    json& entry = AddEntry("pause", {{"target", host}}, faults);
    entry["at"] = TimeText(from + Duration::Picoseconds(at));
    entry["for"] = TimeText(by * 4);
  }
}

}  // namespace lockstep::fuzz
