// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What the user's programs ask about pinned messages. Every case is a JSON-RPC method.
package enum ClientPinRequest: Hashable, Sendable {
  /// Pins a message for everybody in the conversation, until a time or until it is unpinned.
  /// Answer: `queued`.
  case pin(address: String, messageID: [UInt8], until: ScheduleTime?)
  /// Takes that back, for everybody. Answer: `queued`.
  case unpin(address: String, messageID: [UInt8])
  /// Answer: `pinned`.
  case list(address: String)

  /// The conversation.
  var address: String {
    switch self {
    case .pin(let address, _, _), .unpin(let address, _), .list(let address): address
    }
  }
}

/// A message that is pinned in its conversation.
public struct PinReport: Hashable, Sendable {
  /// The message.
  public let line: HistoryLine
  /// Who pinned it.
  public let sender: String
  /// When.
  public let at: Instant
  /// Until when it is pinned; `nil` when that has no end.
  public let until: Instant?
}
