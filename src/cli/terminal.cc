// SPDX-License-Identifier: MIT
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace gateway::cli {
namespace {

// ECMA-48, and the screens of xterm that every terminal of today has.
constexpr std::string_view kOtherScreen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kFormerScreen = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kReverse = "\x1b[7m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // it is gone
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

bool Terminal::is_there() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

void Terminal::take() {
  if (is_taken_ || tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ISIG stays: ^C and ^Z are signals
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(kOtherScreen);
  is_taken_ = true;
}

void Terminal::release() {
  if (!is_taken_) return;
  is_taken_ = false;
  write_all(kFormerScreen);
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

TopSize Terminal::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {24, 80};
  }
  return {size.ws_row, size.ws_col};
}

void Terminal::show(const std::vector<TopLine>& lines) {
  std::string screen(kHome);
  bool is_first = true;
  for (const TopLine& line : lines) {
    if (!std::exchange(is_first, false)) screen += "\r\n";
    if (line.is_heading) screen += kReverse;
    screen.append(line.text).append(kClearLine);
    if (line.is_heading) screen += kPlain;
  }
  write_all(screen.append(kClearBelow));
}

char Terminal::read_key() {
  char key = 0;
  return read(STDIN_FILENO, &key, 1) == 1 ? key : '\0';
}

}  // namespace gateway::cli
