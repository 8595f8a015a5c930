// SPDX-License-Identifier: MIT
#include "cli/healthcheck.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/patience.h"
#include "cli/running_gateway.h"
#include "config/load.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/unique_fd.h"

namespace gateway::cli {
namespace {

constexpr Milliseconds kPatience{2000};
constexpr Milliseconds kBudget{2500};
// More than /health says: what goes on longer is something else.
constexpr std::size_t kLongestReply = 16 << 10;

std::string reason(int error) {
  // How a blocking socket spells that its time is over.
  return error == EAGAIN || error == EINPROGRESS ? "timed out" : errno_text(error);
}

/// All of the reply: hanging up in the middle of it would look like a client that broke off.
Result<std::string> read_reply(int socket, std::uint64_t until_us) {
  std::string reply;
  std::array<char, 4096> piece{};
  while (reply.size() < kLongestReply && set_patience(socket, until_us)) {
    const ssize_t length = recv(socket, piece.data(), piece.size(), 0);
    if (length < 0) return Error{"no answer: " + reason(errno)};
    if (length == 0) return reply;
    reply.append(piece.data(), static_cast<std::size_t>(length));
  }
  return Error{"the answer does not end"};
}

std::uint64_t from_now(Milliseconds duration) {
  return monotonic_us() + static_cast<std::uint64_t>(duration.count()) * 1000;
}

Milliseconds left_until(std::uint64_t until_us) {
  const std::uint64_t now = monotonic_us();
  return Milliseconds(until_us > now ? (until_us - now) / 1000 : 0);
}

Status check(const Result<Address>& address, Milliseconds patience) {
  if (!address) return address.error();
  Status status = check_health(*address, patience);
  if (status) return status;
  return std::move(status).error().in("unhealthy: " + address->to_string());
}

/// -c says which gateway is meant, unless its runtime directory or pid file does.
std::string config_to_match(const HealthcheckTarget& target) {
  const bool is_named =
      !target.runtime.pid_file.empty() || !target.runtime.runtime_directory.empty();
  return is_named || target.config.empty() ? std::string() : config_file(target.config);
}

}  // namespace

Address on_this_machine(const Address& bound) {
  // Listening on every address includes the loopback one.
  const std::string host = bound.host();
  if (bound.is_unix() || (host != "0.0.0.0" && host != "::")) return bound;
  return *Address::from_ip(host == "::" ? "::1" : "127.0.0.1", bound.port());
}

Result<Address> healthcheck_address(const ListenerConfig& listener) {
  if (!listener.unix_path.empty()) return Address::from_unix_path(listener.unix_path);
  if (listener.port == 0) {
    return Error{"the port to listen on is 0: it cannot be known which one that became, set one"};
  }
  const auto address = Address::from_ip(listener.host, listener.port);
  return address ? on_this_machine(*address) : address;
}

Status check_health(const Address& address, Milliseconds patience) {
  const std::uint64_t until = from_now(patience);
  const UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return Error{errno_text(errno)};
  if (!set_patience(fd.get(), until)) return Error{"no time is left"};
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

int run_healthcheck(const Result<LoadedConfig>& loaded, const HealthcheckTarget& target) {
  const std::uint64_t until = from_now(kBudget);
  const auto configured = loaded ? healthcheck_address(loaded->config.listeners.front())
                                 : Result<Address>(loaded.error());
  const Status as_configured = check(configured, kPatience);
  if (as_configured) return EXIT_SUCCESS;

  const auto bound = running_address(target.runtime, config_to_match(target), until);
  const auto running = bound ? Result<Address>(on_this_machine(*bound)) : bound;
  const bool is_checked = configured && running && *configured == *running;
  if (running && !is_checked) {
    const Status as_it_runs = check(running, left_until(until));
    if (as_it_runs) return EXIT_SUCCESS;
    complain(as_it_runs.error().message);
    return EXIT_FAILURE;
  }
  complain(as_configured.error().message);
  if (!running)
    complain("where the running gateway listens is not known: " + running.error().message);
  return EXIT_FAILURE;
}

}  // namespace gateway::cli
