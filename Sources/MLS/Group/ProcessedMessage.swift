// SPDX-License-Identifier: Apache-2.0

/// What a message of the group turned out to be.
public enum ProcessedMessage: Sendable {
  /// Application data, decrypted and its signature checked.
  case application(ApplicationMessage)
  /// A proposal, which now waits for a commit.
  case proposal(Proposal, sender: Sender)
  /// A commit of another member, checked and computed; it takes effect when it is merged.
  case commit(StagedCommit)
  /// The pending commit of our own came back: it has won, and may be merged.
  case ownCommit(StagedCommit)
  /// Another message of our own came back. Its key is gone, so there is nothing to decrypt: a
  /// normal result, not an error.
  case ownMessage
}

/// Application data and where it comes from.
public struct ApplicationMessage: Sendable {
  /// The sender's leaf in the epoch of the message.
  public let sender: LeafIndex
  /// What stood in that leaf in that epoch: the leaf may have another owner now.
  public let senderLeaf: LeafNode
  /// The epoch in which it was sent.
  public let epoch: UInt64
  /// The plaintext.
  public let data: [UInt8]
  /// The bytes that are authenticated and not encrypted.
  public let authenticatedData: [UInt8]
}
