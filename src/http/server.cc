// SPDX-License-Identifier: MIT
#include "http/server.h"

#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "http/server_connection.h"
#include "observe/log.h"
#include "util/address.h"
#include "util/clock.h"

namespace gateway::http {
namespace {

constexpr std::size_t kReceiveBuffer = 64 << 10;
constexpr Milliseconds kAcceptPause{100};
constexpr std::int64_t kLogIntervalMs = 1000;

struct EvhttpFree {
  void operator()(evhttp* server) const { evhttp_free(server); }
};

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  return Address(reinterpret_cast<const sockaddr*>(&storage), length).port();
}

/// What happens with every connection is told once a second at most.
bool may_log(std::int64_t& logged_at) {
  const std::int64_t now = unix_ms();
  if (now - logged_at < kLogIntervalMs) return false;
  logged_at = now;
  return true;
}

}  // namespace

struct Server::Impl {
  /// One evhttp per listener: its callbacks are then told which one accepted.
  struct Listener {
    Listener(Impl& owner, int fd, const std::vector<Network>& trusted);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    void pause_accepting();
    void accept_or_not();
    void close();

    Impl& server;
    const Entrance entrance;
    std::unique_ptr<evhttp, EvhttpFree> http;
    evhttp_bound_socket* bound = nullptr;
    evconnlistener* accepting = nullptr;  ///< of bound; nullptr once closed
    Deadline resume;
  };

  static std::map<evconnlistener*, Listener*>& listeners_by_handle() {
    static std::map<evconnlistener*, Listener*> listeners;
    return listeners;
  }

  Impl(Loop& loop, Handler& handler, const ServerOptions& given)
      : options(given),
        parser(options.limits),
        receive_buffer(kReceiveBuffer),
        context{loop, handler, options, parser, receive_buffer},
        on_closed(
            loop, [](void* self) { static_cast<Impl*>(self)->check_closed(); }, this) {
    context.on_closed = &on_closed;
  }

  void check_closed() {
    check_limit();
    check_drained();
  }

  void check_limit() {
    const bool full = context.connection_count >= options.max_connections;
    if (std::exchange(is_full, full) == full) return;
    for (auto& listener : listeners) listener->accept_or_not();
    if (full && may_log(limit_logged_at)) {
      log::warn("connection limit reached, accepting pauses connections={}",
                context.connection_count);
    }
  }

  void check_drained() {
    if (!context.draining || context.connection_count > 0 || !drained) return;
    std::exchange(drained, nullptr)();
  }

  const ServerOptions options;
  HeadParser parser;
  std::vector<char> receive_buffer;
  ServerContext context;
  Deferred on_closed;
  std::function<void()> drained;
  bool is_full = false;  ///< as many connections as there may be
  std::int64_t accept_error_logged_at = 0;
  std::int64_t limit_logged_at = 0;
  std::vector<std::unique_ptr<Listener>> listeners;
};

Server::Impl::Listener::Listener(Impl& owner, int fd, const std::vector<Network>& trusted)
    : server(owner),
      entrance{port_of(fd), trusted},
      http(evhttp_new(owner.context.loop.base())),
      resume(
          owner.context.loop, [](void* self) { static_cast<Listener*>(self)->accept_or_not(); },
          this) {
  evhttp_set_default_content_type(http.get(), nullptr);
  // Runs inside accept: the connection is complete only later in this turn of the loop.
  evhttp_set_bevcb(
      http.get(),
      [](event_base* base, void* self) {
        auto* listener = static_cast<Listener*>(self);
        bufferevent* shell = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
        new ServerConnection(listener->server.context, shell, listener->entrance);
        listener->server.check_limit();
        return shell;
      },
      this);
  // Runs inside a connection's report_bytes().
  evhttp_set_gencb(
      http.get(),
      [](evhttp_request* request, void* self) {
        static_cast<Listener*>(self)->server.context.reporting->take_request(request);
      },
      this);
  bound = evhttp_accept_socket_with_handle(http.get(), fd);
  accepting = evhttp_bound_socket_get_listener(bound);
  // Without this libevent would retry a failing accept at once, for ever (EMFILE). The callback's
  // argument is evhttp's own, so the listener has to be looked up.
  listeners_by_handle()[accepting] = this;
  evconnlistener_set_error_cb(accepting, [](evconnlistener* handle, void*) {
    listeners_by_handle().at(handle)->pause_accepting();
  });
}

Server::Impl::Listener::~Listener() { close(); }

void Server::Impl::Listener::close() {
  if (accepting == nullptr) return;
  resume.clear();
  listeners_by_handle().erase(std::exchange(accepting, nullptr));
  evhttp_del_accept_socket(http.get(), bound);
}

void Server::Impl::Listener::pause_accepting() {
  const int error = errno;
  resume.set(kAcceptPause);
  accept_or_not();
  if (!may_log(server.accept_error_logged_at)) return;
  log::error("accept failed, pausing error=\"{}\" connections={}", std::strerror(error),
             server.context.connection_count);
}

void Server::Impl::Listener::accept_or_not() {
  if (accepting == nullptr) return;
  if (server.is_full || resume.is_set()) {
    evconnlistener_disable(accepting);
  } else {
    evconnlistener_enable(accepting);
  }
}

Server::Server(Loop& loop, Handler& handler, const ServerOptions& options)
    : impl_(std::make_unique<Impl>(loop, handler, options)) {}

Server::~Server() {
  // Connections that evhttp has just accepted take their place first, then evhttp frees them all.
  impl_->context.loop.run_pending();
  impl_->listeners.clear();
}

void Server::listen(int fd, const std::vector<Network>& trusted) {
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  impl_->listeners.push_back(std::make_unique<Impl::Listener>(*impl_, own, trusted));
}

void Server::drain(std::function<void()> done) {
  impl_->context.draining = true;
  impl_->drained = std::move(done);
  for (auto& listener : impl_->listeners) listener->close();
  ListNode& connections = impl_->context.connections;
  for (ListNode* node = connections.next; node != &connections; node = node->next) {
    static_cast<ServerConnection*>(node)->drain();
  }
  impl_->on_closed.schedule();
}

void Server::end_tunnels() {
  ListNode& connections = impl_->context.connections;
  for (ListNode* node = connections.next; node != &connections; node = node->next) {
    static_cast<ServerConnection*>(node)->end_tunnel();
  }
}

std::size_t Server::connections() const { return impl_->context.connection_count; }
std::size_t Server::exchanges() const { return impl_->context.exchange_count; }

}  // namespace gateway::http
