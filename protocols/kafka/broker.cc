// A broker: see broker.h.

#include "protocols/kafka/broker.h"

#include <algorithm>
#include <utility>

namespace lockstep::kafka {
namespace {

constexpr core::TimerId kWake(0);

}  // namespace

Broker::Broker(const BrokerConfig& config, const core::Seat& seat)
    : config_(config),
      index_(seat.index),
      consumers_(config.topic.receivers.size),
      followers_(config.topic.brokers.size) {
  for (std::uint64_t p = index_; p < config_.topic.partitions(); p += config_.topic.brokers.size)
    led_.emplace_back(config_);
  due_.resize(led_.size());
  for (std::uint32_t leader = 0; leader < config_.topic.brokers.size; ++leader) {
    const bool leads_any = leader < config_.topic.partitions();
    if (leads_any && config_.Follows(index_, leader))
      fetchers_.emplace_back(config_.topic, leader, seat.incarnation);
  }
}

std::size_t Broker::size() const {
  std::size_t batches = 0;
  for (const Partition& partition : led_) batches += partition.size();
  return batches;
}

void Broker::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  for (Fetcher& fetcher : fetchers_) AskLeader(now, fetcher, out);
}

void Broker::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                       core::Effects& out) {
  const std::optional<Message> message = Decode(payload);
  if (message && message->stream == config_.topic.stream && Handle(now, from, *message, out))
    return;
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

bool Broker::Handle(const core::Now& now, core::NodeId from, const Message& message,
                    core::Effects& out) {
  const Topic& topic = config_.topic;
  switch (message.kind) {
    case Kind::kProduce:
      return topic.senders.Has(from) &&
             OnProduce(now, from.value() - topic.senders.first.value(), message, out);
    case Kind::kFetch:
      return OnFetch(now, from, message.fetch, out);
    case Kind::kFetched:
      return topic.brokers.Has(from) &&
             OnFetched(now, from.value() - topic.brokers.first.value(), message, out);
    case Kind::kProduced:
      break;
  }
  return false;
}

// --- Producers ---

void Broker::Account(const std::vector<core::Records>& data, core::Effects& out) {
  const core::ByteCount bytes(static_cast<std::int64_t>(core::BytesOf(data)));
  out.Spend(core::Work::kReceive, data.size(), bytes);
  out.Spend(core::Work::kLog, data.size(), bytes);
}

bool Broker::OnProduce(const core::Now& now, std::uint32_t producer, const Message& message,
                       core::Effects& out) {
  if (config_.topic.LeaderOf(producer) != index_ || message.data.empty()) return false;
  for (const core::Records& batch : message.data) {
    const std::optional<Place> place = PlaceOf(batch, config_.topic);
    if (!place || place->partition != producer) return false;
  }
  const std::size_t led = LedIndex(producer);
  Partition& partition = led_[led];
  const std::uint64_t watermark = partition.watermark();
  bool has_grown = false;
  for (const core::Records& batch : message.data) {
    const std::uint64_t offset = PlaceOf(batch, config_.topic)->offset;
    if (offset > partition.end()) {
      due_[led].is_owed = due_[led].is_refused = true;
      break;
    }
    has_grown |= partition.Append(batch, offset);
  }
  Account(message.data, out);
  // What was there already may have been answered before, to an earlier life of the producer.
  if (!has_grown) due_[led].is_owed = true;
  if (has_grown) ServeFollowers(now, led, out);
  if (partition.watermark() > watermark) ServeConsumers(now, led, out);
  Tell(led, out);
  return true;
}

void Broker::Tell(std::size_t led, core::Effects& out) {
  const Partition& partition = led_[led];
  Due& due = due_[led];
  if (!due.is_owed && partition.watermark() <= due.told) return;
  // All that became due meanwhile is told together.
  const core::NodeId producer = config_.topic.senders.Replica(PartitionOf(led));
  if (!outbox_.IsIdle(producer)) return;
  outbox_.Send(producer,
               EncodeProduced(config_.topic.stream,
                              {partition.watermark(), partition.end(), due.is_refused}),
               out);
  due = {partition.watermark(), false, false};
}

// --- Consumers and followers ---

bool Broker::OnFetch(const core::Now& now, core::NodeId from, const Fetch& fetch,
                     core::Effects& out) {
  const Topic& topic = config_.topic;
  if (fetch.offsets.size() != led_.size()) return false;
  const bool is_consumer = topic.receivers.Has(from);
  const core::Cluster& cluster = is_consumer ? topic.receivers : topic.brokers;
  if (!cluster.Has(from)) return false;
  const std::uint32_t who = from.value() - cluster.first.value();
  if (!is_consumer && !config_.Follows(who, index_)) return false;
  Waiting& waiting = is_consumer ? consumers_[who] : followers_[who];
  if (fetch.id <= waiting.fetch.id) return true;  // It has asked again since, or this is a copy.
  waiting.is_open = true;
  waiting.fetch = fetch;
  waiting.until = now.monotonic() + fetch.limits.wait;
  std::vector<std::size_t> moved;
  for (std::size_t led = 0; led < led_.size(); ++led) {
    if (is_consumer) {
      led_[led].OnConsumer(who, fetch.offsets[led]);
      continue;
    }
    const std::uint32_t behind = (who + topic.brokers.size - index_) % topic.brokers.size;
    if (led_[led].OnFollower(behind, fetch.offsets[led])) moved.push_back(led);
  }
  Answer(now, from, waiting, !is_consumer, out);
  for (const std::size_t led : moved) {
    ServeConsumers(now, led, out);
    Tell(led, out);
  }
  if (waiting.is_open) WakeAt(waiting.until, out);
  return true;
}

void Broker::ServeFollowers(const core::Now& now, std::size_t led, core::Effects& out) {
  for (std::uint32_t i = 0; i < followers_.size(); ++i) {
    Waiting& waiting = followers_[i];
    if (waiting.is_open && led_[led].Has(waiting.fetch.offsets[led], led_[led].end()))
      Answer(now, config_.topic.brokers.Replica(i), waiting, /*is_follower=*/true, out);
  }
}

void Broker::ServeConsumers(const core::Now& now, std::size_t led, core::Effects& out) {
  for (std::uint32_t i = 0; i < consumers_.size(); ++i) {
    Waiting& waiting = consumers_[i];
    if (waiting.is_open && led_[led].Has(waiting.fetch.offsets[led], led_[led].watermark()))
      Answer(now, config_.topic.receivers.Replica(i), waiting, /*is_follower=*/false, out);
  }
}

void Broker::Answer(const core::Now& now, core::NodeId to, Waiting& waiting, bool is_follower,
                    core::Effects& out) {
  // What waits for credit towards it goes first; then it is asked for again.
  if (!outbox_.IsIdle(to)) return;
  const FetchLimits& limits = waiting.fetch.limits;
  const auto credit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, out.CreditLeft(to)));
  const std::uint64_t most = std::min(limits.bytes, credit - std::min(credit, kHeaderBytes));
  std::vector<core::Records> data;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < led_.size() && (bytes == 0 || bytes < most); ++i) {
    const std::size_t led = (i + waiting.turns) % led_.size();
    const Partition& partition = led_[led];
    const std::uint64_t limit = is_follower ? partition.end() : partition.watermark();
    // The first batch of an answer goes out whatever its size and the credit, or it would never.
    std::uint64_t of_all = bytes;
    partition.Read(waiting.fetch.offsets[led], limit,
                   std::min(most, bytes + limits.partition_bytes), of_all, data);
    bytes = of_all;
  }
  const bool is_over = waiting.until <= now.monotonic();
  if (!is_over && bytes < std::max<std::uint64_t>(1, limits.min_bytes)) return;
  waiting.is_open = false;
  ++waiting.turns;
  out.Spend(core::Work::kSend, data.size(),
            core::ByteCount(static_cast<std::int64_t>(core::BytesOf(data))));
  outbox_.Send(to, EncodeFetched(config_.topic.stream, waiting.fetch.id, data, config_.wire), out);
}

