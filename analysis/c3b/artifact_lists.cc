// Lists of sends of the artifact: see artifact_lists.h.

#include "analysis/c3b/artifact_lists.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

namespace lockstep::analysis {
namespace {

// As the artifact does, in floating point: where remainders are equal, its errors decide.
std::vector<std::uint32_t> ArtifactTurnsOf(const core::Cluster& cluster, std::uint64_t quantum) {
  const double divisor = static_cast<double>(cluster.total_stake()) / static_cast<double>(quantum);
  std::vector<std::uint64_t> shares;
  std::vector<std::tuple<double, std::uint32_t>> remainders;
  for (std::uint32_t i = 0; i < cluster.size; ++i) {
    const double quota = static_cast<double>(cluster.StakeOf(i)) / divisor;
    shares.push_back(static_cast<std::uint64_t>(std::floor(quota)));
    remainders.emplace_back(quota - std::floor(quota), i);
  }
  std::sort(remainders.begin(), remainders.end());
  const std::uint64_t given = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
  for (std::uint64_t i = 0; given + i < quantum; ++i)
    ++shares[std::get<1>(remainders[i % remainders.size()])];
  std::vector<std::uint32_t> turns;
  for (std::uint32_t i = 0; i < cluster.size; ++i) turns.insert(turns.end(), shares[i], i);
  return turns;
}

std::vector<std::uint64_t> ArcsOf(const core::Cluster& cluster, std::uint64_t scale) {
  std::vector<std::uint64_t> arcs;
  for (std::uint32_t i = 0; i < cluster.size; ++i) arcs.push_back(cluster.StakeOf(i) * scale);
  return arcs;
}

}  // namespace

ArtifactLists::ArtifactLists(const core::Cluster& senders, const core::Cluster& receivers) {
  const std::uint64_t sending = senders.total_stake();
  const std::uint64_t receiving = receivers.total_stake();
  is_equal_ =
      senders.size == receivers.size && sending == senders.size && receiving == receivers.size;
  const std::uint64_t ring = std::lcm(sending, receiving);
  quantum_ = is_equal_ ? senders.size : std::min<std::uint64_t>(ring, 1024);
  period_ = 1;
  while (period_ < quantum_ * quantum_ * (quantum_ - 1)) period_ *= 2;
  const std::uint64_t sender_scale = is_equal_ ? 1 : ring / sending;
  const std::uint64_t receiver_scale = is_equal_ ? 1 : ring / receiving;
  length_ = senders.u * sender_scale + receivers.u * receiver_scale + 1;
  sender_arcs_ = ArcsOf(senders, sender_scale);
  receiver_arcs_ = ArcsOf(receivers, receiver_scale);
  whose_sending_turn_ = ArtifactTurnsOf(senders, quantum_);
  whose_receiving_turn_ = ArtifactTurnsOf(receivers, quantum_);
}

ArtifactLists::List ArtifactLists::ListOf(std::uint64_t number) const {
  const std::uint64_t a = FirstSender(number);
  const std::uint64_t b = FirstReceiver(number);
  List list;
  const auto add = [&](std::uint64_t sender, std::uint64_t receiver) {
    list.push_back({static_cast<std::uint32_t>(sender % sender_arcs_.size()),
                    static_cast<std::uint32_t>(receiver % receiver_arcs_.size()), 0});
  };
  if (is_equal_) {
    const std::uint64_t n = quantum_;
    const std::uint64_t o = n == 1 ? 0 : number % period_ / (n * n) % (n - 1);
    add(a, b);
    for (std::uint64_t d = o + 1; n > 1 && list.size() < length_; ++d)
      if (d % n != 0) add(a + d, b + d);
  } else {
    std::uint64_t i = a;
    std::uint64_t j = b;
    std::uint64_t sender_end = sender_arcs_[a];
    std::uint64_t receiver_end = receiver_arcs_[b];
    for (std::uint64_t at = 0; at < length_;) {
      add(i, j);
      at = std::min(sender_end, receiver_end);
      if (sender_end == at) sender_end += sender_arcs_[++i % sender_arcs_.size()];
      if (receiver_end == at) receiver_end += receiver_arcs_[++j % receiver_arcs_.size()];
    }
  }
  std::map<std::uint32_t, std::uint64_t> next_turn;  // of each sender that was met
  for (std::uint64_t t = 0; t < list.size(); ++t) {
    const auto met = next_turn.try_emplace(list[t].sender, t).first;
    list[t].turn = met->second++;
  }
  return list;
}

}  // namespace lockstep::analysis
