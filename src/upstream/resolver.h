// SPDX-License-Identifier: MIT
//
// Resolver: looks up host names without blocking the worker (evdns: /etc/resolv.conf and
// /etc/hosts, no nsswitch).
//
// Answers  IPv4 addresses first, each with the asked port; none: the name does not resolve now.
// Runs on  the worker's loop thread; the answer never comes from inside resolve().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "event/loop.h"
#include "util/address.h"

namespace gateway::upstream {

class Resolver {
 public:
  using Answer = std::function<void(std::vector<Address>)>;
  struct Lookup;
  /// Destroying it cancels the lookup; the answer is then never called.
  struct Cancel {
    void operator()(Lookup* lookup) const;
  };
  using Query = std::unique_ptr<Lookup, Cancel>;

  explicit Resolver(Loop& loop) : loop_(loop) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  Query resolve(const std::string& host, std::uint16_t port, Answer answer);

 private:
  void open();

  Loop& loop_;
  EvdnsBasePtr dns_;  ///< made for the first name
};

}  // namespace gateway::upstream
