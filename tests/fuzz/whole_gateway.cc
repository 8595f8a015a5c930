// SPDX-License-Identifier: MIT
//
// Fuzzes a whole gateway in this process: a Server, a Gateway and its connections, with clients and
// a service that do what the input says: send pieces of messages in pieces of pieces, stop
// reading, end, vanish, let time pass. Whatever they do,
//   the service receives only whole readings of requests that a client has sent, each with its
//   body; a client receives well-formed answers, in order, each made for its own request; each
//   exchange ends once, and in the end nothing is left of any; memory stays bounded.
//
// The input: a byte of settings, then steps of one byte each, some with arguments behind them.
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <sanitizer/allocator_interface.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "ends.h"
#include "http/server.h"
#include "observe/log.h"
#include "observe/meters.h"
#include "pieces.h"
#include "proxy/gateway.h"
#include "record.h"
#include "util/clock.h"
#include "util/unique_fd.h"

using namespace gateway;
using fuzz::check;
using fuzz::Client;
using fuzz::End;
using fuzz::Input;
using fuzz::Listener;
using fuzz::Service;

// --- time: in the place of util/clock.cc, and only as fast as the input wants -------------------

namespace {
std::uint64_t now_ms = 1'000'000;
}

namespace gateway {
std::uint64_t monotonic_us() { return now_ms * 1000; }
std::uint64_t coarse_monotonic_ms() { return now_ms; }
std::int64_t unix_ms() { return static_cast<std::int64_t>(now_ms); }
std::string utc_timestamp(std::int64_t) { return "2026-01-31T12:00:00.000Z"; }
}  // namespace gateway

namespace {

/// What lasts from one input to the next.
struct Surroundings {
  Surroundings() {
    std::signal(SIGPIPE, SIG_IGN);  // as every process of the gateway does
    static LogOutput off = *LogOutput::open("off");
    log::start(off, LogLevel::Off);
    directory = (std::filesystem::temp_directory_path() / "gateway-fuzz-XXXXXX").string();
    check(::mkdtemp(directory.data()) != nullptr);
    gateway.emplace(directory + "/g");
    service.emplace(directory + "/s");
  }
  ~Surroundings() { std::filesystem::remove_all(directory); }

  std::string directory;
  std::optional<Listener> gateway, service;
};

constexpr std::size_t kClients = 3;

class NoEndpoints : public http::Responder {
 public:
  std::optional<http::Reply> respond(const http::RequestHead&) override { return std::nullopt; }
};

// --- the gateway between them -------------------------------------------------------------------

class World {
 public:
  World(Surroundings& around, unsigned settings) : around_(around) {
    configure(settings);
    log_.emplace(*LogOutput::open(around.directory + "/log"));
    access_log_.emplace(*log_, 0U, 1U, config_.logs.access_fields, config_.logs.redact_query);
    counted_.resize(config_.routes.size(), config_.services[0].instances.size());
    gateway_ = std::make_unique<proxy::Gateway>(
        loop_, proxy::GatewayParts{config_, endpoints_, *access_log_, counted_.meters});
    server_ = std::make_unique<http::Server>(
        loop_, *gateway_,
        http::ServerOptions{config_.client, config_.limits, config_.max_connections,
                            counted_.meters.clients});
    server_->listen(around.gateway->fd());
    record_.clients.resize(kClients);
  }

  ~World() {
    server_.reset();
    gateway_.reset();
    loop_.run_pending();
    for (int fd = around_.service->accept(); fd >= 0; fd = around_.service->accept()) ::close(fd);
    for (int fd = around_.gateway->accept(); fd >= 0; fd = around_.gateway->accept()) ::close(fd);
    std::filesystem::remove(around_.directory + "/log");
  }

  void step(Input& input);
  void finish();

 private:
  void configure(unsigned settings);
  void step_client(unsigned what, Client& client, Input& input);
  void step_service(unsigned what, Input& input);
  void send_in_two(End& end, const std::string& bytes, Input& input);
  void answer(Service& service, std::string_view piece, Input& input);
  void flood(End& end);
  void turn();
  void pass_time(std::uint64_t milliseconds);
  void accept_all();
  void check_memory();
  void check_quiet();
  void check_log();
  void check_counts(std::uint64_t requests);

