// SPDX-License-Identifier: MIT
#include "cli/healthcheck.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/unique_fd.h"

namespace gateway::cli {
namespace {

constexpr Milliseconds kPatience{2000};
// More than /health says: what goes on longer is something else.
constexpr std::size_t kLongestReply = 16 << 10;

void set_patience(int socket, Milliseconds patience) {
  timeval limit{};
  limit.tv_sec = patience.count() / 1000;
  limit.tv_usec = patience.count() % 1000 * 1000;
  // The send timeout is connect's too. They cannot fail for a valid socket.
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

std::string reason(int error) {
  // How a blocking socket spells that its time is over.
  return error == EAGAIN || error == EINPROGRESS ? "timed out" : errno_text(error);
}

/// All of the reply: hanging up in the middle of it would look like a client that broke off.
Result<std::string> read_reply(int socket, std::uint64_t until_us) {
  std::string reply;
  std::array<char, 4096> piece{};
  while (reply.size() < kLongestReply && monotonic_us() < until_us) {
    const ssize_t length = recv(socket, piece.data(), piece.size(), 0);
    if (length < 0) return Error{"no answer: " + reason(errno)};
    if (length == 0) return reply;
    reply.append(piece.data(), static_cast<std::size_t>(length));
  }
  return Error{"the answer does not end"};
}

}  // namespace

Result<Address> healthcheck_address(const ListenerConfig& listener) {
  if (!listener.unix_path.empty()) return Address::from_unix_path(listener.unix_path);
  if (listener.port == 0) {
    return Error{"the port to listen on is 0: it cannot be known which one that became, set one"};
  }
  // Listening on every address includes the loopback one.
  std::string_view host = listener.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return Address::from_ip(host, listener.port);
}

Status check_health(const Address& address, Milliseconds patience) {
  const std::uint64_t until = monotonic_us() + static_cast<std::uint64_t>(patience.count()) * 1000;
  const UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return Error{errno_text(errno)};
  set_patience(fd.get(), patience);
  if (connect(fd.get(), address.data(), address.size()) != 0) {
    return Error{"cannot connect: " + reason(errno)};
  }
  const std::string request =
      "GET /health HTTP/1.1\r\nHost: " + (address.is_unix() ? "localhost" : address.to_string()) +
      "\r\nUser-Agent: api-gateway-healthcheck\r\nConnection: close\r\n\r\n";
  if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Error{"cannot send: " + reason(errno)};
  }
  auto reply = read_reply(fd.get(), until);
  if (!reply) return std::move(reply).error();
  if (!reply->starts_with("HTTP/1.1 200 ")) {
    return Error{"the answer is " + quoted(reply->substr(0, reply->find("\r\n")))};
  }
  return ok();
}

int run_healthcheck(const Result<LoadedConfig>& loaded) {
  if (!loaded) {
    complain(loaded.error().message);
    return EXIT_FAILURE;
  }
  const auto address = healthcheck_address(loaded->config.listeners.front());
  if (!address) {
    complain(address.error().message);
    return EXIT_FAILURE;
  }
  const Status status = check_health(*address, kPatience);
  if (status) return EXIT_SUCCESS;
  complain("unhealthy: " + address->to_string() + ": " + status.error().message);
  return EXIT_FAILURE;
}

}  // namespace gateway::cli
