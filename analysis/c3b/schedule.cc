// Turns and laps by stake: see schedule.h.

#include "analysis/c3b/schedule.h"

#include <tuple>

namespace lockstep::analysis {
namespace {

constexpr std::uint64_t kQuantumMost = 1024;
constexpr std::size_t kLapsMost = 4096;

std::vector<std::uint32_t> StakeOfEach(const core::Cluster& cluster) {
  std::vector<std::uint32_t> stake;
  for (std::uint32_t i = 0; i < cluster.size; ++i)
    stake.push_back(static_cast<std::uint32_t>(cluster.StakeOf(i)));
  return stake;
}

std::uint64_t SumOf(const std::vector<std::uint32_t>& stake) {
  return std::accumulate(stake.begin(), stake.end(), std::uint64_t{0});
}

// Whose each turn of a quantum is. The stakes are below 2^32 and the quantum below 2^32, so that
// products are numbers.
std::vector<std::uint32_t> TurnsOf(const std::vector<std::uint32_t>& stake,
                                   const std::vector<std::uint32_t>& order) {
  std::uint32_t divisor = 0;
  for (const std::uint32_t each : stake) divisor = std::gcd(divisor, each);
  const std::uint64_t sum = SumOf(stake);
  const std::uint64_t quantum =
      std::min(sum / divisor, std::max<std::uint64_t>(kQuantumMost, stake.size()));
  // Whoever has the greatest claim to a message that is left comes first.
  std::vector<std::uint64_t> shares;
  std::vector<std::tuple<std::uint64_t, std::uint32_t>> claims;
  std::uint64_t given = 0;
  for (std::uint32_t i = 0; i < stake.size(); ++i) {
    shares.push_back(stake[i] * quantum / sum);
    given += shares[i];
    claims.emplace_back(sum - stake[i] * quantum % sum, i);
  }
  std::sort(claims.begin(), claims.end());
  for (std::uint64_t i = 0; given < quantum; ++i, ++given) ++shares[std::get<1>(claims[i])];
  std::vector<std::uint32_t> turns;
  for (const std::uint32_t i : order) turns.insert(turns.end(), shares[i], i);
  return turns;
}

// Its replicas, by position.
std::vector<std::uint32_t> OrderOf(const core::Cluster& cluster) {
  std::vector<std::uint32_t> order = cluster.positions;
  if (order.empty()) {
    order.resize(cluster.size);
    std::iota(order.begin(), order.end(), 0U);
  }
  return order;
}

std::uint64_t MostTurns(const std::vector<std::uint32_t>& turns) {
  std::uint64_t most = 1;
  std::uint64_t in_a_row = 0;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    in_a_row = i > 0 && turns[i] == turns[i - 1] ? in_a_row + 1 : 1;
    most = std::max(most, in_a_row);
  }
  return most;
}

std::vector<std::uint32_t> TurnsLeft(const std::vector<std::uint32_t>& turns) {
  std::vector<std::uint32_t> left(turns.size(), 1);
  for (std::size_t i = turns.size(); i-- > 1;)
    if (turns[i - 1] == turns[i]) left[i - 1] = left[i] + 1;
  return left;
}

}  // namespace

Schedule::Schedule(std::uint64_t senders, std::uint64_t receivers)
    : senders_(senders), receivers_(receivers), lanes_(senders * receivers) {}

Schedule::Schedule(const core::Cluster& senders, const core::Cluster& receivers)
    : Schedule(senders.size, receivers.size) {
  if (senders.has_positions()) {
    whose_sending_turn_ = senders.positions;
    sender_place_.resize(senders.size);
    for (std::uint32_t p = 0; p < senders.size; ++p) sender_place_[senders.positions[p]] = p;
  }
  if (receivers.has_positions()) whose_receiving_turn_ = receivers.positions;
  if (!senders.has_stake() && !receivers.has_stake()) return;
  is_by_stake_ = true;
  sender_stake_ = StakeOfEach(senders);
  receiver_stake_ = StakeOfEach(receivers);
  sender_order_ = OrderOf(senders);
  receiver_order_ = OrderOf(receivers);
  if (senders.has_stake()) whose_sending_turn_ = TurnsOf(sender_stake_, sender_order_);
  if (receivers.has_stake()) whose_receiving_turn_ = TurnsOf(receiver_stake_, receiver_order_);
  sending_turns_left_ = TurnsLeft(whose_sending_turn_);
  receiving_turns_left_ = TurnsLeft(whose_receiving_turn_);
  const std::uint64_t divisor = std::gcd(SumOf(sender_stake_), SumOf(receiver_stake_));
  sender_scale_ = SumOf(receiver_stake_) / divisor;
  receiver_scale_ = SumOf(sender_stake_) / divisor;
  // Which lanes serve better is a question of speed alone: those of all turns, where a batch is few
  // runs of them.
  constexpr std::uint64_t kMessagesOfBatch = 2048;
  const std::uint64_t run = MostTurns(whose_receiving_turn_);
  const bool is_short = MostTurns(whose_sending_turn_) * run * run <= kMessagesOfBatch;
  lanes_ = period() <= kLanesMost && is_short ? period() : sender_turns();
}

