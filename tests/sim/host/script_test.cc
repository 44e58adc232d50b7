// Stories of hosts and their streams, told as text: what a call lists, and what is told of it,
// when.
//
// Hosts run scripted nodes: `call` says what a node lists for which input. Messages have 100 B,
// with headers 150 B, which are 120 ns on each of two wires, with 25 us between them: in most
// stories that is all that cards and links have to say. Commands:
//
//   price of=WORK stage=STAGE takes=TIME    of=message, of=call: the base prices
//   stage name=STAGE hand_off=TIME core=STAGE feeder=STAGE    changes a stage of the free profile
//   disk sync=TIME
//   streams segment=BYTES window=BYTES buffer=BYTES    in place of datagrams
//   ports queue=BYTES
//   fault kind=KIND host=H at=TIME for=TIME restart=TIME scope=machine
//   call host=H on=start|timer:N|message:N|writable:HOST list=EFFECT,EFFECT,...
//   run until=TIME
//   wired host=H
//   credit host=H peer=H
//
// An effect is spend:WORK, send:HOST:NUMBER, await:HOST:BYTES, note:N, save:N, set:TIMER:TIME,
// cancel:TIMER, hold:HOST or resume:HOST. `run` answers with what the trace was told meanwhile,
// `wired` with what the host's card has put on the wire so far.

#include "tests/support/script.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "protocols/parameters/parameters.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::Effects;
using core::Instant;
using core::NodeId;
using core::Now;
using trace::EventKind;

std::uint64_t NumberIn(const std::string& text) {
  std::uint64_t number = 0;
  CHECK_MESSAGE(absl::SimpleAtoi(text, &number), text);
  return number;
}

// "250ns", "7us", "3ms".
Duration TimeIn(const std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const auto number = static_cast<std::int64_t>(NumberIn(text.substr(0, digits)));
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  if (unit == "ns") return Duration::Nanoseconds(number);
  if (unit == "us") return Duration::Microseconds(number);
  if (unit == "ms") return Duration::Milliseconds(number);
  CHECK_MESSAGE(false, "no time: ", text);
  return Duration();
}

// In microseconds, as exactly as it takes: "7us", "25.24us".
std::string TimeText(Instant at) {
  constexpr std::int64_t kPsPerUs = 1'000'000;
  const std::int64_t rest = at.ps() % kPsPerUs;
  if (rest == 0) return absl::StrCat(at.ps() / kPsPerUs, "us");
  std::string decimals = std::to_string(kPsPerUs + rest).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return absl::StrCat(at.ps() / kPsPerUs, ".", decimals, "us");
}

std::size_t StageNamed(const sim::Profile& profile, const std::string& name) {
  for (std::size_t i = 0; i < profile.stages.size(); ++i)
    if (profile.stages[i].name == name) return i;
  CHECK_MESSAGE(false, "no stage: ", name);
  return 0;
}

core::Work WorkNamed(const std::string& name) {
  for (std::size_t i = 0; i < core::kWorkNames.size(); ++i)
    if (core::kWorkNames[i] == name) return static_cast<core::Work>(i);
  CHECK_MESSAGE(false, "no work: ", name);
  return core::Work::kReceive;
}

class HostStory {
 public:
  HostStory() { world_.intra().transport = sim::Transport::kDatagram; }

  std::string Do(const Command& command) {
    if (command.name() == "price") return Price(command);
    if (command.name() == "stage") return Stage(command);
    if (command.name() == "disk") return Disk(command);
    if (command.name() == "streams") return Streams(command);
    if (command.name() == "ports") return Ports(command);
    if (command.name() == "fault") return Fault(command);
    if (command.name() == "call") return Call(command);
    if (command.name() == "run") return Run(command);
    if (command.name() == "wired") return Wired(command);
    if (command.name() == "credit") return Credit(command);
    return absl::StrCat("no command ", command.name());
  }

 private:
  std::string Price(const Command& command) {
    sim::Profile& profile = world_.scenario.profile;
    const sim::Price price = {StageNamed(profile, command.Get<std::string>("stage")),
                              sim::Distribution(TimeIn(command.Get<std::string>("takes"))),
                              Duration()};
    const std::string of = command.Get<std::string>("of");
    if (of == "message") {
      profile.send_message = price;
    } else if (of == "call") {
      profile.call = price;
    } else {
      profile.prices[static_cast<std::size_t>(WorkNamed(of))] = price;
    }
    return "";
  }

