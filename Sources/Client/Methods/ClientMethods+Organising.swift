// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// The methods by which one arranges conversations and messages.
extension ClientMethods {
  static let organising: Set<String> = [
    "star", "unstar", "starred", "forward", "draft", "mute", "unmute", "archive", "unarchive",
    "pin", "unpin", "mark-unread", "scheduled", "reschedule", "unschedule",
    "why",
  ]

  /// Calls one of them.
  func organise(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    switch method {
    case "star": return try await star(input, adding: true)
    case "unstar": return try await star(input, adding: false)
    case "starred": return try await starred(input)
    case "forward": return try await forward(input)
    case "draft": return try await draft(input)
    case "mute": return try await mute(input)
    case "unmute": return try await arrange(.unmute, input)
    case "archive": return try await arrange(.archive, input)
    case "unarchive": return try await arrange(.unarchive, input)
    case "pin": return try await arrange(.pin, input)
    case "unpin": return try await arrange(.unpin, input)
    case "mark-unread": return try await arrange(.markUnread, input)
    case "scheduled": return try await scheduled(input)
    case "reschedule": return try await reschedule(input)
    case "unschedule": return try await unschedule(input)
    case "why": return try await why(input)
    default: preconditionFailure("a method that is not in the list")
    }
  }

  private func star(
    _ input: JSONRPCParameters, adding: Bool
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    try input.finish()
    try await client.star(messageID, with: address, adding: adding)
    return [:]
  }

  private func starred(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.optionalString("in")
    let limit = try input.limit(default: 50, maximum: ClientLimits.pageMax)
    let before = try input.optionalCount("before")
    try input.finish()
    let page = try await client.starred(in: address, limit: limit, before: before)
    return .object(present: [
      "messages": .array(page.items.map(\.json)), "next": page.next.map { .count($0) },
    ])
  }

  private func forward(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let receiver = try input.string("to")
    let wait = try Wait(&input)
    try input.finish()
    let id = try await client.forward(messageID, with: address, to: receiver)
    return try await waiting(wait, for: id, to: receiver)
  }

  private func draft(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let text = try input.optionalString("text")
    try input.finish()
    let kept = try await client.draft(text, with: address)
    return .object(present: ["text": kept.isEmpty ? nil : .string(kept)])
  }

  private func mute(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let until = try input.optionalTime("until", endOfDay: true)
    try input.finish()
    try await client.arrange(.mute(until: until), with: address)
    return [:]
  }

  private func arrange(
    _ arrangement: Arrangement, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    try input.finish()
    try await client.arrange(arrangement, with: address)
    return [:]
  }
}

extension StarredPage.Item {
  fileprivate var json: JSONValue {
    guard case .object(var members) = line.json else { return .null }
    members["address"] = .string(address)
    return .object(members)
  }
}

extension ConversationArrangement {
  /// What is arranged; what is not is absent.
  var members: [String: JSONValue?] {
    [
      "draft": draft.map { .string($0) }, "archived": isArchived ? .bool(true) : nil,
      "pinned": pinnedAt == nil ? nil : .bool(true),
      "muted": mutedUntil == nil ? nil : .bool(true),
      // For good is no time that could be written.
      "mutedUntil": mutedUntil.flatMap { $0.milliseconds == .max ? nil : $0.json },
      "markedUnread": isMarkedUnread ? .bool(true) : nil,
    ]
  }
}
