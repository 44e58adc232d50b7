// What a replicated state machine did when: equal bins of time, a row for each bin and host.
//
// Made from notes alone, so that every trace will do. Whose rounds are told of (`round_complete`,
// which says when a round began on a clock that all share) gets latency and lag in rounds: rounds
// are taken to begin at equal distances, which the first and the last one that were told of fix.
//
// Decided here: what was proposed in round r was proposed when r began; a round is late from its
// beginning until the host has committed it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/recipe.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class Timeline final : public trace::Sink {
 public:
  // `bin` > 0; rows are of [from, until), in whole bins.
  struct Window {
    core::Duration bin;
    core::Instant from;
    core::Instant until;
  };
  struct Row {
    core::Instant begin;  // of the bin
    core::NodeId host;
    std::uint64_t commits = 0;   // notes `committed`: of lock-step protocols, rounds
    std::uint64_t answered = 0;  // commands of clients on this host whose answers came
    // From the proposal to the commit at this host, mean over the rounds that it committed.
    std::optional<double> latency_rounds;
    // At the end of the bin, the age of the oldest round that this host has not committed; none
    // while it is down.
    std::optional<double> lag_rounds;
    // How many lanes are active in the newest change of them that it knows.
    std::optional<std::uint64_t> lanes;
  };
  // Something that happened to a host: a crash, a fault that begins or ends, a rejoin.
  struct Mark {
    core::Instant at;
    std::string what;
  };

  Timeline(const Recipe& recipe, const Window& window);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  // The length of a round, in ps; none where fewer than two were told of.
  std::optional<double> round_ps() const;
  // By time, then by host. Hosts that committed nothing and asked nothing have none.
  std::vector<Row> Rows() const;
  const std::vector<Mark>& marks() const { return marks_; }

 private:
  struct Cell {
    std::uint64_t commits = 0;
    std::uint64_t answered = 0;
    double offset_ps = 0;  // sum over commits, from the bin's begin
    double rounds = 0;     // sum over commits
    // As they stand at the end of the bin.
    std::uint64_t next_round = 0;
    std::uint64_t lanes = 0;
    bool is_up = true;
  };
  // What is known of a host, and its bins so far; later ones are as the last.
  struct Host {
    std::uint64_t next_round = 0;  // the first that it has not committed
    std::uint64_t lanes = 0;
    std::uint64_t replicas = 1;  // of its cluster
    bool is_up = true;
    std::vector<Cell> cells;
  };
  struct Beginning {
    std::uint64_t round;
    double at_ps;
  };

  bool IsHost(core::NodeId node) const;
  Host& HostOf(core::NodeId node);
  // The bin of `at`; none outside the window.
  Cell* CellAt(Host& host, core::Instant at);
  void Bring(Host& host, std::size_t bins) const;
  void OnNote(const trace::Event& event);
  void OnCommitted(const trace::Event& event);
  void Remember(const Host& host, Cell& cell) const;
  double BeginOf(double round) const;  // in ps, on the clock that all share

  Recipe recipe_;
  Window window_;
  std::size_t bins_;
  std::map<core::NodeId, Host> hosts_;
  std::optional<Beginning> first_;
  std::optional<Beginning> last_;
  std::vector<Mark> marks_;
};

}  // namespace lockstep::analysis
