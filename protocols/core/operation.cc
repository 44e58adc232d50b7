// The codec of a store of values under keys: see operation.h.

#include "protocols/core/operation.h"

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::core {
namespace {

std::string KeyOf(std::uint64_t number) { return absl::StrCat("k", number); }

}  // namespace

std::optional<std::string> Operation::Apply(const std::optional<std::string>& before) const {
  switch (kind) {
    case Kind::kGet:
      return before;
    case Kind::kPut:
      return value;
    case Kind::kDelete:
      return std::nullopt;
    case Kind::kAppend:
      return before.value_or("") + value;
  }
  return before;
}

Bytes EncodeOperation(const Operation& operation) {
  const std::size_t key_bytes = operation.key.size();
  CHECK(key_bytes <= Operation::kKeyBytesMax);
  std::string bytes;
  bytes.reserve(Operation::kOverhead + key_bytes + operation.value.size());
  bytes.push_back(static_cast<char>(operation.kind));
  bytes.push_back(static_cast<char>(key_bytes & 255));
  bytes.push_back(static_cast<char>(key_bytes >> 8));
  bytes += operation.key;
  if (operation.has_value()) bytes += operation.value;
  return Bytes::Copy(bytes);
}

std::optional<Operation> DecodeOperation(const Bytes& bytes) {
  const std::string text = bytes.ToString();
  if (text.size() < Operation::kOverhead) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>(text[0]);
  if (kind > static_cast<std::uint8_t>(Operation::Kind::kAppend)) return std::nullopt;
  const std::size_t key_bytes =
      static_cast<std::uint8_t>(text[1]) + 256U * static_cast<std::uint8_t>(text[2]);
  const std::size_t head = Operation::kOverhead + key_bytes;
  if (text.size() < head) return std::nullopt;
  Operation operation;
  operation.kind = static_cast<Operation::Kind>(kind);
  operation.key = text.substr(Operation::kOverhead, key_bytes);
  operation.value = text.substr(head);
  if (!operation.has_value() && !operation.value.empty()) return std::nullopt;
  return operation;
}

Bytes AnswerOf(const std::optional<std::string>& before) {
  std::string answer(1, before ? Operation::kPresent : Operation::kAbsent);
  if (before) answer += *before;
  return Bytes::Copy(answer);
}

std::uint64_t OperationMix::RequestBytes() const {
  return Operation::kOverhead + KeyOf(keys - 1).size() + value_bytes;
}

Operation OperationMix::Of(ClientId client, RequestId request) const {
  const std::uint64_t drawn = Mix(client.value(), request.value());
  Operation operation;
  operation.key = KeyOf(Mix(drawn, 1) % keys);
  const std::uint64_t share = Mix(drawn, 2) % 100;
  if (share < get_percent) return operation;
  operation.kind =
      share < get_percent + append_percent ? Operation::Kind::kAppend : Operation::Kind::kPut;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) operation.value += kDigits[(drawn >> shift) & 15];
  operation.value.resize(value_bytes, '.');
  return operation;
}

}  // namespace lockstep::core