  std::string Stage(const Command& command) {
    sim::Profile& profile = world_.scenario.profile;
    const auto stage = [&](const char* key) {
      return StageNamed(profile, command.Get<std::string>(key));
    };
    sim::StageSpec& spec = profile.stages[stage("name")];
    if (command.Has("hand_off"))
      spec.hand_off = sim::Distribution(TimeIn(command.Get<std::string>("hand_off")));
    if (command.Has("core")) spec.core = profile.stages[stage("core")].core;
    if (command.Has("feeder")) spec.feeder = stage("feeder");
    return "";
  }

  std::string Disk(const Command& command) {
    sim::DiskSpec& disk = world_.scenario.profile.disk;
    disk.is_instant = false;
    disk.sync = sim::Distribution(TimeIn(command.Get<std::string>("sync")));
    return "";
  }

  std::string Streams(const Command& command) {
    world_.intra().transport = sim::Transport::kStream;
    const auto set = [&](const char* key, core::ByteCount& value) {
      if (command.Has(key)) value = command.Get<core::ByteCount>(key);
    };
    set("segment", world_.intra().segment);
    set("window", world_.intra().window);
    set("buffer", world_.scenario.network.send_buffer);
    return "";
  }

  std::string Ports(const Command& command) {
    world_.scenario.profile.fabric.port_queue = command.Get<core::ByteCount>("queue");
    return "";
  }

  std::string Fault(const Command& command) {
    nlohmann::json parameters = nlohmann::json::object();
    if (command.Has("scope")) parameters["scope"] = command.Get<std::string>("scope");
    if (command.Has("restart"))
      parameters["restart_after"] = FormatDuration(TimeIn(command.Get<std::string>("restart")));
    sim::Fault& fault = world_.AddFault(command.Get<std::string>("kind"), {}, parameters);
    if (command.Has("host")) fault.targets = {command.Get<NodeId>("host")};
    fault.at = At(TimeIn(command.Get<std::string>("at")));
    if (command.Has("for")) fault.until = fault.at + TimeIn(command.Get<std::string>("for"));
    return "";
  }

  std::string Call(const Command& command) {
    const std::vector<std::string> list =
        absl::StrSplit(command.Get<std::string>("list"), ',', absl::SkipEmpty());
    calls_[{command.Get<std::uint32_t>("host"), command.Get<std::string>("on")}] = list;
    return "";
  }

  std::string Run(const Command& command) {
    if (!is_begun_) Begin();
    is_begun_ = true;
    world_.Run(TimeIn(command.Get<std::string>("until")));
    std::string told;
    for (; shown_ < world_.events().size(); ++shown_) {
      const std::string line = Line(world_.events()[shown_]);
      if (!line.empty()) absl::StrAppend(&told, line, "\n");
    }
    if (!told.empty()) told.pop_back();
    return told.empty() ? "nothing" : told;
  }

  std::string Wired(const Command& command) {
    const sim::Network& network = world_.world().network();
    return absl::StrCat(network.egress(Instant::Max(), command.Get<NodeId>("host")).value(), " B");
  }

  std::string Credit(const Command& command) {
    return absl::StrCat(
        world_.CreditLeft(command.Get<std::uint32_t>("host"), command.Get<std::uint32_t>("peer")),
        " B");
  }

  void Begin() {
    for (std::uint32_t host = 0; host < 3; ++host) {
      Script& script = world_.host(host);
      script.on_start = [this, host](const Now& now, auto, Effects& out) {
        List({host, "start"}, now, out);
      };
      script.on_timer = [this, host](const Now& now, core::TimerId timer, Effects& out) {
        List({host, absl::StrCat("timer:", timer.value())}, now, out);
      };
      script.on_message = [this, host](const Now& now, NodeId, const core::Bytes& payload,
                                       Effects& out) {
        List({host, absl::StrCat("message:", NumberOf(payload))}, now, out);
      };
      script.on_writable = [this, host](const Now& now, NodeId peer, Effects& out) {
        List({host, absl::StrCat("writable:", peer.value())}, now, out);
      };
    }
  }

