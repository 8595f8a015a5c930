// SPDX-License-Identifier: MIT
#include "observe/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <string>
#include <string_view>

namespace gateway::log {
namespace {

// One entry is one line, whatever is in it: control characters are escaped, so that no value can
// pass for a line of its own, and what is too long for one write to a pipe is cut.
std::string to_line(std::string_view entry) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  static constexpr std::string_view kCutMark = "…\n";
  std::string line;
  line.reserve(entry.size() + 1);
  for (const char c : entry) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
    } else {
      line.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  if (line.size() + 1 <= LogOutput::kMaxLine) return line += '\n';
  std::size_t end = LogOutput::kMaxLine - kCutMark.size();
  while ((static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) end--;  // not inside a character
  line.resize(end);
  return line += kCutMark;
}

class OutputSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit OutputSink(LogOutput& output) : output_(&output) {}
  void redirect(LogOutput& output) { output_ = &output; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t entry;
    formatter_->format(message, entry);
    output_->append(to_line({entry.data(), entry.size()}));
    output_->flush();
  }
  void flush_() override { output_->flush(); }

 private:
  LogOutput* output_;
};

LogOutput open_stderr() {
  Result<LogOutput> output = LogOutput::open("stderr");
  return output ? *std::move(output) : *LogOutput::open("off");  // stderr may be closed
}

struct ErrorLog {
  LogOutput before_start = open_stderr();
  std::shared_ptr<OutputSink> sink = std::make_shared<OutputSink>(before_start);
  spdlog::logger logger{"gateway", sink};

  ErrorLog() {
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l [%P] %v", spdlog::pattern_time_type::utc, /*eol=*/""));
  }
};

ErrorLog& error_log() {
  static ErrorLog log;
  return log;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Trace: return spdlog::level::trace;
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warning: return spdlog::level::warn;
    case LogLevel::Error: return spdlog::level::err;
    case LogLevel::Critical: return spdlog::level::critical;
    case LogLevel::Off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

void start(LogOutput& output, LogLevel level) {
  error_log().sink->redirect(output);
  error_log().logger.set_level(to_spdlog(level));
}

spdlog::logger& logger() { return error_log().logger; }

}  // namespace gateway::log
