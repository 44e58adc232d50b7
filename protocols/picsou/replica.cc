// A Picsou replica: see replica.h.

#include "protocols/picsou/replica.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/picsou/notes.h"

namespace lockstep::picsou {
namespace {

constexpr core::TimerId kNoop(0);
constexpr core::TimerId kFlush(1);
constexpr core::TimerId kPass(2);
constexpr core::TimerId kPace(3);
constexpr core::TimerId kFetch(4);

core::Batcher::Config BatcherConfig(const Config& config, const Codec& codec, bool is_first) {
  core::Batcher::Config batcher;
  batcher.receivers = config.other.size;
  batcher.batch_bytes = config.batch_bytes;
  // A lost message has waited long enough.
  batcher.batch_delay = is_first ? config.batch_delay : core::Duration();
  batcher.record_bytes = codec.RecordBytes();
  batcher.overhead_max = codec.OverheadMax(core::Batcher::kItemsMax, config.PhiRunsMax());
  return batcher;
}

// Of the other cluster's stream.
Schedule InSchedule(const Config& config) { return {config.other, config.own}; }

Retained::Config RetainedConfig(const Config& config, const core::Seat& seat,
                                std::uint64_t sparing) {
  Retained::Config retained;
  const Schedule schedule = InSchedule(config);
  retained.lanes = schedule.lanes();
  retained.is_dense = schedule.is_dense();
  retained.peers = config.own.size;
  retained.self = seat.index;
  retained.sparing = sparing;
  retained.stake = config.own.stake;
  retained.messages = config.Retain();
  retained.bytes = core::ByteCount(static_cast<std::int64_t>(Config::kRetainBytes));
  return retained;
}

Fetcher::Config FetcherConfig(const Config& config, const core::Seat& seat) {
  return {config.own.size,   seat.index,       std::uint64_t{config.own.r} + 1,
          config.noop_delay, seat.incarnation, config.own.stake};
}

RepeatInterval IntervalOf(const Config& config) {
  if (!config.ack_round) return config.repeat_interval;
  return {*config.ack_round, config.other.size, std::uint64_t{config.other.u} + 1, config.phi,
          config.other.stake};
}

}  // namespace

Replica::Replica(const Config& config, const core::Seat& seat, core::Log& log,
                 core::LogOwner& owner)
    : config_(config),
      seat_(seat),
      log_(log),
      owner_(owner),
      codec_(config.wire, config.phi, Rule::kPaper, config.certificates),
      schedule_(config.own, config.other),
      credentials_(seat, config.other, config.in_stream, config.certificates),
      inbound_(InSchedule(config).set_period(), config.phi, config.PhiRunsMax(),
               credentials_.proofs()),
      hints_(config.other.size, config.other.r + 1, config.other.stake),
      answers_(config.own.size, InSchedule(config).lanes()),
      fetcher_(FetcherConfig(config, seat)),
      quacks_(config.other.size, config.other.u + 1, config.other.stake),
      complaints_(schedule_, config.other.r + 1, IntervalOf(config), config.other.stake),
      first_sends_(BatcherConfig(config, codec_, true)),
      resends_(BatcherConfig(config, codec_, false), schedule_.lanes()),
      passing_(config.own, config.other, seat),
      other_waits_(config.other.first, config.other.size),
      pace_(seat.send_buffer),
      is_caught_up_(seat.incarnation == 0),
      noop_turn_(seat.index % config.other.size),
      window_turn_(noop_turn_),
      is_returning_(seat.incarnation > 0) {
  if (config.remedy != Remedy::kFetch) return;
  retained_.emplace(RetainedConfig(config, seat, Sparing(config.own, seat.index)),
                    credentials_.proofs());
}

std::uint64_t Replica::Sparing(const core::Cluster& own, std::uint32_t self) {
  const std::uint64_t enough = std::uint64_t{own.u} + own.r + 1;
  return enough - std::min(enough, own.StakeOf(self));
}

void Replica::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  last_data_ = now.monotonic();
  out.SetTimer(kNoop, now.monotonic() + config_.noop_delay);
  out.SetTimer(kPass, now.monotonic() + config_.max_delay);
  Pump(now, out);
}

