// SPDX-License-Identifier: Apache-2.0

/// How far a message has come. The raw value is what programs see in JSON and what stores keep.
///
/// Own messages go `queued → protected → stored → delivered → read`, or end in `failed`; a message
/// goes back from `protected` to `queued` when its epoch has passed. Received ones go
/// `received → seen`.
public enum MessageState: String, CaseIterable, Hashable, Sendable {
  /// In the outbox; not encrypted yet.
  case queued
  /// Encrypted, its ratchet step is stored, on its way to the server.
  case protected
  /// The server has it on disk.
  case stored
  /// A device of the recipient has stored it.
  case delivered
  /// The recipient has read it.
  case read
  /// It will not be sent; the failure code says why.
  case failed
  /// From somebody else, and not looked at yet.
  case received
  /// From somebody else, and looked at.
  case seen

  /// Whether an own message in this state has come at least as far as `other`.
  public func hasReached(_ other: MessageState) -> Bool {
    guard let own = progress, let wanted = other.progress else { return self == other }
    return own >= wanted
  }

  private var progress: Int? {
    switch self {
    case .queued: 0
    case .protected: 1
    case .stored: 2
    case .delivered: 3
    case .read: 4
    case .failed, .received, .seen: nil
    }
  }
}

/// What a line of a conversation is.
public enum MessageKind: String, CaseIterable, Hashable, Sendable {
  /// A text message.
  case text
  /// A message that its sender took back: nothing is left of it but this line.
  case deleted
  /// A message that this account's user removed for themselves; it has no line.
  case removed
  /// A message whose time is over: nothing is left of it, and it has no line.
  case expired
  /// A message that is shown once, and until then; of an own one there is no text here.
  case once
  /// Something arrived that this device cannot decrypt.
  case undecryptable
  /// Entries of the log were gone before this device could read them.
  case gap
  /// A message that asks something; the store has it as a text with its content beside it.
  case poll
  /// A message that says where something is; as a poll in the store.
  case location
  /// A message that tells of somebody; as a poll in the store.
  case contact
  /// A line of the client itself: keys renewed, a new group, an identity notice.
  case notice
}
