// Orders of appends: see chains.h.

#include "analysis/linear/chains.h"

#include <utility>

namespace lockstep::analysis::linear {

void Chains::AddSayer(Sayers& sayers, std::string_view text, std::uint32_t item) {
  const auto [found, is_new] = sayers.try_emplace(text, item);
  if (!is_new) found->second = kSeveral;
}

void Chains::AddWriter(std::uint32_t item, const Operation& operation) {
  has_others_ = has_others_ || operation.action == Action::kCompareAndSet;
  AddSayer(operation.action == Action::kAppend ? appends_ : writes_, operation.value, item);
  sizes_.insert(operation.value.size());
}

std::uint32_t Chains::Parse(const Sayers& sayers, std::string_view rest, std::size_t& size) const {
  std::uint32_t who = kUnknown;
  for (const std::size_t each : sizes_) {
    if (each > rest.size()) break;
    const auto found = sayers.find(rest.substr(0, each));
    if (found == sayers.end()) continue;
    if (who != kUnknown || each == 0) return kSeveral;
    who = found->second;
    size = each;
  }
  return who;
}

void Chains::Link(std::uint32_t before, std::uint32_t next) {
  const std::uint32_t known_next = At(next_, before);
  const std::uint32_t known_before = At(before_, next);
  const bool is_other = (known_next != kUnknown && known_next != next) ||
                        (known_before != kUnknown && known_before != before);
  is_impossible_ = is_impossible_ || is_other;
  next_[before] = next;
  before_[next] = before;
}

void Chains::AddRead(const std::string& value, const std::string& initial) {
  // Without appends there is nothing to learn.
  if (has_others_ || appends_.empty() || value.empty() || !initial.empty()) return;
  std::vector<std::uint32_t> chain;
  std::string_view rest = value;
  std::size_t size = 0;
  const std::uint32_t write = Parse(writes_, rest, size);
  std::size_t append_size = 0;
  if (write == kUnknown) {
    chain.push_back(kBeginning);
  } else if (write == kSeveral || Parse(appends_, rest, append_size) != kUnknown) {
    return;
  } else {
    chain.push_back(write);
    rest.remove_prefix(size);
  }
  while (!rest.empty()) {
    const std::uint32_t append = Parse(appends_, rest, size);
    if (append == kSeveral) return;
    is_impossible_ = is_impossible_ || append == kUnknown;
    if (append == kUnknown) return;
    chain.push_back(append);
    rest.remove_prefix(size);
  }
  for (std::size_t i = 1; i < chain.size(); ++i) Link(chain[i - 1], chain[i]);
}

}  // namespace lockstep::analysis::linear