void Replica::OnCommitted(const core::Now& now, core::Effects& out) { Pump(now, out); }

void Replica::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                        core::Effects& out) {
  const Codec::Decoded decoded = codec_.Decode(payload);
  if (decoded.batch && config_.other.Has(from)) {
    OnBatch(now, from, decoded, out);
    return;
  }
  const bool is_of_peer = config_.own.Has(from) && from != seat_.self;
  const bool was_open = is_ack_window_open();
  if (is_of_peer && OnLocal(now, from.value() - config_.own.first.value(), decoded, out)) {
    if (!was_open && is_ack_window_open()) Pump(now, out);
  } else {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
  }
}

bool Replica::OnLocal(const core::Now& now, std::uint32_t peer, const Codec::Decoded& decoded,
                      core::Effects& out) {
  if (!credentials_.AreIn(config_.own.Replica(peer), decoded, out)) return false;
  if (decoded.broadcast && decoded.broadcast->stream == config_.in_stream) {
    Receive(now, decoded.broadcast->data, out);
    OnPeerAck(peer, decoded.broadcast->cumulative);
    return true;
  }
  if (decoded.fetch && decoded.fetch->stream == config_.in_stream) {
    OnFetch(now, peer, *decoded.fetch, out);
    return true;
  }
  if (!decoded.supply || decoded.supply->stream != config_.in_stream) return false;
  OnSupply(now, peer, *decoded.supply, out);
  return true;
}

void Replica::OnBatch(const core::Now& now, core::NodeId from, const Codec::Decoded& decoded,
                      core::Effects& out) {
  const Batch& batch = *decoded.batch;
  const bool is_ours =
      batch.data_stream == config_.in_stream && credentials_.AreIn(from, decoded, out);
  const bool is_about_ours = batch.ack_stream == config_.out_stream;
  // A liar whose acknowledgement is about nothing may bring what it has to bring all the same.
  if (!is_ours || !is_about_ours)
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
  if (!is_ours) return;
  if (!batch.data.empty()) {
    Receive(now, batch.data, out);
    BroadcastLocally(batch.data, out);
  }
  const std::uint32_t peer = from.value() - config_.other.first.value();
  // What it carries has its proof; what it states counts among those of one view.
  if (batch.view == view_) {
    if (hints_.Ack(peer, batch.quack)) MindReturn(out);
    if (is_about_ours) OnAck(now, peer, batch.ack, out);
  }
  Pump(now, out);
}

void Replica::Receive(const core::Now& now, const std::vector<core::Records>& data,
                      core::Effects& out) {
  const std::uint64_t before = inbound_.cumulative();
  for (const core::Records& fresh : inbound_.Receive(now, config_.in_stream, data, owner_, out))
    if (retained_) retained_->Add(fresh);
  if (inbound_.cumulative() == before) return;
  batches_since_ack_ = 0;
  MindReturn(out);
}

void Replica::BroadcastLocally(const std::vector<core::Records>& data, core::Effects& out) {
  const Broadcast broadcast{config_.in_stream, data, inbound_.cumulative()};
  passing_.Broadcast(codec_.Encode(broadcast, seat_.signer), out);
  has_told_peers_ = true;
}

void Replica::OnPeerAck(std::uint32_t peer, std::uint64_t cumulative) {
  if (retained_) retained_->OnPeerAck(peer, cumulative);
}

void Replica::Ripen(const core::Now& now) {
  if (!retained_) return;
  // Who lacks something hears so within a round of the other cluster's no-ops, sees at its own
  // second one that it was left behind, and then asks one peer after the other.
  const std::int64_t peers = config_.own.size;
  constexpr core::Duration kLongest = core::Duration::Seconds(60);
  const core::Duration time =
      (std::min(config_.noop_delay, kLongest) + fetcher_.patience()) * (peers + 3);
  const std::uint64_t believable = hints_.quack();
  if (std::exchange(newest_heard_, believable) != believable)
    heard_.emplace_back(now.monotonic(), believable);
  for (; !heard_.empty() && now.monotonic() - heard_.front().first >= time; heard_.pop_front())
    retained_->Ripen(heard_.front().second);
}

