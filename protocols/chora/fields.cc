// Messages as fields: see fields.h.

#include "protocols/chora/fields.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/chora/batch.h"
#include "protocols/core/check.h"

namespace lockstep::chora {
namespace {

using core::Fact;
using core::Field;
using core::FieldSpec;
using core::Role;

// Every message begins with these; the indices of its other fields follow.
enum HeaderField : std::uint32_t { kCluster, kIncarnation, kSender };
constexpr std::uint32_t kHeaderFields = 3;

template <std::size_t kCount>
constexpr std::array<FieldSpec, kHeaderFields + kCount> BehindHeader(
    const std::array<FieldSpec, kCount>& specs) {
  std::array<FieldSpec, kHeaderFields + kCount> all = {
      {{"cluster", Role::kOther}, {"incarnation", Role::kOther}, {"sender", Role::kSigner}}};
  for (std::size_t i = 0; i < kCount; ++i) all[kHeaderFields + i] = specs[i];
  return all;
}

enum RoundField : std::uint32_t {
  kRoundAbstaining = kHeaderFields,
  kRoundRound,
  kRoundFrontier,
  kRoundEchoRound,
  kRoundEchoHeld,
  kRoundBatch,
  kRoundBatchLane,
  kRoundBatchBallot,
  kRoundBatchContent,
  kRoundCommand,
  kRoundCommandClient,
  kRoundCommandId,
  kRoundCommandLow,
  kRoundVotes,
  kRoundVotesRound,
  kRoundVotesLane,
  kRoundVotesMask,
};
constexpr auto kRoundFields = BehindHeader(std::array<FieldSpec, 17>{{
    {"abstaining", Role::kOther},
    {"round", Role::kRound},
    {"frontier", Role::kOther},
    {"echo_round", Role::kOther},
    {"echo_held", Role::kOther},
    {"batch", Role::kGroup, FieldSpec::kMessage, Fact::kProposes},
    {"lane", Role::kLane, kRoundBatch},
    {"ballot", Role::kBallot, kRoundBatch},
    {"content", Role::kContent, kRoundBatch},
    {"command", Role::kGroup, kRoundBatch, Fact::kRequests},
    {"client", Role::kClient, kRoundCommand},
    {"id", Role::kRequest, kRoundCommand},
    {"low", Role::kAck, kRoundCommand},
    {"votes", Role::kGroup, FieldSpec::kMessage, Fact::kVotes},
    {"round", Role::kRound, kRoundVotes},
    {"lane", Role::kLane, kRoundVotes},
    {"mask", Role::kVote, kRoundVotes},
}});

// The members of an entry that is about slots, behind its group.
enum EntryField : std::uint32_t {
  kEntryRounds = 1,
  kEntryLane,
  kEntryBallot,
  kEntryValue,
  kEntryAccepted,  // of a promise alone
  kEntryContent,
  kEntryFields,
};
// The kinds of entries that are about slots, in their order.
struct EntrySpec {
  std::string_view name;
  std::optional<Fact> fact;
};
constexpr std::array<EntrySpec, 8> kEntries = {{{"votes", Fact::kVotes},
                                                {"resolve", Fact::kProposes},
                                                {"accepted", Fact::kAccepts},
                                                {"decided", Fact::kDecides},
                                                {"fetch", std::nullopt},
                                                {"payload", Fact::kProposes},
                                                {"prepare", std::nullopt},
                                                {"promise", Fact::kPromises}}};
enum RepairField : std::uint32_t {
  kRepairAbstaining = kHeaderFields,
  kRepairRound,
  kRepairFrontier,
  kRepairEntries,
  kRepairOffer = kRepairEntries + kEntries.size() * kEntryFields,
  kRepairOfferRound,
  kRepairOfferBytes,
};
constexpr std::uint32_t kRepairFieldsEnd = kRepairOfferBytes + 1;
constexpr std::uint32_t GroupOf(EntryKind kind) {
  return kRepairEntries + static_cast<std::uint32_t>(kind) * kEntryFields;
}
constexpr auto MakeRepairFields() {
  std::array<FieldSpec, kRepairFieldsEnd - kHeaderFields> specs = {
      {{"abstaining", Role::kOther}, {"own_round", Role::kOther}, {"frontier", Role::kOther}}};
  std::size_t at = kRepairEntries - kHeaderFields;
  for (std::uint32_t kind = 0; kind < kEntries.size(); ++kind) {
    const std::uint32_t group = GroupOf(static_cast<EntryKind>(kind));
    specs[at++] = {kEntries[kind].name, Role::kGroup, FieldSpec::kMessage, kEntries[kind].fact};
    specs[at++] = {"rounds", Role::kRound, group};
    specs[at++] = {"lane", Role::kLane, group};
    specs[at++] = {"ballot", Role::kBallot, group};
    specs[at++] = {"value", Role::kVote, group};
    specs[at++] = {"accepted", Role::kOther, group};
    specs[at++] = {"content", Role::kContent, group};
  }
  specs[at++] = {"offer", Role::kGroup};
  specs[at++] = {"round", Role::kOther, kRepairOffer};
  specs[at++] = {"bytes", Role::kOther, kRepairOffer};
  return BehindHeader(specs);
}
constexpr auto kRepairFields = MakeRepairFields();

enum OtherField : std::uint32_t { kFirst = kHeaderFields, kSecond, kThird };
constexpr auto kForwardFields = BehindHeader(std::array<FieldSpec, 1>{{{"batch", Role::kContent}}});
constexpr auto kRecoverFields = BehindHeader(std::array<FieldSpec, 0>{});
constexpr auto kRecoverAnswerFields = BehindHeader(
    std::array<FieldSpec, 2>{{{"asked_by", Role::kOther}, {"acted_end", Role::kOther}}});
constexpr auto kChunkRequestFields =
    BehindHeader(std::array<FieldSpec, 2>{{{"round", Role::kOther}, {"index", Role::kOther}}});
constexpr auto kChunkFields = BehindHeader(std::array<FieldSpec, 3>{
    {{"round", Role::kOther}, {"index", Role::kOther}, {"content", Role::kContent}}});

// In the order of MessageType.
constexpr std::array<core::TypeSpec, kMessageTypes> kTypes = {{
    {"chora.round", kRoundFields},
    {"chora.repair", kRepairFields},
    {"chora.forward", kForwardFields},
    {"chora.recover", kRecoverFields},
    {"chora.recover_answer", kRecoverAnswerFields},
    {"chora.chunk_request", kChunkRequestFields},
    {"chora.chunk", kChunkFields},
}};

Field Content(std::uint32_t spec, const core::Bytes& content) {
  Field field = Field::Number(spec, 0);
  field.content = content;
  return field;
}

void ReadHeader(const Header& header, std::vector<Field>& out) {
  out.push_back(Field::Number(kCluster, header.cluster));
  out.push_back(Field::Number(kIncarnation, header.incarnation));
  out.push_back(Field::Number(kSender, header.sender));
}

void ReadCommands(const core::Bytes& bytes, std::vector<Field>& out) {
  std::uint32_t index = 0;
  Batch(bytes).ForEachHead([&](const Batch::Head& head) {
    out.push_back(Field::Group(kRoundCommand, index++));
    out.push_back(Field::Number(kRoundCommandClient, head.client.value()));
    out.push_back(Field::Number(kRoundCommandId, head.id.value()));
    out.push_back(Field::Number(kRoundCommandLow, head.low));
  });
}

void ReadRound(const RoundMessage& message, const Codec& codec, std::vector<Field>& out) {
  out.push_back(Field::Number(kRoundAbstaining, message.is_abstaining ? 1 : 0));
  out.push_back(Field::Number(kRoundRound, message.round));
  out.push_back(Field::Number(kRoundFrontier, message.frontier));
  out.push_back(Field::Number(kRoundEchoRound, message.echo_round));
  out.push_back(Field::Number(kRoundEchoHeld, message.echo_held_ps));
  if (message.has_batch) {
    out.push_back(Field::Group(kRoundBatch));
    out.push_back(Field::Number(kRoundBatchLane, message.header.sender));
    out.push_back(Field::Number(kRoundBatchBallot, 0));
    ReadCommands(message.batch, out);
    // Behind the commands, which are parts of it and have no contents of their own here.
    out.push_back(Content(kRoundBatchContent, message.batch));
  }
  for (std::uint32_t h = 0; h < codec.vote_rounds(); ++h) {
    if (message.votes[h].known == 0) continue;
    out.push_back(Field::Group(kRoundVotes, h));
    out.push_back(Field::Number(kRoundVotesRound, message.round - codec.depth() - h));
    out.push_back(Field::Number(kRoundVotesLane, 0));
    Field mask = Field::Number(kRoundVotesMask, 0);
    mask.mask = message.votes[h];
    out.push_back(mask);
  }
}

// One run of rounds of an entry.
void ReadRun(const Entry& entry, const core::Run& rounds, std::uint64_t value, std::uint32_t index,
             std::vector<Field>& out) {
  const std::uint32_t group = GroupOf(entry.kind);
  out.push_back(Field::Group(group, index));
  out.push_back(Field{group + kEntryRounds, 0, rounds});
  out.push_back(Field::Number(group + kEntryLane, entry.slots.lane));
  out.push_back(Field::Number(group + kEntryBallot, entry.ballot));
  out.push_back(Field::Number(group + kEntryValue, value));
  if (entry.kind == EntryKind::kPromise) {
    out.push_back(
        Field::Number(group + kEntryAccepted, static_cast<std::uint64_t>(entry.accepted + 1)));
  }
  if (entry.has_batch) out.push_back(Content(group + kEntryContent, entry.batch));
}

void ReadRepair(const RepairMessage& message, std::vector<Field>& out) {
  out.push_back(Field::Number(kRepairAbstaining, message.is_abstaining ? 1 : 0));
  out.push_back(Field::Number(kRepairRound, message.round));
  out.push_back(Field::Number(kRepairFrontier, message.frontier));
  std::uint32_t index = 0;
  for (const Entry& entry : message.entries) {
    if (entry.kind == EntryKind::kOffer) {
      out.push_back(Field::Group(kRepairOffer, index++));
      out.push_back(Field::Number(kRepairOfferRound, entry.snapshot_round));
      out.push_back(Field::Number(kRepairOfferBytes, entry.snapshot_bytes));
      continue;
    }
    const auto value_at = [&](std::uint32_t i) {
      if (entry.kind == EntryKind::kVotes) return entry.ones >> i & 1;
      return static_cast<std::uint64_t>(entry.value);
    };
    for (std::uint32_t i = 0; i < 64;) {
      if (!Has(entry.slots.mask, i)) {
        ++i;
        continue;
      }
      const std::uint32_t begin = i;
      while (i < 64 && Has(entry.slots.mask, i) && value_at(i) == value_at(begin)) ++i;
      ReadRun(entry, core::Run{entry.slots.first + begin, i - begin, 1}, value_at(begin), index++,
              out);
    }
  }
}

// The number of a field of a message that has it once; 0 where it has been taken out.
std::uint64_t NumberOf(const core::FieldedMessage& message, std::uint32_t spec) {
  for (const Field& field : message.fields)
    if (field.spec == spec) return field.values.first;
  return 0;
}
core::Bytes ContentOf(const core::FieldedMessage& message, std::uint32_t spec) {
  for (const Field& field : message.fields)
    if (field.spec == spec) return field.content;
  return {};
}

Header BuildHeader(const core::FieldedMessage& message) {
  return {NumberOf(message, kCluster), NumberOf(message, kIncarnation),
          static_cast<std::uint32_t>(NumberOf(message, kSender))};
}

// The batch of a round's message, with the numbers of its commands as their fields say.
core::Bytes BuildBatch(const core::FieldedMessage& fields, const Codec& codec) {
  core::Bytes content = ContentOf(fields, kRoundBatchContent);
  if (content.empty() || !Batch::IsValid(content, codec.replicas())) return content;
  const Batch batch(content);
  std::vector<Command> commands;
  batch.ForEachCommand([&](Command&& command) { commands.push_back(std::move(command)); });
  std::vector<Command> changed = commands;
  std::size_t next = 0;
  for (const Field& field : fields.fields) {
    if (field.spec == kRoundCommand) ++next;
    if (next == 0 || next > changed.size()) continue;
    Command& command = changed[next - 1];
    const std::uint64_t number = field.values.first;
    if (field.spec == kRoundCommandClient) command.client = core::ClientId(number);
    if (field.spec == kRoundCommandId) command.id = core::RequestId(number);
    if (field.spec == kRoundCommandLow) command.low = number;
  }
  return changed == commands ? content : Batch::Encode(batch.Reconfs(), changed);
}

RoundMessage BuildRound(const core::FieldedMessage& fields, const Codec& codec) {
  RoundMessage message;
  message.header = BuildHeader(fields);
  message.is_abstaining = NumberOf(fields, kRoundAbstaining) != 0;
  message.round = NumberOf(fields, kRoundRound);
  message.frontier = NumberOf(fields, kRoundFrontier);
  message.echo_round = static_cast<std::uint16_t>(NumberOf(fields, kRoundEchoRound));
  message.echo_held_ps = static_cast<std::uint32_t>(NumberOf(fields, kRoundEchoHeld));
  message.batch = BuildBatch(fields, codec);
  message.has_batch = !message.batch.empty();
  std::uint64_t voted_on = 0;
  for (const Field& field : fields.fields) {
    if (field.spec == kRoundVotesRound) voted_on = field.values.first;
    if (field.spec != kRoundVotesMask) continue;
    // Where a changed round leaves no place for them, votes are left out.
    const std::uint64_t newest = message.round - codec.depth();
    if (voted_on > newest || newest - voted_on >= codec.vote_rounds()) continue;
    message.votes[newest - voted_on] = {field.mask.known, field.mask.ones & field.mask.known};
  }
  return message;
}

// Appends entries for a run of rounds, one for each 64.
void AppendRun(Entry entry, const core::Run& rounds, std::uint64_t value,
               std::vector<Entry>& entries) {
  const std::uint32_t lane = entry.slots.lane;
  for (std::uint64_t i = 0; i < rounds.count; ++i) {
    const SlotName name{rounds.At(i), lane};
    const Span span = Span::Of(name);
    const bool goes_on = i > 0 && entry.slots.first == span.first && !entry.has_batch;
    if (i > 0 && !goes_on) entries.push_back(entry);
    if (!goes_on) {
      entry.slots = span;
      entry.ones = 0;
    }
    entry.slots.mask |= span.mask;
    if (entry.kind == EntryKind::kVotes && value != 0) entry.ones |= span.mask;
  }
  if (rounds.count > 0) entries.push_back(entry);
}

RepairMessage BuildRepair(const core::FieldedMessage& fields) {
  RepairMessage message;
  message.header = BuildHeader(fields);
  message.is_abstaining = NumberOf(fields, kRepairAbstaining) != 0;
  message.round = NumberOf(fields, kRepairRound);
  message.frontier = NumberOf(fields, kRepairFrontier);
  Entry entry;
  core::Run rounds{0, 0, 1};
  std::uint64_t value = 0;
  const auto flush = [&] {
    if (entry.kind == EntryKind::kOffer) {
      message.entries.push_back(entry);
    } else {
      AppendRun(entry, rounds, value, message.entries);
    }
    entry = Entry();
    rounds = core::Run{0, 0, 1};
    value = 0;
  };
  for (const Field& field : fields.fields) {
    if (field.spec < kRepairEntries) continue;
    const std::uint64_t number = field.values.first;
    if (field.spec >= kRepairOffer) {
      if (field.spec == kRepairOffer) flush();
      entry.kind = EntryKind::kOffer;
      if (field.spec == kRepairOfferRound) entry.snapshot_round = number;
      if (field.spec == kRepairOfferBytes) entry.snapshot_bytes = number;
      continue;
    }
    const std::uint32_t member = (field.spec - kRepairEntries) % kEntryFields;
    if (member == 0) {
      flush();
      entry.kind = static_cast<EntryKind>((field.spec - kRepairEntries) / kEntryFields);
    }
    if (member == kEntryRounds) rounds = field.values;
    if (member == kEntryLane) entry.slots.lane = static_cast<std::uint32_t>(number);
    if (member == kEntryBallot) entry.ballot = static_cast<std::uint32_t>(number);
    if (member == kEntryValue) value = number & 1;
    if (member == kEntryValue && entry.kind != EntryKind::kVotes) {
      entry.value = static_cast<Value>(number & 1);
    }
    if (member == kEntryAccepted) entry.accepted = static_cast<std::int32_t>(number) - 1;
    if (member == kEntryContent) {
      entry.batch = field.content;
      entry.has_batch = true;
    }
  }
  flush();
  return message;
}

template <typename Message>
bool DecodeOther(const Codec& codec, const core::Bytes& payload, Message& message,
                 std::vector<Field>& out) {
  if (!codec.Decode(payload, message)) return false;
  ReadHeader(message.header, out);
  return true;
}

}  // namespace

std::span<const core::TypeSpec> Fields::types() const { return kTypes; }

bool Fields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  const std::optional<MessageType> type = Codec::TypeOf(payload);
  if (!type) return false;
  out.type = static_cast<std::uint32_t>(*type);
  out.fields.clear();
  switch (*type) {
    case MessageType::kRound: {
      RoundMessage message;
      if (!DecodeOther(codec_, payload, message, out.fields)) return false;
      ReadRound(message, codec_, out.fields);
      return true;
    }
    case MessageType::kRepair: {
      RepairMessage message;
      if (!DecodeOther(codec_, payload, message, out.fields)) return false;
      ReadRepair(message, out.fields);
      return true;
    }
    case MessageType::kForward: {
      ForwardMessage message;
      if (!DecodeOther(codec_, payload, message, out.fields)) return false;
      out.fields.push_back(Content(kFirst, message.batch));
      return true;
    }
    case MessageType::kRecover: {
      RecoverMessage message;
      return DecodeOther(codec_, payload, message, out.fields);
    }
    case MessageType::kRecoverAnswer: {
      RecoverAnswer message;
      if (!DecodeOther(codec_, payload, message, out.fields)) return false;
      out.fields.push_back(Field::Number(kFirst, message.asked_by));
      out.fields.push_back(Field::Number(kSecond, message.acted_end));
      return true;
    }
    case MessageType::kChunkRequest: {
      ChunkRequest message;
      if (!DecodeOther(codec_, payload, message, out.fields)) return false;
      out.fields.push_back(Field::Number(kFirst, message.round));
      out.fields.push_back(Field::Number(kSecond, message.index));
      return true;
    }
    case MessageType::kChunk: {
      ChunkMessage message;
      if (!DecodeOther(codec_, payload, message, out.fields)) return false;
      out.fields.push_back(Field::Number(kFirst, message.round));
      out.fields.push_back(Field::Number(kSecond, message.index));
      out.fields.push_back(Content(kThird, message.content));
      return true;
    }
  }
  return false;
}

core::Bytes Fields::Build(const core::FieldedMessage& message, const core::Signer&,
                          core::Identity) const {
  const Header header = BuildHeader(message);
  switch (static_cast<MessageType>(message.type)) {
    case MessageType::kRound:
      return codec_.Encode(BuildRound(message, codec_));
    case MessageType::kRepair:
      return codec_.Encode(BuildRepair(message));
    case MessageType::kForward:
      return codec_.Encode(ForwardMessage{header, ContentOf(message, kFirst)});
    case MessageType::kRecover:
      return codec_.Encode(RecoverMessage{header});
    case MessageType::kRecoverAnswer:
      return codec_.Encode(
          RecoverAnswer{header, NumberOf(message, kFirst), NumberOf(message, kSecond)});
    case MessageType::kChunkRequest:
      return codec_.Encode(ChunkRequest{header, NumberOf(message, kFirst),
                                        static_cast<std::uint32_t>(NumberOf(message, kSecond))});
    case MessageType::kChunk:
      break;
  }
  return codec_.Encode(ChunkMessage{header, NumberOf(message, kFirst),
                                    static_cast<std::uint32_t>(NumberOf(message, kSecond)),
                                    ContentOf(message, kThird)});
}

}  // namespace lockstep::chora
