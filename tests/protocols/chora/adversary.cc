// A cluster in bad company: see adversary.h.

#include "tests/protocols/chora/adversary.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/chora/notes.h"
#include "protocols/chora/replica.h"
#include "protocols/core/log_notes.h"
#include "protocols/core/random.h"
#include "tests/protocols/chora/log_machine.h"
#include "tests/protocols/chora/tribunal.h"
#include "tests/protocols/chora/witness.h"

namespace lockstep::tests {
namespace {

using chora::SlotName;
using chora::Value;

constexpr std::uint64_t kTicksPerRound = 4;
constexpr core::Duration kRoundLength =
    core::Duration::Nanoseconds(4'800);  // D = 1, 2, 3 divide it
constexpr std::uint32_t kClients = 4;
constexpr std::uint64_t kRetryRounds = 40;
constexpr std::uint64_t kHealingMax = 6'000;
constexpr std::uint64_t kCalmRounds = 200;

class Cluster {
 public:
  explicit Cluster(const AdversaryOptions& options)
      : options_(options),
        random_(core::Random(options.seed).Fork("adversary")),
        witness_(options.replicas, (options.replicas + 1) / 2) {
    Configure();
    tribunal_ = std::make_unique<Tribunal>(config_, options.is_healing_asked);
    hosts_.resize(config_.replicas());
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) Boot(i);
    for (std::uint32_t c = 0; c < kClients; ++c) clients_.emplace_back();
  }

  AdversaryOutcome Run() {
    const std::uint64_t rounds = options_.stormy_rounds / 2 + Below(options_.stormy_rounds);
    const std::uint64_t stormy = rounds * kTicksPerRound;
    for (std::uint64_t i = 0; i < stormy && outcome_.failure.empty(); ++i) Tick();
    Heal();
    const std::uint64_t limit = kHealingMax * kTicksPerRound / config_.depth;
    const std::uint64_t begin = tick_;
    bool is_well = false;
    while (outcome_.failure.empty() && tick_ < begin + limit && !is_well) {
      Tick();
      // Without a promise to heal, a while of calm may still bring a wrong decision to light.
      if (!options_.is_healing_asked && tick_ > begin + 200 * kTicksPerRound) break;
      is_well = tick_ > begin + 40 * kTicksPerRound && tick_ % 8 == 0 && IsWell();
    }
    outcome_.healing_rounds = (tick_ - begin) * config_.depth / kTicksPerRound;
    if (outcome_.failure.empty() && options_.is_healing_asked && !is_well) {
      Fail(absl::StrCat("stuck: ", WhyIll(), Describe()));
    }
    if (outcome_.failure.empty() && is_well) CheckEqualStates();
    outcome_.decisions = witness_.decisions();
    // What was under way when it was well has come to its end, too.
    for (std::uint64_t i = 0; is_well && i < kCalmRounds * kTicksPerRound; ++i) Tick();
    const core::Instant heal = TimeAt(begin);
    outcome_.objections = tribunal_->Ask(heal, &outcome_.letters);
    return outcome_;
  }

 private:
  struct Message {
    std::uint64_t at;  // tick
    std::uint32_t from;
    std::uint32_t to;
    core::Bytes payload;
  };
  struct Host {
    std::unique_ptr<chora::Replica> replica;  // none while it is down
    LogMachine* machine = nullptr;
    std::map<core::TimerId, std::pair<core::Instant, core::Clock>> timers;
    std::uint64_t incarnation = 0;
    std::int64_t offset_ps = 0;       // of its synchronised clock
    core::Instant shown;              // which never goes back
    std::uint64_t paused_until = 0;   // tick
    std::uint64_t restart_at = 0;     // tick, while it is down
    std::uint64_t forgotten_end = 0;  // one past the last round on which earlier lives acted
    bool is_floor_checked = true;
    bool is_dead_for_good = false;
    std::uint64_t crash_after = 0;  // effects; 0: it is not about to crash
  };
  struct Client {
    std::uint64_t next = 1;                       // the next request
    std::map<std::uint64_t, std::uint64_t> open;  // request -> tick of the next try
  };

  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  bool Chance(std::uint64_t percent) { return random_.Chance(percent, 100); }
  std::uint64_t Between(std::uint64_t low, std::uint64_t high) {
    return low + Below(high - low + 1);
  }
  // Keeps the first of what is wrong; nothing is wrong where it is empty.
  void Fail(const std::string& what) {
    if (options_.damage_percent > 0) return;
    if (outcome_.failure.empty() && !what.empty()) {
      outcome_.failure = absl::StrCat("N=", options_.replicas, " seed=", options_.seed, " tick ",
                                      tick_, ": ", what);
    }
  }

  void Configure() {
    config_.cluster = core::Cluster{"a", core::NodeId(0), options_.replicas, 0, 0, false};
    config_.cluster_id = 7;
    config_.round_length = kRoundLength;
    config_.depth = static_cast<std::uint32_t>(Between(1, 3));
    config_.vote_rounds = config_.depth + static_cast<std::uint32_t>(Between(1, 7));
    config_.alpha = static_cast<std::uint32_t>(Between(1, 3));
    const bool is_roomy = options_.is_healing_asked;
    config_.hard_window =
        is_roomy ? 64 * config_.depth + Below(32) : config_.depth + Between(1, 40);
    const std::uint64_t soft_least = (4 * std::uint64_t{config_.faults()} + 8) * config_.depth;
    config_.soft_window =
        is_roomy ? soft_least : Between(1, std::min(config_.hard_window, soft_least));
    config_.checkpoint_rounds = is_roomy ? Between(16, 40) : Between(2, 12);
    config_.ring_rounds =
        config_.hard_window + config_.depth + 4 * config_.checkpoint_rounds + Below(8);
    config_.dead_rounds = Between(4, 16);
    config_.batch_commands = Between(1, 4);
    config_.command_bytes_max = 20;
    const std::uint64_t packet_least =
        is_roomy ? chora::kRepairHeadBytes + 27 * 6 * std::uint64_t{options_.replicas} : 250;
    config_.packet_bytes = std::max<std::uint64_t>(packet_least, 350) + Below(1'000);
    client_window_ = Between(1, 4);
    config_.state_rounds = 4;
    if (Chance(25)) config_.clock = chora::ClockMode::kSelf;
    config_.expected_delay = core::Duration::Picoseconds(config_.interval().ps() / 2);
    loss_percent_ = Below(41);
    repeat_percent_ = Below(20);
    delay_rounds_ = Between(1, 9);
    mischief_percent_ = Below(Chance(50) ? 4 : 10);
    lane_percent_ = Chance(50) ? 0 : 10;
    // A monotonic clock may drift and stop, but does not leap.
    leap_percent_ = config_.clock == chora::ClockMode::kSelf ? 0 : Chance(50) ? 2 : 20;
  }

  // --- Hosts ---

  void Boot(std::uint32_t index) {
    Host& host = hosts_[index];
    if (host.incarnation > 0) tribunal_->Restarted(index);
    core::Seat seat;
    seat.self = core::NodeId(index);
    seat.index = index;
    seat.incarnation = host.incarnation;
    seat.random = core::Random(options_.seed).Fork(absl::StrCat("seat/", index));
    auto machine = std::make_unique<LogMachine>();
    host.machine = machine.get();
    host.timers.clear();
    host.restart_at = 0;
    host.crash_after = 0;
    host.is_floor_checked = host.incarnation == 0;
    host.replica = std::make_unique<chora::Replica>(config_, seat, std::move(machine));
    core::Effects effects;
    host.replica->OnStart(NowOf(host), {}, effects);
    Perform(index, effects);
  }

  core::Instant TimeAt(std::uint64_t tick) const {
    const auto passed = static_cast<std::int64_t>(tick) * kRoundLength.ps() /
                        static_cast<std::int64_t>(kTicksPerRound * config_.depth);
    return core::Instant() + core::Duration::Picoseconds(passed);
  }
  core::Now NowOf(Host& host) {
    const core::Instant real = TimeAt(tick_);
    host.shown = std::max(host.shown, real + core::Duration::Picoseconds(host.offset_ps));
    // Of the others nothing is promised; self-aligned rounds run on a clock that wanders as much.
    return core::Now(host.shown, host.shown, real);
  }

  void Crash(std::uint32_t index) {
    Host& host = hosts_[index];
    Look(index);
    tribunal_->Crashed(index);
    const chora::Board& board = host.replica->board();
    host.forgotten_end = std::max(host.forgotten_end, board.acted_end());
    host.replica.reset();
    host.machine = nullptr;
    host.timers.clear();
    ++host.incarnation;
    host.restart_at = tick_ + Between(1, (Chance(50) ? 4 : 30) * kTicksPerRound);
    ++outcome_.crashes;
    CheckHolders();
  }

  // --- Effects ---

  void Perform(std::uint32_t index, const core::Effects& effects) {
    for (const core::Listed& listed : effects.list()) {
      Host& host = hosts_[index];
      if (host.crash_after > 0 && --host.crash_after == 0) {
        Crash(index);  // In the middle of a broadcast, as often as not.
        return;
      }
      if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
        tribunal_->Sent(index, send->to.value(), send->payload);
        Transmit(index, send->to.value(), send->payload);
      } else if (const auto* timer = std::get_if<core::effect::SetTimer>(&listed.what)) {
        host.timers[timer->id] = {timer->at, timer->clock};
      } else if (const auto* note = std::get_if<core::effect::Note>(&listed.what)) {
        tribunal_->Noted(index, *note);
        OnNote(*note);
      } else if (const auto* reply = std::get_if<core::effect::Reply>(&listed.what)) {
        OnAnswer(index, *reply);
      }
    }
  }

  void Transmit(std::uint32_t from, std::uint32_t to, const core::Bytes& payload) {
    if (payload.size() > config_.packet_bytes) Fail("a message is longer than a packet");
    if (is_stormy_ && Chance(loss_percent_)) return;
    const std::uint64_t copies = is_stormy_ && Chance(repeat_percent_) ? 2 : 1;
    for (std::uint64_t i = 0; i < copies; ++i) {
      const bool is_slow = is_stormy_ && Chance(30);
      const std::uint64_t rounds = is_slow ? delay_rounds_ : 1;
      const std::uint64_t ticks =
          is_stormy_ ? Below(rounds * kTicksPerRound * config_.depth) + 1 : 1 + Below(2);
      const bool is_damaged = options_.damage_percent > 0 && Chance(options_.damage_percent);
      messages_.push_back({tick_ + ticks, from, to, is_damaged ? Damaged(payload) : payload});
    }
  }

  core::Bytes Damaged(const core::Bytes& payload) {
    std::string bytes = payload.ToString();
    for (std::uint64_t i = Between(1, 4); i > 0; --i) {
      bytes[Below(bytes.size())] = static_cast<char>(Chance(50) ? Below(4) : random_.Next());
    }
    return core::Bytes::Copy(bytes);
  }

  void OnNote(const core::effect::Note& note) {
    if (note.kind == chora::kConflict) {
      Fail(absl::StrCat("a second decision was noted: round ", note.values.first, " lane ",
                        note.detail % 64, " ballot ", note.detail / 64, " value ", note.digest));
    }
    if (note.kind == core::NoteKind::kInstalled) ++outcome_.installs;
    if (note.kind == core::kLanes) ++outcome_.lane_changes;
    if (note.kind == core::NoteKind::kRejoined) ++outcome_.rejoins;
    if (note.kind == core::NoteKind::kMalformed) Fail("a message was called malformed");
    Fail(witness_.Hear(note));
  }

  // --- Clients ---

  static std::string ContentOf(std::uint32_t client, std::uint64_t request) {
    return absl::StrCat("c", client, "/", request);
  }

  void OnAnswer(std::uint32_t index, const core::effect::Reply& reply) {
    Client& client = clients_[reply.client.value()];
    if (client.open.erase(reply.id.value()) > 0) {
      tribunal_->Returned(reply.client.value(), reply.id.value());
    }
    const std::string content =
        ContentOf(static_cast<std::uint32_t>(reply.client.value()), reply.id.value());
    if (!hosts_[index].machine->seen().contains(content)) {
      Fail(absl::StrCat(content, " was answered and never run"));
    }
  }

  void Submit(std::uint32_t c, std::uint64_t request) {
    std::uint32_t index = static_cast<std::uint32_t>(Below(hosts_.size()));
    if (!IsAwake(index)) return;
    core::Effects effects;
    hosts_[index].replica->OnSubmit(NowOf(hosts_[index]), core::ClientId(c),
                                    core::RequestId(request),
                                    core::RequestId(clients_[c].open.begin()->first),
                                    core::Bytes::Copy(ContentOf(c, request)), effects);
    Perform(index, effects);
  }

  void RunClients() {
    for (std::uint32_t c = 0; c < kClients; ++c) {
      Client& client = clients_[c];
      std::vector<std::uint64_t> due;
      for (const auto& [request, at] : client.open) {
        if (at <= tick_) due.push_back(request);
      }
      const bool is_open =
          client.open.empty() || client.next < client.open.begin()->first + client_window_;
      if (is_stormy_ && is_open && Chance(30)) {
        tribunal_->Invoked(c, client.next);
        due.push_back(client.next);
        ++client.next;
        ++outcome_.commands;
      }
      for (const std::uint64_t request : due) {
        client.open[request] = tick_ + kRetryRounds * kTicksPerRound;
        Submit(c, request);
      }
    }
  }

  // --- Time ---

  bool IsAwake(std::uint32_t index) const {
    return hosts_[index].replica != nullptr && hosts_[index].paused_until <= tick_;
  }

  // One call of something that is due at this host; false if nothing is.
  struct Due {
    std::uint32_t host;
    bool is_timer;
    core::TimerId timer;
    Message message;
  };

  void Tick() {
    ++tick_;
    tribunal_->At(TimeAt(tick_));
    if (is_stormy_) MakeMischief();
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      Host& host = hosts_[i];
      if (host.replica == nullptr && host.restart_at <= tick_ && !host.is_dead_for_good) Boot(i);
    }
    RunClients();
    // A few passes, since what is done may make more due at once.
    for (int pass = 0; pass < 3; ++pass) {
      std::vector<Due> due = CollectDue();
      if (due.empty()) break;
      for (std::size_t i = due.size(); i > 1; --i) std::swap(due[i - 1], due[Below(i)]);
      for (const Due& what : due) Call(what);
    }
    if (tick_ % kTicksPerRound != 0) return;
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_[i].replica != nullptr) Look(i);
    }
    Fail(witness_.CheckQuorums());
  }

  std::vector<Due> CollectDue() {
    std::vector<Due> due;
    std::vector<Message> later;
    for (Message& message : messages_) {
      if (message.at > tick_ || hosts_[message.to].paused_until > tick_) {
        later.push_back(std::move(message));
      } else if (hosts_[message.to].replica != nullptr) {
        due.push_back({message.to, false, core::TimerId(), std::move(message)});
      } else if (Chance(20)) {
        message.at = tick_ + Between(1, 20 * kTicksPerRound);  // It resurfaces in a later life.
        later.push_back(std::move(message));
      }
    }
    messages_ = std::move(later);
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      if (!IsAwake(i)) continue;
      const core::Now now = NowOf(hosts_[i]);
      for (const auto& [timer, at] : hosts_[i].timers) {
        if (now.On(at.second) >= at.first) due.push_back({i, true, timer, {}});
      }
    }
    return due;
  }

  void Call(const Due& what) {
    Host& host = hosts_[what.host];
    if (host.replica == nullptr) return;
    core::Effects effects;
    if (what.is_timer) {
      if (host.timers.erase(what.timer) == 0) return;
      host.replica->OnTimer(NowOf(host), what.timer, effects);
    } else {
      tribunal_->Handed(what.message.from, what.host, what.message.payload);
      host.replica->OnMessage(NowOf(host), core::NodeId(what.message.from), what.message.payload,
                              effects);
    }
    Perform(what.host, effects);
    if (host.machine != nullptr && host.machine->is_twice()) Fail("a command was run twice");
  }

  // Somebody asks a replica to change a lane, for no reason.
  void AskForLanes() {
    const auto to = static_cast<std::uint32_t>(Below(hosts_.size()));
    if (hosts_[to].replica == nullptr) return;
    const chora::Lanes& lanes = hosts_[to].replica->board().lanes();
    const auto lane = static_cast<std::uint32_t>(Below(hosts_.size()));
    const std::vector<chora::Reconf> wish = {
        {lane, !chora::Has(lanes.newest(), lane), lanes.EpochOf(lane)}};
    const auto from = static_cast<std::uint32_t>((to + 1) % hosts_.size());
    const chora::ForwardMessage message{{config_.cluster_id, 1, from},
                                        chora::Batch::Encode(wish, {})};
    messages_.push_back({tick_, from, to, chora::Codec(config_).Encode(message)});
  }

  void MakeMischief() {
    if (Chance(lane_percent_)) AskForLanes();
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      if (!Chance(mischief_percent_)) continue;
      const std::uint64_t what = Below(10);
      if (what < 3) {
        // At times for longer than every window.
        const std::uint64_t rounds = Chance(10) ? 2 * config_.hard_window : 12;
        hosts_[i].paused_until = tick_ + Between(1, rounds * kTicksPerRound);
      } else if (what < 6) {
        DisturbClock(hosts_[i]);
      } else {
        Threaten(Chance(50) ? FurthestAhead() : i);
      }
    }
  }

  void DisturbClock(Host& host) {
    const std::int64_t interval = config_.interval().ps();
    host.offset_ps +=
        static_cast<std::int64_t>(Below(3 * 1'000)) * interval / 2'000 - 3 * interval / 4;
    // At times far ahead, beyond every window.
    if (Chance(leap_percent_)) {
      host.offset_ps += interval * static_cast<std::int64_t>(Below(config_.hard_window + 8));
    }
  }

  // Whoever has acted on the latest round has most to forget.
  std::uint32_t FurthestAhead() const {
    std::uint32_t furthest = 0;
    std::uint64_t end = 0;
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_[i].replica == nullptr) continue;
      const std::uint64_t acted_end = hosts_[i].replica->board().acted_end();
      if (acted_end <= end) continue;
      end = acted_end;
      furthest = i;
    }
    return furthest;
  }

  // Lets a host crash soon, in the middle of what it does; as far as the cluster bears it.
  void Threaten(std::uint32_t index) {
    Host& host = hosts_[index];
    const bool is_faulty = host.replica == nullptr || host.replica->is_abstaining();
    if (is_faulty || host.crash_after > 0 || AboutToFail() >= config_.faults()) return;
    host.crash_after = Chance(40) ? 1 : Between(2, 12);
  }
  // Replicas that cannot act, for want of power or memory, or soon will not.
  std::uint32_t AboutToFail() const {
    std::uint32_t count = 0;
    for (const Host& host : hosts_) {
      const bool is_faulty = host.replica == nullptr || host.replica->is_abstaining();
      if (is_faulty || host.crash_after > 0) ++count;
    }
    return count;
  }

  void Heal() {
    is_stormy_ = false;
    for (Host& host : hosts_) {
      host.paused_until = 0;
      host.crash_after = 0;
      host.offset_ps = 0;
      // Up to f of those that are down stay so.
      if (host.replica == nullptr && Chance(50)) {
        host.is_dead_for_good = true;
      } else if (host.replica == nullptr) {
        host.restart_at = tick_ + 1;
      }
    }
  }

  // --- What is checked ---

  // Compares what a replica holds with what any has held before.
  void Look(std::uint32_t index) {
    if (options_.damage_percent > 0) return;
    Host& host = hosts_[index];
    const chora::Board& board = host.replica->board();
    if (!host.is_floor_checked && board.first_allowed() != chora::Board::kNever) {
      host.is_floor_checked = true;
      if (board.first_allowed() < host.forgotten_end) Fail("a floor lies below a forgotten act");
    }
    Fail(witness_.See(index, board));
  }

  // Every decided batch is held, or covered, by a replica that is alive and has all its memory.
  void CheckHolders() {
    for (std::uint64_t q = 0; q < witness_.rounds(); ++q) {
      std::uint64_t missing = witness_.BatchesOf(q);
      for (const Host& host : hosts_) {
        if (host.replica == nullptr || host.replica->is_abstaining()) continue;
        const chora::Ring& ring = host.replica->board().ring();
        if (host.replica->executor().executed() > q) missing = 0;
        if (ring.Contains(q)) missing &= ~ring.row(q).held;
      }
      if (missing != 0) {
        Fail(absl::StrCat("nobody holds the batch of a decided slot of round ", q));
        return;
      }
    }
  }

  // For whoever looks into a failure.
  std::string Describe() const {
    std::string text = absl::StrCat("; D ", config_.depth, ", windows ", config_.soft_window, " ",
                                    config_.hard_window, ", C ", config_.checkpoint_rounds,
                                    ", packets ", config_.packet_bytes);
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_[i].replica == nullptr) continue;
      const chora::Replica& replica = *hosts_[i].replica;
      const chora::Board& board = replica.board();
      absl::StrAppend(&text, "; ", i, ": round ", replica.round(), " frontier ", board.frontier(),
                      " base ", board.ring().base(), " executed ", replica.executor().executed(),
                      " allowed ", board.first_allowed() % chora::Board::kNever, " acting ",
                      board.is_acting(), " lanes ", board.lanes().newest(), " queue ",
                      replica.executor().queue().size());
      if (!board.ring().Contains(board.frontier())) continue;
      const chora::Row& row = board.ring().row(board.frontier());
      absl::StrAppend(&text, " [decided ", row.decided, " batches ", row.batches, " held ",
                      row.held, " proposing ", row.proposing, " preparing ", row.preparing, "]");
      chora::ForEachBit(board.Undecided(board.frontier()), [&](std::uint32_t lane) {
        const chora::Slot& slot = board.ring().slot({board.frontier(), lane});
        absl::StrAppend(&text, " (lane ", lane, " known ", slot.known, " ones ", slot.ones,
                        " promised ", slot.promised, " accepted ", slot.accepted);
        if (slot.contest != nullptr) {
          const chora::Contest& contest = *slot.contest;
          absl::StrAppend(&text, " ballot ", contest.ballot, " seen ", contest.ballot_seen, " by ",
                          contest.promised, " next try ", contest.next_try, " backoff ",
                          contest.backoff, " due ", contest.prepare_due);
        }
        absl::StrAppend(&text, ")");
      });
    }
    return text;
  }

  bool IsWell() { return WhyIll().empty(); }
  std::string WhyIll() {
    for (std::uint32_t c = 0; c < kClients; ++c) {
      if (!clients_[c].open.empty()) {
        return absl::StrCat("client ", c, " waits for ", clients_[c].open.begin()->first);
      }
    }
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      const Host& host = hosts_[i];
      if (host.is_dead_for_good) continue;
      if (host.replica == nullptr) return absl::StrCat(i, " is down");
      const chora::Replica& replica = *host.replica;
      if (replica.is_abstaining()) {
        return absl::StrCat(i, " abstains; frontier ", replica.board().frontier(), ", base ",
                            replica.board().ring().base(), ", executed ",
                            replica.executor().executed(), ", first allowed ",
                            replica.board().first_allowed(), ", round ", replica.round());
      }
      // A dead lane that nobody has given up yet costs some rounds; more is a slot that hangs.
      const std::uint64_t slack = (8 + 4 * config_.replicas()) * config_.depth + 8;
      if (replica.executor().executed() + slack < replica.round()) {
        return absl::StrCat(i, " has executed up to ", replica.executor().executed(), ", frontier ",
                            replica.board().frontier(), ", round ", replica.round());
      }
    }
    return "";
  }

  void CheckEqualStates() {
    std::map<std::uint64_t, std::uint64_t> by_round;
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      const Host& host = hosts_[i];
      if (host.replica == nullptr) continue;
      Look(i);
      const auto [found, is_new] =
          by_round.try_emplace(host.replica->executor().executed(), host.machine->Digest());
      if (!is_new && found->second != host.machine->Digest()) Fail("states differ in the end");
    }
  }

  AdversaryOptions options_;
  core::Random random_;
  chora::Config config_;
  std::uint64_t client_window_ = 1;
  AdversaryOutcome outcome_;
  std::uint64_t tick_ = 0;
  bool is_stormy_ = true;
  std::uint64_t loss_percent_ = 0;
  std::uint64_t repeat_percent_ = 0;
  std::uint64_t delay_rounds_ = 1;
  std::uint64_t mischief_percent_ = 0;
  std::uint64_t leap_percent_ = 0;
  std::uint64_t lane_percent_ = 0;
  std::vector<Host> hosts_;
  std::vector<Client> clients_;
  std::vector<Message> messages_;
  Witness witness_;
  std::unique_ptr<Tribunal> tribunal_;
};

}  // namespace

AdversaryOutcome RunAdversary(const AdversaryOptions& options) { return Cluster(options).Run(); }

}  // namespace lockstep::tests
