// SPDX-License-Identifier: MIT
#include "http/head_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace gateway::http {

HeadWriter& HeadWriter::add_number(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return add({digits, static_cast<std::size_t>(end - digits)});
}

HeadWriter& HeadWriter::add_hex(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return add({digits, static_cast<std::size_t>(end - digits)});
}

HeadWriter& HeadWriter::status_line(int status, std::string_view reason) {
  const std::array<char, 4> digits{static_cast<char>('0' + status / 100),
                                   static_cast<char>('0' + status / 10 % 10),
                                   static_cast<char>('0' + status % 10), ' '};
  return add("HTTP/1.1 ").add({digits.data(), digits.size()}).add(reason).add("\r\n");
}

void HeadWriter::grow(std::size_t more) {
  const std::size_t wanted = std::max<std::size_t>({size_ + more, capacity_ * 2, 2048});
  auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
  if (size_ > 0) std::memcpy(bigger.get(), buffer_.get(), size_);
  buffer_ = std::move(bigger);
  capacity_ = wanted;
}

}  // namespace gateway::http
