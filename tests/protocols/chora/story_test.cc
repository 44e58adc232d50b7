// Whole clusters of Chora-R, round by round, as text files that read without the code.
//
// A message takes half a round. Each round is told by what differs from nothing: the votes cast at
// its boundary, what was decided otherwise than by votes, what was executed, and what was noted.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/chora/messages.h"
#include "protocols/chora/notes.h"
#include "protocols/chora/replica.h"
#include "protocols/core/log_notes.h"
#include "protocols/machines/counter.h"
#include "tests/support/script.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::Has;

constexpr core::Duration kRound = core::Duration::Microseconds(2);

// "0 1 2: " and what they all say, in the order in which it was first said.
class Chorus {
 public:
  void Say(std::uint32_t who, const std::string& what) {
    auto found = std::find_if(said_.begin(), said_.end(),
                              [&](const auto& line) { return line.first == what; });
    if (found == said_.end()) found = said_.insert(found, {what, {}});
    found->second.insert(who);
  }
  std::string Told() const {
    std::string text;
    for (const auto& [what, who] : said_) {
      absl::StrAppend(&text, absl::StrJoin(who, " "), ": ", what, "\n");
    }
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::set<std::uint32_t>>> said_;
};

class Story {
 public:
  explicit Story(chora::Config config) : config_(std::move(config)) {
    hosts_.resize(config_.replicas());
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) Boot(i);
  }

  std::string Answer(const Command& command) {
    const std::string& name = command.name();
    if (name == "round") return Round(command.Get<std::uint64_t>("n"));
    if (name == "run") {
      is_brief_ = !command.Has("slots") || command.Get<std::uint64_t>("slots") == 0;
      const std::string text = Run(command.Get<std::uint64_t>("to"));
      is_brief_ = false;
      return text;
    }
    if (name == "heal") {
      cuts_.clear();
      return "";
    }
    if (name == "cut") {
      // Nothing passes in this direction until all is healed.
      cuts_.insert({command.Get<std::uint32_t>("from"), command.Get<std::uint32_t>("to")});
      return "";
    }
    const auto replica = command.Get<std::uint32_t>("replica");
    if (replica >= hosts_.size()) return "no such replica";
    if (name == "crash") {
      hosts_[replica].node.reset();
      hosts_[replica].timers.clear();
      ++hosts_[replica].incarnation;
      return "";
    }
    if (name == "restart") {
      Boot(replica);
      return Tell();
    }
    if (name == "submit") {
      core::Effects effects;
      hosts_[replica].node->OnSubmit(
          Now(), command.Get<core::ClientId>("client"), command.Get<core::RequestId>("request"),
          command.Get<core::RequestId>("request"), core::Bytes::Copy("hello"), effects);
      Perform(replica, effects);
      return "";
    }
    if (name == "delay") {
      // The next round message from this replica to another comes so many half rounds later.
      delays_[{replica, command.Get<std::uint32_t>("to")}] = command.Get<std::uint64_t>("halves");
      return "";
    }
    return "no such command";
  }

 private:
  struct Host {
    std::unique_ptr<chora::Replica> node;
    std::map<core::TimerId, core::Instant> timers;
    std::uint64_t incarnation = 0;
    std::uint64_t told_votes = 0;     // rounds whose votes have been told
    std::uint64_t told_executed = 0;  // rounds whose execution has been told
  };
  struct Message {
    std::uint64_t at;
    std::uint32_t from;
    std::uint32_t to;
    core::Bytes payload;
  };

  core::Now Now() const {
    const core::Instant at = core::Instant() + core::Duration::Picoseconds(kRound.ps() / 2) *
                                                   static_cast<std::int64_t>(half_);
    return core::Now(at, at, at);
  }

