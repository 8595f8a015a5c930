// SPDX-License-Identifier: MIT
#include "process/worker.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/admin.h"
#include "endpoint/registry.h"
#include "event/fd_watch.h"
#include "event/library_log.h"
#include "event/loop.h"
#include "event/signal_watch.h"
#include "http/server.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "process/channel.h"
#include "process/signals.h"
#include "process/title.h"
#include "proxy/gateway.h"
#include "util/text.h"

namespace gateway {
namespace {

// How long an idle connection may still bring a request. With a successor there is time: who comes
// back later than that finds the connection closed by a FIN that is long there.
constexpr Milliseconds kLameDuck{10'000};
constexpr Milliseconds kQuietTime{1000};
// More than ever scrape; whoever leaks theirs waits.
constexpr std::uint64_t kMaxAdminConnections = 64;

void log_library_message(LogLevel level, std::string_view message) {
  switch (level) {
    case LogLevel::Debug: return log::debug("libevent: {}", message);
    case LogLevel::Info: return log::info("libevent: {}", message);
    case LogLevel::Warning: return log::warn("libevent: {}", message);
    default: return log::error("libevent: {}", message);
  }
}

Status confine(const Heritage& heritage) {
  if (heritage.account) {
    if (Status status = become(*heritage.account); !status) return status;
  }
  if (Status status = drop_capabilities(); !status) return status;
  if (Status status = forbid_new_privileges(); !status) return status;
  // A worker never outlives its master for long. A change of user would undo this: it comes last.
  const int farewell = signal_for(SignalAction::GracefulStop);
  if (prctl(PR_SET_PDEATHSIG, farewell) != 0) {
    return Error{"cannot ask to be told of the master's death: " + errno_text(errno)};
  }
  // It may have died before; the signal is blocked until it can be handled.
  if (getppid() != heritage.master) raise(farewell);
  return ok();
}

class Worker {
 public:
  explicit Worker(Heritage heritage)
      : heritage_(std::move(heritage)),
        slot_(heritage_.scoreboard.workers[heritage_.slot]),
        access_log_(heritage_.logs.access, static_cast<unsigned>(heritage_.slot),
                    heritage_.generation, heritage_.config.logs.access_fields,
                    heritage_.config.logs.redact_query),
        meters_(meters_of(slot_, heritage_.scoreboard.names, heritage_.rows)),
        endpoints_({heritage_.config, heritage_.scoreboard, meters_, heritage_.generation}),
        admin_({heritage_.config, heritage_.scoreboard, meters_, heritage_.generation}),
        drain_deadline_(
            loop_, [](void* self) { static_cast<Worker*>(self)->cut_drain(); }, this) {
    gateway_ = std::make_unique<proxy::Gateway>(
        loop_, proxy::GatewayParts{heritage_.config, endpoints_, access_log_, meters_});
    server_ = std::make_unique<http::Server>(
        loop_, *gateway_,
        http::ServerOptions{heritage_.config.client, heritage_.config.limits,
                            heritage_.config.max_connections, meters_.clients});
    if (heritage_.config.admin) {
      admin_server_ = std::make_unique<http::Server>(
          loop_, admin_,
          http::ServerOptions{heritage_.config.client, heritage_.config.limits,
                              kMaxAdminConnections});
    }
  }

  void run() {
    show("");
    const auto& listeners = heritage_.config.listeners;
    for (std::size_t i = 0; i < listeners.size(); i++) {
      server_->listen(heritage_.listeners[i]->socket.get(), listeners[i].trusted_proxies);
    }
    if (admin_server_) admin_server_->listen(heritage_.listeners.back()->socket.get());
    heritage_.listeners.clear();  // the server's own are closed when it drains
    loop_.on_tick([this] { tick(); });
    watch_signals();
    orders_.emplace(loop_, heritage_.channel.get(), [this] { on_orders(); });
    slot_.state.store(WorkerState::Serving, std::memory_order_relaxed);
    report(Report::Ready);
    loop_.run();
    finish();
  }

 private:
  void watch_signals() {
    for (const SignalMeaning& row : kSignals) {
      if (is_for_workers(row.action)) {
        watches_.emplace_back(loop_, row.number, [this, row] { on_signal(row); });
      } else if (row.action != SignalAction::Reap) {
        signal(row.number, SIG_IGN);  // a terminal that closes sends HUP to all that run in it
      }
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void show(const char* state) const {
    std::string title =
        "worker " + std::to_string(heritage_.slot) + " gen " + std::to_string(heritage_.generation);
    if (*state != '\0') title.append(" (").append(state).append(")");
    set_title(title);
  }

  void report(Report report) {
    const char message = static_cast<char>(report);
    send_message(heritage_.channel.get(), {&message, 1});
  }

  void on_orders() {
    for (;;) {
      const Message message = receive_message(heritage_.channel.get());
      if (message.state == Message::State::None) return;
      if (message.state == Message::State::End) {
        orders_->stop();
        return drain(Order::Stop, {});
      }
      on_order(static_cast<Order>(message.text.front()), message.text.substr(1));
    }
  }

  void on_order(Order order, std::string_view arguments) {
    switch (order) {
      case Order::Drain:
      case Order::Stop: return drain(order, arguments);
      case Order::EndTunnels: return log::warn("tunnels ended count={}", server_->end_tunnels());
      case Order::Reopen: return report(reopen_logs() ? Report::Reopened : Report::NotReopened);
    }
  }

  void on_signal(const SignalMeaning& signal) {
    if (signal.number == SIGTERM && ++terms_ > 1) return loop_.stop();
    switch (signal.action) {
      case SignalAction::GracefulStop: return drain(Order::Stop, {});
      case SignalAction::FastStop: return loop_.stop();
      case SignalAction::Reopen: reopen_logs(); return;
      case SignalAction::Reload:
      case SignalAction::Upgrade:
      case SignalAction::Rest:
      case SignalAction::Reap: return;
    }
  }

  /// `listeners`: which of them end with us. Ordered by the master, or by a signal of whoever, or
  /// by the master's death; then the sockets are the others', or nobody is left to care.
  void drain(Order how, std::string_view listeners) {
    const bool is_orphan = getppid() != heritage_.master;
    if (is_orphan || !is_draining_) {
      drain_deadline_.set(is_orphan ? heritage_.config.shutdown_drain_timeout
                                    : heritage_.config.reload_drain_timeout);
    }
    is_draining_ = true;
    show("draining");
    slot_.state.store(WorkerState::Draining, std::memory_order_relaxed);
    std::vector<bool> ends;
    for (const char c : listeners) ends.push_back(c == kEnds);
    const std::size_t for_clients = std::min(ends.size(), heritage_.config.listeners.size());
    std::vector<bool> admin_ends(ends.begin() + static_cast<std::ptrdiff_t>(for_clients),
                                 ends.end());
    ends.resize(for_clients);
    const Milliseconds quiet = how == Order::Drain ? kLameDuck : kQuietTime;
    const auto closed = after_both([this] { report(Report::Draining); });
    const auto drained = after_both([this] { loop_.stop(); });
    server_->drain({quiet, std::move(ends), closed}, drained);
    if (admin_server_) admin_server_->drain({quiet, std::move(admin_ends), closed}, drained);
  }

  /// What calls `then` when each of our servers has called it.
  std::function<void()> after_both(std::function<void()> then) const {
    const auto left = std::make_shared<int>(admin_server_ ? 2 : 1);
    return [left, then = std::move(then)] {
      if (--*left == 0) then();
    };
  }

  void cut_drain() {
    log::warn("drain timed out exchanges={} connections={}", server_->exchanges(),
              server_->connections());
    loop_.stop();
  }

  bool reopen_logs() {
    bool is_ok = true;
    for (LogOutput* output : {&heritage_.logs.access, &heritage_.logs.error}) {
      output->flush();
      const Status status = output->reopen();
      if (!status) log::error("log not reopened: {}", status.error().message);
      is_ok &= status.has_value();
    }
    return is_ok;
  }

  void tick() {
    access_log_.flush();
    heritage_.logs.error.flush();
    const std::uint64_t dropped =
        heritage_.logs.access.dropped_lines() + heritage_.logs.error.dropped_lines();
    const std::uint64_t more = dropped - std::exchange(dropped_lines_, dropped);
    if (more > 0) slot_.log_lines_dropped.add(more);
  }

  // In order, with time in between for what each defers, so that nothing is left at exit.
  void finish() {
    // Without its watch a signal would kill: what comes now comes too late to matter.
    const sigset_t signals = handled_signals();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    watches_.clear();
    orders_.reset();
    gateway_->close_idle();
    loop_.run_pending();
    server_.reset();
    admin_server_.reset();
    loop_.run_pending();
    gateway_.reset();
    loop_.run_pending();
    access_log_.flush();
    heritage_.logs.error.flush();
  }

  Heritage heritage_;
  WorkerSlot& slot_;
  Loop loop_;
  AccessLog access_log_;
  Meters meters_;
  endpoint::Registry endpoints_;
  endpoint::Admin admin_;
  std::unique_ptr<proxy::Gateway> gateway_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> admin_server_;  ///< nullptr: there is none
  Deadline drain_deadline_;
  std::list<SignalWatch> watches_;
  std::optional<FdWatch> orders_;
  std::uint64_t dropped_lines_ = 0;
  unsigned terms_ = 0;
  bool is_draining_ = false;
};

}  // namespace

int run_worker(Heritage heritage) {
  heritage.logs.access.after_fork();
  heritage.logs.error.after_fork();
  if (const Status status = confine(heritage); !status) {
    log::error("{}", status.error().message);
    return EXIT_FAILURE;
  }
  route_library_messages(log_library_message);
  Worker(std::move(heritage)).run();
  return EXIT_SUCCESS;
}

}  // namespace gateway
