// SPDX-License-Identifier: MIT
//
// HeadWriter: builds an outgoing head in one contiguous buffer that is kept from message to
// message, so that a head costs no allocation.
//
// Trust    appends bytes as they are: values must have been parsed or made by us (no CR, LF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace gateway::http {

class HeadWriter {
 public:
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  const char* data() const { return buffer_.get(); }
  std::string_view view() const { return {buffer_.get(), size_}; }

  HeadWriter& add(std::string_view bytes) {
    if (capacity_ - size_ < bytes.size()) grow(bytes.size());
    if (!bytes.empty()) std::memcpy(buffer_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
    return *this;
  }
  HeadWriter& add_number(std::uint64_t value);
  HeadWriter& add_hex(std::uint64_t value);

  /// "HTTP/1.1 200 OK\r\n"
  HeadWriter& status_line(int status, std::string_view reason);
  /// "Name: value\r\n"
  HeadWriter& field(std::string_view name, std::string_view value) {
    return add(name).add(": ").add(value).add("\r\n");
  }
  HeadWriter& field(std::string_view name, std::uint64_t value) {
    return add(name).add(": ").add_number(value).add("\r\n");
  }

 private:
  void grow(std::size_t more);

  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace gateway::http
