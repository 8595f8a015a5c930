// SPDX-License-Identifier: MIT
#include "http/evhttp_shell.h"

#include <event2/bufferevent_struct.h>
#include <event2/event_struct.h>
#include <event2/http_struct.h>

namespace gateway::http {

namespace {
void ignore(evutil_socket_t, short, void*) {}
}  // namespace

ShellCallbacks shell_callbacks(bufferevent* shell) {
  ShellCallbacks callbacks;
  bufferevent_getcb(shell, &callbacks.read, &callbacks.write, &callbacks.event,
                    &callbacks.argument);
  return callbacks;
}

void hollow_out(bufferevent* shell, event_base* base, event* readable,
                event_callback_fn on_readable, void* argument) {
  const evutil_socket_t fd = bufferevent_getfd(shell);
  // Ours first, then theirs: with the changelist the descriptor stays registered and no epoll_ctl
  // happens in between.
  event_assign(readable, base, fd, EV_READ | EV_PERSIST, on_readable, argument);
  event_add(readable, nullptr);
  event_del(&shell->ev_read);
  event_del(&shell->ev_write);
  // Otherwise each enable would put a timer on an event that never fires for I/O.
  bufferevent_set_timeouts(shell, nullptr, nullptr);
  // Descriptor and argument have to stay: bufferevent_getfd() reads the one from here, and the
  // finalizer of bufferevent_free() takes the bufferevent from the other.
  event_assign(&shell->ev_read, base, fd, EV_PERSIST | EV_FINALIZE, ignore, shell);
  event_assign(&shell->ev_write, base, fd, EV_PERSIST | EV_FINALIZE, ignore, shell);
  evbuffer_unfreeze(bufferevent_get_input(shell), /*at_front=*/0);  // for report_bytes
  mute(shell);
}

void mute(bufferevent* shell) {
  // evbuffer_add_printf() into a frozen buffer returns before it formats anything.
  evbuffer_freeze(bufferevent_get_output(shell), /*at_front=*/0);
}

void report_bytes(bufferevent* shell, bufferevent_data_cb read, void* argument,
                  std::string_view bytes) {
  evbuffer_add(bufferevent_get_input(shell), bytes.data(), bytes.size());
  read(shell, argument);
}

bool is_due(const event& event) { return (event.ev_evcallback.evcb_flags & EVLIST_ACTIVE) != 0; }

void close_after_reply(evhttp_request* request) {
  // An HTTP/1.0 request without keep-alive: evhttp frees the connection when its (empty) output
  // has drained.
  request->minor = 0;
}

}  // namespace gateway::http
