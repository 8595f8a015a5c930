// SPDX-License-Identifier: MIT
//
// Runs the unit tests. With GATEWAY_TEST_COUNT=FILE in the environment the number of test cases
// is left in FILE as "passed failed skipped".
#include <cstdlib>
#include <fstream>

#define CATCH_CONFIG_RUNNER
#include "catch.h"

namespace {

#if GATEWAY_CATCH2_MAJOR == 2
using ListenerBase = Catch::TestEventListenerBase;
#else
using ListenerBase = Catch::EventListenerBase;
#endif

class Counter : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testRunEnded(const Catch::TestRunStats& stats) override {
    const char* file = std::getenv("GATEWAY_TEST_COUNT");
    if (file == nullptr) return;
    const Catch::Counts& cases = stats.totals.testCases;
    std::ofstream(file) << cases.passed << ' ' << cases.failed << ' '
                        << cases.total() - cases.passed - cases.failed << '\n';
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(Counter)

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