void Replica::MindReturn(core::Effects& out) {
  if (!is_returning_) return;
  if (!returned_at_ && hints_.quack() > 0) returned_at_ = hints_.quack();
  if (!returned_at_ || inbound_.cumulative() < *returned_at_) return;
  is_returning_ = false;
  out.Note({core::NoteKind::kRejoined, core::NodeId(), config_.in_stream,
            core::Run{*returned_at_, 1, 1}, 0, 0});
}

Ack Replica::Report(core::Effects& out) {
  Ack ack = inbound_.Report();
  const std::uint64_t limit = retained_ ? retained_->limit() : ~std::uint64_t{0};
  if (ack.cumulative <= limit) {
    stands_at_.reset();
    return ack;
  }
  // What is said to be held must stay to be had.
  if (std::exchange(stands_at_, limit) != limit) {
    out.Note(
        {core::NoteKind::kStands, core::NodeId(), config_.in_stream, core::Run{limit, 1, 1}, 0, 0});
  }
  return {limit, 0, {}};
}

void Replica::OnFetch(const core::Now& now, std::uint32_t peer, const Fetch& fetch,
                      core::Effects& out) {
  OnPeerAck(peer, fetch.cumulative);
  Supply supply{config_.in_stream, inbound_.cumulative(), fetch.number, inbound_.cumulative(), {}};
  if (retained_) {
    supply.floor = retained_->FloorFor(inbound_.cumulative(), fetch.cumulative);
    const auto admitted = answers_.Admit(now.monotonic(), fetcher_.patience(), peer, fetch.wanted);
    supply.data = retained_->Find(admitted, core::ByteCount(Fetcher::kBytesMax));
    answers_.Note(now.monotonic(), peer, supply.data);
  }
  passing_.Tell(peer, codec_.Encode(supply, seat_.signer, config_.own.Speaker(peer)), out);
}

void Replica::OnSupply(const core::Now& now, std::uint32_t peer, const Supply& supply,
                       core::Effects& out) {
  OnPeerAck(peer, supply.cumulative);
  const std::uint64_t before = inbound_.count();
  if (!supply.data.empty()) Receive(now, supply.data, out);
  fetcher_.OnAnswer(now, {peer, supply.number, supply.floor, inbound_.count() != before});
  Recover(now, out);
}

void Replica::LookBehind(const core::Now& now, core::Effects& out) {
  Ripen(now);
  Recover(now, out);
  const bool is_quiet = !std::exchange(has_told_peers_, false);
  const auto probe =
      fetcher_.Probe(now, is_quiet, [this](std::uint32_t peer) { return passing_.IsIdle(peer); });
  if (probe) SendFetch(*probe, out);
}

void Replica::Recover(const core::Now& now, core::Effects& out) {
  fetcher_.Observe(now, inbound_.cumulative(), hints_.quack());
  const bool is_behind = fetcher_.target() > 0;
  const auto to = is_behind && config_.remedy == Remedy::kAdvance ? std::optional(fetcher_.target())
                                                                  : fetcher_.Past(now);
  if (to) {
    // What senders do not know to be safe may come yet, though peers have it and keep it no more.
    Skip(std::min(*to, hints_.quack()), out);
    fetcher_.Observe(now, inbound_.cumulative(), hints_.quack());
  }
  if (const auto ask = fetcher_.Next(now)) SendFetch(*ask, out);
  const auto wakes = fetcher_.Wakes();
  if (wakes && wakes != fetch_timer_) out.SetTimer(kFetch, *wakes);
  fetch_timer_ = wakes;
}

// There is something to fetch: the target is above the own ACK.
void Replica::SendFetch(const Fetcher::Ask& ask, core::Effects& out) {
  Fetch fetch{config_.in_stream, ask.number, inbound_.cumulative(), {}};
  if (!ask.is_probe) {
    fetch.wanted = inbound_.Missing(fetcher_.target(), Fetch::kPositionsMax);
    std::uint64_t count = 0;
    for (const core::Run& run : fetch.wanted) count += run.count;
    out.Note({kFetches, config_.own.Replica(ask.peer), config_.in_stream, fetch.wanted.front(),
              count, 0});
  }
  passing_.Tell(ask.peer, codec_.Encode(fetch, seat_.signer, config_.own.Speaker(ask.peer)), out);
}

