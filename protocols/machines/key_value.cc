// Values under keys: see key_value.h.

#include "protocols/machines/key_value.h"

#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"
#include "protocols/core/wire.h"

namespace lockstep::machines {
namespace {

constexpr char kGet = 0;
constexpr char kPut = 1;
constexpr char kDelete = 2;
constexpr std::size_t kHeadBytes = 3;
constexpr std::size_t kKeyBytesMax = 65'535;

core::Bytes Command(char operation, std::string_view key, std::string_view value) {
  CHECK(key.size() <= kKeyBytesMax);
  std::string command;
  command.push_back(operation);
  command.push_back(static_cast<char>(key.size() & 255));
  command.push_back(static_cast<char>(key.size() >> 8));
  command.append(key);
  command.append(value);
  return core::Bytes::Copy(command);
}

std::uint64_t DigestOf(std::string_view key, std::string_view value) {
  return core::Mix(core::HashBytes(key.data(), key.size()),
                   core::HashBytes(value.data(), value.size()));
}

}  // namespace

core::Bytes KeyValue::Get(std::string_view key) { return Command(kGet, key, ""); }
core::Bytes KeyValue::Put(std::string_view key, std::string_view value) {
  return Command(kPut, key, value);
}
core::Bytes KeyValue::Delete(std::string_view key) { return Command(kDelete, key, ""); }

core::Bytes KeyValue::Apply(const core::Bytes& command) {
  const std::string text = command.ToString();
  const std::string refused(1, kRefused);
  if (text.size() < kHeadBytes) return core::Bytes::Copy(refused);
  const char operation = text[0];
  const std::size_t length =
      static_cast<std::uint8_t>(text[1]) + 256U * static_cast<std::uint8_t>(text[2]);
  const bool is_whole =
      operation == kPut ? text.size() >= kHeadBytes + length : text.size() == kHeadBytes + length;
  if (operation < kGet || operation > kDelete || !is_whole) return core::Bytes::Copy(refused);

  const std::string key = text.substr(kHeadBytes, length);
  const auto found = values_.find(key);
  std::string answer(1, found == values_.end() ? kAbsent : kPresent);
  if (found != values_.end()) answer += found->second;
  if (operation != kGet && found != values_.end()) {
    digest_ -= DigestOf(found->first, found->second);
    values_.erase(found);
  }
  if (operation == kPut) Add(key, text.substr(kHeadBytes + length));
  return core::Bytes::Copy(answer);
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
