// SPDX-License-Identifier: MIT
//
// The part of http/ that reaches inside evhttp's bufferevents: everything here depends on how
// libevent 2.1 works and is kept in this one file.
//
// evhttp keeps what it is good at: accepting, connecting, connection and request objects, dispatch,
// completion and failure callbacks, and the end of both. The guards (ServerConnection,
// ClientConnection) own the socket: they read, parse strictly, frame, and write the bytes. To
// evhttp a connection of either side is one request with a tiny constant head, whatever it carries,
// whose answer ends when the connection does; it never sees, nor can emit, a byte of the wire.
//
// Were it told of each request of a client, it would parse and take apart that constant head again
// and again: 5,400 instructions, and through what they evict from the caches 15 % of the CPU of a
// small request.
#pragma once

#include <event2/event_struct.h>
#include <event2/http.h>

#include <string_view>

#include "event/handles.h"

namespace gateway::http {

/// The callbacks evhttp has installed on a bufferevent, and their argument.
struct ShellCallbacks {
  bufferevent_data_cb read = nullptr;
  bufferevent_data_cb write = nullptr;
  bufferevent_event_cb event = nullptr;
  void* argument = nullptr;
};

ShellCallbacks shell_callbacks(bufferevent* shell);

/// Takes the socket away from a connected bufferevent: `readable` is registered for it, the
/// bufferevent's own two events become ones that watch nothing. From here on whatever evhttp
/// enables, disables or writes costs a function call and reaches neither epoll nor the socket.
void hollow_out(bufferevent* shell, event_base* base, event* readable,
                event_callback_fn on_readable, void* argument);

/// Keeps evhttp from writing through a bufferevent that is still to be connected.
void mute(bufferevent* shell);

/// Hands evhttp bytes as if they had been read from the socket, and runs its read callback.
void report_bytes(bufferevent* shell, bufferevent_data_cb read, void* argument,
                  std::string_view bytes);

/// Whether the loop has seen that `event` is due and will call it in this turn. event_pending()
/// does not tell this from waiting for it.
bool is_due(const event& event);

/// What evhttp is told of a client's connection, so that it dispatches at once and looks for no
/// body.
inline constexpr std::string_view kReportedRequest = "HEAD / HTTP/1.1\r\n\r\n";

/// Makes evhttp close the connection by itself once the answer is reported as sent.
void close_after_reply(evhttp_request* request);

}  // namespace gateway::http
