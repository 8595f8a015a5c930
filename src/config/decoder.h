// SPDX-License-Identifier: MIT
//
// Decoder: where the decoding of a document is, and what it finds on the way.
//
// Problems and origins carry the JSON pointer of the node that is being decoded; Step says which.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/files.h"
#include "config/problems.h"

namespace gateway::schema {

class Decoder {
 public:
  Decoder(Config& config, Problems& problems, Origins& origins, const VariableLookup& variables)
      : config_(config), problems_(problems), origins_(origins), variables_(variables) {}

  /// What was decoded so far: services and routes inherit from it.
  const Config& config() const { return config_; }
  /// The value of an environment variable; empty when it is not set.
  std::string_view variable(std::string_view name) const { return variables_(name); }

  /// The key or index that is being decoded, for the life of the Step.
  class Step {
   public:
    Step(Decoder& decoder, std::string_view key)
        : decoder_(decoder), length_(decoder.pointer_.size()) {
      decoder_.pointer_ += pointer_step(key);
    }
    ~Step() { decoder_.pointer_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Decoder& decoder_;
    std::size_t length_;
  };

  void found(const Node& node) { origins_[pointer_] = {node.place, {}}; }
  void fail(const Node& node, std::string message) {
    problems_.add(node.place, pointer_, std::move(message));
  }
  /// False, with a problem, when the node is of another kind.
  bool expect(const Node& node, Node::Kind kind, std::string_view accepted);
  /// A problem for each member whose key is not among `known`.
  void reject_unknown(const Node& object, const std::vector<std::string_view>& known);
  /// For a member named by the user; a problem when it is no `[a-z0-9_-]{1,63}`.
  void check_name(const Place& place, std::string_view name);

 private:
  Config& config_;
  Problems& problems_;
  Origins& origins_;
  const VariableLookup& variables_;
  std::string pointer_;
};

}  // namespace gateway::schema