void Replica::Skip(std::uint64_t to, core::Effects& out) {
  for (const core::Run& run : inbound_.Skip(to))
    out.Note({core::NoteKind::kSkipped, core::NodeId(), config_.in_stream, run, 0, 0});
  batches_since_ack_ = 0;
  MindReturn(out);
}

void Replica::OnAck(const core::Now& now, std::uint32_t receiver, const Ack& ack,
                    core::Effects& out) {
  if (const auto quack = quacks_.Ack(receiver, ack.cumulative)) OnQuack(now, *quack, out);
  complaints_.interval().OnReport(now.monotonic(), receiver, ack, quacks_.quack());
  // Positions that nobody can have sent yet are not missing, whatever a liar says.
  const std::uint64_t known = std::min(log_.Positions().value(), Limit());
  Ack judged = ack;
  judged.phi_end = std::min(judged.phi_end, known);
  if (ack.cumulative >= known) {
    complaints_.TakeBackBelow(receiver, ack.cumulative);
    return;
  }
  for (const Attempt& attempt :
       complaints_.Report(now.monotonic(), receiver, judged, quacks_.quack())) {
    out.Note(
        {kComplaint, core::NodeId(), config_.out_stream, attempt.positions, attempt.number, 0});
    Resend(now, attempt);
  }
}

void Replica::OnQuack(const core::Now& now, std::uint64_t quack, core::Effects& out) {
  out.Note(
      {core::NoteKind::kQuacked, core::NodeId(), config_.out_stream, core::Run{quack, 1, 1}, 0, 0});
  // The log is not asked for what is released: what others were quicker to send needs no copy.
  resends_.DropBelow(quack);
  first_sends_.DropBelow(quack);
  log_.Release(core::SeqNo(quack));
  owner_.OnQuacked(now, core::SeqNo(quack), out);
  is_caught_up_ = true;
  // On to the first own position that is not QUACKed.
  walked_ = std::max(walked_, schedule_.OwnBelow(seat_.index, quack));
}

void Replica::Resend(const core::Now& now, const Attempt& attempt) {
  core::Run rest = attempt.positions;
  while (rest.count > 0) {
    const std::uint64_t alike = std::min(rest.count, schedule_.Alike(rest.first));
    ResendAlike(now, rest.Part(0, alike), attempt.number);
    rest = rest.Part(alike, rest.count - alike);
  }
}

void Replica::ResendAlike(const core::Now& now, core::Run rest, std::uint64_t attempt) {
  const Schedule::Pair pair = schedule_.PairOf(rest.first, attempt);
  if (pair.sender != seat_.index) return;
  const Schedule::Pair first = schedule_.PairOf(rest.first, 0);
  if (first.sender == seat_.index) {
    // Own positions, of which some may still wait to be sent for the first time.
    const auto waiting =
        first_sends_.FirstWaiting(static_cast<std::uint32_t>(first.receiver), rest);
    const std::uint64_t walked =
        std::min(waiting.value_or(~std::uint64_t{0}), schedule_.Own(seat_.index, walked_));
    const std::uint64_t sent =
        walked <= rest.first ? 0 : (walked - rest.first + rest.stride - 1) / rest.stride;
    rest.count = std::min(rest.count, sent);
  }
  const auto to = static_cast<std::uint32_t>(pair.receiver);
  while (rest.count > 0) {
    const core::Extent extent = log_.Uniform(rest);
    resends_.Queue(to, {rest.Part(0, extent.count), extent.size, attempt}, now.monotonic());
    rest = rest.Part(extent.count, rest.count - extent.count);
  }
}

std::uint64_t Replica::Limit() const { return quacks_.quack() + config_.quack_window; }

