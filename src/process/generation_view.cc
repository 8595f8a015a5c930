// SPDX-License-Identifier: MIT
//
// What a generation says of itself; nothing of it changes here.
#include <algorithm>

#include "process/generation.h"

namespace gateway {

Generation::Progress Generation::progress() const {
  Progress progress;
  for (const Worker& worker : workers_) {
    if (worker.pid == 0) progress.lost++;
    if (worker.is_ready) progress.ready++;
    if (worker.pid != 0 && !worker.is_ready) progress.pending++;
  }
  return progress;
}

Generation::Reopening Generation::reopening() const {
  Reopening reopening;
  for (const Worker& worker : workers_) {
    if (worker.pid == 0) continue;
    if (worker.logs == LogState::Reopening) reopening.pending++;
    if (worker.logs == LogState::Failed) reopening.failed++;
  }
  return reopening;
}

std::vector<Generation::WorkerView> Generation::workers() const {
  std::vector<WorkerView> views;
  for (const Worker& worker : workers_) {
    if (worker.pid == 0 && stage_ > Stage::Serving) continue;
    views.push_back({worker.pid, worker.slot, worker.is_ready});
  }
  return views;
}

std::string_view Generation::stage_name() const {
  switch (stage_) {
    case Stage::Starting: return "starting";
    case Stage::Serving: return "serving";
    case Stage::Draining: return "draining";
    case Stage::Interrupted:
    case Stage::Killed: break;
  }
  return "stopping";
}

bool Generation::is_gone() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return w.pid == 0; });
}

bool Generation::may_still_accept() const {
  return stage_ == Stage::Draining && std::any_of(workers_.begin(), workers_.end(), [](auto& w) {
           return w.pid != 0 && !w.is_draining;
         });
}

}  // namespace gateway
