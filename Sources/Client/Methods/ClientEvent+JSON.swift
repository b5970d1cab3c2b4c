// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension Instant {
  /// UTC with milliseconds, as RFC 3339 writes it.
  var json: JSONValue { .string(text) }
}

extension JSONValue {
  /// An identifier, in lower-case hexadecimal.
  static func identifier(_ bytes: [UInt8]) -> JSONValue { .string(Hex.encode(bytes)) }

  /// A number that never comes near 2^63.
  static func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }

  /// An object without its null members, so that what does not apply is absent.
  static func object(present members: [String: JSONValue?]) -> JSONValue {
    .object(members.compactMapValues { $0 })
  }
}

extension ClientEvent {
  /// The event as the local protocol carries it: `type` says which of the other members are there.
  var json: JSONValue {
    var members = kind.members
    members["seq"] = .count(seq)
    members["at"] = at.json
    members["address"] = .string(address)
    return .object(members)
  }
}

extension ClientEvent.Kind {
  fileprivate var members: [String: JSONValue] {
    switch self {
    case .messageReceived(let message):
      var members = message.mentions.members.merging([
        "type": "message-received", "messageId": .identifier(message.messageID),
        "from": .string(message.sender), "text": .string(message.text),
        "acceptedAt": message.acceptedAt.json,
      ]) { $1 }
      if let preview = message.preview { members.merge(preview.members) { own, _ in own } }
      if let special = message.special { members.merge(special.members) { own, _ in own } }
      if !message.inReplyTo.isEmpty { members["inReplyTo"] = .identifier(message.inReplyTo) }
      if !message.attachments.isEmpty {
        members["attachments"] = .array(message.attachments.map(\.json))
      }
      if let timer = message.timer { members["timer"] = .string(timer.description) }
      return members
    case .messageExpired(let messageID):
      return ["type": "message-expired", "messageId": .identifier(messageID)]
    case .messageEdited(let messageID, let text, let byPeer, let mentions):
      return mentions.members.merging([
        "type": "message-edited", "messageId": .identifier(messageID), "text": .string(text),
        "byPeer": .bool(byPeer),
      ]) { $1 }
    case .messageDeleted(let messageID, let byPeer):
      return [
        "type": "message-deleted", "messageId": .identifier(messageID), "byPeer": .bool(byPeer),
      ]
    case .reactionChanged(let messageID, let sender, let reaction, let added):
      return [
        "type": "reaction-changed", "messageId": .identifier(messageID), "from": .string(sender),
        "reaction": .string(reaction), "added": .bool(added),
      ]
    case .pollChanged(let messageID, let sender, let ended):
      return [
        "type": "poll-changed", "messageId": .identifier(messageID), "from": .string(sender),
        "ended": .bool(ended),
      ]
    case .pinChanged(let messageID, let sender, let pinned):
      return [
        "type": "pin-changed", "messageId": .identifier(messageID), "from": .string(sender),
        "pinned": .bool(pinned),
      ]
    case .keepChanged(let messageID, let sender, let change):
      return [
        "type": "keep-changed", "messageId": .identifier(messageID), "from": .string(sender),
        "change": .string(change.rawValue),
      ]
    case .messageStateChanged(let messageID, let state, let failure):
      var members: [String: JSONValue] = [
        "type": "message-state-changed", "messageId": .identifier(messageID),
        "state": .string(state.rawValue),
      ]
      if let failure { members["failure"] = .string(failure.rawValue) }
      return members
    case .requestReceived(let sender):
      return ["type": "request-received", "from": .string(sender)]
    case .conversationStarted(let byPeer):
      return ["type": "conversation-started", "byPeer": .bool(byPeer)]
    case .conversationRekeyed(let epoch, let byPeer):
      return [
        "type": "conversation-rekeyed", "epoch": .count(epoch), "byPeer": .bool(byPeer),
      ]
    case .conversationRestarted(let cause):
      return ["type": "conversation-restarted", "cause": .string(cause.rawValue)]
    case .conversationBlocked(let cause):
      return ["type": "conversation-blocked", "cause": .string(cause.rawValue)]
    case .identityNotice(let notice):
      return ["type": "identity-notice", "notice": .string(notice.rawValue)]
    case .undecryptable(let logSeq):
      return ["type": "undecryptable", "logSeq": .count(logSeq)]
    case .roomChanged(let notice): return notice.members
    case .historyReceived(let messages, let missing):
      return [
        "type": "history-received", "messages": .count(messages), "missing": .count(missing),
      ]
    case .historyGiven(let deviceID, let messages):
      return [
        "type": "history-given", "deviceId": .integer(Int64(deviceID)),
        "messages": .count(messages),
      ]
    case .ownDeviceChanged(let deviceID, let change, let name):
      var members: [String: JSONValue] = [
        "type": "own-device-changed", "deviceId": .integer(Int64(deviceID)),
        "change": .string(change.rawValue),
      ]
      if let name { members["name"] = .string(name) }
      return members
    case .gap(let after, let upTo):
      return ["type": "gap", "after": .count(after), "upTo": .count(upTo)]
    }
  }
}

extension Mentions {
  /// What a message or a line has of them; nothing when nobody is mentioned.
  var members: [String: JSONValue] {
    guard !isEmpty else { return [:] }
    var members: [String: JSONValue] = ["mentions": .array(addresses.map { .string($0) })]
    if includesMe { members["mentionsMe"] = true }
    return members
  }
}

extension RoomNotice {
  fileprivate var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "type": "group-changed", "change": .string(kind.rawValue), "text": .string(text),
    ]
    if !actor.isEmpty { members["by"] = .string(actor) }
    if !subject.isEmpty { members["who"] = .string(subject) }
    if !detail.isEmpty { members["detail"] = .string(detail) }
    return members
  }
}