Schedule Schedule::OfArtifact(const core::Cluster& senders, const core::Cluster& receivers) {
  Schedule schedule(senders.size, receivers.size);
  schedule.artifact_ = std::make_shared<const ArtifactLists>(senders, receivers);
  // Which lanes serve better is a question of speed alone, as above: those that messages come in.
  const std::uint64_t period = schedule.artifact_->period();
  const std::uint64_t pairs = schedule.lanes_;
  const bool is_equal = schedule.artifact_->is_equal();
  constexpr std::uint64_t kArtifactLanesMost = 8192;
  schedule.lanes_ = is_equal && period <= kArtifactLanesMost ? period : 1;
  schedule.artifact_set_lanes_ = !is_equal ? 1 : period % pairs == 0 ? pairs : period;
  return schedule;
}

Schedule ScheduleOf(const Recipe& recipe, const Stream& stream) {
  const core::Cluster& senders = recipe.cluster(stream.from);
  const core::Cluster& receivers = recipe.cluster(stream.to);
  // Who promises to keep to the artifact's schedule says so where it promises to keep to one.
  const Scope scope{Scope::Kind::kStream, stream.stream.value()};
  for (const Promise& promise : recipe.promises) {
    const auto rule = promise.parameters.find("rule");
    if (promise.scope == scope && rule != promise.parameters.end() && *rule == "artifact")
      return Schedule::OfArtifact(senders, receivers);
  }
  if (stream.throughput == Published::kQuack) return {senders, receivers};
  return {senders.size, receivers.size};
}

std::uint64_t Schedule::AttemptOf(std::uint64_t sender, std::uint64_t receiver,
                                  std::uint64_t number) const {
  if (artifact_ != nullptr) {
    const ArtifactLists::List list = artifact_->ListOf(number);
    const auto at = std::find_if(list.begin(), list.end(), [&](const ArtifactLists::Entry& entry) {
      return entry.sender == sender && entry.receiver == receiver;
    });
    return static_cast<std::uint64_t>(at - list.begin());
  }
  if (is_by_stake_) {
    const std::shared_ptr<const Lap> lap = LapOf(number);
    const auto at = std::find_if(lap->begin(), lap->end(), [&](const Piece& piece) {
      return piece.sender == sender && piece.receiver == receiver;
    });
    return static_cast<std::uint64_t>(at - lap->begin());
  }
  const std::uint64_t lap = pairings(number);
  for (std::uint64_t t = FirstAttemptOf(sender, number) % senders_; t < lap; t += senders_)
    if (Receiver(number, t) == receiver) return t;
  return lap;
}

std::shared_ptr<const Schedule::Lap> Schedule::LapOf(std::uint64_t number) const {
  const std::uint64_t first_sender = FirstSender(number);
  const std::uint64_t first_receiver = FirstReceiver(number);
  if (laps_.size() >= kLapsMost) laps_.clear();
  std::shared_ptr<const Lap>& lap = laps_[first_sender * receivers_ + first_receiver];
  if (lap) return lap;
  const std::uint64_t ring = SumOf(sender_stake_) * sender_scale_;
  Lap pieces;
  const auto place = [](const std::vector<std::uint32_t>& order, std::uint64_t replica) {
    return static_cast<std::uint64_t>(std::find(order.begin(), order.end(), replica) -
                                      order.begin());
  };
  std::uint64_t i = place(sender_order_, first_sender);
  std::uint64_t j = place(receiver_order_, first_receiver);
  const auto sender = [&] { return sender_order_[i % senders_]; };
  const auto receiver = [&] { return receiver_order_[j % receivers_]; };
  // Where the arcs end that the next piece lies in.
  std::uint64_t sender_end = sender_stake_[sender()] * sender_scale_;
  std::uint64_t receiver_end = receiver_stake_[receiver()] * receiver_scale_;
  for (std::uint64_t at = 0; at < ring;) {
    const std::uint64_t end = std::min(sender_end, receiver_end);
    pieces.push_back({sender(), receiver(), end - at});
    at = end;
    while (sender_end == at) {
      ++i;
      sender_end += sender_stake_[sender()] * sender_scale_;
    }
    while (receiver_end == at) {
      ++j;
      receiver_end += receiver_stake_[receiver()] * receiver_scale_;
    }
  }
  lap = std::make_shared<const Lap>(std::move(pieces));
  return lap;
}

std::uint64_t Schedule::Alike(std::uint64_t number) const {
  if (lanes_ == period()) return std::uint64_t{1} << 62;
  if (artifact_ != nullptr) return 1;
  if (whose_receiving_turn_.empty()) return 1;
  return receiving_turns_left_[ReceivingTurn(number)];
}

bool Schedule::IsFirstPair(std::uint64_t sender, std::uint64_t receiver,
                           const core::Run& run) const {
  for (std::uint64_t i = 0; i < run.count;) {
    const std::uint64_t number = run.At(i);
    if (FirstSender(number) != sender || FirstReceiver(number) != receiver) return false;
    const bool is_row = run.stride == 1 && is_by_stake_ && !sending_turns_left_.empty() &&
                        !receiving_turns_left_.empty();
    i += is_row ? std::min(sending_turns_left_[number % sender_turns()],
                           receiving_turns_left_[ReceivingTurn(number)])
                : 1;
  }
  return true;
}

}  // namespace lockstep::analysis