void Replica::Pump(const core::Now& now, core::Effects& out) {
  do {
    SendBatches(now, out);
  } while (Walk(now, out));
  other_waits_.List(out);
  const auto flush = first_sends_.NextFlush();
  // What is due but lacks credit goes when OnWritable says so.
  if (flush && *flush > now.monotonic() && flush != flush_timer_) out.SetTimer(kFlush, *flush);
  flush_timer_ = flush;
}

void Replica::SendBatches(const core::Now& now, core::Effects& out) {
  // A window that opens for a few batches is for the receivers in turn, or the last ones would
  // never be sent to: nobody else sends again what was not sent yet.
  const std::uint32_t begin = config_.ack_window > 0 ? window_turn_ : 0;
  for (std::uint32_t i = 0; i < config_.other.size; ++i) {
    const std::uint32_t receiver = (begin + i) % config_.other.size;
    while (SendFrom(resends_, now, receiver, out)) {
    }
    while (is_ack_window_open() && SendFrom(first_sends_, now, receiver, out))
      window_turn_ = (receiver + 1) % config_.other.size;
  }
  if (!is_ack_window_open() && passes_ > 0) SendInPass(now, out);
}

void Replica::SendInPass(const core::Now& now, core::Effects& out) {
  for (std::uint32_t i = 0; i < config_.other.size; ++i) {
    const std::uint32_t receiver = (window_turn_ + i) % config_.other.size;
    if (!SendFrom(first_sends_, now, receiver, out)) continue;
    --passes_;
    window_turn_ = (receiver + 1) % config_.other.size;
    return;
  }
}

template <typename Queue>
bool Replica::SendFrom(Queue& from, const core::Now& now, std::uint32_t receiver,
                       core::Effects& out) {
  if (!from.IsDue(receiver, now.monotonic())) return false;
  const std::int64_t credit = out.CreditLeft(config_.other.Replica(receiver));
  const core::Batcher::Batch batch = from.Take(receiver, now.monotonic(), credit);
  if (batch.items.empty()) {
    other_waits_.Want(receiver, batch.wanted);
    return false;
  }
  SendBatch(now, receiver, batch.items, out);
  return true;
}

bool Replica::IsHeldUp(const core::Now& now) const {
  if (!schedule_.has_stake()) return false;
  for (std::uint32_t j = 0; j < config_.other.size; ++j)
    if (first_sends_.IsBusy(j, now.monotonic(), config_.max_delay)) return true;
  return false;
}

bool Replica::IsMoreWanted(const core::Now& now, const core::Effects& out) {
  if (IsHeldUp(now)) return false;
  const std::uint64_t wanted = first_sends_.FullBatchCredit();
  for (std::uint32_t j = 0; j < config_.other.size; ++j) {
    if (first_sends_.HasFull(j) || !schedule_.HasShare(j)) continue;
    if (out.CreditLeft(config_.other.Replica(j)) >= static_cast<std::int64_t>(wanted)) return true;
  }
  for (std::uint32_t j = 0; j < config_.other.size; ++j) {
    if (!first_sends_.HasFull(j) && schedule_.HasShare(j)) other_waits_.Want(j, wanted);
  }
  return false;
}

core::Extent Replica::NextOwn(std::uint64_t limit) const {
  const std::uint64_t next = schedule_.Own(seat_.index, walked_);
  if (schedule_.Share(seat_.index) == 1) {
    const std::uint64_t available = schedule_.OwnBelow(seat_.index, limit) - walked_;
    return log_.Uniform(
        core::Run{next, available, schedule_.Own(seat_.index, 1) - schedule_.Own(seat_.index, 0)});
  }
  const core::Extent extent = log_.Uniform(core::Run{next, limit - next, 1});
  return {schedule_.OwnBelow(seat_.index, next + extent.count) - walked_, extent.size};
}

