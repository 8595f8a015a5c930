// SPDX-License-Identifier: MIT
#include "cli/control_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "cli/patience.h"
#include "util/address.h"

namespace gateway::cli {
namespace {

using Outcome = ControlClient::Outcome;

constexpr std::size_t kLongestLine = 1 << 20;

Outcome connect_failure(int error) {
  if (error == EACCES) return Outcome::NoPermission;
  return error == EAGAIN ? Outcome::Silent : Outcome::NoSocket;  // its queue is full
}

}  // namespace

std::string_view word_of(Command command) {
  return std::find_if(kCommands.begin(), kCommands.end(),
                      [&](const auto& row) { return row.command == command; })
      ->word;
}

Outcome ControlClient::ask(const std::string& path, Command command, std::uint64_t until_us) {
  wait_until(until_us);
  const Outcome first = ask_once(path, command);
  if (first != Outcome::Ended) return first;
  const Outcome again = ask_once(path, command);
  return again == Outcome::NoSocket ? Outcome::Ended : again;
}

Outcome ControlClient::ask_once(const std::string& path, Command command) {
  const auto address = Address::from_unix_path(path);
  if (!address) return Outcome::NoSocket;
  socket_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!set_patience(socket_.get(), until_us_)) return Outcome::Silent;
  if (connect(socket_.get(), address->data(), address->size()) != 0) return connect_failure(errno);
  const std::string request = std::string(word_of(command)) + "\n";
  if (send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return Outcome::Ended;
  return receive();
}

std::optional<std::string> ControlClient::next_line() {
  for (;;) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (buffer_.size() > kLongestLine || receive() != Outcome::Answers) return std::nullopt;
  }
}

/// More of the answer.
Outcome ControlClient::receive() {
  if (!set_patience(socket_.get(), until_us_)) return Outcome::Silent;
  std::array<char, 4096> piece{};
  const ssize_t length = recv(socket_.get(), piece.data(), piece.size(), 0);
  if (length < 0 && errno == EAGAIN) return Outcome::Silent;
  if (length <= 0) return Outcome::Ended;
  buffer_.append(piece.data(), static_cast<std::size_t>(length));
  return Outcome::Answers;
}

}  // namespace gateway::cli
