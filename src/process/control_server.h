// SPDX-License-Identifier: MIT
//
// ControlServer: the socket by which an operator talks to the master.
//
// Protocol  one request line, "reload\n"; the answer is JSON objects, one a line, each with a
//           "kind"; the last one has the kind "result". See control_reply.h.
// Access    mode 0600: root, and the user who started the gateway.
// Bounds    the master never waits for a client: at most kMostClients, a request of kLongestRequest
//           bytes within kPatience, and no more patience than that with one that does not read.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/socket_file.h"
#include "util/duration.h"
#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

class ControlServer {
 public:
  using ClientId = std::uint64_t;
  /// Called with a request line; answers it, now or later.
  using Handler = std::function<void(ClientId client, std::string_view request)>;

  static constexpr std::size_t kMostClients = 16;
  static constexpr std::size_t kLongestRequest = 256;
  static constexpr Milliseconds kPatience{10'000};

  /// Takes the place of whatever socket is at `path`: who has the pid file has the socket.
  static Result<ControlServer> listen(const std::string& path);

  /// Adds lines to the answer; after the last ones the connection ends. A client that has gone is
  /// none to worry about.
  void answer(ClientId client, std::string_view lines, bool is_last);

  void add_to(std::vector<pollfd>& polled) const;
  /// When to stop waiting, in monotonic microseconds.
  std::uint64_t next_due() const;
  void look_after(const Handler& handler);

  /// Puts the socket's file elsewhere.
  Status move_to(const std::string& path) { return file_.move_to(path); }
  /// Takes no more clients; those that are there still get their answers.
  void retire();
  /// In a worker: the descriptors are closed, the file stays the master's.
  void disown();

 private:
  struct Client {
    ClientId id;
    UniqueFd socket;
    std::uint64_t until_us;  ///< for its request, later for reading the answer
    std::string request;
    std::string output;
    bool is_asking = true;
    bool is_answered = false;
    bool is_gone = false;
  };

  ControlServer() = default;
  void accept();
  void receive(Client& client, const Handler& handler);
  void send(Client& client);

  UniqueFd socket_;
  SocketFile file_;
  std::list<Client> clients_;
  ClientId last_id_ = 0;
};

}  // namespace gateway
