// Kinds of faults as data: see fault_list.h.

#include "sim/scenario/fault_list.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/fault/engine/kinds.h"
#include "sim/scenario/fault_keys.h"

namespace lockstep::sim {
namespace {

using Json = nlohmann::ordered_json;

// Lists read no hosts.
class NoHosts final : public HostNames {
 public:
  core::Random random() const override { return core::Random(0); }
  std::vector<core::NodeId> Hosts(core::Keys&, std::string_view) const override { return {}; }
  std::vector<std::vector<core::NodeId>> Groups(core::Keys&, std::string_view) const override {
    return {};
  }
  std::vector<core::NodeId> Replicas() const override { return {}; }
  const core::Cluster* ClusterNamed(std::string_view) const override { return nullptr; }
  std::vector<std::uint32_t> Numbers(core::Keys&, std::string_view, std::size_t,
                                     core::Numbers) const override {
    return {};
  }
};

Json Required(const std::string& key) { return {{"required", Json::array({key})}}; }

// A quantity's key by all its names.
Json SaidTime(const std::string& key) {
  Json any = Json::array({Required(key)});
  for (const char* unit : {"_s", "_ms", "_us", "_ns", "_ps"}) any.push_back(Required(key + unit));
  return any;
}

void Append(const Json& from, Json& to) {
  for (const Json& each : from) to.push_back(each);
}

// That none of these keys is there where one of these faults is.
Json Refused(const Json& faults, const Json& keys) {
  return {{"if", {{"anyOf", faults}}}, {"then", {{"not", {{"anyOf", keys}}}}}};
}

}  // namespace

std::vector<FaultInfo> ListFaults() {
  std::vector<FaultInfo> list;
  for (const FaultKind* kind : FaultKinds()) {
    Fault fault;
    fault.kind = kind;
    const std::unique_ptr<FaultBody> body = kind->body();
    const Lasting lasting = body->lasting(kind->lasting);
    KeyLister keys;
    DescribeFault(keys, NoHosts(), *body, fault);
    list.push_back({kind, keys.Take(), lasting});
  }
  return list;
}

std::vector<KeyInfo> ListFaultEnvelope() {
  FaultEnvelope envelope;
  KeyLister keys;
  DescribeEnvelope(keys, Lasting::kSpan, /*is_of_each=*/true, NoHosts(), envelope);
  return keys.Take();
}

std::string MeaningOf(const FaultKind& kind) {
  return absl::StrCat(std::string(kind.meaning),
                      kind.spends == Spends::kUAndR ? " Spends u and r."
                      : kind.spends == Spends::kU   ? " Spends u."
                                                    : " Spends no budget, so it ends by heal.",
                      " Changed: ", std::string(kind.changed));
}

Json FaultSchema() {
  Json schema = SchemaOf(ListFaultEnvelope());
  Json one_of = Json::array();
  Json moments = Json::array();  // that have no end
  Json at_once = Json::array();  // of one thing, not of each
  for (const FaultInfo& info : ListFaults()) {
    const std::string name(info.kind->name);
    Json entry = {{"description", MeaningOf(*info.kind)}};
    const Json inside = SchemaOf(info.keys);
    for (const auto& [key, rule] : inside.items()) entry[key] = rule;
    schema["properties"][name] = std::move(entry);
    one_of.push_back(Required(name));
    if (info.lasting == Lasting::kMoment) moments.push_back(Required(name));
    if (!info.kind->is_of_each()) at_once.push_back(Required(name));
  }
  schema["oneOf"] = std::move(one_of);
  Json rules = Json::array();
  rules.push_back(Refused(moments, SaidTime("for")));
  Json each = Json::array({Required("count"), Required("prob")});
  rules.push_back(Refused(at_once, each));
  // One that neither lasts nor begins again ends by itself.
  Json once = {{"not", {{"anyOf", Json::array({Required("on")})}}}};
  Append(SaidTime("every"), once["not"]["anyOf"]);
  Append(SaidTime("poisson"), once["not"]["anyOf"]);
  rules.push_back({{"if", {{"allOf", Json::array({Json{{"anyOf", moments}}, once})}}},
                   {"then", {{"not", {{"anyOf", SaidTime("until")}}}}}});
  Json& all = schema["allOf"];
  for (Json& rule : rules) all.push_back(std::move(rule));
  Json result = {{"description",
                  "Exactly one fault, and beside it when it acts and how often it must have had an "
                  "effect."}};
  for (const auto& [key, rule] : schema.items()) result[key] = rule;
  return result;
}

}  // namespace lockstep::sim
