// SPDX-License-Identifier: MIT
#include "observe/series.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace gateway {
namespace {

// Rows are in use from here to the end of time: a fixed row is never given to another name.
constexpr std::uint32_t kForEver = 0xffffffff;

void move_counts(Counter& from, Counter& to) {
  if (const std::uint64_t count = from.read(); count != 0) to.add_shared(count);
  from.set(0);
}

template <std::size_t N>
void move_counts(Counter (&from)[N], Counter (&to)[N]) {
  for (std::size_t i = 0; i < N; i++) move_counts(from[i], to[i]);
}

void move_counts(Histogram& from, Histogram& to) {
  move_counts(from.sum_us, to.sum_us);
  move_counts(from.buckets, to.buckets);
}

void move_counts(RouteCounters& from, RouteCounters& to) {
  for (Counter RouteCounters::*each :
       {&RouteCounters::begun, &RouteCounters::lost, &RouteCounters::bytes_in,
        &RouteCounters::bytes_out, &RouteCounters::tunnels_begun, &RouteCounters::tunnels_ended}) {
    move_counts(from.*each, to.*each);
  }
  move_counts(from.ended, to.ended);
  move_counts(from.duration, to.duration);
  move_counts(from.failures, to.failures);
}

void move_counts(InstanceCounters& from, InstanceCounters& to) {
  for (Counter InstanceCounters::*each :
       {&InstanceCounters::attempts, &InstanceCounters::attempts_ended, &InstanceCounters::retries,
        &InstanceCounters::connects, &InstanceCounters::reuses,
        &InstanceCounters::connections_opened, &InstanceCounters::connections_closed}) {
    move_counts(from.*each, to.*each);
  }
  move_counts(from.responses, to.responses);
  move_counts(from.response_time, to.response_time);
  move_counts(from.failures, to.failures);
}

/// Two names that tell rows of one kind apart.
using Key = std::pair<std::string, std::string>;

Key key_of(const RouteName& name) { return {name.route.read(), name.service.read()}; }
Key key_of(const InstanceName& name) { return {name.service.read(), name.url.read()}; }

void write_key(RouteName& name, const Key& key) {
  name.route.write(key.first);
  name.service.write(key.second);
}

void write_key(InstanceName& name, const Key& key) {
  name.service.write(key.first);
  name.url.write(key.second);
  name.state.status.store(InstanceStatus::Unknown, std::memory_order_relaxed);
  name.state.last_error.store(Cause::None, std::memory_order_relaxed);
  name.state.changed_at_ms.store(0, std::memory_order_relaxed);
  name.state.learned_idle_ms.store(0, std::memory_order_relaxed);
  name.state.announced_idle_ms.store(0, std::memory_order_relaxed);
}

/// The rows of one kind, and which of them may be given away.
template <class Name>
struct Rows {
  std::span<Name> names;
  std::atomic<std::uint32_t>& used;
  std::uint32_t other;   ///< for names without room
  std::uint32_t oldest;  ///< rows that only generations before it had are free
  void (*retire)(Scoreboard& board, std::uint32_t row);  ///< keeps the counts for the totals
};

/// Those that may be given away, the one that is unused for longest last.
template <class Name>
std::vector<std::uint32_t> abandoned_rows(const Rows<Name>& rows) {
  std::vector<std::uint32_t> abandoned;
  for (std::uint32_t row = 0; row < rows.used; row++) {
    if (rows.names[row].generation < rows.oldest) abandoned.push_back(row);
  }
  std::stable_sort(abandoned.begin(), abandoned.end(), [&rows](auto a, auto b) {
    return rows.names[a].generation > rows.names[b].generation;
  });
  return abandoned;
}

template <class Name>
std::vector<std::uint32_t> assign(Scoreboard& board, const Rows<Name>& rows,
                                  const std::vector<Key>& wanted, std::uint32_t generation) {
  std::map<Key, std::uint32_t> known;
  for (std::uint32_t row = 0; row < rows.used; row++) known.emplace(key_of(rows.names[row]), row);
  // What stays is marked before anything is given away.
  for (const Key& key : wanted) {
    const auto found = known.find(key);
    if (found != known.end()) rows.names[found->second].generation = generation;
  }
  std::optional<std::vector<std::uint32_t>> abandoned;
  std::vector<std::uint32_t> given;
  for (const Key& key : wanted) {
    const auto [found, is_new] = known.emplace(key, rows.other);
    given.push_back(found->second);
    if (!is_new) continue;
    std::uint32_t row = rows.used;
    if (row < rows.names.size()) {
      rows.used = row + 1;
    } else {
      if (!abandoned) abandoned = abandoned_rows(rows);
      if (abandoned->empty()) continue;
      row = abandoned->back();
      abandoned->pop_back();
      rows.retire(board, row);
    }
    write_key(rows.names[row], key);
    rows.names[row].generation = generation;
    given.back() = found->second = row;
  }
  return given;
}

std::vector<Key> keys_of(const std::vector<SeriesNames::Route>& routes) {
  std::vector<Key> keys;
  for (const auto& route : routes) keys.emplace_back(route.route, route.service);
  return keys;
}

std::vector<Key> keys_of(const std::vector<SeriesNames::Instance>& instances) {
  std::vector<Key> keys;
  for (const auto& instance : instances) keys.emplace_back(instance.service, instance.url);
  return keys;
}

void retire_route(Scoreboard& board, std::uint32_t row) {
  for (std::uint32_t i = 0; i < board.workers_used; i++) {
    move_counts(board.workers[i].routes[row], board.retired_routes);
  }
}

void retire_instance(Scoreboard& board, std::uint32_t row) {
  if (row >= WorkerSlot::kInstanceRows) return;  // was counted under (other) all along
  for (std::uint32_t i = 0; i < board.workers_used; i++) {
    move_counts(board.workers[i].instances[row], board.retired_instances);
  }
}

}  // namespace