bool Replica::Walk(const core::Now& now, core::Effects& out) {
  if (!is_caught_up_ || schedule_.Share(seat_.index) == 0) return false;
  std::uint64_t limit = std::min(log_.Positions().value(), Limit());
  const std::uint64_t next = schedule_.Own(seat_.index, walked_);
  if (next >= limit && passes_ > 0 && next < log_.Positions().value()) {
    --passes_;
    limit = next + 1;
  }
  if (next >= limit) return false;
  if (!IsMoreWanted(now, out)) return false;
  const bool is_paced = log_.Positions().value() >= core::Log::kEndless &&
                        out.CreditLeft(config_.other.first) == core::Credit::kUnlimited;
  if (is_paced && !pace_.Allows(now, kPace, out)) return false;

  const core::Extent extent = NextOwn(limit);
  const std::uint64_t each = std::max<std::uint64_t>(1, extent.size + codec_.RecordBytes());
  const std::uint64_t per_batch = (config_.batch_bytes + each - 1) / each;
  const std::uint64_t take = std::min(extent.count, per_batch * schedule_.receivers());
  // Own positions go to the receivers in turn: the share of each is a run, or a few.
  schedule_.ForEachOwnRun(seat_.index, walked_, take, [&](core::Run run, std::uint32_t to) {
    first_sends_.Queue(to, {run, extent.size, 0}, now.monotonic());
  });
  walked_ += take;
  if (is_paced) pace_.Take(take * each);
  out.Spend(core::Work::kSkip, schedule_.Own(seat_.index, walked_) - next - take);
  return true;
}

void Replica::SendBatch(const core::Now& now, std::uint32_t receiver,
                        const std::vector<core::Batcher::Item>& items, core::Effects& out) {
  Batch batch;
  batch.data_stream = config_.out_stream;
  batch.quack = quacks_.quack();
  batch.ack_stream = config_.in_stream;
  batch.ack = Report(out);
  batch.view = view_;
  const core::NodeId to = config_.other.Replica(receiver);
  for (const core::Batcher::Item& item : items) {
    batch.data.push_back({item.run, item.size, log_.Contents(item.run)});
    core::Records& records = batch.data.back();
    if (config_.certificates)
      records.certificate = log_.CertificateOf(records.run, records.contents);
    if (item.attempt == 0) {
      complaints_.interval().OnSent(now.monotonic(), item.run.first);
      continue;
    }
    complaints_.interval().OnResent(now.monotonic(), item.run.first, quacks_.quack());
    out.Note({kResent, to, config_.out_stream, item.run, item.attempt, 0});
  }
  out.Spend(core::Work::kSend, core::CountOf(batch.data),
            core::ByteCount(static_cast<std::int64_t>(core::BytesOf(batch.data))));
  core::Bytes payload = codec_.Encode(batch, *seat_.signer, config_.other.Speaker(receiver));
  out.Send(to, std::move(payload));
  if (!items.empty()) {
    last_data_ = now.monotonic();
    ++batches_since_ack_;
  }
}

void Replica::SendNoop(const core::Now& now, core::Effects& out) {
  const std::uint32_t receiver = noop_turn_;
  noop_turn_ = (noop_turn_ + 1) % config_.other.size;
  const auto most = static_cast<std::int64_t>(codec_.OverheadMax(0, config_.PhiRunsMax()));
  if (out.CreditLeft(config_.other.Replica(receiver)) >= most) SendBatch(now, receiver, {}, out);
}

void Replica::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kNoop) {
    SendNoop(now, out);
    out.SetTimer(kNoop, now.monotonic() + config_.noop_delay);
    LookBehind(now, out);
    return;
  }
  if (timer == kFetch) {
    fetch_timer_.reset();
    const bool was_open = is_ack_window_open();
    Recover(now, out);
    if (was_open || !is_ack_window_open()) return;
  }
  if (timer == kPass) {
    if (now.monotonic() - last_data_ >= config_.max_delay) passes_ = 1;
    out.SetTimer(kPass, now.monotonic() + config_.max_delay);
  }
  if (timer == kPace) pace_.OnTick();
  Pump(now, out);
  passes_ = 0;
}

void Replica::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  if (config_.own.Has(peer)) {
    passing_.OnWritable(peer.value() - config_.own.first.value(), out);
    return;
  }
  other_waits_.Forget(peer.value() - config_.other.first.value());
  Pump(now, out);
}

// Clients speak to the state machine below, never to the C3B layer.
void Replica::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id, core::RequestId,
                       const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::picsou
