// SPDX-License-Identifier: MIT
//
// Owning handles of libevent's objects.
#pragma once

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>

#include <memory>

namespace gateway {

struct EventFree {
  void operator()(event_base* base) const { event_base_free(base); }
  void operator()(event* watched) const { event_free(watched); }
  void operator()(evbuffer* buffer) const { evbuffer_free(buffer); }
  void operator()(evdns_base* dns) const { evdns_base_free(dns, /*fail_requests=*/0); }
};

using EventBasePtr = std::unique_ptr<event_base, EventFree>;
using EventPtr = std::unique_ptr<event, EventFree>;
using EvbufferPtr = std::unique_ptr<evbuffer, EventFree>;
using EvdnsBasePtr = std::unique_ptr<evdns_base, EventFree>;

}  // namespace gateway
