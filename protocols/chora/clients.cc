// Requests of clients: see clients.h.

#include "protocols/chora/clients.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::chora {
namespace {

// An entry of an ascending or short list, by its number.
template <typename List>
auto FindIn(List& list, std::uint64_t id) {
  return std::find_if(list.begin(), list.end(), [id](const auto& entry) { return entry.id == id; });
}

}  // namespace

const ClientTable::Client* ClientTable::Find(core::ClientId name) const {
  const auto found = index_.find(name.value());
  return found == index_.end() ? nullptr : &clients_[found->second];
}

ClientTable::Client& ClientTable::Ensure(core::ClientId name) {
  const auto [found, is_new] =
      index_.try_emplace(name.value(), static_cast<std::uint32_t>(clients_.size()));
  if (is_new) clients_.push_back({name, 0, {}, {}});
  return clients_[found->second];
}

ClientTable::State ClientTable::StateOf(core::ClientId name, core::RequestId id) const {
  const Client* client = Find(name);
  if (client == nullptr) return State::kNew;
  if (id.value() < client->low) return State::kForgotten;
  if (FindIn(client->kept, id.value()) != client->kept.end()) return State::kAnswered;
  if (FindIn(client->open, id.value()) != client->open.end()) return State::kOpen;
  return State::kNew;
}

core::Bytes ClientTable::AnswerOf(core::ClientId name, core::RequestId id) const {
  const Client* client = Find(name);
  CHECK(client != nullptr);
  const auto kept = FindIn(client->kept, id.value());
  CHECK(kept != client->kept.end());
  return kept->answer;
}

void ClientTable::Open(core::ClientId name, core::RequestId id, bool is_own) {
  Client& client = Ensure(name);
  const auto open = FindIn(client.open, id.value());
  if (open == client.open.end()) {
    client.open.push_back({id.value(), is_own});
  } else {
    open->is_own = open->is_own || is_own;
  }
}

ClientTable::Executed ClientTable::Execute(const Command& command, core::StateMachine& machine) {
  Client& client = Ensure(command.client);
  const std::uint64_t id = command.id.value();
  if (command.low > client.low) Forget(client, command.low);
  Executed executed;
  if (id < client.low) return executed;
  const auto open = FindIn(client.open, id);
  if (open != client.open.end()) {
    executed.is_to_be_sent = open->is_own;
    // Their order does not matter.
    *open = client.open.back();
    client.open.pop_back();
  }
  const auto behind = std::find_if(client.kept.begin(), client.kept.end(),
                                   [id](const Kept& entry) { return entry.id >= id; });
  if (behind != client.kept.end() && behind->id == id) {
    executed.answer = behind->answer;
    return executed;
  }
  executed.is_new = true;
  executed.answer = machine.Apply(command.content);
  if (behind == client.kept.end()) {
    client.kept.push_back({id, executed.answer});
  } else {
    client.kept.insert(behind, {id, executed.answer});
  }
  return executed;
}

void ClientTable::Forget(Client& client, std::uint64_t low) {
  client.low = low;
  const bool keeps_none = client.kept.empty() || client.kept.back().id < low;
  if (keeps_none) {
    client.kept.clear();
  } else {
    std::erase_if(client.kept, [low](const Kept& kept) { return kept.id < low; });
  }
  std::erase_if(client.open, [low](const Opened& open) { return open.id < low; });
}

std::vector<const ClientTable::Client*> ClientTable::Sorted() const {
  std::vector<const Client*> sorted;
  for (const Client& client : clients_) {
    // Of others nothing has been executed.
    if (client.low > 0 || !client.kept.empty()) sorted.push_back(&client);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Client* a, const Client* b) { return a->name < b->name; });
  return sorted;
}

void ClientTable::Encode(core::Encoder& encoder) const {
  const std::vector<const Client*> sorted = Sorted();
  encoder.U32(static_cast<std::uint32_t>(sorted.size()));
  for (const Client* client : sorted) {
    encoder.U64(client->name.value());
    encoder.U64(client->low);
    encoder.U32(static_cast<std::uint32_t>(client->kept.size()));
    for (const Kept& kept : client->kept) {
      encoder.U64(kept.id);
      encoder.U32(static_cast<std::uint32_t>(kept.answer.size()));
    }
  }
}

void ClientTable::EncodeAnswers(core::Encoder& encoder) const {
  for (const Client* client : Sorted()) {
    for (const Kept& kept : client->kept) encoder.Content(kept.answer);
  }
}

bool ClientTable::Restore(core::Decoder& decoder, std::vector<Answer>& answered) {
  struct Read {
    core::ClientId name;
    std::uint64_t low = 0;
    std::vector<Kept> kept;
    std::vector<std::uint64_t> sizes;
  };
  std::vector<Read> all;
  const std::uint32_t count = decoder.U32();
  for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) {
    Read& read = all.emplace_back();
    read.name = core::ClientId(decoder.U64());
    read.low = decoder.U64();
    const std::uint32_t kept = decoder.U32();
    for (std::uint32_t k = 0; k < kept && decoder.ok(); ++k) {
      read.kept.push_back({decoder.U64(), {}});
      read.sizes.push_back(decoder.U32());
    }
  }
  for (Read& read : all) {
    for (std::size_t k = 0; k < read.kept.size(); ++k) {
      read.kept[k].answer = decoder.Content(read.sizes[k]);
    }
  }
  if (!decoder.ok()) return false;
  for (Client& client : clients_) {
    client.low = 0;
    client.kept.clear();
  }
  for (Read& read : all) {
    Client& client = Ensure(read.name);
    client.low = read.low;
    client.kept = std::move(read.kept);
    for (const Opened& open : client.open) {
      const auto kept = FindIn(client.kept, open.id);
      if (kept == client.kept.end() || !open.is_own) continue;
      answered.push_back({client.name, core::RequestId(open.id), kept->answer});
    }
    std::erase_if(client.open, [&](const Opened& open) {
      return open.id < client.low || FindIn(client.kept, open.id) != client.kept.end();
    });
  }
  return true;
}

void CommandQueue::PushFront(std::vector<Command> commands) {
  const auto at = commands_.begin() + static_cast<std::ptrdiff_t>(head_);
  commands_.insert(at, std::make_move_iterator(commands.begin()),
                   std::make_move_iterator(commands.end()));
}

std::vector<Command> CommandQueue::Take(std::uint64_t count, std::uint64_t reconfs,
                                        std::uint64_t bytes) {
  std::vector<Command> taken;
  if (empty()) return taken;
  taken.reserve(std::min<std::uint64_t>(count, size()));
  std::uint64_t contents = 0;
  bool is_uniform = true;
  while (!empty() && taken.size() < count) {
    Command& next = commands_[head_];
    if (table_.StateOf(next.client, next.id) == ClientTable::State::kOpen) {
      const std::uint64_t size = next.content.size();
      is_uniform = is_uniform && (taken.empty() || size == taken[0].content.size());
      contents += size;
      if (Batch::BytesOf(reconfs, taken.size() + 1, contents, is_uniform) > bytes) break;
      taken.push_back(std::move(next));
    }
    ++head_;
  }
  if (head_ == commands_.size() || head_ > 1'024) {
    commands_.erase(commands_.begin(), commands_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return taken;
}

}  // namespace lockstep::chora
