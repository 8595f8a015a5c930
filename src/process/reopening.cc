// SPDX-License-Identifier: MIT
#include "process/reopening.h"

#include <string>
#include <utility>

#include "process/control_reply.h"
#include "util/clock.h"

namespace gateway {
namespace {

// A worker answers between two events; one that takes longer hangs.
constexpr std::uint64_t kPatienceUs = 10'000'000;

}  // namespace

Reopening::Reopening(Succession& succession, Reloader::Answer answer)
    : succession_(succession), answer_(std::move(answer)) {}

void Reopening::begin(std::optional<ControlServer::ClientId> client) {
  is_ok_here_ = succession_.reopen_logs();
  until_us_ = monotonic_us() + kPatienceUs;
  if (client) clients_.push_back(*client);
  look_after();
}

void Reopening::look_after() {
  if (clients_.empty()) return;
  const auto [pending, failed] = succession_.reopening();
  if (pending > 0 && monotonic_us() < until_us_) return;
  if (pending > 0) {
    finish(false,
           std::to_string(pending) + " workers did not answer, they still use the old files");
  } else if (failed > 0 || !is_ok_here_) {
    finish(false, "some log files could not be opened, the old ones stay in use; the log says why");
  } else {
    finish(true, "log files are open anew in master and workers");
  }
}

void Reopening::finish(bool is_ok, std::string_view text) {
  const std::string line = result_line(is_ok, text);
  for (const auto client : std::exchange(clients_, {})) answer_(client, line, /*is_last=*/true);
}

}  // namespace gateway