  void Boot(std::uint32_t index) {
    Host& host = hosts_[index];
    core::Seat seat;
    seat.self = core::NodeId(index);
    seat.index = index;
    seat.incarnation = host.incarnation;
    seat.random = core::Random(1).Fork(absl::StrCat("seat/", index));
    host.node =
        std::make_unique<chora::Replica>(config_, seat, std::make_unique<machines::Counter>());
    host.told_votes = 0;
    host.told_executed = 0;
    core::Effects effects;
    host.node->OnStart(Now(), {}, effects);
    Perform(index, effects);
  }

  // One half of a round: messages in the order of sending, then timers.
  void Half() {
    std::vector<Message> due;
    for (auto message = messages_.begin(); message != messages_.end();) {
      if (message->at > half_) {
        ++message;
        continue;
      }
      due.push_back(std::move(*message));
      message = messages_.erase(message);
    }
    for (const Message& message : due) {
      if (hosts_[message.to].node == nullptr) continue;
      core::Effects effects;
      hosts_[message.to].node->OnMessage(Now(), core::NodeId(message.from), message.payload,
                                         effects);
      Perform(message.to, effects);
    }
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) FireTimers(i);
    ++half_;
  }

  void FireTimers(std::uint32_t index) {
    // What a timer sets for now fires now.
    for (int pass = 0; pass < 3; ++pass) {
      std::vector<core::TimerId> due;
      for (const auto& [timer, at] : hosts_[index].timers) {
        if (at <= Now().monotonic()) due.push_back(timer);
      }
      for (const core::TimerId timer : due) {
        hosts_[index].timers.erase(timer);
        core::Effects effects;
        hosts_[index].node->OnTimer(Now(), timer, effects);
        Perform(index, effects);
      }
    }
  }

  void Perform(std::uint32_t index, const core::Effects& effects) {
    for (const core::Listed& listed : effects.list()) {
      if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
        if (cuts_.contains({index, send->to.value()})) continue;
        std::uint64_t halves = 1;
        const bool is_round = chora::Codec::TypeOf(send->payload) == chora::MessageType::kRound;
        const auto delay = delays_.find({index, send->to.value()});
        if (is_round && delay != delays_.end()) {
          halves = delay->second;
          delays_.erase(delay);
        }
        messages_.push_back({half_ + halves, index, send->to.value(), send->payload});
      } else if (const auto* timer = std::get_if<core::effect::SetTimer>(&listed.what)) {
        hosts_[index].timers[timer->id] = timer->at;
      } else if (const auto* note = std::get_if<core::effect::Note>(&listed.what)) {
        OnNote(index, *note);
      } else if (const auto* reply = std::get_if<core::effect::Reply>(&listed.what)) {
        chorus_.Say(index, absl::StrCat("answer client ", reply->client.value(), " request ",
                                        reply->id.value()));
      }
    }
  }

  static std::string Lanes(std::uint64_t mask) {
    std::vector<std::uint32_t> lanes;
    chora::ForEachBit(mask, [&](std::uint32_t lane) { lanes.push_back(lane); });
    return absl::StrJoin(lanes, " ");
  }

  void OnNote(std::uint32_t index, const core::effect::Note& note) {
    const std::uint64_t value = note.values.first;
    const bool is_of_slots = note.kind == chora::kResolved ||
                             note.kind == chora::kRoundViolations || note.kind == chora::kRoundLate;
    if (is_brief_ && is_of_slots) return;
    if (note.kind == chora::kResolved) {
      const std::uint64_t ballot = note.detail / 64;
      chorus_.Say(
          index, absl::StrCat("decide ", value, "/", note.detail % 64, " is ",
                              note.digest == 1 ? "the batch" : "nothing", ", ",
                              ballot == 0 ? "told by others" : absl::StrCat("by ballot ", ballot)));
    } else if (note.kind == chora::kRoundViolations) {
      chorus_.Say(index, absl::StrCat("miss round ", value, " of ", Lanes(note.detail)));
    } else if (note.kind == chora::kRoundLate) {
      chorus_.Say(index, absl::StrCat("hear round ", value, " of ", note.peer.value(), " late"));
    } else if (note.kind == core::kLanes) {
      chorus_.Say(index, absl::StrCat("lanes from round ", value, " on: ", Lanes(note.detail)));
    } else if (note.kind == chora::kRecovering) {
      chorus_.Say(index, "has lost its memory");
    } else if (note.kind == core::NoteKind::kRejoined) {
      chorus_.Say(index, absl::StrCat("back, with all before round ", value,
                                      " executed; acts from round ", note.detail, " on"));
    } else if (note.kind == core::NoteKind::kInstalled) {
      chorus_.Say(index, absl::StrCat("installed the checkpoint at round ", value / hosts_.size()));
    } else if (note.kind == chora::kConflict) {
      chorus_.Say(index, "CONFLICT");
    }
  }

  // The votes that have been cast, and the rounds that have been executed.
  void Look(bool is_brief) {
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      Host& host = hosts_[i];
      if (host.node == nullptr) continue;
      const chora::Board& board = host.node->board();
      for (; host.told_votes < board.cast_next(); ++host.told_votes) {
        if (is_brief || !board.ring().Contains(host.told_votes)) continue;
        if (!board.IsActable(host.told_votes)) continue;
        std::string votes;
        for (std::uint32_t lane = 0; lane < config_.replicas(); ++lane) {
          absl::StrAppend(&votes, Has(board.ring().row(host.told_votes).ones, lane) ? 1 : 0);
        }
        chorus_.Say(i, absl::StrCat("vote on round ", host.told_votes, ": ", votes));
      }
      const std::uint64_t executed = host.node->executor().executed();
      if (!is_brief && executed > host.told_executed) {
        chorus_.Say(i, absl::StrCat("execute up to round ", executed - 1));
      }
      host.told_executed = executed;
    }
  }

  std::string Tell() {
    std::string text = chorus_.Told();
    chorus_ = Chorus();
    return text;
  }

  std::string Round(std::uint64_t n) {
    if (n != half_ / 2) return absl::StrCat("want round ", half_ / 2);
    Half();
    Half();
    Look(/*is_brief=*/false);
    return Tell();
  }

  // Many rounds, of which only what is noted is told; of single slots only where it is asked for.
  std::string Run(std::uint64_t to) {
    std::string text;
    while (half_ / 2 <= to) {
      const std::uint64_t n = half_ / 2;
      Half();
      Half();
      Look(/*is_brief=*/true);
      if (const std::string told = Tell(); !told.empty()) {
        absl::StrAppend(&text, "in round ", n, "\n", told);
      }
    }
    return text;
  }

  chora::Config config_;
  std::vector<Host> hosts_;
  std::vector<Message> messages_;  // in the order of sending
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> delays_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> cuts_;
  std::uint64_t half_ = 0;
  bool is_brief_ = false;
  Chorus chorus_;
};

