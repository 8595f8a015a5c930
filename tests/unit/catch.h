// SPDX-License-Identifier: MIT
//
// Catch2, version 2 or 3. Tests use only what both spell alike: TEST_CASE, SECTION, CHECK,
// REQUIRE, their _FALSE forms, INFO, CAPTURE and GENERATE.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define GATEWAY_CATCH2_MAJOR 3
#else
#include <catch2/catch.hpp>
#define GATEWAY_CATCH2_MAJOR 2
#endif
