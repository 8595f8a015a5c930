// SPDX-License-Identifier: MIT
//
// Settings of the process: listeners, clients, pool, shutdown, reload and the defaults.
#include "config/kinds.h"
#include "config/tables.h"
#include "config/validate.h"
#include "util/address.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

// For a key that is read elsewhere, or has no effect.
Kind<Config> ignored(Json description) {
  return {[](Decoder&, const Node&, Config&) {}, {}, [description] { return description; }};
}

Kind<Config> version() {
  Kind<Config> kind = ignored({{"const", 1}, {"default", 1}});
  kind.decode = [](Decoder& decoder, const Node& node, Config&) {
    std::uint64_t version = 1;
    whole_number(1, 1).decode(decoder, node, version);
  };
  return kind;
}

Kind<Config> include() {
  Kind<Config> kind = ignored({{"type", "array"},
                               {"items", {{"type", "string"}, {"minLength", 1}}},
                               {"default", Json::array()}});
  kind.decode = [](Decoder& decoder, const Node& node, Config&) {
    std::vector<std::string> patterns;
    list_of(text()).decode(decoder, node, patterns);
  };
  return kind;
}

Kind<std::vector<Network>> networks() {
  Kind<Network> network;
  network.decode = [](Decoder& decoder, const Node& node, Network& target) {
    if (!decoder.expect(node, Node::Kind::String, "a string")) return;
    const auto parsed = Network::parse(node.text);
    if (!parsed) return decoder.fail(node, parsed.error().message);
    target = *parsed;
  };
  network.dump = [](const Network& value) { return Json(value.to_string()); };
  network.schema = [] { return Json{{"type", "string"}}; };
  return list_of(network);
}

Kind<ListenerConfig> address() {
  return {[](Decoder& decoder, const Node& node, ListenerConfig& target) {
            if (!decoder.expect(node, Node::Kind::String, "a string")) return;
            const auto parsed = Address::parse(node.text);
            if (!parsed) return decoder.fail(node, parsed.error().message);
            target.unix_path = parsed->is_unix() ? parsed->host() : "";
            target.host = parsed->is_unix() ? "" : parsed->host();
            target.port = parsed->is_unix() ? 0 : parsed->port();
          },
          [](const ListenerConfig& value) {
            if (!value.unix_path.empty()) return literal("unix:" + value.unix_path);
            const auto address = Address::from_ip(value.host, value.port);
            return address ? Json(address->to_string()) : Json();
          },
          [] {
            return Json{{"type", "string"}, {"minLength", 1}};
          }};
}

bool is_loopback(const Address& address) {
  const std::string host = address.host();
  return address.is_unix() || host == "::1" || host.starts_with("127.");
}

/// Only for this machine: who may see the numbers is not asked any further.
Kind<ListenerConfig> admin_address() {
  Kind<ListenerConfig> kind = address();
  kind.decode = [decode = kind.decode](Decoder& decoder, const Node& node, ListenerConfig& target) {
    constexpr std::string_view kUnix = "unix:";
    const bool is_in_runtime_directory =
        node.kind == Node::Kind::String && node.text.starts_with(kUnix) &&
        node.text.size() > kUnix.size() && node.text[kUnix.size()] != '/';
    if (is_in_runtime_directory) {
      target.unix_path = node.text.substr(kUnix.size());
      target.host.clear();
      target.port = 0;
      return;
    }
    decode(decoder, node, target);
    const auto parsed = Address::parse(node.text);
    if (!parsed || is_loopback(*parsed)) return;
    decoder.fail(node, gateway::quoted(node.text) +
                           " can be reached from other machines, and whoever reaches it is "
                           "answered: use a loopback address such as 127.0.0.1:" +
                           std::to_string(parsed->port()) +
                           " or a unix socket, and let a proxy or tunnel that checks who asks "
                           "pass on what has to come from elsewhere");
  };
  return kind;
}

const Table<ListenerConfig>& admin_table() {
  static const Table<ListenerConfig> table{{
      {"address",
       "Where: a loopback ADDRESS:PORT, unix:/PATH, or unix:NAME in the runtime directory.",
       admin_address(), Need::Required},
  }};
  return table;
}

const Table<ListenerConfig>& listener_table() {
  static const Table<ListenerConfig> table{{
      {"name", "Name of the listener, for people.", in(&ListenerConfig::name, name())},
      {"address", "Where to listen: ADDRESS:PORT, [IPv6]:PORT or unix:/PATH.", address(),
       Need::Required},
      {"trusted_proxies", "Networks whose X-Forwarded fields are believed and appended to.",
       in(&ListenerConfig::trusted_proxies, networks())},
  }};
  return table;
}

const Table<ClientTimeouts>& client_table() {
  static const Table<ClientTimeouts> table{{
      {"header", "First byte of a request until its head is complete.",
       in(&ClientTimeouts::header, duration())},
      {"body", "Silence within the body of a request.", in(&ClientTimeouts::body, duration())},
      {"keep_alive", "Idle time between two requests.",
       in(&ClientTimeouts::keep_alive, duration())},
      {"write", "Time without progress when an answer is sent.",
       in(&ClientTimeouts::write, duration())},
      {"half_close", "Grace for the answer when the client has closed its side.",
       in(&ClientTimeouts::half_close, duration(Milliseconds(0)))},
  }};
  return table;
}

