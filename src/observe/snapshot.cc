// SPDX-License-Identifier: MIT
#include "observe/snapshot.h"

#include <numeric>

#include "observe/series.h"

namespace gateway {
namespace {

template <std::size_t N, std::size_t M>
void add_all(std::array<std::uint64_t, N>& to, const Counter (&from)[M]) {
  static_assert(N == M);
  for (std::size_t i = 0; i < N; i++) to[i] += from[i].read();
}

template <std::size_t N>
void add_all(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) {
  for (std::size_t i = 0; i < N; i++) to[i] += from[i];
}

/// The two were read one after the other.
std::uint64_t difference_or_none(std::uint64_t begun, std::uint64_t ended) {
  return begun > ended ? begun - ended : 0;
}

/// Adds up rows of all slots ever used.
class Summing {
 public:
  explicit Summing(const Scoreboard& board)
      : board_(board), slots_(board.workers_used), oldest_(oldest_generation(board)) {}

  Snapshot take() {
    snapshot_ = {};
    snapshot_.started_at_ms = board_.started_at_ms;
    snapshot_.generation = board_.generation;
    snapshot_.worker_restarts = board_.gateway.worker_restarts.read();
    snapshot_.reloads = board_.gateway.reloads.read();
    snapshot_.reloads_failed = board_.gateway.reloads_failed.read();
    add_workers();
    add_routes();
    add_instances();
    return std::move(snapshot_);
  }

 private:
  template <class Name>
  bool is_in_use(const Name& name) const {
    return name.generation >= oldest_;
  }

  void add_workers() {
    for (std::uint32_t i = 0; i < slots_; i++) {
      const WorkerSlot& slot = board_.workers[i];
      snapshot_.clients.add(slot);
      const WorkerState state = slot.state;
      if (state == WorkerState::Free) continue;
      Snapshot::Worker& worker = snapshot_.workers.emplace_back(
          Snapshot::Worker{i, slot.pid, state, slot.generation, slot.started_at_ms, {}, {}});
      worker.clients.add(slot);
      Snapshot::Generation& generation = snapshot_.generations[worker.generation];
      (state == WorkerState::Starting  ? generation.starting
       : state == WorkerState::Serving ? generation.serving
                                       : generation.draining)++;
    }
  }

  void add_routes() {
    for (std::uint32_t row = 0; row < board_.names.routes_used; row++) {
      const RouteName& name = board_.names.routes[row];
      RouteTotals totals;
      if (row == Names::kOtherRoute) totals.add(board_.retired_routes);
      auto worker = snapshot_.workers.begin();
      for (std::uint32_t i = 0; i < slots_; i++) {
        const RouteCounters& counters = board_.workers[i].routes[row];
        const bool is_live = worker != snapshot_.workers.end() && worker->slot == i;
        if (counters.begun.read() > 0) {
          totals.add(counters);
          if (is_live) worker->requests.add(counters);
        }
        if (is_live) ++worker;
      }
      snapshot_.requests.add(totals);
      const bool is_current = row == Names::kOtherRoute ? totals.begun > 0 : is_in_use(name);
      snapshot_.routes.push_back({name.route.read(), name.service.read(), is_current, totals});
    }
  }

  void add_instances() {
    for (std::uint32_t row = 0; row < board_.names.instances_used; row++) {
      const InstanceName& name = board_.names.instances[row];
      InstanceTotals totals;
      if (row == Names::kOtherInstance) totals.add(board_.retired_instances);
      for (std::uint32_t i = 0; i < slots_ && row < WorkerSlot::kInstanceRows; i++) {
        const InstanceCounters& counters = board_.workers[i].instances[row];
        if (counters.attempts.read() > 0) totals.add(counters);
      }
      const bool is_current = row == Names::kOtherInstance ? totals.attempts > 0 : is_in_use(name);
      snapshot_.instances.push_back(
          {name.service.read(), name.url.read(), is_current, name.state.status, totals});
    }
  }

  const Scoreboard& board_;
  const std::uint32_t slots_;
  const std::uint32_t oldest_;
  Snapshot snapshot_;
};

}  // namespace

void RouteTotals::add(const RouteCounters& counters) {
  // What ended first: then what had begun by then has been counted too.
  add_all(ended, counters.ended);
  lost += counters.lost.read();
  tunnels_ended += counters.tunnels_ended.read();
  begun += counters.begun.read();
  tunnels_begun += counters.tunnels_begun.read();
  bytes_in += counters.bytes_in.read();
  bytes_out += counters.bytes_out.read();
  duration.add(counters.duration);
  add_all(failures, counters.failures);
}

void RouteTotals::add(const RouteTotals& other) {
  add_all(ended, other.ended);
  lost += other.lost;
  tunnels_ended += other.tunnels_ended;
  begun += other.begun;
  tunnels_begun += other.tunnels_begun;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  duration.add(other.duration);
  add_all(failures, other.failures);
}

std::uint64_t RouteTotals::in_flight() const {
  return difference_or_none(begun, sum(ended) + lost);
}

std::uint64_t RouteTotals::tunnels() const {
  return difference_or_none(tunnels_begun, tunnels_ended);
}

void InstanceTotals::add(const InstanceCounters& counters) {
  attempts_ended += counters.attempts_ended.read();
  connections_closed += counters.connections_closed.read();
  attempts += counters.attempts.read();
  retries += counters.retries.read();
  connects += counters.connects.read();
  reuses += counters.reuses.read();
  connections_opened += counters.connections_opened.read();
  add_all(responses, counters.responses);
  response_time.add(counters.response_time);
  add_all(failures, counters.failures);
}

std::uint64_t InstanceTotals::in_flight() const {
  return difference_or_none(attempts, attempts_ended);
}

std::uint64_t InstanceTotals::connections() const {
  return difference_or_none(connections_opened, connections_closed);
}

void ClientTotals::add(const WorkerSlot& slot) {
  closed += slot.clients.closed.read();
  accepted += slot.clients.accepted.read();
  limit_pauses += slot.clients.limit_pauses.read();
  accept_errors += slot.clients.accept_errors.read();
  log_lines_dropped += slot.log_lines_dropped.read();
}

std::uint64_t ClientTotals::connections() const { return difference_or_none(accepted, closed); }

std::uint64_t sum(const ClassCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t sum(const CauseCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::map<std::string_view, std::uint64_t> by_word(const CauseCounts& counts) {
  std::map<std::string_view, std::uint64_t> words;
  for (std::size_t i = 0; i < kCauseCount; i++) {
    if (counts[i] > 0) words[info(static_cast<Cause>(i)).word] += counts[i];
  }
  return words;
}

Snapshot take_snapshot(const Scoreboard& board) {
  return board.names.read_consistently([&board] { return Summing(board).take(); });
}

}  // namespace gateway
