// SPDX-License-Identifier: MIT
//
// Privileges: workers give root away before they read a byte from the network.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "util/result.h"

namespace gateway {

/// A user with its own group, as the system's user database has it.
struct Account {
  std::string name;
  uid_t uid;
  gid_t gid;
};

/// Who workers of a master started as root become: "api-gateway" if there is such a user, else
/// "nobody". Nobody at all when this process is not root: then there is nothing to drop.
Result<std::optional<Account>> worker_account();

/// Becomes `account` for good, all groups included. An error leaves the process unfit to go on.
Status become(const Account& account);

/// From now on no program this process executes can gain privileges.
Status forbid_new_privileges();

}  // namespace gateway
