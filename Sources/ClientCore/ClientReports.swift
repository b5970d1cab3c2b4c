// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// One conversation in the list of conversations.
public struct ConversationSummary: Hashable, Sendable {
  /// The peer, or a group's reference.
  public let address: String
  /// A group's name; `nil` for two people.
  public let name: String?
  /// Whether the safety number of the pinned identity key was compared; never so of a group.
  public let isVerified: Bool
  /// `idle`, `starting`, `open`, `blocked`, `leaving` or `left`.
  public let phase: String
  /// Messages that were not looked at.
  public let unread: Int
  /// Own messages that the server does not have yet.
  public let waiting: Int
  /// When something last happened in it.
  public let lastActivityAt: Instant
  /// The newest text of it.
  public let lastText: String?
  /// What the user has arranged for it.
  public let arrangement: ConversationArrangement

  /// Makes the value.
  public init(
    address: String, name: String? = nil, isVerified: Bool = false, phase: String, unread: Int,
    waiting: Int, lastActivityAt: Instant, lastText: String?,
    arrangement: ConversationArrangement = ConversationArrangement()
  ) {
    self.address = address
    self.name = name
    self.isVerified = isVerified
    self.phase = phase
    self.unread = unread
    self.waiting = waiting
    self.lastActivityAt = lastActivityAt
    self.lastText = lastText
    self.arrangement = arrangement
  }
}

/// One line of a conversation.
public struct HistoryLine: Hashable, Sendable {
  /// The line's place in this store; counts up.
  public let seq: UInt64
  /// The MIMI message identifier; empty for lines that are not messages.
  public let messageID: [UInt8]
  /// The sender's address.
  public let sender: String
  /// Whether this account sent it.
  public let own: Bool
  /// What the line is.
  public let kind: MessageKind
  /// The text, or a short description of what is not text.
  public let text: String
  /// How far it has come.
  public let state: MessageState
  /// Why it failed, when it did.
  public let failure: ClientFailureCode?
  /// Own: when it was queued. Others': when the server accepted it.
  public let at: Instant
  /// When its sender changed it last.
  public let editedAt: Instant?
  /// What it answers.
  public let quote: Quote?
  /// Who has reacted with what, in the order in which that came.
  public let reactions: [Reaction]
  /// Whether the user gave it a star.
  public let isStarred: Bool
  /// Whether its text was somebody's before.
  public let isForwarded: Bool
  /// How long it is kept, if that has an end.
  public let timer: MessageTimer?
  /// When it disappears, as things stand.
  public let expiresAt: Instant?
  /// How it stands with keeping it; `nil` when nobody wants that.
  public let keeping: KeepReport?
  /// Its files.
  public let attachments: [AttachmentReport]
  /// Who is mentioned in it.
  public let mentions: Mentions
  /// What it is beside its text, as that stands now.
  public let special: SpecialReport?
  /// What its sender says about a link in it.
  public let preview: LinkPreviewReport?
  /// Whether it came by an import: no signature of its sender vouches for it.
  public let isImported: Bool
  /// Where it comes from, when this device did not decrypt it itself.
  public let origin: LineOrigin?
  /// The member of the group who handed it over, whose word alone it is.
  public let grantedBy: String?

  /// A message that is answered, as this store has it: what the answering one says of it is not
  /// believed.
  public struct Quote: Hashable, Sendable {
    /// The MIMI message identifier.
    public let messageID: [UInt8]
    /// Its sender; `nil` when the message is not here.
    public let sender: String?
    /// What it says now; `nil` when it is not here or was taken back.
    public let text: String?
  }

  /// One reaction of one person.
  public struct Reaction: Hashable, Sendable {
    /// Whose.
    public let sender: String
    /// One character.
    public let text: String
  }

