// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientMethods {
  /// `send` with a time.
  func schedule(
    _ text: String, to address: String, at time: ScheduleTime
  ) async throws(ClientFailure) -> JSONValue {
    try await client.schedule(text, to: address, at: time).json
  }

  func scheduled(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    try input.finish()
    return ["messages": .array(try await client.scheduledMessages().map(\.json))]
  }

  func reschedule(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let id = try input.count("scheduledId")
    let text = try input.optionalString("text")
    let time = try input.optionalScheduleTime("at")
    try input.finish()
    return try await client.reschedule(id, text: text, at: time).json
  }

  func unschedule(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let id = try input.count("scheduledId")
    try input.finish()
    try await client.unschedule(id)
    return [:]
  }
}

extension JSONRPCParameters {
  /// Takes a time of RFC 3339, or a wait such as `+10m`, that may be absent.
  mutating func optionalScheduleTime(
    _ name: String
  ) throws(ClientFailure) -> ScheduleTime? {
    guard let text = try optionalString(name) else { return nil }
    if let wait = Duration(wait: text) { return .after(wait) }
    if text.utf8.contains(UInt8(ascii: ":")), let instant = Instant(text: text) {
      return .at(instant)
    }
    throw ClientFailure(
      .badRequest, "The parameter \(name) is a time of RFC 3339, or a wait: +90s, +10m, +2h, +3d.")
  }
}

extension Duration {
  /// Reads `+` and one or more numbers with a unit each: `+10m`, `+1h30m`; of s, m, h, d, w.
  init?(wait text: String) {
    guard text.utf8.first == UInt8(ascii: "+"), (3...20).contains(text.utf8.count) else {
      return nil
    }
    var seconds: Int64 = 0
    var number: Int64?
    for byte in text.utf8.dropFirst() {
      if (0x30...0x39).contains(byte) {
        let digit = Int64(byte - 0x30)
        let next = (number ?? 0) * 10 + digit
        guard next <= 1_000_000_000 else { return nil }
        number = next
        continue
      }
      let unit: Int64
      switch UnicodeScalar(byte) {
      case "s": unit = 1
      case "m": unit = 60
      case "h": unit = 3_600
      case "d": unit = 86_400
      case "w": unit = 604_800
      default: return nil
      }
      guard let count = number else { return nil }
      seconds += count * unit
      number = nil
    }
    guard number == nil else { return nil }
    self = .seconds(seconds)
  }
}

extension ScheduledMessage {
  fileprivate var json: JSONValue {
    [
      "scheduledId": .count(id), "address": .string(address), "text": .string(text),
      "at": at.json,
    ]
  }
}