chora::Config ConfigOf(std::uint32_t replicas) {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), replicas, (replicas - 1) / 2, 0, false};
  config.round_length = kRound;
  config.hard_window = 64;
  config.checkpoint_rounds = 16;
  config.ring_rounds = 64 + 1 + 4 * 16;
  return config;
}

void Play(const std::string& file, std::uint32_t replicas) {
  Story story(ConfigOf(replicas));
  RunScript(absl::StrCat("protocols/chora/", file),
            [&](const Command& command) { return story.Answer(command); });
}

TEST_CASE("chora: the story of clean rounds") { Play("clean.txt", 3); }
TEST_CASE("chora: the story of a message that comes after the vote") { Play("late.txt", 3); }
TEST_CASE("chora: the story of an owner that dies, and its resolver") { Play("owner.txt", 3); }
TEST_CASE("chora: the story of an owner that dies with its resolver") { Play("resolver.txt", 5); }
TEST_CASE("chora: the story of two that mend the same slot") { Play("two_resolvers.txt", 5); }
TEST_CASE("chora: the story of a lane that is given up and comes back") { Play("lanes.txt", 3); }
TEST_CASE("chora: the story of a replica that comes back without its memory") {
  Play("rejoin.txt", 3);
}

}  // namespace
}  // namespace lockstep::tests