  /// Makes the value.
  public init(
    seq: UInt64, messageID: [UInt8], sender: String, own: Bool, kind: MessageKind, text: String,
    state: MessageState, failure: ClientFailureCode?, at: Instant, editedAt: Instant?,
    quote: Quote?, reactions: [Reaction], isStarred: Bool = false, isForwarded: Bool = false,
    timer: MessageTimer? = nil, expiresAt: Instant? = nil, keeping: KeepReport? = nil,
    attachments: [AttachmentReport] = [],
    mentions: Mentions = Mentions(), special: SpecialReport? = nil,
    preview: LinkPreviewReport? = nil, isImported: Bool = false,
    origin: LineOrigin? = nil, grantedBy: String? = nil
  ) {
    self.seq = seq
    self.messageID = messageID
    self.sender = sender
    self.own = own
    self.kind = kind
    self.text = text
    self.state = state
    self.failure = failure
    self.at = at
    self.editedAt = editedAt
    self.quote = quote
    self.reactions = reactions
    self.isStarred = isStarred
    self.isForwarded = isForwarded
    self.timer = timer
    self.expiresAt = expiresAt
    self.keeping = keeping
    self.attachments = attachments
    self.mentions = mentions
    self.special = special
    self.preview = preview
    self.isImported = isImported
    self.origin = origin
    self.grantedBy = grantedBy
  }
}

/// What a message has said, from when on.
public struct MessageRevision: Hashable, Sendable {
  /// The text.
  public let text: String
  /// Since when.
  public let at: Instant

  /// Makes the value.
  public init(text: String, at: Instant) {
    self.text = text
    self.at = at
  }
}

/// The number that two people compare.
public struct SafetyNumberReport: Hashable, Sendable {
  /// The peer.
  public let address: String
  /// 60 digits.
  public let digits: String
  /// The same as the text of a code, for the peer to scan (identity.md, safety number).
  public let code: String
  /// When it was compared; `nil` when it never was, or while the identity is in doubt.
  public let verifiedAt: Instant?
  /// The directory offers another identity key than the one that this number is made of.
  public let identityChanged: Bool
  /// The digits with that other key, to be compared before it is accepted.
  public internal(set) var offeredDigits: String?

  /// Makes the value.
  public init(
    address: String, digits: String, code: String, verifiedAt: Instant?, identityChanged: Bool
  ) {
    self.address = address
    self.digits = digits
    self.code = code
    self.verifiedAt = verifiedAt
    self.identityChanged = identityChanged
  }
}

/// The client's own state.
public struct StatusReport: Hashable, Sendable {
  /// The account's address, once `register` has begun.
  public let address: String?
  /// Whether the server has confirmed the account.
  public let registered: Bool
  /// This device's number in the account's manifest.
  public let deviceID: UInt32?
  /// The server, `host:port`.
  public let server: String?
  /// `closed`, `connecting`, `opening` or `ready`.
  public let inboxConnection: String
  /// `idle` (there is nothing to read), `closed`, `connecting`, `opening` or `ready`.
  public let logsConnection: String
  /// Conversations in the store.
  public let conversations: Int
  /// Own messages that the server does not have yet.
  public let waiting: Int
  /// One-time key packages whose private keys are here.
  public let keyPackages: Int
  /// The newest event.
  public let eventHead: UInt64
  /// Why the last connection attempt failed, when it did.
  public let connectionFailure: ClientFailureCode?

  /// Makes the value.
  public init(
    address: String?, registered: Bool, deviceID: UInt32?, server: String?,
    inboxConnection: String, logsConnection: String, conversations: Int, waiting: Int,
    keyPackages: Int, eventHead: UInt64, connectionFailure: ClientFailureCode?
  ) {
    self.address = address
    self.registered = registered
    self.deviceID = deviceID
    self.server = server
    self.inboxConnection = inboxConnection
    self.logsConnection = logsConnection
    self.conversations = conversations
    self.waiting = waiting
    self.keyPackages = keyPackages
    self.eventHead = eventHead
    self.connectionFailure = connectionFailure
  }
}
