// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// What the user's programs ask about exports (export.md).
package enum ClientArchiveRequest: Hashable, Sendable {
  /// Whose account it is, and the conversations that may be exported: all, or the one of this
  /// address. Answer: `archive`.
  case begin(address: String?)
  /// Lines of a conversation in reading order. Nothing becomes read. Answer: `archivePage`.
  case page(ArchiveQuery)
  /// Signs the SHA-256 of a manifest with the device key. Answer: `archiveSeal`.
  case sign(hash: [UInt8])
  /// Whether an export is of this account. Answer: `archiveOrigin`.
  case check(ArchiveSeal, hash: [UInt8])
  /// Takes lines of an export that was checked; `cursor` is of the answer to those before them.
  /// Answer: `archived`.
  case keep(address: String, lines: [ArchivedLine], cursor: ImportCursor?)
}

/// Which lines are wanted.
package struct ArchiveQuery: Hashable, Sendable {
  /// The conversation.
  package var address: String
  /// The line before the first that is wanted; `nil` from the beginning.
  package var after: UInt64?
  /// Not before this.
  package var since: Instant?
  /// Before this.
  package var until: Instant?

  /// Wants the lines of a conversation.
  package init(
    address: String, after: UInt64? = nil, since: Instant? = nil, until: Instant? = nil
  ) {
    self.address = address
    self.after = after
    self.since = since
    self.until = until
  }
}

/// What an export begins with.
package struct ArchiveOverview: Hashable, Sendable {
  /// The account's address.
  package let address: String
  /// Its number.
  package let accountID: [UInt8]
  /// The device's number.
  package let deviceID: UInt32
  /// The conversations, in the order of their making.
  package let conversations: [Conversation]

  /// A conversation that may be exported.
  package struct Conversation: Hashable, Sendable {
    /// The peer, or a group's reference.
    package let address: String
    /// A group's name.
    package let name: String?
  }
}

/// Some lines of a conversation.
package struct ArchivePage: Hashable, Sendable {
  /// In reading order.
  package let lines: [ArchivedLine]
  /// Lines in the asked time that are not exported: they disappear, or have not left.
  package let leftOut: Int
  /// More may follow: what `after` takes.
  package let next: UInt64?
}

/// One line of a conversation, as an export has it.
package struct ArchivedLine: Hashable, Sendable {
  /// The line's number in this store; 0 for one that came from a file.
  package var seq: UInt64 = 0
  /// The MIMI message identifier; empty for a line of the program.
  package var messageID: [UInt8]
  /// The sender's address.
  package var sender: String
  /// Whether the account sent it.
  package var own: Bool
  /// `text`, `notice`, `undecryptable` or `gap`.
  package var kind: MessageKind
  /// What it says.
  package var text: String
  /// How far it had come.
  package var state: MessageState
  /// Why it failed, when it did.
  package var failure: ClientFailureCode?
  /// Own: when it was queued. Others': when the server accepted it.
  package var at: Instant
  /// When its sender changed it last.
  package var editedAt: Instant?
  /// What it answers; empty for nothing.
  package var inReplyTo: [UInt8] = []
  /// What the answered message says, when that may be shown.
  package var quote: HistoryLine.Quote?
  /// Who has reacted with what.
  package var reactions: [Reaction] = []
  /// Whether its text was somebody's before.
  package var isForwarded = false
  /// Whether it had come by an import.
  package var isImported = false
  /// Its files.
  package var attachments: [AttachmentReport] = []

  /// A reaction.
  package struct Reaction: Hashable, Sendable {
    /// The MIMI message identifier of the message that said so.
    package let messageID: [UInt8]
    /// Whose.
    package let sender: String
    /// One character.
    package let text: String

    /// Makes the value.
    package init(messageID: [UInt8], sender: String, text: String) {
      self.messageID = messageID
      self.sender = sender
      self.text = text
    }
  }

  /// Makes a line.
  package init(
    messageID: [UInt8], sender: String, own: Bool, kind: MessageKind, text: String,
    state: MessageState, failure: ClientFailureCode? = nil, at: Instant
  ) {
    self.messageID = messageID
    self.sender = sender
    self.own = own
    self.kind = kind
    self.text = text
    self.state = state
    self.failure = failure
    self.at = at
  }
}

/// What became of lines that were to be imported.
package struct ArchiveOutcome: Hashable, Sendable {
  /// Lines that are here now.
  package var added = 0
  /// Messages that were here before, or were deleted here.
  package var known = 0
  /// Lines that are no messages, or must not be imported.
  package var passedOver = 0
  /// What the lines after these take.
  package var cursor: ImportCursor?

  /// Nothing yet.
  package init() {}
}

/// Among which lines of a conversation the next lines of an import stand.
package struct ImportCursor: Hashable, Sendable {
  /// Lines of lower numbers are earlier than what comes.
  package var floor: UInt64
  /// The newest line that had come by itself when the import began.
  package var ceiling: UInt64
}
