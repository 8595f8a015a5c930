// SPDX-License-Identifier: MIT
#include "cli/top.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/top_frame.h"
#include "cli/top_json.h"
#include "cli/top_text.h"
#include "observe/shared_scoreboard.h"
#include "process/pid_file.h"
#include "util/clock.h"

namespace gateway::cli {
namespace {

/// Looks at the gateway again and again; at another one when that has taken its place.
class Watch {
 public:
  explicit Watch(std::string pid_file) : pid_file_(std::move(pid_file)) {}

  /// What happened since the last look. A first one has nothing to compare with.
  Result<std::optional<TopFrame>> look() {
    if (Status status = find(); !status) return std::move(status).error();
    Snapshot now = take_snapshot(**view_);
    const std::uint64_t now_us = monotonic_us();
    std::optional<TopFrame> frame;
    if (before_) {
      const double seconds = static_cast<double>(now_us - before_us_) / 1e6;
      frame = make_frame(*before_, now, seconds, unix_ms());
    }
    before_ = std::move(now);
    before_us_ = now_us;
    return frame;
  }

 private:
  Status find() {
    const auto master = find_master(pid_file_);
    if (!master) {
      return Error{master.error().message +
                   "; top finds a gateway by the pid file that it was started with: give the same "
                   "--pid-file or --runtime-dir"};
    }
    if (view_ && *master == master_) return ok();
    auto view = find_scoreboard(*master);
    if (!view) return std::move(view).error();
    view_ = *std::move(view);
    master_ = *master;
    before_.reset();
    return ok();
  }

  const std::string pid_file_;
  pid_t master_ = 0;
  std::optional<ScoreboardView> view_;
  std::optional<Snapshot> before_;
  std::uint64_t before_us_ = 0;
};

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

/// Signals that end or stop the program, or change the terminal's size, come one by one.
UniqueFd take_signals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : kSignals) sigaddset(&taken, number);
  sigprocmask(SIG_BLOCK, &taken, nullptr);
  return UniqueFd(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
}

class LiveView {
 public:
  LiveView(Watch& watch, Milliseconds interval)
      : watch_(watch), interval_us_(static_cast<std::uint64_t>(interval.count()) * 1000) {}

  Status run() {
    while (!is_over_) {
      const std::uint64_t due = monotonic_us() + interval_us_;
      auto frame = watch_.look();
      if (!frame) return std::move(frame).error();
      if (*frame) frame_ = **std::move(frame);
      show();
      wait_until(due);
    }
    return ok();
  }

 private:
  void show() {
    if (frame_) {
      terminal_.show(text_of(*frame_, terminal_.size()));
    } else {
      terminal_.show({{"one moment …"}});
    }
  }

  void wait_until(std::uint64_t due) {
    while (!is_over_) {
      const std::uint64_t now = monotonic_us();
      if (now >= due) return;
      std::array<pollfd, 2> waited{pollfd{STDIN_FILENO, POLLIN, 0},
                                   pollfd{signals_.get(), POLLIN, 0}};
      poll(waited.data(), waited.size(), static_cast<int>((due - now) / 1000 + 1));
      handle_signals();
      if (waited[0].revents != 0) handle_key(waited[0].revents);
    }
  }

  void handle_key(short events) {
    const char key = terminal_.read_key();
    // A terminal that is gone has nothing to read, always.
    if (key == 'q' || key == 'Q' || (key == 0 && (events & (POLLHUP | POLLERR)) != 0)) {
      is_over_ = true;
    }
  }

  void handle_signals() {
    signalfd_siginfo received{};
    while (read(signals_.get(), &received, sizeof received) == sizeof received) {
      if (received.ssi_signo == SIGWINCH) {
        show();
      } else if (received.ssi_signo == SIGTSTP) {
        terminal_.release();
        raise(SIGSTOP);  // until SIGCONT
        terminal_.take();
        show();
      } else {
        is_over_ = true;
      }
    }
  }

  Watch& watch_;
  const std::uint64_t interval_us_;
  UniqueFd signals_ = take_signals();
  Terminal terminal_;
  std::optional<TopFrame> frame_;
  bool is_over_ = false;
};

Status print(Watch& watch, const TopOptions& options) {
  constexpr auto kNoLimit = std::numeric_limits<std::size_t>::max();
  for (bool is_first = true;;) {
    auto frame = watch.look();
    if (!frame) return std::move(frame).error();
    if (*frame) {
      if (options.is_json) {
        std::cout << json_of(**frame) << '\n';
      } else {
        if (!std::exchange(is_first, false)) std::cout << '\n';
        for (const TopLine& line : text_of(**frame, {kNoLimit, kNoLimit})) {
          std::cout << line.text << '\n';
        }
      }
      if (!std::cout.flush()) return Error{"cannot write to standard output"};
      if (options.is_once) return ok();
    }
    poll(nullptr, 0, static_cast<int>(options.interval.count()));
  }
}

}  // namespace

int run_top(const TopOptions& options) {
  Watch watch(pid_file_path(options.runtime));
  const bool is_live = !options.is_once && !options.is_json && Terminal::is_there();
  // Before the terminal is taken: what is wrong already is said where it stays.
  Status status = ok();
  if (is_live) {
    const auto first = watch.look();
    status = first ? LiveView(watch, options.interval).run() : Status(first.error());
  } else {
    status = print(watch, options);
  }
  if (status) return EXIT_SUCCESS;
  complain(status.error().message);
  return EXIT_FAILURE;
}

}  // namespace gateway::cli
