// SPDX-License-Identifier: MIT
#include "process/start_report.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "util/text.h"

namespace gateway {
namespace {

// What a broken master could fill memory with.
constexpr std::size_t kLongestLine = 64 << 10;

bool starts_with_word(std::string_view line, std::string_view word, std::string_view& rest) {
  if (!line.starts_with(word)) return false;
  line.remove_prefix(word.size());
  rest = line.substr(std::min<std::size_t>(1, line.size()));
  return true;
}

}  // namespace

void StartReport::fail(const Error& error) {
  for (const std::string_view line : split(error.message, '\n')) write("error", line);
  pipe_.reset();
}

void StartReport::ready() {
  write("ready", "");
  pipe_.reset();
}

void StartReport::write(std::string_view word, std::string_view text) {
  if (!pipe_.is_open()) return;
  const std::string line = std::string(word).append(" ").append(text).append("\n");
  // Who waited may have given up; SIGPIPE is ignored.
  [[maybe_unused]] const ssize_t written = ::write(pipe_.get(), line.data(), line.size());
}

StartReader::State StartReader::read() {
  while (state_ == State::Waiting) {
    std::array<char, 4096> piece{};
    const ssize_t length = ::read(pipe_.get(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return state_;
    if (length <= 0) return state_ = State::Failed;
    buffer_.append(piece.data(), static_cast<std::size_t>(length));
    for (std::size_t end = 0; (end = buffer_.find('\n')) != std::string::npos;) {
      take(std::string_view(buffer_).substr(0, end));
      buffer_.erase(0, end + 1);
    }
    if (buffer_.size() > kLongestLine) return state_ = State::Failed;
  }
  return state_;
}

void StartReader::take(std::string_view line) {
  std::string_view text;
  if (starts_with_word(line, "ready", text)) {
    state_ = State::Ready;
  } else if (starts_with_word(line, "warning", text)) {
    warnings_.append(warnings_.empty() ? "" : "\n").append(text);
  } else if (starts_with_word(line, "error", text)) {
    errors_.append(errors_.empty() ? "" : "\n").append(text);
  }
}

}  // namespace gateway
