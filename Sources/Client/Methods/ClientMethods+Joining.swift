// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of links into groups.
extension ClientMethods {
  static let joinNames: Set<String> = [
    "group-link", "group-links", "group-unlink", "group-knocks", "group-admit", "group-refuse",
    "group-join", "group-asked", "group-withdraw",
  ]

  /// Calls one of `joinNames`.
  func callJoin(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    switch method {
    case "group-join":
      let link = try input.string("link")
      try input.finish()
      return ["address": .string(try await client.knock(with: link))]
    case "group-asked":
      try input.finish()
      return ["groups": .array(try await client.ownKnocks().map(\.json))]
    case "group-link": return try await openLink(input)
    default: break
    }
    let reference = try input.string("address")
    switch method {
    case "group-links":
      try input.finish()
      return ["links": .array(try await client.joinLinks(to: reference).map(\.json))]
    case "group-knocks":
      try input.finish()
      return ["knocks": .array(try await client.knocks(at: reference).map(\.json))]
    case "group-withdraw":
      try input.finish()
      try await client.withdrawKnock(at: reference)
    case "group-unlink":
      let linkID = try input.string("linkId")
      try input.finish()
      try await client.closeJoinLink(linkID, to: reference)
    case "group-admit", "group-refuse":
      let member = try input.string("member")
      try input.finish()
      try await client.answerKnock(
        of: member, at: reference, admitting: method == "group-admit")
    default: preconditionFailure("a method that is not in the list")
    }
    return [:]
  }

  private func openLink(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let reference = try input.string("address")
    let until = try input.optionalScheduleTime("expires")
    let uses = try input.optionalCount("uses")
    let needsApproval = try input.flag("approval")
    try input.finish()
    return try await client.openJoinLink(
      to: reference, until: until, uses: uses.map { UInt32(clamping: $0) },
      needsApproval: needsApproval
    ).json
  }
}

extension JoinLinkReport {
  fileprivate var json: JSONValue {
    .object(present: [
      "linkId": .string(linkID), "link": .string(link), "expiresAt": expires?.json,
      "uses": uses.map { .integer(Int64($0)) }, "approval": .bool(needsApproval),
      "open": .bool(isOpen),
    ])
  }
}

extension KnockReport {
  fileprivate var json: JSONValue {
    ["address": .string(address), "linkId": .string(linkID), "at": at.json]
  }
}

extension OwnKnockReport {
  fileprivate var json: JSONValue {
    .object(present: [
      "address": .string(reference), "since": since.json, "askedAt": askedAt?.json,
    ])
  }
}
