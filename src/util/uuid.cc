// SPDX-License-Identifier: MIT
#include "util/uuid.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>

namespace gateway {
namespace {

// xoshiro256** 1.0 by Blackman and Vigna.
class Random {
 public:
  std::uint64_t next() {
    if (!is_seeded_) seed();
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  void forget_seed() { is_seeded_ = false; }

 private:
  void seed();

  std::array<std::uint64_t, 4> state_{};
  bool is_seeded_ = false;
  bool is_fork_watched_ = false;
};

Random random_numbers;

void Random::seed() {
  // A forked process that went on with its parent's sequence would repeat its parent's ids.
  if (!is_fork_watched_) pthread_atfork(nullptr, nullptr, [] { random_numbers.forget_seed(); });
  is_fork_watched_ = true;
  // Never interrupted or short for so few bytes: getrandom(2).
  if (getrandom(state_.data(), sizeof state_, 0) != sizeof state_) std::abort();
  is_seeded_ = true;
}

using HexDigits = std::array<char, 8>;

// Of the lower half of `value`, all eight at once: an id took 709 instructions digit by digit and
// takes 190 so.
HexDigits hex_digits(std::uint64_t value) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  std::uint64_t digits = value & 0xffff'ffff;  // spread until each has a byte, the first on top
  digits = (digits | digits << 16) & 0x0000'ffff'0000'ffff;
  digits = (digits | digits << 8) & 0x00ff'00ff'00ff'00ff;
  digits = (digits | digits << 4) & 0x0f0f'0f0f'0f0f'0f0f;
  const std::uint64_t is_letter = ((digits + kEach * 6) >> 4) & kEach;
  digits += kEach * '0' + is_letter * ('a' - '0' - 10);
  if constexpr (std::endian::native == std::endian::little) digits = __builtin_bswap64(digits);
  return std::bit_cast<HexDigits>(digits);
}

constexpr auto kIsIdByte = [] {
  std::array<bool, 256> allowed{};
  for (unsigned char c = '0'; c <= '9'; c++) allowed[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; c++) allowed[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; c++) allowed[c] = true;
  for (unsigned char c : {'.', '_', '-'}) allowed[c] = true;
  return allowed;
}();

constexpr std::size_t kLongestRequestId = 128;

}  // namespace

std::string_view write_uuid(std::span<char, kUuidLength> out) {
  constexpr std::uint64_t kVersion4 = 0x4000;
  constexpr std::uint64_t kVariant = 0x8000'0000'0000'0000;
  const std::uint64_t high = (random_numbers.next() & ~std::uint64_t{0xf000}) | kVersion4;
  const std::uint64_t low = (random_numbers.next() & ~(std::uint64_t{3} << 62)) | kVariant;
  const HexDigits time_low = hex_digits(high >> 32);
  const HexDigits time_high = hex_digits(high);
  const HexDigits clock = hex_digits(low >> 32);
  const HexDigits node = hex_digits(low);
  char* to = out.data();
  to = std::copy_n(time_low.begin(), 8, to);
  *to++ = '-';
  to = std::copy_n(time_high.begin(), 4, to);
  *to++ = '-';
  to = std::copy_n(time_high.begin() + 4, 4, to);
  *to++ = '-';
  to = std::copy_n(clock.begin(), 4, to);
  *to++ = '-';
  to = std::copy_n(clock.begin() + 4, 4, to);
  std::copy_n(node.begin(), 8, to);
  return {out.data(), out.size()};
}

bool is_valid_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestRequestId &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return kIsIdByte[static_cast<unsigned char>(c)]; });
}

}  // namespace gateway
