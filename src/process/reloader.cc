// SPDX-License-Identifier: MIT
#include "process/reloader.h"

#include <utility>

#include "config/changes.h"
#include "observe/log.h"
#include "process/control_reply.h"
#include "process/status_report.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {

Reloader::Reloader(const Load& load, Succession& succession, ServiceManager& manager, Answer answer)
    : load_(load), succession_(succession), manager_(manager), answer_(std::move(answer)) {}

void Reloader::request(std::optional<ControlServer::ClientId> client) {
  is_wanted_ = true;
  if (client) waiting_.push_back(*client);
}

void Reloader::refuse(std::string_view reason) {
  is_wanted_ = is_running_ = false;
  const std::string lines =
      text_line("error", reason) + result_line(/*is_ok=*/false, "not reloaded");
  for (auto* clients : {&waiting_, &asking_}) {
    for (const auto client : std::exchange(*clients, {})) answer_(client, lines, /*is_last=*/true);
  }
}

bool Reloader::look_after() {
  if (const auto outcome = succession_.take_outcome(); outcome && is_running_) {
    outcome->status ? succeed() : fail(outcome->status.error());
  }
  if (!is_wanted_ || is_running_ || succession_.is_starting()) return false;
  begin();
  return true;
}

void Reloader::begin() {
  is_wanted_ = false;
  is_running_ = true;
  asking_ = std::exchange(waiting_, {});
  lines_.clear();
  changes_.clear();
  manager_.reloading();
  auto loaded = load_();
  if (!loaded) return fail(loaded.error());
  tell_differences(*loaded);
  if (const Status status = succession_.begin(*std::move(loaded)); !status) fail(status.error());
}

void Reloader::tell_differences(const LoadedConfig& loaded) {
  for (const std::string& text : loaded.warnings) lines_ += text_line("warning", text);
  changes_ = changes_between(succession_.parts()->config, loaded.config);
  for (const std::string& text : changes_) lines_ += text_line("change", text);
  for (const std::string& text : loaded.overridden) lines_ += text_line("fixed", text);
}

void Reloader::succeed() {
  for (const std::string& text : changes_) log::info("reloaded: {}", text);
  succession_.counters().reloads.add_shared();
  const unsigned number = succession_.number();
  log::info("reload done generation={}", number);
  succession_.counters().last_reload.write({true, number, unix_ms()});
  finish(result_line(/*is_ok=*/true, "reloaded: " + summary(succession_),
                     "\"generation\":" + std::to_string(number)));
}

void Reloader::fail(const Error& error) {
  for (const std::string_view line : split(error.message, '\n')) log::error("{}", line);
  log::error("reload failed, the old workers go on");
  succession_.counters().reloads_failed.add_shared();
  const unsigned number = succession_.number();
  succession_.counters().last_reload.write({false, number, unix_ms(), error.message});
  lines_ = text_line("error", error.message);
  finish(result_line(/*is_ok=*/false,
                     "not reloaded: generation " + std::to_string(number) + " goes on",
                     "\"generation\":" + std::to_string(number)));
}

void Reloader::finish(std::string_view result) {
  is_running_ = false;
  lines_ += result;
  for (const auto client : std::exchange(asking_, {})) answer_(client, lines_, /*is_last=*/true);
  manager_.ready(summary(succession_));
}

}  // namespace gateway
