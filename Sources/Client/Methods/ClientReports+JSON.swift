// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension ConversationSummary {
  var json: JSONValue {
    let members: [String: JSONValue?] = [
      "address": .string(address), "name": name.map { .string($0) },
      "verified": isVerified ? .bool(true) : nil,
      "phase": .string(phase), "unread": .integer(Int64(unread)),
      "waiting": .integer(Int64(waiting)), "lastActivityAt": lastActivityAt.json,
      "lastText": lastText.map { .string($0) },
    ]
    return .object(present: members.merging(arrangement.members) { own, _ in own })
  }
}

extension HistoryLine {
  var json: JSONValue {
    let members: [String: JSONValue?] = [
      "order": .count(seq), "messageId": messageID.isEmpty ? nil : .identifier(messageID),
      "from": .string(sender), "own": .bool(own), "kind": .string(kind.rawValue),
      "text": .string(text), "state": .string(state.rawValue),
      "failure": failure.map { .string($0.rawValue) }, "at": at.json,
      "editedAt": editedAt?.json, "quote": quote?.json,
      "reactions": reactions.isEmpty ? nil : .array(reactions.map(\.json)),
      "starred": isStarred ? .bool(true) : nil, "forwarded": isForwarded ? .bool(true) : nil,
      "timer": timer.map { .string($0.description) }, "expiresAt": expiresAt?.json,
      "attachments": attachments.isEmpty ? nil : .array(attachments.map(\.json)),
      "imported": isImported ? .bool(true) : nil,
      "origin": origin.map { .string($0.rawValue) },
      "grantedBy": grantedBy.map { .string($0) },
    ]
    return .object(
      present: members.merging(mentions.members) { own, _ in own }
        .merging(keeping?.members ?? [:]) { own, _ in own }
        .merging(special?.members ?? [:]) { own, _ in own }
        .merging(preview?.members ?? [:]) { own, _ in own })
  }
}

extension HistoryLine.Quote {
  fileprivate var json: JSONValue {
    .object(present: [
      "messageId": .identifier(messageID), "from": sender.map { .string($0) },
      "text": text.map { .string($0) },
    ])
  }
}

extension HistoryLine.Reaction {
  fileprivate var json: JSONValue { ["from": .string(sender), "reaction": .string(text)] }
}

extension SafetyNumberReport {
  var json: JSONValue {
    .object(present: [
      "address": .string(address), "safetyNumber": .string(digits), "text": .string(code),
      "verifiedAt": verifiedAt?.json, "identityChanged": .bool(identityChanged),
      "offeredSafetyNumber": offeredDigits.map { .string($0) },
    ])
  }
}

extension StatusReport {
  var json: JSONValue {
    .object(present: [
      "address": address.map { .string($0) }, "registered": .bool(registered),
      "deviceId": deviceID.map { .integer(Int64($0)) }, "server": server.map { .string($0) },
      "inboxConnection": .string(inboxConnection), "logsConnection": .string(logsConnection),
      "conversations": .integer(Int64(conversations)), "waiting": .integer(Int64(waiting)),
      "keyPackages": .integer(Int64(keyPackages)), "eventHead": .count(eventHead),
      "connectionFailure": connectionFailure.map { .string($0.rawValue) },
    ])
  }
}

extension ProtectionReport {
  var json: JSONValue {
    .object(present: [
      "address": .string(address), "suite": suite.map { .string($0) },
      "postQuantum": .bool(postQuantum), "epoch": epoch.map { .count($0) },
      "lastOwnPathAt": lastOwnPathAt?.json, "devices": .array(devices.map(\.json)),
      "verifiedAt": verifiedAt?.json, "pinnedIdentity": pinnedIdentity.map { .string($0) },
      "standing": .string(standing), "server": server.json,
      "parties": .array(parties.map(\.json)),
      "unprotected": .array(unprotected.map { .string($0) }),
    ])
  }
}

extension ProtectionReport.Device {
  fileprivate var json: JSONValue {
    [
      "address": .string(address), "deviceId": .integer(Int64(deviceID)), "own": .bool(own),
      "certified": .bool(certified),
    ]
  }
}

extension ProtectionReport.ServerView {
  fileprivate var json: JSONValue {
    [
      "logs": .integer(Int64(logs)), "entries": .count(entries),
      "waitingBytes": .integer(Int64(waitingBytes)),
    ]
  }
}

extension ProtectionReport.Party {
  fileprivate var json: JSONValue { ["name": .string(name), "learns": .string(learns)] }
}
