// SPDX-License-Identifier: MIT
//
// What it takes to start a generation: logs, accounts, listeners.
#include <algorithm>
#include <utility>

#include "observe/log.h"
#include "process/succession.h"
#include "util/clock.h"

namespace gateway {
namespace {

// From fork to a worker's first accept: more than the slowest machine needs.
constexpr std::uint64_t kStartPatienceUs = 30'000'000;

Result<std::shared_ptr<Logs>> open_logs(const LogConfig& config) {
  auto access = LogOutput::open(config.access);
  if (!access) return std::move(access).error();
  auto error = LogOutput::open(config.error);
  if (!error) return std::move(error).error();
  return std::make_shared<Logs>(Logs{*std::move(access), *std::move(error)});
}

void log_new(const Listeners& listeners, const Listeners& old, std::size_t for_clients) {
  for (std::size_t i = 0; i < listeners.size(); i++) {
    if (std::find(old.begin(), old.end(), listeners[i]) != old.end()) continue;
    log::info("listening address={}{}", listeners[i]->bound.to_string(),
              i < for_clients ? "" : " for=admin");
  }
}

}  // namespace

Status Succession::begin(LoadedConfig loaded) {
  auto logs = open_logs(loaded.config.logs);
  if (!logs) return std::move(logs).error();
  if (!current_) {
    logs_ = *logs;
    log::start(logs_->error, loaded.config.logs.level);
  }
  for (const std::string& warning : loaded.warnings) log::warn("{}", warning);
  auto account = worker_account(loaded.config.user, loaded.config.group);
  if (!account) return std::move(account).error();
  auto listeners = listen(loaded.config);
  if (!listeners) return std::move(listeners).error();
  if (*account) {
    for (LogOutput* output : {&(*logs)->access, &(*logs)->error}) {
      if (Status given = output->give_to((*account)->uid, (*account)->gid); !given) return given;
    }
    log::info("workers run as user={} uid={} gid={}", (*account)->name, (*account)->uid,
              (*account)->gid);
  }

  start({next_number(), std::move(loaded.config), *std::move(listeners), *std::move(logs),
         *std::move(account)});
  return ok();
}

void Succession::inherit(std::vector<InheritedSocket> sockets, bool own_files) {
  inherited_ = std::move(sockets);
  own_inherited_files_ = own_files;
}

// In a function of its own: the old sockets may not be on the stack when workers are started, which
// inherit it and would keep open what is not theirs.
Result<Listeners> Succession::listen(const Config& config) {
  std::vector<ListenerConfig> configs = config.listeners;
  if (config.admin) configs.push_back(*config.admin);
  const Listeners old = current_ || resting_
                            ? open_sockets()
                            : adopt_listeners(configs, inherited_, own_inherited_files_);
  auto listeners = open_listeners(configs, old);
  if (!listeners) return listeners;
  for (const InheritedSocket& socket : std::exchange(inherited_, {})) {
    log::warn("inherited socket is not used, no listener has its address or name address={}",
              socket.address.to_string());
  }
  log_new(*listeners, current_ || resting_ ? old : Listeners(), config.listeners.size());
  return listeners;
}

void Succession::start(Generation::Parts parts) {
  starting_ = std::make_unique<Generation>(std::move(parts), context_);
  starting_until_us_ = monotonic_us() + kStartPatienceUs;
  starting_->start();
}

Listeners Succession::open_sockets() const {
  return parts() != nullptr ? parts()->listeners : Listeners();
}

// The same number after a failure: that one never served. Those of two masters differ.
unsigned Succession::next_number() const { return context_.scoreboard->generation + 1; }

}  // namespace gateway
