// SPDX-License-Identifier: MIT
//
// Result<T>: a value, or an Error an operator can act on.
//
// Spelled like std::expected (C++23) so that it can be replaced by it one day.
// The message of an Error names the place and the fix; context is prefixed on the way up.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace gateway {

struct [[nodiscard]] Error {
  std::string message;

  Error in(std::string_view place) && {
    message.insert(0, ": ").insert(0, place);
    return std::move(*this);
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Result of an operation that has no value of its own.
using Status = Result<std::monostate>;
inline Status ok() { return std::monostate{}; }

}  // namespace gateway
