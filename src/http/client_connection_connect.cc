// SPDX-License-Identifier: MIT
//
// The connecting half of ClientConnection: evhttp connects, or adopts a unix socket that we
// connected, and then the socket is taken over.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "http/client_connection.h"

namespace gateway::http {
namespace {

Cause connect_failure(int error) {
  switch (error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EACCES:
    case EPERM:
    case EADDRNOTAVAIL:
    case ENOENT: return Cause::ConnectUnreachable;
    case ETIMEDOUT: return Cause::ConnectTimeout;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return Cause::Internal;  // our own lack, not the service's
    default: return Cause::ConnectRefused;
  }
}

}  // namespace

void ClientConnection::connect(const Address& address) {
  state_ = State::Connecting;
  event_base* base = context_.loop.base();
  shell_ = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  mute(shell_);
  // A numeric address and no resolver: nothing here looks up names. For a unix socket evhttp waits
  // for a resolver that never answers, until the descriptor is put in (adopt_unix).
  connection_ = address.is_unix()
                    ? evhttp_connection_base_bufferevent_new(base, context_.no_dns, shell_,
                                                             "unix-socket.invalid", 80)
                    : evhttp_connection_base_bufferevent_new(
                          base, nullptr, shell_, address.host().c_str(), address.port());
  evhttp_connection_set_retries(connection_, 0);
  const timeval never{86400, 0};  // our deadline comes first
  evhttp_connection_set_timeout_tv(connection_, &never);
  request_ = evhttp_request_new(
      [](evhttp_request*, void* self) { static_cast<ClientConnection*>(self)->in_flight_ = false; },
      this);
  evhttp_request_own(request_);
  in_flight_ = true;
  errno = 0;
  evhttp_make_request(connection_, request_, EVHTTP_REQ_HEAD, "/");
  if (!in_flight_) {  // failed at once
    fail_to_connect(connect_failure(errno));
    return;
  }
  const ShellCallbacks evhttps = shell_callbacks(shell_);
  bufferevent_setcb(
      shell_, nullptr, nullptr,
      [](bufferevent*, short what, void* self) {
        static_cast<ClientConnection*>(self)->on_shell_event(what);
      },
      this);
  connect_event_ = evhttps.event;
  if (address.is_unix()) adopt_unix(address);
}

void ClientConnection::adopt_unix(const Address& address) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || ::connect(fd.get(), address.data(), address.size()) != 0) {
    fail_to_connect(connect_failure(errno));
    return;
  }
  connected_ = std::move(fd);
  later_.schedule();  // nobody is called back from inside connect()
}

void ClientConnection::report_connected() {
  bufferevent_setfd(shell_, connected_.release());  // ends evhttp's lookup without an event
  bufferevent_trigger_event(shell_, BEV_EVENT_CONNECTED, 0);
}

void ClientConnection::on_shell_event(short what) {
  const int error = errno;
  if (state_ != State::Connecting) return;
  connect_event_(shell_, what, connection_);  // evhttp dispatches the request, or fails it
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    on_connected();
    return;
  }
  fail_to_connect(connect_failure(error));
}

void ClientConnection::fail_to_connect(Cause cause) {
  owner_.on_connect_result(*this, cause);
  fail(cause);
}

void ClientConnection::on_connected() {
  const evutil_socket_t fd = bufferevent_getfd(shell_);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // no effect on unix sockets
  report_written();
  writer_.open(
      context_.loop.base(), fd,
      [](evutil_socket_t, short, void* self) {
        static_cast<ClientConnection*>(self)->on_writable();
      },
      this);
  hollow_out(
      shell_, context_.loop.base(), &readable_,
      [](evutil_socket_t, short, void* self) {
        static_cast<ClientConnection*>(self)->on_readable();
      },
      this);
  hollow_ = true;
  state_ = State::Head;
  deadline_.clear();
  owner_.on_connect_result(*this, Cause::None);
  handler_->on_connected();
}

/// evhttp believes that it has queued its head; its output being mute, there is nothing to write.
/// It awaits a response from now on, until the connection ends: to tell it of each took 4,800 of
/// the 21,900 instructions of a small GET.
void ClientConnection::report_written() { shell_callbacks(shell_).write(shell_, connection_); }

}  // namespace gateway::http
