// SPDX-License-Identifier: MIT
#include "http/receiving.h"

#include <limits>

#include "catch.h"

namespace gateway::http {
namespace {

TEST_CASE("only what is known to be body is read in bulk", "[http]") {
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  CHECK(read_size(/*in_bulk=*/false, kAll) == kUsualRead);
  CHECK(read_size(/*in_bulk=*/true, 0) == kUsualRead);
  CHECK(read_size(/*in_bulk=*/true, kUsualRead + 1) == kUsualRead + 1);
  CHECK(read_size(/*in_bulk=*/true, kReceiveBuffer) == kReceiveBuffer);
  CHECK(read_size(/*in_bulk=*/true, kAll) == kReceiveBuffer);
}

}  // namespace
}  // namespace gateway::http
