// Values under keys: see key_value.h.

#include "protocols/machines/key_value.h"

#include <optional>
#include <utility>

#include "protocols/core/hash.h"
#include "protocols/core/wire.h"

namespace lockstep::machines {
namespace {

std::uint64_t DigestOf(std::string_view key, std::string_view value) {
  return core::Mix(core::HashBytes(key.data(), key.size()),
                   core::HashBytes(value.data(), value.size()));
}

}  // namespace

core::Bytes KeyValue::Apply(const core::Bytes& command) {
  const std::optional<core::Operation> operation = core::DecodeOperation(command);
  if (!operation) return core::Bytes::Copy(std::string(1, core::Operation::kRefused));
  const auto found = values_.find(operation->key);
  std::optional<std::string> before;
  if (found != values_.end()) before = found->second;
  if (operation->kind == core::Operation::Kind::kGet) return core::AnswerOf(before);
  if (found != values_.end()) {
    digest_ -= DigestOf(found->first, found->second);
    values_.erase(found);
  }
  if (const std::optional<std::string> after = operation->Apply(before))
    Add(operation->key, *after);
  return core::AnswerOf(before);
}

void KeyValue::Add(const std::string& key, const std::string& value) {
  values_[key] = value;
  digest_ += DigestOf(key, value);
}

core::Bytes KeyValue::Snapshot() const {
  core::Encoder encoder;
  encoder.U64(values_.size());
  for (const auto& [key, value] : values_) {
    encoder.U32(static_cast<std::uint32_t>(key.size()));
    encoder.U32(static_cast<std::uint32_t>(value.size()));
    encoder.Content(core::Bytes::Copy(key));
    encoder.Content(core::Bytes::Copy(value));
  }
  return encoder.Take();
}

bool KeyValue::Restore(const core::Bytes& snapshot) {
  KeyValue restored;
  core::Decoder decoder(snapshot);
  const std::uint64_t count = decoder.U64();
  for (std::uint64_t i = 0; i < count && decoder.ok(); ++i) {
    const std::uint32_t key_size = decoder.U32();
    const std::uint32_t value_size = decoder.U32();
    const std::string key = decoder.Content(key_size).ToString();
    const std::string value = decoder.Content(value_size).ToString();
    if (decoder.ok() && !restored.values_.contains(key)) restored.Add(key, value);
  }
  if (!decoder.ok() || decoder.remaining() != 0 || restored.values_.size() != count) return false;
  *this = std::move(restored);
  return true;
}

}  // namespace lockstep::machines
