// SPDX-License-Identifier: MIT
//
// SocketWriter: output of one connection, straight to the socket; only what the kernel refuses is
// queued, so an answer that fits costs one system call and no write event.
//
// Errors   a failed write makes the writer dead: later writes vanish, nothing is called back. The
//          reading side of the connection sees the failure too and reports it.
#pragma once

#include <event2/event.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "event/handles.h"
#include "util/duration.h"

namespace gateway::http {

/// While a socket is not read only polling it tells that its peer has reset: an event that watches
/// neither reading nor writing would spin on EPOLLERR without ever being delivered.
inline constexpr Milliseconds kResetPoll{1000};
bool has_reset(int fd);

class SocketWriter {
 public:
  SocketWriter() = default;
  ~SocketWriter() { close(); }
  SocketWriter(const SocketWriter&) = delete;
  SocketWriter& operator=(const SocketWriter&) = delete;

  /// `on_writable` is called while something is queued and the socket takes more.
  void open(event_base* base, int fd, event_callback_fn on_writable, void* argument);
  /// Stops watching and drops what is queued. The descriptor is not closed.
  void close();

  void write(std::span<const iovec> pieces);
  void write(std::string_view bytes);
  /// From on_writable: writes what is queued.
  void flush();

  int fd() const { return fd_; }  ///< -1 when it is not open
  std::size_t queued() const { return watching_ ? evbuffer_get_length(queue_.get()) : 0; }
  bool is_idle() const { return !watching_; }
  bool is_dead() const { return dead_; }
  std::uint64_t written() const { return written_; }  ///< bytes the kernel took since open()

 private:
  std::size_t write_now(std::span<const iovec> pieces);
  void watch();

  event_base* base_ = nullptr;
  event_callback_fn on_writable_ = nullptr;
  void* argument_ = nullptr;
  int fd_ = -1;
  bool watching_ = false;  ///< something is queued
  bool dead_ = false;
  std::uint64_t written_ = 0;
  EvbufferPtr queue_;
  EventPtr writable_;
};

}  // namespace gateway::http
