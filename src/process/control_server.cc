// SPDX-License-Identifier: MIT
#include "process/control_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "process/control_reply.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr mode_t kForOwner = 0600;
constexpr int kBacklog = 64;

std::uint64_t patience_from_now() {
  return monotonic_us() + static_cast<std::uint64_t>(ControlServer::kPatience.count()) * 1000;
}

bool is_passing(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

/// Gone for good, not merely done with sending.
bool has_hung_up(int socket) {
  pollfd watched{socket, 0, 0};
  return poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Result<ControlServer> ControlServer::listen(const std::string& path) {
  auto address = Address::from_unix_path(path);
  if (!address) return std::move(address).error();
  ControlServer server;
  server.socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  auto file = SocketFile::bind(server.socket_.get(), *address, kForOwner);
  if (!file) return std::move(file).error();
  server.file_ = *std::move(file);
  if (::listen(server.socket_.get(), kBacklog) != 0) {
    return Error{"cannot listen on " + path + ": " + errno_text(errno)};
  }
  return server;
}

void ControlServer::answer(ClientId id, std::string_view lines, bool is_last) {
  const auto client = std::find_if(clients_.begin(), clients_.end(),
                                   [id](const Client& each) { return each.id == id; });
  if (client == clients_.end()) return;
  if (client->output.empty()) client->until_us = patience_from_now();
  client->output += lines;
  client->is_answered = is_last;
  send(*client);
}

void ControlServer::add_to(std::vector<pollfd>& polled) const {
  // With all places taken the next ones wait in the backlog.
  if (clients_.size() < kMostClients) polled.push_back({socket_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    const int events = (client.is_asking ? POLLIN : 0) | (client.output.empty() ? 0 : POLLOUT);
    polled.push_back({client.socket.get(), static_cast<short>(events), 0});
  }
}

std::uint64_t ControlServer::next_due() const {
  std::uint64_t due = UINT64_MAX;
  for (const Client& client : clients_) {
    if (client.is_gone) return 0;  // its place is somebody's who may be waiting
    if (client.is_asking || !client.output.empty()) due = std::min(due, client.until_us);
  }
  return due;
}

void ControlServer::look_after(const Handler& handler) {
  accept();
  const std::uint64_t now = monotonic_us();
  for (Client& client : clients_) {
    if (client.is_asking) receive(client, handler);
    if (!client.output.empty()) send(client);
    const bool is_waited_for = client.is_asking || !client.output.empty();
    client.is_gone |= (is_waited_for && client.until_us <= now) || has_hung_up(client.socket.get());
  }
  clients_.remove_if([](const Client& client) { return client.is_gone; });
}

void ControlServer::retire() {
  socket_.reset();
  file_ = SocketFile();
}

void ControlServer::disown() {
  clients_.clear();
  socket_.reset();
}

void ControlServer::accept() {
  while (clients_.size() < kMostClients) {
    UniqueFd socket(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) return;
    clients_.push_back({++last_id_, std::move(socket), patience_from_now(), {}, {}});
  }
}

void ControlServer::receive(Client& client, const Handler& handler) {
  std::array<char, kLongestRequest> bytes{};
  const ssize_t length = recv(client.socket.get(), bytes.data(), bytes.size(), 0);
  if (length < 0 && is_passing(errno)) return;
  if (length > 0) client.request.append(bytes.data(), static_cast<std::size_t>(length));
  const std::size_t end = client.request.find('\n');
  const bool is_complete = end != std::string::npos || (length == 0 && !client.request.empty());
  if (is_complete && std::min(end, client.request.size()) <= kLongestRequest) {
    client.is_asking = false;
    client.request.resize(std::min(end, client.request.size()));
    handler(client.id, trim(client.request));
  } else if (client.request.size() > kLongestRequest) {
    client.is_asking = false;
    answer(client.id, result_line(/*is_ok=*/false, "the request is too long"), /*is_last=*/true);
  } else if (length <= 0) {
    client.is_gone = true;
  }
}

void ControlServer::send(Client& client) {
  const ssize_t length =
      ::send(client.socket.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
  if (length > 0) {
    client.output.erase(0, static_cast<std::size_t>(length));
    client.until_us = patience_from_now();
  } else if (length < 0 && !is_passing(errno)) {
    client.output.clear();
    client.is_answered = true;
  }
  if (!client.is_answered || !client.output.empty()) return;
  client.socket.reset();
  client.is_gone = true;  // forgotten in the next look_after()
}

}  // namespace gateway