  void List(const std::pair<std::uint32_t, std::string>& input, const Now& now, Effects& out) {
    const auto found = calls_.find(input);
    if (found == calls_.end()) return;
    for (const std::string& text : found->second) {
      const std::vector<std::string> words = absl::StrSplit(text, ':');
      const auto number = [&](std::size_t i) { return NumberIn(words.at(i)); };
      const auto host = [&] { return NodeId(static_cast<std::uint32_t>(number(1))); };
      if (words[0] == "spend") out.Spend(WorkNamed(words.at(1)), 1);
      if (words[0] == "send") out.Send(host(), Numbered(number(2), 100));
      if (words[0] == "await")
        out.AwaitWritable(host(), core::ByteCount(static_cast<std::int64_t>(number(2))));
      if (words[0] == "note")
        out.Note({core::NoteKind::kState, NodeId(), {}, core::Run{number(1), 1, 1}, 0, 0});
      if (words[0] == "save") out.Save(Numbered(number(1), 100));
      if (words[0] == "set")
        out.SetTimer(core::TimerId(number(1)), now.monotonic() + TimeIn(words.at(2)));
      if (words[0] == "cancel") out.CancelTimer(core::TimerId(number(1)));
      if (words[0] == "hold") out.Hold(host());
      if (words[0] == "resume") out.Resume(host());
    }
  }

  // What the trace is told, in words; empty for what these stories are not about.
  static std::string Line(const trace::Event& event) {
    const std::string place = absl::StrCat(TimeText(event.at), " a", event.node.value(), " ");
    switch (event.kind) {
      case EventKind::kStart:
      case EventKind::kHold:
      case EventKind::kResume:
      case EventKind::kSave:
      case EventKind::kRestart:
        return place + std::string(trace::Name(event.kind));
      case EventKind::kTimer:
      case EventKind::kSetTimer:
      case EventKind::kCancelTimer:
        return absl::StrCat(place, std::string(trace::Name(event.kind)), " ", event.value);
      case EventKind::kNote:
        return absl::StrCat(place, "note ", event.value);
      case EventKind::kSpend:
        return absl::StrCat(place, "spend ", std::string(core::kWorkNames[event.value]));
      case EventKind::kSend:
      case EventKind::kMessage:
      case EventKind::kAwaitWritable:
      case EventKind::kWritable:
        return absl::StrCat(place, std::string(trace::Name(event.kind)), " a", event.peer.value());
      case EventKind::kDrop:
        return absl::StrCat(place, "drop ", event.message.is_none() ? "of a packet " : "", "to a",
                            event.peer.value(), ": ",
                            std::string(trace::kDropCauses[event.detail]));
      case EventKind::kCrash:
        return absl::StrCat(place, "crash, ", event.detail, " undone");
      default:
        return "";
    }
  }

  SmallWorld world_{{3}};
  std::map<std::pair<std::uint32_t, std::string>, std::vector<std::string>> calls_;
  bool is_begun_ = false;
  std::size_t shown_ = 0;
};

void Tell(const std::string& file) {
  HostStory story;
  RunScript(file, [&](const Command& command) { return story.Do(command); });
}

}  // namespace

TEST_CASE("host: a note is told after the work that is listed before it") {
  Tell("sim/host/told_when_performed.txt");
}
TEST_CASE("host: a crash cuts off what was listed and not performed") {
  Tell("sim/host/crash_before_sync.txt");
}
TEST_CASE("host: work that is listed after a send never delays it") {
  Tell("sim/host/send_before_work.txt");
}
TEST_CASE("host: a core that several stages share is taken when the work is there") {
  Tell("sim/host/shared_core.txt");
}
TEST_CASE("host: work waits for that of its feeder in the same call alone") {
  Tell("sim/host/feeder.txt");
}
TEST_CASE("host: a timer that waits for the node is asked again when it is handed over") {
  Tell("sim/host/late_timer.txt");
}
TEST_CASE("host: a peer that is held is not handed over, not even what was received") {
  Tell("sim/host/hold.txt");
}
TEST_CASE("host: what a later call has set stands, though an earlier one waited for its work") {
  Tell("sim/host/last_word.txt");
}
TEST_CASE("host: a pause goes on over a crash and a restart") {
  Tell("sim/host/pause_and_crash.txt");
}
TEST_CASE("host: a pause and a freeze end with the power of the machine") {
  Tell("sim/host/pause_and_power.txt");
}
TEST_CASE("host: at one instant faults end, hosts restart, hosts crash, faults begin") {
  Tell("sim/host/faults_at_one_instant.txt");
}
TEST_CASE("host: a segment that is lost is sent again, which no node ever learns of") {
  Tell("sim/host/retransmission.txt");
}
TEST_CASE("host: what a reset stream carried is lost, and what follows waits for a new one") {
  Tell("sim/host/reset.txt");
}

}  // namespace lockstep::tests
