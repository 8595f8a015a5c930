// SPDX-License-Identifier: MIT
#include "http/server.h"

#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "http/admission.h"
#include "http/last_call.h"
#include "http/receiving.h"
#include "http/server_connection.h"
#include "util/address.h"

namespace gateway::http {
namespace {

// A connection that was used this recently is not closed to make room for another one.
constexpr std::uint64_t kStillBusy = 10;  // loop ticks
// For handshakes that have begun when a listener ends.
constexpr Milliseconds kLastCall{200};

struct EvhttpFree {
  void operator()(evhttp* server) const { evhttp_free(server); }
};

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  return Address(reinterpret_cast<const sockaddr*>(&storage), length).port();
}

}  // namespace

struct Server::Impl : private Gate {
  /// One evhttp per listener: its callbacks are then told which one accepted.
  struct Listener {
    Listener(Impl& owner, int fd, const std::vector<Network>& trusted);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    void set_open(bool open);
    bool has_queue() const;
    void end();
    void last_call();
    void close();

    Impl& server;
    const Entrance entrance;
    std::unique_ptr<evhttp, EvhttpFree> http;
    evhttp_bound_socket* bound = nullptr;
    evconnlistener* accepting = nullptr;  ///< of bound; nullptr once closed
    Deadline ending;
    EventPtr closing;  ///< what is left to do of close()
  };

  static std::map<evconnlistener*, Listener*>& listeners_by_handle() {
    static std::map<evconnlistener*, Listener*> listeners;
    return listeners;
  }

  Impl(Loop& loop, Handler& handler, const ServerOptions& given)
      : options(given),
        parser(options.limits),
        receive_buffer(kReceiveBuffer),
        admission(loop, *this,
                  Admission::limit_of(options.max_connections,
                                      static_cast<std::uint64_t>(::sysconf(_SC_OPEN_MAX))),
                  options.counters),
        context{loop, handler, options, parser, receive_buffer},
        review(
            loop, [](void* self) { static_cast<Impl*>(self)->review_connections(); }, this) {
    context.review = &review;
  }

  void set_open(bool open) override;
  std::size_t connections() const override { return context.connection_count; }
  bool has_queue() const override;
  std::size_t make_room(std::size_t count) override;

  void note_accepted() {
    admission.note_accepted();
    review.schedule();
  }

  void review_connections() {
    admission.review();
    if (!context.draining || accepts()) return;
    admission.stop();
    if (closed) std::exchange(closed, nullptr)();
    if (context.connection_count > 0 || !drained) return;
    std::exchange(drained, nullptr)();
  }

  bool accepts() const {
    return std::any_of(listeners.begin(), listeners.end(),
                       [](const auto& listener) { return listener->accepting != nullptr; });
  }

  const ServerOptions options;
  HeadParser parser;
  std::vector<char> receive_buffer;
  Admission admission;
  ServerContext context;
  Deferred review;
  std::function<void()> closed;
  std::function<void()> drained;
  std::vector<std::unique_ptr<Listener>> listeners;
};

Server::Impl::Listener::Listener(Impl& owner, int fd, const std::vector<Network>& trusted)
    : server(owner),
      entrance{port_of(fd), trusted},
      http(evhttp_new(owner.context.loop.base())),
      ending(
          owner.context.loop, [](void* self) { static_cast<Listener*>(self)->last_call(); }, this) {
  evhttp_set_default_content_type(http.get(), nullptr);
  // Runs inside accept: the connection is complete only later in this turn of the loop.
  evhttp_set_bevcb(
      http.get(),
      [](event_base* base, void* self) {
        auto* listener = static_cast<Listener*>(self);
        bufferevent* shell = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
        new ServerConnection(listener->server.context, shell, listener->entrance);
        listener->server.note_accepted();
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
    listeners_by_handle().at(handle)->server.admission.note_accept_error(errno);
  });
}

Server::Impl::Listener::~Listener() { listeners_by_handle().erase(accepting); }

