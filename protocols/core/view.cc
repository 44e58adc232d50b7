// Views of clusters: see view.h.

#include "protocols/core/view.h"

#include <algorithm>
#include <utility>

#include "protocols/core/wire.h"

namespace lockstep::core {
namespace {

// Told from other records by its first byte, and from what was cut off by its length.
constexpr std::uint8_t kViewType = 29;
constexpr std::uint32_t kListMost = 1U << 20;

void PutList(Encoder& encoder, const std::vector<std::uint32_t>& list) {
  encoder.U32(static_cast<std::uint32_t>(list.size()));
  for (const std::uint32_t each : list) encoder.U32(each);
}

std::vector<std::uint32_t> GetList(Decoder& decoder) {
  const std::uint32_t size = decoder.U32();
  if (size > kListMost) decoder.Fail();
  std::vector<std::uint32_t> list;
  for (std::uint32_t i = 0; i < size && decoder.ok(); ++i) list.push_back(decoder.U32());
  return list;
}

bool IsOrder(std::vector<std::uint32_t> positions, std::uint32_t size) {
  if (positions.empty()) return true;
  std::sort(positions.begin(), positions.end());
  for (std::uint32_t i = 0; i < positions.size(); ++i)
    if (positions[i] != i) return false;
  return positions.size() == size;
}

}  // namespace

std::optional<Cluster> View::Of(const Cluster& cluster) const {
  const auto members = std::find_if(clusters.begin(), clusters.end(), [&](const Members& each) {
    return each.first == cluster.first && each.size == cluster.size;
  });
  if (members == clusters.end() || !IsOrder(members->positions, cluster.size)) return std::nullopt;
  if (!members->stake.empty() && members->stake.size() != cluster.size) return std::nullopt;
  for (const std::uint32_t stake : members->stake)
    if (stake > kStakeMost) return std::nullopt;
  Cluster changed = cluster;
  changed.stake = members->stake;
  changed.positions = members->positions;
  const std::uint64_t least = std::uint64_t{2} * cluster.u + cluster.r + 1;
  if (changed.total_stake() < least || changed.total_stake() > kTotalStakeMost) return std::nullopt;
  return changed;
}

Bytes EncodeView(const View& view) {
  Encoder encoder;
  encoder.U8(kViewType);
  encoder.U64(view.number);
  encoder.U32(static_cast<std::uint32_t>(view.clusters.size()));
  for (const View::Members& members : view.clusters) {
    encoder.U32(members.first.value());
    encoder.U32(members.size);
    PutList(encoder, members.stake);
    PutList(encoder, members.positions);
  }
  return encoder.Take();
}

std::optional<View> DecodeView(const Bytes& bytes) {
  Decoder decoder(bytes);
  if (decoder.U8() != kViewType) return std::nullopt;
  View view;
  view.number = decoder.U64();
  const std::uint32_t clusters = decoder.U32();
  for (std::uint32_t i = 0; i < clusters && decoder.ok(); ++i) {
    View::Members members;
    members.first = NodeId(decoder.U32());
    members.size = decoder.U32();
    members.stake = GetList(decoder);
    members.positions = GetList(decoder);
    view.clusters.push_back(std::move(members));
  }
  if (!decoder.ok() || decoder.remaining() > 0) return std::nullopt;
  return view;
}

}  // namespace lockstep::core
