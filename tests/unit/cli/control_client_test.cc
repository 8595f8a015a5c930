// SPDX-License-Identifier: MIT
#include "cli/control_client.h"

#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.h"
#include "observe/scratch.h"
#include "util/address.h"
#include "util/clock.h"

using namespace gateway;
using cli::ControlClient;
using Outcome = ControlClient::Outcome;

namespace {

/// Listens at a path, and answers one connection after the other with these texts; then it is gone.
class Masters {
 public:
  Masters(const std::string& path, std::vector<std::string> answers) {
    const Address address = *Address::from_unix_path(path);
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(::bind(socket_.get(), address.data(), address.size()) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    thread_ = std::thread([this, answers = std::move(answers)] {
      for (const std::string& answer : answers) {
        const UniqueFd client(::accept(socket_.get(), nullptr, nullptr));
        std::array<char, 256> request{};
        const ssize_t length = ::recv(client.get(), request.data(), request.size(), 0);
        requests_.emplace_back(request.data(), static_cast<std::size_t>(length > 0 ? length : 0));
        ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      socket_.reset();
    });
  }
  Masters(const Masters&) = delete;
  Masters& operator=(const Masters&) = delete;
  ~Masters() { join(); }

  /// What they were asked.
  const std::vector<std::string>& requests() {
    join();
    return requests_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  UniqueFd socket_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::uint64_t in_seconds(unsigned seconds) { return monotonic_us() + seconds * 1'000'000ULL; }

std::vector<std::string> lines_of(ControlClient& client) {
  std::vector<std::string> lines;
  while (auto line = client.next_line()) lines.push_back(*std::move(line));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a master is asked by a word and answers in lines", "[cli]") {
  const test::ScratchDir scratch;
  Masters master(scratch.file("x.sock"), {"one\ntwo\n"});
  ControlClient client;
  REQUIRE(client.ask(scratch.file("x.sock"), Command::Reopen, in_seconds(10)) == Outcome::Answers);
  CHECK(lines_of(client) == Lines{"one", "two"});
  CHECK(master.requests() == Lines{"reopen\n"});
}

TEST_CASE("who got no byte of an answer asks who has the socket now, whatever the command",
          "[cli]") {
  const test::ScratchDir scratch;
  const auto command = GENERATE(Command::Reload, Command::Reopen, Command::Upgrade, Command::Quit,
                                Command::Stop, Command::ShowStatus);
  Masters masters(scratch.file("x.sock"), {"", "from the second\n"});
  ControlClient client;
  REQUIRE(client.ask(scratch.file("x.sock"), command, in_seconds(10)) == Outcome::Answers);
  CHECK(lines_of(client) == Lines{"from the second"});
  const std::string request = std::string(cli::word_of(command)) + "\n";
  CHECK(masters.requests() == Lines{request, request});
}

TEST_CASE("a command is asked twice at most", "[cli]") {
  const test::ScratchDir scratch;
  Masters masters(scratch.file("x.sock"), {"", ""});
  ControlClient client;
  CHECK(client.ask(scratch.file("x.sock"), Command::ShowStatus, in_seconds(10)) == Outcome::Ended);
  CHECK(masters.requests().size() == 2);
}

TEST_CASE("a command whose answer began is not asked again", "[cli]") {
  const test::ScratchDir scratch;
  Masters masters(scratch.file("x.sock"), {"{\"kind\":\"acc"});
  ControlClient client;
  REQUIRE(client.ask(scratch.file("x.sock"), Command::Reload, in_seconds(10)) == Outcome::Answers);
  CHECK(lines_of(client).empty());
  CHECK(masters.requests() == Lines{"reload\n"});
}

TEST_CASE("nobody to ask, and one that does not answer, are told apart", "[cli]") {
  const test::ScratchDir scratch;
  ControlClient client;
  CHECK(client.ask(scratch.file("x.sock"), Command::ShowStatus, in_seconds(10)) ==
        Outcome::NoSocket);
  CHECK(client.ask("relative", Command::ShowStatus, in_seconds(10)) == Outcome::NoSocket);
  const Address address = *Address::from_unix_path(scratch.file("y.sock"));
  const UniqueFd silent(::socket(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(::bind(silent.get(), address.data(), address.size()) == 0);
  REQUIRE(::listen(silent.get(), 1) == 0);
  CHECK(client.ask(scratch.file("y.sock"), Command::ShowStatus, monotonic_us() + 20'000) ==
        Outcome::Silent);
  CHECK(client.ask(scratch.file("y.sock"), Command::ShowStatus, monotonic_us()) == Outcome::Silent);
}
