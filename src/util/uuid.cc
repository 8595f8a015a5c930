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
  static constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::uint64_t kVersion4 = 0x4000;
  constexpr std::uint64_t kVariant = 0x8000'0000'0000'0000;
  const std::uint64_t high = (random_numbers.next() & ~std::uint64_t{0xf000}) | kVersion4;
  const std::uint64_t low = (random_numbers.next() & ~(std::uint64_t{3} << 62)) | kVariant;
  std::size_t at = 0;
  for (unsigned digit = 0; digit < 32; digit++) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) out[at++] = '-';
    const std::uint64_t half = digit < 16 ? high : low;
    out[at++] = kHex[(half >> (60 - 4 * (digit % 16))) & 15];
  }
  return {out.data(), out.size()};
}

bool is_valid_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestRequestId &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return kIsIdByte[static_cast<unsigned char>(c)]; });
}

}  // namespace gateway
