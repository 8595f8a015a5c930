// SPDX-License-Identifier: MIT
#include "upstream/resolver.h"

#include <event2/util.h>
#include <netdb.h>

#include <algorithm>

namespace gateway::upstream {

struct Resolver::Lookup {
  Lookup(Loop& loop, std::uint16_t for_port, Answer to)
      : port(for_port),
        answer(std::move(to)),
        deliver(
            loop, [](void* self) { static_cast<Lookup*>(self)->finish(); }, this) {}

  void finish() {
    // The owner may let go of this object from inside the answer.
    const Answer to = std::move(answer);
    to(std::move(addresses));
  }

  std::uint16_t port;
  Answer answer;
  Deferred deliver;
  std::vector<Address> addresses;
  evdns_getaddrinfo_request* request = nullptr;
  bool answered = false;   ///< evdns has called back and will not again
  bool abandoned = false;  ///< the query is gone: delete when evdns calls back
};

namespace {

std::vector<Address> addresses_of(const evutil_addrinfo* list, std::uint16_t port) {
  std::vector<Address> found;
  for (const evutil_addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    Address address(entry->ai_addr, static_cast<socklen_t>(entry->ai_addrlen));
    address.set_port(port);
    if (std::find(found.begin(), found.end(), address) == found.end()) found.push_back(address);
  }
  std::stable_partition(found.begin(), found.end(),
                        [](const Address& address) { return address.family() == AF_INET; });
  return found;
}

}  // namespace

void Resolver::Cancel::operator()(Lookup* lookup) const {
  if (lookup->answered) {
    delete lookup;
    return;
  }
  lookup->abandoned = true;
  evdns_getaddrinfo_cancel(lookup->request);
}

void Resolver::open() {
  dns_.reset(evdns_base_new(loop_.base(), EVDNS_BASE_DISABLE_WHEN_INACTIVE));
  // Without a readable file this falls back to a name server on this host; and it reads hosts.
  evdns_base_resolv_conf_parse(dns_.get(), DNS_OPTIONS_ALL, "/etc/resolv.conf");
  // Some embedded servers answer only names in the case they know them by.
  evdns_base_set_option(dns_.get(), "randomize-case:", "0");
  evdns_base_set_option(dns_.get(), "timeout:", "2");
}

Resolver::~Resolver() {
  // Cancelled lookups are told so from the loop; after that nothing refers to the base.
  loop_.run_pending();
}

Resolver::Query Resolver::resolve(const std::string& host, std::uint16_t port, Answer answer) {
  if (!dns_) open();
  Query query(new Lookup(loop_, port, std::move(answer)));
  evutil_addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_TCP;
  query->request = evdns_getaddrinfo(
      dns_.get(), host.c_str(), nullptr, &hints,
      [](int result, evutil_addrinfo* list, void* argument) {
        auto* lookup = static_cast<Lookup*>(argument);
        lookup->answered = true;
        if (result == 0) lookup->addresses = addresses_of(list, lookup->port);
        if (list != nullptr) evutil_freeaddrinfo(list);
        if (lookup->abandoned) {
          delete lookup;
        } else {
          lookup->deliver.schedule();
        }
      },
      query.get());
  return query;
}

}  // namespace gateway::upstream