// --- As a follower ---

bool Broker::OnFetched(const core::Now& now, std::uint32_t leader, const Message& fetched,
                       core::Effects& out) {
  const auto fetcher = std::find_if(fetchers_.begin(), fetchers_.end(),
                                    [&](const Fetcher& each) { return each.leader() == leader; });
  if (fetcher == fetchers_.end()) return false;
  const Fetcher::Taken taken = fetcher->Take(fetched);
  if (taken.verdict == Fetcher::Verdict::kWrong) return false;
  Account(taken.fresh, out);
  if (taken.verdict == Fetcher::Verdict::kAwaited) AskLeader(now, *fetcher, out);
  return true;
}

void Broker::AskLeader(const core::Now& now, Fetcher& fetcher, core::Effects& out) {
  outbox_.Send(config_.topic.brokers.Replica(fetcher.leader()),
               EncodeFetch(config_.topic.stream, fetcher.Ask(now.monotonic(), config_.fetch)), out);
  WakeAt(now.monotonic() + config_.request_timeout, out);
}

// --- Waiting ---

void Broker::WakeAt(core::Instant at, core::Effects& out) {
  if (wake_at_ && *wake_at_ <= at) return;
  wake_at_ = at;
  out.SetTimer(kWake, at);
}

void Broker::OnTimer(const core::Now& now, core::TimerId, core::Effects& out) {
  wake_at_.reset();
  const auto look = [&](const core::Cluster& cluster, std::vector<Waiting>& all, bool is_follower) {
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      if (!all[i].is_open) continue;
      if (all[i].until <= now.monotonic())
        Answer(now, cluster.Replica(i), all[i], is_follower, out);
      // Who cannot be answered yet is when it is writable.
      if (all[i].is_open && all[i].until > now.monotonic()) WakeAt(all[i].until, out);
    }
  };
  look(config_.topic.receivers, consumers_, false);
  look(config_.topic.brokers, followers_, true);
  for (Fetcher& fetcher : fetchers_) {
    const core::Instant due = fetcher.asked_at() + config_.request_timeout;
    const bool has_room = outbox_.IsIdle(config_.topic.brokers.Replica(fetcher.leader()));
    if (due <= now.monotonic() && has_room) {
      AskLeader(now, fetcher, out);
    } else {
      WakeAt(due > now.monotonic() ? due : now.monotonic() + config_.request_timeout, out);
    }
  }
}

void Broker::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  outbox_.OnWritable(peer, out);
  const Topic& topic = config_.topic;
  const auto answer = [&](const core::Cluster& cluster, std::vector<Waiting>& all,
                          bool is_follower) {
    if (!cluster.Has(peer)) return;
    Waiting& waiting = all[peer.value() - cluster.first.value()];
    if (waiting.is_open) Answer(now, peer, waiting, is_follower, out);
  };
  answer(topic.receivers, consumers_, false);
  answer(topic.brokers, followers_, true);
  if (!topic.senders.Has(peer)) return;
  const std::uint32_t producer = peer.value() - topic.senders.first.value();
  if (topic.LeaderOf(producer) == index_) Tell(LedIndex(producer), out);
}

void Broker::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id, core::RequestId,
                      const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::kafka
