// SPDX-License-Identifier: MIT
#include "http/socket_writer.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <string>

#include "catch.h"
#include "event/loop.h"
#include "http/wire_pieces.h"
#include "util/unique_fd.h"

namespace gateway::http {
namespace {

// A writer on one end of a socket pair; the test reads the other.
class Fixture {
 public:
  Fixture() {
    std::signal(SIGPIPE, SIG_IGN);  // as every process of the gateway does
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    own_.reset(ends[0]);
    peer.reset(ends[1]);
    writer.open(
        loop.base(), own_.get(),
        [](evutil_socket_t, short, void* self) {
          auto* fixture = static_cast<Fixture*>(self);
          fixture->writable_calls++;
          fixture->writer.flush();
        },
        this);
  }

  std::string read_some() {
    std::string bytes(256 << 10, '\0');
    const ssize_t received = ::recv(peer.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(received > 0 ? static_cast<std::size_t>(received) : 0);
    return bytes;
  }
  // Writes numbered pieces until the kernel refuses some; returns all that was written.
  std::string fill() {
    std::string all;
    for (int i = 0; writer.is_idle(); i++) {
      const std::string piece = std::to_string(i) + std::string(10000, '.');
      writer.write(piece);
      all += piece;
    }
    return all;
  }
  std::string drain() {
    std::string all;
    for (std::string more = read_some(); !more.empty(); more = read_some()) {
      all += more;
      loop.run_pending();
    }
    return all;
  }

  Loop loop;
  UniqueFd peer;
  int writable_calls = 0;

 private:
  UniqueFd own_;

 public:
  SocketWriter writer;
};

TEST_CASE("what the socket takes is written at once", "[http]") {
  Fixture socket;
  socket.writer.write("hello");
  CHECK(socket.read_some() == "hello");
  CHECK(socket.writer.is_idle());
  CHECK(socket.writer.queued() == 0);
  CHECK(socket.writer.written() == 5);
  socket.loop.run_pending();
  CHECK(socket.writable_calls == 0);
}

TEST_CASE("pieces are written in order", "[http]") {
  Fixture socket;
  PieceList pieces;
  for (const char* piece : {"a", "bc", "", "def"}) pieces.push(piece);
  socket.writer.write(pieces.span());
  CHECK(socket.read_some() == "abcdef");
}

TEST_CASE("pieces that are copied together and pieces that are not arrive alike", "[http]") {
  Fixture socket;
  for (const std::size_t size : {1u, 4085u, 4086u, 4087u, 20000u}) {
    const std::string body(size, 'b');
    PieceList pieces;
    for (const std::string_view piece : {"0123456789", body.c_str()}) pieces.push(piece);
    socket.writer.write(pieces.span());
    CHECK(socket.read_some() == "0123456789" + body);
  }
  CHECK(socket.writer.written() == 50 + 1 + 4085 + 4086 + 4087 + 20000);
}

TEST_CASE("nothing to write is no write", "[http]") {
  Fixture socket;
  socket.writer.write("");
  socket.writer.write(std::span<const iovec>{});
  CHECK(socket.writer.is_idle());
  CHECK_FALSE(socket.writer.is_dead());
  CHECK(socket.writer.written() == 0);
}

TEST_CASE("what the socket refuses is queued and follows in order", "[http]") {
  Fixture socket;
  std::string all = socket.fill();
  CHECK(socket.writer.queued() > 0);
  CHECK(socket.writer.written() + socket.writer.queued() == all.size());
  PieceList pieces;
  for (const char* piece : {"be", "hind"}) pieces.push(piece);
  socket.writer.write(pieces.span());
  all += "behind";
  CHECK(socket.drain() == all);
  CHECK(socket.writable_calls > 0);
  CHECK(socket.writer.is_idle());
  CHECK(socket.writer.queued() == 0);
  CHECK(socket.writer.written() == all.size());
}

TEST_CASE("a gathered write that is taken in part goes on where it stopped", "[http]") {
  Fixture socket;
  const std::string head(1000, 'h');
  const std::string body(8 << 20, 'b');
  PieceList pieces;
  pieces.push(head);
  pieces.push(body);
  pieces.push("end");
  socket.writer.write(pieces.span());
  REQUIRE(socket.writer.written() > 0);
  REQUIRE(socket.writer.queued() > 0);
  CHECK((socket.drain() == head + body + "end"));
}

TEST_CASE("an idle writer no longer watches its socket", "[http]") {
  Fixture socket;
  socket.fill();
  socket.drain();
  const int calls = socket.writable_calls;
  socket.loop.run_pending();
  socket.loop.run_pending();
  CHECK(socket.writable_calls == calls);
  socket.writer.write("again");
  CHECK(socket.read_some() == "again");
}

TEST_CASE("a writer whose peer has gone is dead, and later writes vanish", "[http]") {
  Fixture socket;
  socket.peer.reset();
  socket.writer.write("hello");
  CHECK(socket.writer.is_dead());
  CHECK(socket.writer.is_idle());
  socket.writer.write("hello");
  CHECK(socket.writer.queued() == 0);
  CHECK(socket.writer.written() == 0);
}

TEST_CASE("a peer that goes while something is queued ends the queue", "[http]") {
  Fixture socket;
  socket.fill();
  socket.peer.reset();
  socket.loop.run_pending();
  CHECK(socket.writer.is_dead());
  CHECK(socket.writer.is_idle());
  CHECK(socket.writer.queued() == 0);
  const int calls = socket.writable_calls;
  socket.loop.run_pending();
  CHECK(socket.writable_calls == calls);
}

TEST_CASE("a closed writer drops its queue and leaves the descriptor open", "[http]") {
  Fixture socket;
  const std::string all = socket.fill();
  const auto written = socket.writer.written();
  socket.writer.close();
  CHECK(socket.writer.is_dead());
  CHECK(socket.writer.queued() == 0);
  socket.writer.close();
  socket.writer.write("x");
  CHECK(socket.drain() == all.substr(0, written));
  CHECK(socket.writable_calls == 0);
  CHECK(::recv(socket.peer.get(), nullptr, 0, 0) == -1);  // no end of file
}

TEST_CASE("a writer that is opened again counts from zero", "[http]") {
  Fixture socket;
  socket.fill();
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd own(ends[0]);
  const UniqueFd peer(ends[1]);
  socket.writer.open(
      socket.loop.base(), own.get(), [](evutil_socket_t, short, void*) {}, nullptr);
  CHECK(socket.writer.is_idle());
  CHECK_FALSE(socket.writer.is_dead());
  CHECK(socket.writer.written() == 0);
  socket.writer.write("hello");
  CHECK(socket.writer.written() == 5);
  socket.writer.close();
}

}  // namespace
}  // namespace gateway::http