// Closing a listening socket resets the connections that wait in it, some of which have sent their
// request. So those are accepted first, while the kernel lets nobody new in.
void Server::Impl::Listener::end() {
  if (accepting == nullptr || ending.is_set()) return;
  refuse_new_handshakes(evconnlistener_get_fd(accepting));
  ending.set(kLastCall);
}

void Server::Impl::Listener::last_call() {
  if (has_queue()) {
    ending.set(kLastCall);  // the loop accepts them
    return;
  }
  close();
  server.review.schedule();
}

// Other processes have the socket open as well. Closed at once, it would stay in the epoll set,
// which loses it only with the loop's next wait, and would then wake this process, in vain and for
// ever, as often as a connection waits for any of them.
void Server::Impl::Listener::close() {
  if (accepting == nullptr) return;
  ending.clear();
  evconnlistener_disable(accepting);
  listeners_by_handle().erase(std::exchange(accepting, nullptr));
  closing.reset(event_new(
      server.context.loop.base(), -1, 0,
      [](evutil_socket_t, short, void* self) {
        auto* listener = static_cast<Listener*>(self);
        evhttp_del_accept_socket(listener->http.get(), listener->bound);
      },
      this));
  const timeval after_next_wait{0, 1};
  event_add(closing.get(), &after_next_wait);
}

void Server::Impl::Listener::set_open(bool open) {
  if (accepting == nullptr) return;
  if (open) {
    evconnlistener_enable(accepting);
  } else {
    evconnlistener_disable(accepting);
  }
}

bool Server::Impl::Listener::has_queue() const {
  if (accepting == nullptr) return false;
  pollfd queue{evconnlistener_get_fd(accepting), POLLIN, 0};
  return ::poll(&queue, 1, 0) > 0 && (queue.revents & POLLIN) != 0;
}

void Server::Impl::set_open(bool open) {
  for (auto& listener : listeners) listener->set_open(open);
}

bool Server::Impl::has_queue() const {
  return std::any_of(listeners.begin(), listeners.end(),
                     [](const auto& listener) { return listener->has_queue(); });
}

std::size_t Server::Impl::make_room(std::size_t count) {
  std::vector<std::pair<std::uint64_t, ServerConnection*>> idle;
  ListNode& all = context.connections;
  for (ListNode* node = all.next; node != &all; node = node->next) {
    auto& connection = static_cast<ServerConnection&>(*node);
    const bool is_busy = context.loop.now() - connection.idle_since() < kStillBusy;
    if (connection.is_idle() && !is_busy) idle.emplace_back(connection.idle_since(), &connection);
  }
  count = std::min(count, idle.size());
  std::partial_sort(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(count), idle.end());
  for (std::size_t i = 0; i < count; i++) idle[i].second->close_idle();
  return count;
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

void Server::drain(const Draining& how, std::function<void()> done) {
  impl_->context.draining = true;
  impl_->context.quiet = how.quiet;
  impl_->closed = how.closed;
  impl_->drained = std::move(done);
  for (std::size_t i = 0; i < impl_->listeners.size(); i++) {
    if (i < how.ends.size() && how.ends[i]) {
      impl_->listeners[i]->end();
    } else {
      impl_->listeners[i]->close();
    }
  }
  ListNode& connections = impl_->context.connections;
  for (ListNode* node = connections.next; node != &connections; node = node->next) {
    static_cast<ServerConnection*>(node)->drain();
  }
  impl_->review.schedule();
}

std::size_t Server::end_tunnels() {
  std::size_t count = 0;
  ListNode& connections = impl_->context.connections;
  for (ListNode* node = connections.next; node != &connections; node = node->next) {
    count += static_cast<ServerConnection*>(node)->end_tunnel() ? 1 : 0;
  }
  return count;
}

std::size_t Server::connections() const { return impl_->context.connection_count; }
std::size_t Server::exchanges() const { return impl_->context.exchange_count; }

}  // namespace gateway::http
