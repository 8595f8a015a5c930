// SPDX-License-Identifier: MIT
#include "upstream/instance.h"

#include <memory>
#include <string>

#include "catch.h"
#include "loopback.h"
#include "observe/scratch.h"

namespace gateway::upstream {
namespace {

using test::Journal;
using test::Origin;
using test::run_until;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// One instance in front of a scripted origin.
class Fixture : public test::Surroundings {
 public:
  explicit Fixture(const PoolConfig& config = {}) {
    pool = config;
    instance = std::make_unique<Instance>(context, origin.config(), instances[0]);
  }

  http::ClientConnection& acquire(Journal& journal, bool fresh = false) {
    http::AttemptTraits traits;
    traits.repeatable = true;
    return instance->acquire(journal, traits, timeouts, fresh);
  }
  /// Connects an attempt and accepts it at the origin.
  http::ClientConnection& connect(Journal& journal, UniqueFd& peer, bool fresh = false) {
    http::ClientConnection& connection = acquire(journal, fresh);
    run_until(loop, [&] { return journal.has("connected"); });
    peer.reset(origin.accept());
    REQUIRE(peer.is_open());
    return connection;
  }
  void answer(const UniqueFd& peer, std::string_view bytes) {
    REQUIRE(::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// A whole exchange, after which the connection is idle.
  http::ClientConnection& exchange(UniqueFd& peer, bool fresh = false,
                                   std::string_view response = kResponse) {
    Journal journal;
    http::ClientConnection& connection = connect(journal, peer, fresh);
    connection.send(kRequest, {}, /*end=*/true);
    answer(peer, response);
    run_until(loop, [&] { return journal.has("end"); });
    return connection;
  }

  Origin origin;
  std::unique_ptr<Instance> instance;
};

TEST_CASE("Host is that of the URL, without the default port", "[upstream]") {
  struct Row {
    InstanceConfig config;
    std::string host_field;
  };
  const Row rows[] = {
      {{"", "example.com", 80, ""}, "example.com"},
      {{"", "example.com", 8080, ""}, "example.com:8080"},
      {{"", "127.0.0.1", 8001, ""}, "127.0.0.1:8001"},
      {{"", "::1", 80, ""}, "[::1]"},
      {{"", "2001:db8::1", 443, ""}, "[2001:db8::1]:443"},
      {{"", "", 80, "/run/x.sock"}, "localhost"},
  };
  test::Surroundings around;
  for (const Row& row : rows) {
    const Instance instance(around.context, row.config, around.instances[0]);
    CHECK(instance.host_field() == row.host_field);
  }
}

TEST_CASE("a name is worth one more connect than it has addresses, as it may move", "[upstream]") {
  test::Surroundings around;
  const Instance address(around.context, {"", "127.0.0.1", 80, ""}, around.instances[0]);
  const Instance name(around.context, {"", "example.com", 80, ""}, around.instances[0]);
  CHECK(address.max_attempts() == 1);
  CHECK(name.max_attempts() == 2);
}

TEST_CASE("a connection is not used when the loop knows of something on it", "[upstream]") {
  for (const bool closes : {false, true}) {
    CAPTURE(closes);
    Fixture fixture;
    UniqueFd peer;
    fixture.exchange(peer);
    // In the turn of the loop that finds the peer's bytes or end, somebody else comes first.
    int sockets[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) == 0);
    const UniqueFd ours(sockets[0]);
    const UniqueFd other(sockets[1]);
    struct First {
      Fixture& fixture;
      Journal journal{};
      http::ClientConnection* taken = nullptr;
    } first{fixture};
    const EventPtr event(event_new(
        fixture.loop.base(), ours.get(), EV_READ,
        [](evutil_socket_t, short, void* argument) {
          auto& self = *static_cast<First*>(argument);
          self.taken = &self.fixture.acquire(self.journal);
        },
        &first));
    event_add(event.get(), nullptr);
    fixture.loop.run_pending();
    fixture.answer(other, "x");
    if (closes) {
      peer.reset();
    } else {
      fixture.answer(peer, kResponse);
    }
    run_until(fixture.loop, [&] { return first.taken != nullptr; });
    CHECK_FALSE(first.taken->was_reused());
    first.taken->cancel();
    fixture.loop.run_pending();
  }
}

TEST_CASE("a new connection is told when it is connected, and carries an exchange", "[upstream]") {
  Fixture f;
  Journal journal;
  UniqueFd peer;
  http::ClientConnection& connection = f.acquire(journal);
  CHECK_FALSE(connection.is_ready());
  CHECK(journal.text.empty());
  run_until(f.loop, [&] { return journal.has("connected"); });
  peer.reset(f.origin.accept());
  CHECK(connection.is_ready());
  CHECK_FALSE(connection.was_reused());
  CHECK_FALSE(connection.sent_anything());
  connection.send(kRequest, {}, /*end=*/true);
  CHECK(connection.sent_anything());
  std::string received(100, '\0');
  received.resize(static_cast<std::size_t>(::recv(peer.get(), received.data(), 100, 0)));
  CHECK(received == kRequest);
  f.answer(peer, kResponse);
  run_until(f.loop, [&] { return journal.has("end"); });
  CHECK(journal.text == "connected response:200 body:ok end ");
  CHECK(f.counters().connects.read() == 1);
  CHECK(f.open_connections() == 1);
  CHECK(f.counters().reuses.read() == 0);
}

TEST_CASE("an idle connection serves the next exchange at once", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  http::ClientConnection& first = f.exchange(peer);
  Journal journal;
  http::ClientConnection& second = f.acquire(journal);
  CHECK(&second == &first);
  CHECK(second.is_ready());
  CHECK(second.was_reused());
  CHECK_FALSE(second.sent_anything());
  second.send(kRequest, {}, /*end=*/true);
  f.answer(peer, kResponse);
  run_until(f.loop, [&] { return journal.has("end"); });
  CHECK(journal.text == "response:200 body:ok end ");
  CHECK(f.counters().connects.read() == 1);
  CHECK(f.counters().reuses.read() == 1);
}

TEST_CASE("a connection that was asked to be fresh is never a pooled one", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  UniqueFd other;
  http::ClientConnection& first = f.exchange(peer);
  Journal journal;
  CHECK(&f.connect(journal, other, /*fresh=*/true) != &first);
  CHECK(f.counters().connects.read() == 2);
  CHECK(f.counters().reuses.read() == 0);
}

TEST_CASE("the connection that became idle last is used first", "[upstream]") {
  Fixture f;
  UniqueFd peers[2];
  http::ClientConnection& first = f.exchange(peers[0]);
  http::ClientConnection& second = f.exchange(peers[1], /*fresh=*/true);
  Journal journals[2];
  CHECK(&f.acquire(journals[0]) == &second);
  CHECK(&f.acquire(journals[1]) == &first);
}

TEST_CASE("the pool keeps no more idle connections than it may", "[upstream]") {
  Fixture f;
  f.pool.max_idle = 1;
  UniqueFd peers[2];
  http::ClientConnection& first = f.exchange(peers[0]);
  f.exchange(peers[1], /*fresh=*/true);
  run_until(f.loop, [&] { return f.open_connections() == 1; });
  Journal journal;
  CHECK(&f.acquire(journal) == &first);
}

TEST_CASE("an idle connection that the service closes leaves the pool", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  f.exchange(peer);
  peer.reset();
  run_until(f.loop, [&] { return f.open_connections() == 0; });
  Journal journal;
  UniqueFd next;
  CHECK_FALSE(f.connect(journal, next).was_reused());
}

TEST_CASE("an idle connection that says something unasked leaves the pool", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  f.exchange(peer);
  f.answer(peer, "HTTP/1.1 408 Request Timeout\r\n\r\n");
  run_until(f.loop, [&] { return f.open_connections() == 0; });
  CHECK(f.state().status == InstanceStatus::Up);
}

TEST_CASE("a connection is not kept when its response says so or ends unclearly", "[upstream]") {
  for (const std::string response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nsurplus"}) {
    CAPTURE(response);
    Fixture f;
    UniqueFd peer;
    Journal journal;
    f.connect(journal, peer).send(kRequest, {}, /*end=*/true);
    f.answer(peer, response);
    run_until(f.loop, [&] { return journal.has("end"); });
    run_until(f.loop, [&] { return f.open_connections() == 0; });
    CHECK(journal.text == "connected response:200 end ");
  }
}

std::string keep_alive(std::string_view hint) {
  return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: " + std::string(hint) + "\r\n\r\n";
}

TEST_CASE("a connection is kept for as long and as often as the service announces", "[upstream]") {
  struct Row {
    std::string hint;
    bool is_kept;
  };
  const Row rows[] = {{"timeout=600, max=1", true}, {"timeout=0", false}, {"max=0", false}};
  for (const Row& row : rows) {
    CAPTURE(row.hint);
    Fixture f;
    UniqueFd peer;
    f.exchange(peer, /*fresh=*/false, keep_alive(row.hint));
    if (row.is_kept) {
      Journal journal;
      CHECK(f.acquire(journal).was_reused());
    } else {
      run_until(f.loop, [&] { return f.open_connections() == 0; });
    }
  }
}

TEST_CASE("of the uses a service announced the last one is the last", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  f.exchange(peer, /*fresh=*/false, keep_alive("max=2"));
  for (int uses = 1; uses <= 2; uses++) {  // which say nothing more
    Journal journal;
    http::ClientConnection& connection = f.acquire(journal);
    CHECK(connection.was_reused());
    connection.send(kRequest, {}, /*end=*/true);
    f.answer(peer, kResponse);
    run_until(f.loop, [&] { return journal.has("end"); });
  }
  run_until(f.loop, [&] { return f.open_connections() == 0; });
}

TEST_CASE("a connection is closed before the service would, as it announced", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  f.exchange(peer, /*fresh=*/false, keep_alive("timeout=1"));
  CHECK(f.state().announced_idle_ms == 1000);
  run_until(f.loop, [&] { return f.open_connections() == 0; });
  CHECK(f.state().learned_idle_ms == 0);
  f.exchange(peer);
  CHECK(f.state().announced_idle_ms == 0);
}

TEST_CASE("that a service closes after each answer is learned", "[upstream]") {
  Fixture f;
  for (int i = 0; i < 100 && f.state().learned_idle_ms == 0; i++) {
    UniqueFd peer;
    f.exchange(peer);
    peer.reset();
    run_until(f.loop, [&] { return f.open_connections() == 0; });
  }
  REQUIRE(f.state().learned_idle_ms > 0);
  // One connection is watched but not used, others are closed.
  UniqueFd peers[2];
  f.exchange(peers[0]);
  f.exchange(peers[1]);
  CHECK(f.counters().reuses.read() == 0);
  run_until(f.loop, [&] { return f.open_connections() == 1; });
}

TEST_CASE("what was learned is forgotten when the service no longer does it", "[upstream]") {
  PoolConfig config;
  config.idle_timeout = Milliseconds(2000);
  Fixture f(config);
  f.state().learned_idle_ms = 1;
  UniqueFd peer;
  f.exchange(peer);
  run_until(f.loop, [&] { return f.state().learned_idle_ms == 0; });
  run_until(f.loop, [&] { return f.open_connections() == 0; });
}

TEST_CASE("after a close a request that cannot be sent again goes on a new connection",
          "[upstream]") {
  http::AttemptTraits order;
  order.repeatable = false;
  // Only connections no older than the one that was closed are in doubt, and time passes.
  bool was_in_doubt = false;
  for (int i = 0; i < 100 && !was_in_doubt; i++) {
    Fixture f;
    UniqueFd peers[2];
    f.exchange(peers[0]);
    http::ClientConnection& younger = f.exchange(peers[1], /*fresh=*/true);
    peers[0].reset();
    run_until(f.loop, [&] { return f.open_connections() == 1; });
    Journal journals[2];
    was_in_doubt =
        !f.instance->acquire(journals[0], order, f.timeouts, /*fresh=*/false).was_reused();
    if (was_in_doubt) CHECK(&f.acquire(journals[1]) == &younger);
  }
  CHECK(was_in_doubt);
}

TEST_CASE("idle connections can be closed at once", "[upstream]") {
  Fixture f;
  UniqueFd peers[2];
  f.exchange(peers[0]);
  f.exchange(peers[1], /*fresh=*/true);
  f.instance->close_idle();
  run_until(f.loop, [&] { return f.open_connections() == 0; });
}

TEST_CASE("a refused connection fails the attempt from the loop and marks the instance down",
          "[upstream]") {
  Fixture f;
  f.origin.close();
  Journal journal;
  f.acquire(journal);
  CHECK(journal.text.empty());
  run_until(f.loop, [&] { return !journal.text.empty(); });
  CHECK(journal.text == "failed:connect_refused ");
  CHECK(f.state().status == InstanceStatus::Down);
  CHECK(f.state().last_error == Cause::ConnectRefused);
  CHECK(f.state().changed_at_ms > 0);
  CHECK(f.open_connections() == 0);
}

TEST_CASE("a connect marks the instance up and keeps its last error", "[upstream]") {
  Fixture f;
  f.state().status = InstanceStatus::Down;
  f.state().last_error = Cause::ConnectTimeout;
  Journal journal;
  UniqueFd peer;
  f.connect(journal, peer);
  CHECK(f.state().status == InstanceStatus::Up);
  CHECK(f.state().last_error == Cause::ConnectTimeout);
}

TEST_CASE("a failure on a connection is noted without marking the instance down", "[upstream]") {
  Fixture f;
  f.state().status = InstanceStatus::Up;
  f.instance->note_failure(Cause::ResponseHeaderTimeout, /*was_connected=*/true);
  CHECK(f.state().status == InstanceStatus::Up);
  CHECK(f.state().last_error == Cause::ResponseHeaderTimeout);
}

TEST_CASE("a name is looked up before its first connect, and again not at once", "[upstream]") {
  test::Surroundings around;
  Origin origin;
  Instance instance(around.context, origin.config("localhost"), around.instances[0]);
  for (const std::uint64_t connects : {1, 2}) {
    Journal journal;
    instance.acquire(journal, {}, around.timeouts, /*fresh=*/true);
    // The first attempt waits for the name, the second one knows it.
    CHECK(around.counters().connects.read() == (connects == 1 ? 0 : 2));
    run_until(around.loop, [&] { return journal.has("connected"); });
    CHECK(around.counters().connects.read() == connects);
  }
  CHECK(instance.host_field() == "localhost:" + std::to_string(origin.port()));
}

TEST_CASE("a name that does not resolve fails the attempt and marks the instance down",
          "[upstream]") {
  test::Surroundings around;
  const std::string name = std::string(64, 'a') + ".invalid";
  Instance instance(around.context, {"http://" + name, name, 80, ""}, around.instances[0]);
  Journal first;
  instance.acquire(first, {}, around.timeouts, /*fresh=*/false);
  CHECK(first.text.empty());
  run_until(around.loop, [&] { return !first.text.empty(); });
  CHECK(first.text == "failed:dns_failure ");
  CHECK(around.state(0).status == InstanceStatus::Down);
  CHECK(around.state(0).last_error == Cause::DnsFailure);
  // Asked again at once, it does not ask the resolver again.
  Journal second;
  instance.acquire(second, {}, around.timeouts, /*fresh=*/false);
  run_until(around.loop, [&] { return !second.text.empty(); });
  CHECK(second.text == "failed:dns_failure ");
  CHECK(around.counters().connects.read() == 0);
}

TEST_CASE("an attempt that is cancelled hears nothing more", "[upstream]") {
  Fixture f;
  Journal journal;
  UniqueFd peer;
  http::ClientConnection& connection = f.connect(journal, peer);
  connection.send(kRequest, {}, /*end=*/true);
  connection.cancel();
  run_until(f.loop, [&] { return f.open_connections() == 0; });
  CHECK(journal.text == "connected ");
}

TEST_CASE("an instance may go with connections in every state", "[upstream]") {
  Fixture f;
  UniqueFd idle_peer;
  UniqueFd busy_peer;
  Journal journals[2];
  f.exchange(idle_peer);
  f.connect(journals[0], busy_peer, /*fresh=*/true).send(kRequest, {}, /*end=*/true);
  f.acquire(journals[1], /*fresh=*/true);
  f.instance.reset();
  f.loop.run_pending();
  CHECK(journals[0].text == "connected ");
  CHECK(journals[1].text.empty());
}

TEST_CASE("a unix socket is connected like any other", "[upstream]") {
  test::Surroundings around;
  const gateway::test::ScratchDir scratch;
  const std::string path = scratch.file("s");
  const Address address = *Address::from_unix_path(path);
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(listener.get(), address.data(), address.size()) == 0);
  REQUIRE(::listen(listener.get(), 4) == 0);
  Instance instance(around.context, {"unix:" + path, "", 80, path}, around.instances[0]);
  Journal journal;
  instance.acquire(journal, {}, around.timeouts, /*fresh=*/false);
  run_until(around.loop, [&] { return journal.has("connected"); });
  CHECK(around.state(0).status == InstanceStatus::Up);
}

TEST_CASE("a unix socket that is not there is unreachable", "[upstream]") {
  test::Surroundings around;
  const gateway::test::ScratchDir scratch;
  const std::string path = scratch.file("none");
  Instance instance(around.context, {"unix:" + path, "", 80, path}, around.instances[0]);
  Journal journal;
  instance.acquire(journal, {}, around.timeouts, /*fresh=*/false);
  run_until(around.loop, [&] { return !journal.text.empty(); });
  CHECK(journal.text == "failed:connect_unreachable ");
  CHECK(around.state(0).status == InstanceStatus::Down);
}

TEST_CASE("an attempt is in flight until its connection is free again or gone", "[upstream]") {
  Fixture f;
  const auto in_flight = [&] {
    return f.counters().attempts.read() - f.counters().attempts_ended.read();
  };
  UniqueFd peer;
  http::ClientConnection& connection = f.exchange(peer);
  CHECK(f.counters().attempts.read() == 1);
  CHECK(in_flight() == 0);
  Journal second;
  CHECK(&f.acquire(second) == &connection);
  CHECK(in_flight() == 1);
  connection.cancel();
  CHECK(in_flight() == 0);
  f.instance->close_idle();
  CHECK(f.counters().attempts_ended.read() == 2);
}

TEST_CASE("an attempt whose connection is not kept ends once", "[upstream]") {
  PoolConfig pool;
  pool.max_idle = 0;
  Fixture f(pool);
  UniqueFd peer;
  f.exchange(peer);
  CHECK(f.counters().attempts.read() == 1);
  CHECK(f.counters().attempts_ended.read() == 1);
}

TEST_CASE("closing idle connections ends no attempt", "[upstream]") {
  Fixture f;
  UniqueFd peer;
  f.exchange(peer);
  f.instance->close_idle();
  run_until(f.loop, [&] { return f.open_connections() == 0; });
  CHECK(f.counters().attempts_ended.read() == 1);
}

}  // namespace
}  // namespace gateway::upstream
