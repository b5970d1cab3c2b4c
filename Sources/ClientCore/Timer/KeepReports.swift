// SPDX-License-Identifier: Apache-2.0

/// What the user's programs ask about keeping messages that disappear. Every case is a JSON-RPC
/// method or a form of one.
package enum ClientKeepRequest: Hashable, Sendable {
  /// Lets an own message be kept by everybody, or asks somebody else for that. Answer: `queued`.
  case keep(address: String, messageID: [UInt8])
  /// Takes back what was said so: an own message is kept no longer. Answer: `queued`.
  case unkeep(address: String, messageID: [UInt8])
  /// Agrees to what somebody asks about an own message, or turns it down. Answer: `queued`.
  case answer(address: String, messageID: [UInt8], accepting: Bool)
  /// Answer: `kept`.
  case list(address: String)

  /// The conversation.
  var address: String {
    switch self {
    case .keep(let address, _), .unkeep(let address, _), .answer(let address, _, _),
      .list(let address):
      address
    }
  }
}

/// How it stands with keeping a message that disappears.
public struct KeepReport: Hashable, Sendable {
  /// Whether its author lets it be kept.
  public let isKept: Bool
  /// Who asks for that, while the author has said nothing.
  public let askedBy: [String]

  /// Makes the value.
  public init(isKept: Bool, askedBy: [String] = []) {
    self.isKept = isKept
    self.askedBy = askedBy
  }
}

/// What somebody has done about keeping a message.
public enum KeepChange: String, CaseIterable, Hashable, Sendable {
  /// Asked its author.
  case asked
  /// Took that back.
  case withdrawn
  /// Its author agreed.
  case kept
  /// Its author turned it down.
  case refused
  /// Its author agreed before, and does not any more.
  case ended

  /// The line of the conversation.
  func text(by sender: String) -> String {
    switch self {
    case .asked: "\(sender) asks to keep a message."
    case .withdrawn: "\(sender) no longer asks to keep a message."
    case .kept: "\(sender) lets a message be kept."
    case .refused: "\(sender) does not let a message be kept."
    case .ended: "\(sender) no longer lets a message be kept."
    }
  }
}
