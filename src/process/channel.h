// SPDX-License-Identifier: MIT
//
// Channel: what the master and one of its workers tell each other, message by message.
//
// Signals mean the same to both and may come from anybody; what only the master can say, and what
// a worker has to answer, goes this way. A message is one byte, with arguments behind it. Nobody
// waits: one that cannot be sent at once is for a worker that hangs, and is lost.
// End      of the master's side: the master is dead. Of the worker's: the worker.
#pragma once

#include <string_view>

#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

/// From the master. Drain and Stop have one kEnds or kStays behind them for each listener.
enum class Order : char {
  Drain = 'd',       ///< a successor serves: finish what there is
  Stop = 's',        ///< nobody comes after: finish what there is, and soon
  EndTunnels = 't',  ///< while draining
  Reopen = 'o',      ///< open the log files anew, and report it
};
inline constexpr char kEnds = '1';   ///< nobody accepts on that listener from now on
inline constexpr char kStays = '0';  ///< others go on accepting on it

/// From a worker.
enum class Report : char {
  Ready = 'R',     ///< it accepts connections
  Draining = 'D',  ///< it accepts none any more, and what ends has ended
  Reopened = 'O',
  NotReopened = 'N',  ///< its log says why
};

struct ChannelEnds {
  UniqueFd master;
  UniqueFd worker;
};

/// A connected pair; both close on exec, neither blocks.
Result<ChannelEnds> make_channel();

void send_message(int channel, std::string_view message);

struct Message {
  enum class State { None, Some, End } state;
  std::string_view text;  ///< of Some; valid until the next call
};
Message receive_message(int channel);

}  // namespace gateway
