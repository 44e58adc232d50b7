// The keys of a fault: see fault_keys.h.

#include "sim/scenario/fault_keys.h"

#include <string_view>
#include <vector>

#include "sim/chance/distribution.h"
#include "sim/net/network_spec.h"

namespace lockstep::sim {
namespace {

using core::Keys;
using core::NodeId;
using core::Option;
using core::Required;

constexpr Option kPairClasses[] = {{"intra", "within a cluster."},
                                   {"cross", "between two of replicas."},
                                   {"client", "from and to clients."}};
constexpr Option kEffectClasses[] = {{"any"}, {"send"}, {"save"}, {"note"}};

void DescribeHosts(Keys& keys, const core::Key& key, const HostNames& names,
                   std::vector<NodeId>& hosts) {
  keys.Other(key, "hosts", [&] { hosts = names.Hosts(keys, key.name); });
}

void DescribeLink(Keys& keys, const HostNames& names, LinkSelector& link) {
  DescribeHosts(keys, {"src", "Who sends.", false, "any"}, names, link.src);
  DescribeHosts(keys, {"dst", "Who receives.", false, "any"}, names, link.dst);
  std::size_t pair = std::size(kPairClasses);
  keys.Choice({"class", "Which class of links.", false, "any"}, pair, kPairClasses);
  if (pair < std::size(kPairClasses)) link.link_class = kPairClassNames[pair];
}

void DescribeMessage(Keys& keys, MessageSelector& message) {
  keys.Text({"type",
             "Name of the message in the protocol's MessageFields, such as "
             "\"picsou.batch\".",
             false, "any"},
            message.type);
  keys.Integer({"seq", "Carries this sequence number.", false, "any"}, message.seq, {});
  keys.Integer({"round", "Is of this round.", false, "any"}, message.round, {});
  keys.Text({"field",
             "Has this field, a number, by its path in the protocol's MessageFields, such "
             "as \"ack.cumulative\".",
             false, "any"},
            message.field);
  keys.Only(!message.field.empty(), {"field"}, [&](Keys& of_field) {
    of_field.Integer({"min", "Least value of the field."}, message.in.min, {});
    of_field.Integer({"max", "Greatest value of the field.", false, "any"}, message.in.max, {});
  });
  keys.Integer({"nth", "Only the nth that matches otherwise, from 0.", false, "all"}, message.nth,
               {});
}

void DescribePattern(Keys& keys, const HostNames& names, EventPattern& on) {
  DescribeHosts(keys, {"host", "Where it happens.", false, "anywhere"}, names, on.hosts);
  keys.Text({"note", "A node says a note of this kind.", false, "none"}, on.note);
  keys.Only(!on.note.empty(), {"note"}, [&](Keys& of_note) {
    of_note.Integer({"value", "One of the numbers that the note is about.", false, "any"}, on.value,
                    {});
  });
  std::size_t effect = std::size(kEffectClasses);
  keys.Choice({"effect", "A host performs an effect.", false, "none"}, effect, kEffectClasses);
  if (effect < std::size(kEffectClasses)) on.effect = static_cast<EffectClass>(effect);
  keys.Only(on.effect == EffectClass::kSend, {"effect", "send"}, [&](Keys& sends) {
    sends.Integer(
        {"nth_of_call", "Only the nth send that one call has listed, from 0.", false, "all"},
        on.nth_of_call, {});
  });
  keys.Text({"handed", "A node is handed a message of this type.", false, "none"}, on.handed);
  keys.Integer({"nth", "The nth that matches otherwise, from 0."}, on.nth, {});
  const int kinds = (on.note.empty() ? 0 : 1) + (on.effect ? 1 : 0) + (on.handed.empty() ? 0 : 1);
  if (kinds != 1 && keys.ok())
    keys.Fail("", "want one of \"note\", \"effect\" and \"handed\" to say what happens");
}

}  // namespace

void DescribeEnvelope(Keys& keys, Lasting lasting, bool is_of_each, const HostNames& names,
                      FaultEnvelope& envelope) {
  keys.Text(Required("id", "Called so in receipts; unique."), envelope.id);
  keys.Time({"at", "Begins then."}, envelope.at);
  keys.Object({"on",
               "It does not begin at `at`, but when this happens after it: before the next "
               "effect is performed."},
              [&](Keys& on) {
                envelope.on.emplace();
                DescribePattern(on, names, *envelope.on);
              });
  keys.Only(lasting == Lasting::kSpan, {"", "", "of faults that last"}, [&](Keys& span) {
    span.Time({"for", "Ends so long after it began.", false, "its end"}, envelope.lasts);
  });
  const bool is_repeated = keys.IsSaid("every") || keys.IsSaid("poisson");
  const bool may_end = lasting == Lasting::kSpan || is_repeated || envelope.on.has_value();
  keys.Only(may_end, {"", "", "of faults that last, or begin again"}, [&](Keys& span) {
    span.Time({"until", "Ends then, and begins no more.", false,
               "heal of a fault that spends no budget, else the end of the run"},
              envelope.until);
  });
  keys.Period({"every", "Begins again so long after it began.", false, "once"}, envelope.every);
  keys.Period({"poisson",
               "Begins again after a time that is drawn with this mean, of an "
               "exponential distribution.",
               false, "once"},
              envelope.poisson, Distribution::kMost);
  keys.Only(is_of_each, {"", "", "of faults that act on one message or packet after the other"},
            [&](Keys& each) {
              each.Integer({"count", "Ends after so many effects.", false, "no end"},
                           envelope.count, {1});
              each.Probability({"prob", "Acts on each occasion with this probability."},
                               envelope.probability.numerator, envelope.probability.denominator);
            });
  keys.Integer({"expect_effect",
                "Least number of effects, else the run is not exercised; 0: none "
                "is fine."},
               envelope.expect_effect, {});
}

void DescribeFault(Keys& keys, const HostNames& names, FaultBody& body, Fault& fault) {
  if (fault.kind->Has(Takes::kTarget))
    DescribeHosts(keys, Required("target", "Which hosts."), names, fault.targets);
  if (fault.kind->Has(Takes::kLink))
    keys.Object({"link", "Between which hosts; what is left out matches all."},
                [&](Keys& link) { DescribeLink(link, names, fault.link); });
  if (fault.kind->Has(Takes::kMessage))
    keys.Object({"msg", "Which messages; what is left out matches all."},
                [&](Keys& message) { DescribeMessage(message, fault.message); });
  body.Describe(keys, names);
}

}  // namespace lockstep::sim
