// Counts commands: see counter.h.

#include "protocols/machines/counter.h"

#include <array>

#include "protocols/core/little_endian.h"
#include "protocols/core/wire.h"

namespace lockstep::machines {

core::Bytes Counter::Apply(const core::Bytes& command) {
  ++applied_;
  history_ = core::Mix(history_, command.Digest());
  std::array<char, sizeof(applied_)> answer;
  core::StoreLittle<sizeof(applied_)>(applied_, answer.data());
  return core::Bytes::Copy({answer.data(), answer.size()});
}

core::Bytes Counter::Snapshot() const {
  core::Encoder encoder;
  encoder.U64(applied_);
  encoder.U64(history_);
  encoder.PadTo(state_bytes_);
  return encoder.Take();
}

bool Counter::Restore(const core::Bytes& snapshot) {
  core::Decoder decoder(snapshot);
  const std::uint64_t applied = decoder.U64();
  const std::uint64_t history = decoder.U64();
  if (!decoder.ok()) return false;
  applied_ = applied;
  history_ = history;
  return true;
}

}  // namespace lockstep::machines
