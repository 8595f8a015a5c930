// SPDX-License-Identifier: MIT
#include "process/listeners.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;

std::string advice(int error) {
  switch (error) {
    case EADDRINUSE: return "; stop the program that listens there or choose another GATEWAY_PORT";
    case EACCES:
      return "; ports below 1024 need root or CAP_NET_BIND_SERVICE: choose another GATEWAY_PORT";
    case EADDRNOTAVAIL: return "; no interface of this machine has it: choose another GATEWAY_HOST";
    case EAFNOSUPPORT: return "; this machine has no IPv6: choose an IPv4 address as GATEWAY_HOST";
    default: return {};
  }
}

Error cannot_listen(const Address& address, int error) {
  return Error{"cannot listen on " + address.to_string() + ": " + errno_text(error) +
               advice(error)};
}

bool set_option(int socket, int level, int name, int value) {
  return setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

bool set_options(int socket, int family) {
  // Accepted connections inherit TCP_NODELAY. REUSEADDR: a restart need not wait for TIME_WAIT.
  return set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1) &&
         set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1) &&
         // "::" accepts IPv4 too, whatever the system's default.
         (family != AF_INET6 || set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0));
}

Address local_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  getsockname(socket, address, &size);
  return {address, size};
}

Result<Listener> open_unix_listener(const Address& address) {
  Listener listener{address, address, {}, {}};
  listener.socket.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  auto file = SocketFile::bind(listener.socket.get(), address);
  if (!file) return std::move(file).error();
  listener.file = *std::move(file);
  if (listen(listener.socket.get(), kBacklog) != 0) return cannot_listen(address, errno);
  return listener;
}

Result<Listener> open_listener(const Address& address) {
  if (address.is_unix()) return open_unix_listener(address);
  Listener listener{address, address, {}, {}};
  listener.socket.reset(
      socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const int fd = listener.socket.get();
  if (fd < 0 || !set_options(fd, address.family()) ||
      bind(fd, address.data(), address.size()) != 0 || listen(fd, kBacklog) != 0) {
    return cannot_listen(address, errno);
  }
  listener.bound = local_address(fd);
  return listener;
}

Result<Address> address_of(const ListenerConfig& config) {
  return config.unix_path.empty() ? Address::from_ip(config.host, config.port)
                                  : Address::from_unix_path(config.unix_path);
}

using Matches = bool (*)(const InheritedSocket& socket, const ListenerConfig& config,
                         const Address& address);

constexpr std::array<Matches, 3> kMatches{
    [](const InheritedSocket& socket, const ListenerConfig&, const Address& address) {
      return socket.address == address;
    },
    [](const InheritedSocket& socket, const ListenerConfig& config, const Address&) {
      return !socket.name.empty() && socket.name == config.name;
    },
    [](const InheritedSocket& socket, const ListenerConfig& config, const Address& address) {
      return config.unix_path.empty() && config.port == 0 &&
             socket.address.family() == address.family() && socket.address.host() == address.host();
    },
};

std::shared_ptr<const Listener> adopt(InheritedSocket& socket, const Address& configured,
                                      bool own_files) {
  Listener listener{configured, socket.address, std::move(socket.socket), {}};
  if (!listener.bound.is_unix()) {
    set_option(listener.socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  } else if (own_files) {
    listener.file = SocketFile::adopt(listener.bound);
  }
  return std::make_shared<const Listener>(std::move(listener));
}

}  // namespace

Listeners adopt_listeners(const std::vector<ListenerConfig>& configs,
                          std::vector<InheritedSocket>& sockets, bool own_files) {
  Listeners adopted;
  for (const Matches matches : kMatches) {  // the surer ones first, for all
    for (const ListenerConfig& config : configs) {
      const auto address = address_of(config);
      if (!address) continue;
      const bool is_there = std::any_of(adopted.begin(), adopted.end(), [&](const auto& listener) {
        return listener->configured == *address;
      });
      if (is_there) continue;
      const auto found = std::find_if(sockets.begin(), sockets.end(), [&](const auto& socket) {
        return matches(socket, config, *address);
      });
      if (found == sockets.end()) continue;
      adopted.push_back(adopt(*found, *address, own_files));
      sockets.erase(found);
    }
  }
  return adopted;
}

Result<Listeners> open_listeners(const std::vector<ListenerConfig>& configs,
                                 const Listeners& open) {
  Listeners listeners;
  for (const ListenerConfig& config : configs) {
    auto address = address_of(config);
    if (!address) return std::move(address).error();
    // Several may have port 0: each keeps a socket of its own.
    const auto kept = std::find_if(open.begin(), open.end(), [&](const auto& listener) {
      return listener->configured == *address &&
             std::find(listeners.begin(), listeners.end(), listener) == listeners.end();
    });
    if (kept != open.end()) {
      listeners.push_back(*kept);
      continue;
    }
    auto opened = open_listener(*address);
    if (!opened) return std::move(opened).error();
    listeners.push_back(std::make_shared<const Listener>(*std::move(opened)));
  }
  return listeners;
}

}  // namespace gateway
