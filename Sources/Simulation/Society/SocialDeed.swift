// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// What a scenario has somebody do with groups and devices. Groups bear names of one word.
enum SocialDeed: Equatable, Sendable {
  case make(String, with: [Int])
  case add(Int, to: String)
  case remove(Int, from: String)
  case leave(String)
  case say(String, in: String)
  case timer(MessageTimer, of: String)
  /// Another device of the account is taken out of it.
  case takeOut(Int)
  /// What a device's copy of a group looks like.
  case show(String)

  /// Everybody who is named beside the one who does it.
  var people: [Int] {
    switch self {
    case .make(_, let others): others
    case .add(let other, _), .remove(let other, _), .takeOut(let other): [other]
    case .leave, .say, .timer, .show: []
    }
  }

  /// The group that there must be.
  var group: String? {
    switch self {
    case .add(_, let group), .remove(_, let group), .leave(let group), .say(_, let group),
      .timer(_, let group), .show(let group):
      group
    case .make, .takeOut: nil
    }
  }

  /// Reads what stands after a name, which is the first of the words; nil: nothing of the kind.
  init?(_ words: [Substring]) throws(ScenarioFailure.Reason) {
    switch words.dropFirst().first {
    case "makes" where words.count > 4 && words[3] == "with":
      var others: [Int] = []
      for word in words[4...] { others.append(try ScenarioStep.person(word)) }
      self = .make(String(words[2]), with: others)
    case "adds" where words.count == 5 && words[3] == "to":
      self = .add(try ScenarioStep.person(words[2]), to: String(words[4]))
    case "removes" where words.count == 5 && words[3] == "from":
      self = .remove(try ScenarioStep.person(words[2]), from: String(words[4]))
    case "leaves" where words.count == 3: self = .leave(String(words[2]))
    case "sets" where words.count == 8 && words[2...4] == ["the", "timer", "of"]:
      guard words[6] == "to", let timer = MessageTimer(String(words[7])) else {
        throw .badDuration
      }
      self = .timer(timer, of: String(words[5]))
    case "takes" where words.count == 4 && words[2] == "out":
      self = .takeOut(try ScenarioStep.person(words[3]))
    default: return nil
    }
  }
}
