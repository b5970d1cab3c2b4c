// SPDX-License-Identifier: Apache-2.0

/// One thing that explains the state of a message.
public struct WhyReason: Hashable, Sendable {
  /// A stable code: programs decide by it. Codes are added and never renamed.
  public enum Code: String, CaseIterable, Hashable, Sendable {
    /// The recipient has read it.
    case read
    /// A device of the recipient has it, and nobody has said that it was read.
    case delivered
    /// The server has it, and no device of the recipient has confirmed it.
    case stored
    /// It is in this store alone and meant to be.
    case note
    /// It has not left, because the server is not connected.
    case waitsForServer = "waits-for-server"
    /// It has not left, because the keys of the other side are being asked for.
    case waitsForConversation = "waits-for-conversation"
    /// It has not left, because others are sent before it, or keys are renewed first.
    case waitsForTurn = "waits-for-turn"
    /// It has not left, because the server does not have its files yet.
    case waitsForFiles = "waits-for-files"
    /// It has left, and the server has not answered.
    case waitsForAnswer = "waits-for-answer"
    /// It will not be sent.
    case failed
    /// The conversation is stopped until an identity is settled.
    case blocked
    /// The directory offers another identity key than the pinned one.
    case identityChanged = "identity-changed"
    /// The device list of the other side is contradicted.
    case devicesContradicted = "devices-contradicted"
    /// This device has no key for it.
    case undecryptable
    /// The server deleted it before this device read it.
    case gap
    /// Nothing is left of it but its line.
    case deleted
    /// A line of this program itself.
    case notice
    /// It came, decrypted, from a device that its sender's account has signed.
    case authentic
    /// It came out of an export: only the account's own signature over that vouches for it.
    case imported
    /// Another own device has decrypted it and handed it over.
    case ownHistory = "own-history"
    /// A member of the group has handed it over: only they vouch for it.
    case granted
    /// The safety number with its sender, or its recipient, was never compared.
    case unverified
    /// The safety number was compared.
    case verified
  }

  /// See `Code`.
  public let code: Code
  /// What is the case.
  public let text: String
  /// What to do; `nil` when there is nothing to do.
  public let advice: String?
  /// The failure behind it, when there is one.
  public let failure: ClientFailureCode?

  init(
    _ code: Code, _ text: String, advice: String? = nil, failure: ClientFailureCode? = nil
  ) {
    self.code = code
    self.text = text
    self.advice = advice
    self.failure = failure
  }
}

/// Which line is asked about.
public enum LineName: Hashable, Sendable {
  /// The message of this identifier.
  case message([UInt8])
  /// The line of this `seq`, which may be no message.
  case line(UInt64)
}