void name_fixed_rows(Names& names) {
  write_key(names.routes[Names::kNoRoute], {"(none)", ""});
  write_key(names.routes[Names::kEndpoint], {"(endpoint)", ""});
  write_key(names.routes[Names::kOtherRoute], {"(other)", ""});
  write_key(names.instances[Names::kOtherInstance], {"(other)", "(other)"});
  for (std::uint32_t row = 0; row < Names::kFirstRoute; row++) {
    names.routes[row].generation = kForEver;
  }
  names.instances[Names::kOtherInstance].generation = kForEver;
  names.routes_used = Names::kFirstRoute;
  names.instances_used = Names::kFirstInstance;
}

SeriesRows assign_rows(Scoreboard& board, const SeriesNames& wanted, std::uint32_t generation) {
  Names& names = board.names;
  const std::uint32_t oldest = oldest_generation(board);
  names.version = names.version | 1;  // whatever a master that died here left behind
  SeriesRows rows{assign(board,
                         Rows<RouteName>{names.routes, names.routes_used, Names::kOtherRoute,
                                         oldest, retire_route},
                         keys_of(wanted.routes), generation),
                  assign(board,
                         Rows<InstanceName>{names.instances, names.instances_used,
                                            Names::kOtherInstance, oldest, retire_instance},
                         keys_of(wanted.instances), generation)};
  names.version.store(names.version + 1, std::memory_order_release);
  return rows;
}

Meters meters_of(WorkerSlot& slot, Names& names, const SeriesRows& rows) {
  Meters meters{
      &slot.clients, &slot.routes[Names::kNoRoute], &slot.routes[Names::kEndpoint], {}, {}};
  for (const std::uint32_t row : rows.routes) meters.routes.push_back(&slot.routes[row]);
  for (const std::uint32_t row : rows.instances) {
    meters.instances.push_back({&slot.instance(row), &names.instances[row].state});
  }
  return meters;
}

std::uint32_t oldest_generation(const Scoreboard& board) {
  std::uint32_t oldest = board.generation;
  for (std::uint32_t i = 0; i < board.workers_used; i++) {
    const WorkerSlot& slot = board.workers[i];
    if (slot.state != WorkerState::Free) oldest = std::min(oldest, slot.generation.load());
  }
  return oldest;
}

}  // namespace gateway
