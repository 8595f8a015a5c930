// SPDX-License-Identifier: MIT
#include "example/service.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "event/loop.h"
#include "event/signal_watch.h"
#include "example/site.h"
#include "http/server.h"
#include "observe/log.h"
#include "util/result.h"
#include "util/text.h"
#include "util/unique_fd.h"

namespace gateway::example {
namespace {

// What a service that was killed has left behind. Nothing but a socket is ever removed.
void remove_socket_file(const Address& address) {
  struct stat facts {};
  const std::string path = address.host();
  if (::lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode)) ::unlink(path.c_str());
}

Result<UniqueFd> open_listener(const Address& address) {
  if (address.is_unix()) remove_socket_file(address);
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd.is_open() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    return Error{"cannot listen on " + address.to_string() + ": " + errno_text(errno)};
  }
  // Accepted sockets inherit it: a small answer in two writes must not wait for an acknowledgement.
  if (!address.is_unix()) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

Address bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  ::getsockname(fd, address, &size);
  return {address, size};
}

}  // namespace

int run(const ServiceOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto listener = open_listener(options.listen);
  if (!listener) {
    log::error("example-service cannot start name={} error=\"{}\"", options.name,
               listener.error().message);
    return 1;
  }
  Loop loop;
  Site site(loop, options.name);
  http::Server server(loop, site, http::ServerOptions{});
  const auto stop = [&loop] { loop.stop(); };
  const SignalWatch on_term(loop, SIGTERM, stop);
  const SignalWatch on_int(loop, SIGINT, stop);
  const SignalWatch on_quit(loop, SIGQUIT, stop);
  server.listen(listener->get());
  log::info("example-service listening name={} address={}", options.name,
            bound_address(listener->get()).to_string());
  loop.run();
  log::info("example-service stopped name={}", options.name);
  if (options.listen.is_unix()) remove_socket_file(options.listen);
  return 0;
}

}  // namespace gateway::example