const Table<PoolConfig>& pool_table() {
  static const Table<PoolConfig> table{{
      {"max_idle", "Idle connections kept for each instance by each worker.",
       in(&PoolConfig::max_idle, as<std::size_t>(whole_number(1, 100'000)))},
      {"idle_timeout", "How long an idle connection is kept.",
       in(&PoolConfig::idle_timeout, duration())},
  }};
  return table;
}

const Table<Limits>& message_table() {
  static const Table<Limits> table{{
      {"head", "Bytes of a request line and all header lines.",
       in(&Limits::head, as<std::size_t>(size(1024, 256 << 10)))},
      {"header_fields", "Number of header fields.",
       in(&Limits::header_fields, as<std::size_t>(whole_number(1, 1000)))},
      {"target", "Bytes of a request target (path and query).",
       in(&Limits::target, as<std::size_t>(size(64, 128 << 10)))},
  }};
  return table;
}

const Table<Config>& shutdown_table() {
  static const Table<Config> table{
      {{"drain_timeout", "How long requests may take to end when the gateway stops.",
        in(&Config::shutdown_drain_timeout, duration(Milliseconds(0)))}}};
  return table;
}

const Table<Config>& reload_table() {
  static const Table<Config> table{{
      {"drain_timeout", "How long old workers may go on with their requests after a reload.",
       in(&Config::reload_drain_timeout, duration(Milliseconds(0)))},
      {"max_draining_generations", "Old generations of workers; the oldest beyond it is stopped.",
       in(&Config::max_draining_generations, as<unsigned>(whole_number(1, 64)))},
  }};
  return table;
}

const Table<Config>& defaults_table() {
  static const Table<Config> table{{
      {"timeouts", "Timeouts of services and routes that have none of their own.",
       in(&Config::timeouts, object_of(timeouts_table()))},
      {"limits", "Limits of services and routes that have none of their own.",
       in(&Config::limits, object_of(limits_table()))},
      {"server_timing", "Whether answers of services say in Server-Timing where the time went.",
       in(&Config::server_timing, boolean())},
  }};
  return table;
}

}  // namespace

const Table<Timeouts>& timeouts_table() {
  static const Table<Timeouts> table{{
      {"connect", "Name lookup and connect together.", in(&Timeouts::connect, duration())},
      {"response_header", "Request sent until the head of the answer is complete.",
       in(&Timeouts::response_header, duration())},
      {"idle", "Silence within a body.", in(&Timeouts::idle, duration())},
      {"request", "The whole exchange.", in(&Timeouts::request, duration())},
      {"tunnel_idle", "Silence of both sides of an upgraded connection.",
       in(&Timeouts::tunnel_idle, duration())},
  }};
  return table;
}

const Table<Limits>& limits_table() {
  static const Table<Limits> table{
      {{"request_body", "Bytes of a request body.", in(&Limits::request_body, size_or_off())}}};
  return table;
}

const Table<Config>& settings_table() {
  static const Table<Config> table{{
      {"$schema", "Schema of the file, for editors.", ignored({{"type", "string"}})},
      {"version", "Version of the file format.", version()},
      {"include", "More files: patterns such as conf.d/*.json.", include()},
      {"workers", "Worker processes; auto is one for each core.",
       in(&Config::workers, as<unsigned>(whole_number_or("auto", 0, 1, kMaxWorkers)))},
      {"user", "User that workers run as when the gateway is started as root.",
       in(&Config::user, text())},
      {"group", "Group that workers run as; that of the user if absent.",
       in(&Config::group, text())},
      {"max_connections", "Client connections of each worker.",
       in(&Config::max_connections, whole_number_or("off", kUnlimited, 1, 10'000'000))},
      {"listeners", "Where the gateway listens.",
       in(&Config::listeners, list_of(object_of(listener_table()), 1))},
      {"admin", "Where metrics are served, for this machine only.",
       in(&Config::admin, object_of(admin_table()))},
      {"logs", "What is logged, and where the logs go.",
       in(&Config::logs, object_of(logs_table()))},
      {"client", "Patience with clients.", in(&Config::client, object_of(client_table()))},
      {"limits", "Limits of every message, before its route is known.",
       in(&Config::limits, object_of(message_table()))},
      {"pool", "Idle connections to instances.", in(&Config::pool, object_of(pool_table()))},
      {"shutdown", "How the gateway stops.", object_of(shutdown_table())},
      {"reload", "How old workers end after a reload.", object_of(reload_table())},
      {"defaults", "What services and routes inherit.", object_of(defaults_table())},
  }};
  return table;
}

const Table<Config>& root_table() {
  static const Table<Config> table = [] {
    Table<Config> all;
    for (const auto* part :
         {&settings_table(), &services_table(), &routes_table(), &tests_table()}) {
      all.rows.insert(all.rows.end(), part->rows.begin(), part->rows.end());
    }
    return all;
  }();
  return table;
}

}  // namespace gateway::schema