  Surroundings& around_;
  Config config_;
  Loop loop_;
  NoEndpoints endpoints_;
  gateway::test::OwnMeters counted_;
  std::optional<LogOutput> log_;
  std::optional<AccessLog> access_log_;
  std::unique_ptr<proxy::Gateway> gateway_;
  std::unique_ptr<http::Server> server_;
  fuzz::Record record_;
  std::size_t allocated_before_ = 0;
  unsigned number_ = 0;
  std::uint64_t passed_ms_ = 0;
  bool draining_ = false;
};

void World::configure(unsigned settings) {
  ServiceConfig service;
  service.name = "s";
  InstanceConfig instance;
  instance.unix_path = around_.service->path();
  instance.url = "unix:" + instance.unix_path;
  service.instances.push_back(instance);
  if ((settings & 1U) != 0) {  // nobody is there
    instance.unix_path += "-none";
    service.instances.push_back(instance);
  }
  config_.services.push_back(service);
  for (const char* prefix : {"/", "/redirect/", "/fixed/"}) {
    RouteConfig route;
    route.name = prefix;
    route.match.path_prefix = prefix;
    route.rewrite_prefix = "/";
    config_.routes.push_back(route);
  }
  config_.routes[0].service = "s";
  config_.routes[1].redirect = Redirect{308, "/", true};
  config_.routes[2].response = StaticResponse{200, "text/plain", "fixed"};
  if ((settings & 2U) != 0) {
    config_.limits.high_water = 8 << 10;
    config_.limits.low_water = 2 << 10;
  }
  if ((settings & 4U) != 0) config_.routes[0].limits.request_body = 1000;
  if ((settings & 8U) != 0) config_.pool.max_idle = 1;
  if ((settings & 16U) != 0) config_.limits.head = 256;
  if ((settings & 32U) != 0) config_.routes[0].timeouts.request = Milliseconds(2000);
  if ((settings & 64U) != 0) config_.client.half_close = Milliseconds::zero();
}

void World::turn() {
  loop_.run_pending();
  accept_all();
}

void World::accept_all() {
  for (int fd = around_.service->accept(); fd >= 0; fd = around_.service->accept()) {
    record_.services.emplace_back().socket.reset(fd);
  }
}

// Whoever waits for the loop's timer gets it now.
void World::pass_time(std::uint64_t milliseconds) {
  passed_ms_ += milliseconds;
  const auto fire = [](const event_base*, const event* timer, void* loop) {
    const bool is_tick =
        event_get_callback_arg(timer) == loop && (event_get_events(timer) & EV_PERSIST);
    if (is_tick) event_active(const_cast<event*>(timer), EV_TIMEOUT, 0);
    return 0;
  };
  while (milliseconds > 0) {  // less than what the loop takes for a standstill
    const std::uint64_t part = std::min<std::uint64_t>(milliseconds, 500);
    milliseconds -= part;
    now_ms += part;
    event_base_foreach_event(loop_.base(), fire, &loop_);
    turn();
  }
}

void World::send_in_two(End& end, const std::string& bytes, Input& input) {
  const std::size_t first = input.byte() * bytes.size() / 255;
  end.send(std::string_view(bytes).substr(0, first));
  if (first < bytes.size()) turn();
  end.send(std::string_view(bytes).substr(first));
}

void World::flood(End& end) {
  static const std::string filler(64 << 10, 'x');
  if (end.sent.size() < (1 << 20)) end.send(filler);
}

void World::step(Input& input) {
  if (allocated_before_ == 0) allocated_before_ = __sanitizer_get_current_allocated_bytes();
  const unsigned step = input.byte();
  if (step < 128) {
    step_client(step / 4 % 16, record_.clients[step % 4 % kClients], input);
  } else {
    step_service(step % 32, input);
  }
  check_memory();
}

void World::step_client(unsigned what, Client& client, Input& input) {
  if (!client.is_open()) {
    if (!client.sent.empty()) record_.past_clients.push_back(std::move(client));
    client = Client();
    client.socket.reset(around_.gateway->connect());
  }
  switch (what) {
    case 0: client.receive(input.byte() * 64); break;
    case 1: client.receive(SIZE_MAX); break;
    case 2: client.finish_sending(); break;
    case 3:
      client.receive(input.byte());
      client.vanished = true;
      client.close();
      break;
    case 4: flood(client); break;
    case 5: send_in_two(client, input.bytes(input.byte() % 32), input); break;
    case 6: turn(); break;
    default: {
      const std::string_view piece = fuzz::kRequests[input.byte() % std::size(fuzz::kRequests)];
      send_in_two(client, fuzz::with(piece, std::to_string(number_++)), input);
      break;
    }
  }
}

void World::step_service(unsigned what, Input& input) {
  if (what < 4) return turn();
  if (what == 4) return pass_time(input.byte() * 20);
  if (what == 5) return gateway_->close_idle();
  if (what == 6 && input.byte() == 1 && !draining_) {
    draining_ = true;
    return server_->drain({Milliseconds(200), {}}, [] {});
  }
  if (record_.services.empty()) return turn();
  Service& service =
      record_.services[record_.services.size() - 1 -
                       input.byte() % std::min<std::size_t>(record_.services.size(), 4)];
  switch (what) {
    case 7: service.finish_sending(); break;
    case 8: service.close(); break;
    case 9: service.receive(input.byte() * 64); break;
    case 10: flood(service); break;
    case 11: send_in_two(service, input.bytes(input.byte() % 32), input); break;
    default:
      answer(service, fuzz::kAnswers[input.byte() % std::size(fuzz::kAnswers)], input);
      break;
  }
}

void World::answer(Service& service, std::string_view piece, Input& input) {
  service.receive(SIZE_MAX);
  const std::vector<fuzz::Message> requests = service.reading().messages;
  const bool is_asked = service.answered < requests.size();
  const bool is_final = piece.find('@') != piece.npos;
  if (piece.starts_with("HTTP/1.1 101") && is_asked && service.tunnel_at == SIZE_MAX &&
      requests[service.answered].count("upgrade") > 0) {
    service.tunnel_at = service.received.size();
  }
  if (!is_asked) {  // and nothing can be on its way while these bytes go
    service.send(fuzz::with(piece, "/unasked"));
    return;
  }
  const std::string target = requests[service.answered].target;
  if (is_final) service.answered++;
  const std::string bytes = fuzz::with(piece, target);
  // Surplus that comes once the next request is out cannot be told from its answer.
  if (piece.find("surplus") != piece.npos) return service.send(bytes);
  send_in_two(service, bytes, input);
}

// --- what must be true --------------------------------------------------------------------------

void World::check_memory() {
  // Ours, what the queues may hold, and whatever the buffers of three connections may grow to.
  const std::size_t most = fuzz::held_by(record_) + 6 * config_.limits.high_water + (1U << 20);
  const std::size_t now = __sanitizer_get_current_allocated_bytes();
  fuzz::require(now < allocated_before_ + most, "memory is bounded", record_);
}

/// Nothing is ready again and again: that would be a loop that never sleeps.
void World::check_quiet() {
  for (int turns = 0; turns < 50; turns++) turn();
  for (int fd = 0; fd < 64; fd++) {
    std::array<char, 64> name{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (::readlink(link.c_str(), name.data(), name.size() - 1) < 0) continue;
    if (std::string_view(name.data()) != "anon_inode:[eventpoll]") continue;
    pollfd watched{fd, POLLIN, 0};
    fuzz::require(::poll(&watched, 1, 0) == 0, "the loop can sleep", record_);
  }
}

void World::check_log() {
  access_log_->flush();
  log_->flush();
  static std::vector<char> lines(1 << 20);
  const UniqueFd file(::open((around_.directory + "/log").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t size = ::read(file.get(), lines.data(), lines.size());
  check(size >= 0);
  check_counts(static_cast<std::uint64_t>(std::count(lines.data(), lines.data() + size, '\n')));
}

/// Nothing is in progress any longer, and `requests` have ended.
void World::check_counts(std::uint64_t requests) {
  std::uint64_t begun = 0;
  const auto add = [&](const RouteCounters& route) {
    begun += route.begun.read();
    std::uint64_t ended = 0;
    for (const Counter& some : route.ended) ended += some.read();
    fuzz::require(route.begun.read() == ended, "each request that is counted ends", record_);
    fuzz::require(route.tunnels_begun.read() == route.tunnels_ended.read(),
                  "each tunnel that is counted ends", record_);
  };
  add(counted_.no_route);
  add(counted_.endpoint);
  for (const RouteCounters& route : counted_.routes) add(route);
  fuzz::require(begun == requests, "each exchange ends once", record_);
  for (const InstanceCounters& instance : counted_.counters) {
    fuzz::require(instance.attempts.read() == instance.attempts_ended.read(),
                  "each attempt that is counted ends", record_);
    fuzz::require(instance.connections_opened.read() == instance.connections_closed.read(),
                  "each connection with the service that is counted ends", record_);
  }
  fuzz::require(counted_.clients.accepted.read() == counted_.clients.closed.read(),
                "each connection of a client that is counted ends", record_);
}

/// Everybody comes to an end, and is looked at.
void World::finish() {
  for (int round = 0; round < 6; round++) {
    for (Client& client : record_.clients) client.receive(SIZE_MAX);
    for (Service& service : record_.services) service.receive(SIZE_MAX);
    turn();
  }
  // All that waits for the service now fails, the requests behind it are next.
  for (int round = 0; round < 400; round++) {
    bool moved = false;
    for (Service& service : record_.services) {
      service.receive(SIZE_MAX);
      moved |= service.is_open();
      service.close();
    }
    for (int turns = 0; turns < 3; turns++) turn();
    for (Client& client : record_.clients) {
      const std::size_t before = client.received.size();
      client.receive(SIZE_MAX);
      moved |= client.received.size() > before;
    }
    if (!moved) break;
  }
  check_quiet();
  const bool may_lack_answers =
      draining_ || passed_ms_ > 500 || config_.client.half_close == Milliseconds::zero();
  fuzz::check_clients(record_, may_lack_answers);
  fuzz::check_services(record_);
  for (Client& client : record_.clients) client.close();
  for (int turns = 0; turns < 4; turns++) turn();
  gateway_->close_idle();
  check_quiet();
  fuzz::require(server_->exchanges() == 0, "no exchange is left", record_);
  fuzz::require(server_->connections() == 0, "no connection is left", record_);
  check_log();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Surroundings around;
  Input input(data, size);
  World world(around, input.byte());
  while (!input.is_empty()) world.step(input);
  world.finish();
  return 0;
}
