// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Something that happened, kept under a sequence number until every named subscription has
/// acknowledged it (or the limit of kept events is reached).
public struct ClientEvent: Hashable, Sendable {
  /// Counts up from 1 without holes.
  public let seq: UInt64
  /// When this client noticed.
  public let at: Instant
  /// The address of the peer whom it concerns.
  public let address: String
  /// What happened.
  public let kind: Kind

  /// Makes an event.
  public init(seq: UInt64, at: Instant, address: String, kind: Kind) {
    self.seq = seq
    self.at = at
    self.address = address
    self.kind = kind
  }

  /// What can happen.
  public enum Kind: Hashable, Sendable {
    /// A message arrived.
    case messageReceived(Message)
    /// A message says something else from now on.
    case messageEdited(
      messageID: [UInt8], text: String, byPeer: Bool, mentions: Mentions = Mentions())
    /// A message was taken back by its sender, the peer or this account, or removed by this one.
    case messageDeleted(messageID: [UInt8], byPeer: Bool)
    /// A message has disappeared: its time was over, or it was shown once.
    case messageExpired(messageID: [UInt8])
    /// Somebody reacted to a message, or took that back.
    case reactionChanged(messageID: [UInt8], sender: String, reaction: String, added: Bool)
    /// Somebody voted, or took that back, or ended the poll.
    case pollChanged(messageID: [UInt8], sender: String, ended: Bool)
    /// A message was pinned for everybody, or no longer is.
    case pinChanged(messageID: [UInt8], sender: String, pinned: Bool)
    /// Somebody asks to keep a message that disappears, or its author has decided about that.
    case keepChanged(messageID: [UInt8], sender: String, change: KeepChange)
    /// An own message came further, or failed.
    case messageStateChanged(messageID: [UInt8], state: MessageState, failure: ClientFailureCode?)
    /// Somebody who is no contact began a conversation, or asked this account into a group. Nothing
    /// of it is told before it is accepted.
    case requestReceived(sender: String)
    /// A group with the peer exists and can be used.
    case conversationStarted(byPeer: Bool)
    /// The group's keys were renewed by a commit.
    case conversationRekeyed(epoch: UInt64, byPeer: Bool)
    /// A group was closed and replaced by a new one.
    case conversationRestarted(ClientFailureCode)
    /// Nothing can be sent or received until the cause is settled.
    case conversationBlocked(ClientFailureCode)
    /// The account or devices of the peer changed, or somebody pretends that they did.
    case identityNotice(IdentityNotice)
    /// An entry of the log could not be decrypted; it is shown and skipped.
    case undecryptable(logSeq: UInt64)
    /// Who is in a group, or what it agrees on, has changed.
    case roomChanged(RoomNotice)
    /// Another own device has given what was said before: so many messages were taken in, and so
    /// many could not be had.
    case historyReceived(messages: UInt64, missing: UInt64)
    /// Another own device has taken in what this one gave.
    case historyGiven(deviceID: UInt32, messages: UInt64)
    /// Another device of this account was linked, named or taken out.
    case ownDeviceChanged(deviceID: UInt32, change: OwnDeviceChange, name: String?)
    /// Log entries were gone before this device could read them.
    case gap(after: UInt64, upTo: UInt64)
  }

  /// A received message.
  public struct Message: Hashable, Sendable {
    /// The MIMI message identifier.
    public let messageID: [UInt8]
    /// Who sent it, verified.
    public let sender: String
    /// What it says.
    public let text: String
    /// When the server accepted it.
    public let acceptedAt: Instant
    /// The MIMI message identifier of what it answers; empty when it answers nothing.
    public let inReplyTo: [UInt8]
    /// How long it is kept, if that has an end. One that is shown once has no text here.
    public let timer: MessageTimer?
    /// Its files.
    public let attachments: [AttachmentReport]
    /// Who is mentioned in it.
    public let mentions: Mentions
    /// What it is beside its text.
    public let special: SpecialReport?
    /// What its sender says about a link in it.
    public let preview: LinkPreviewReport?

    /// Makes the value.
    public init(
      messageID: [UInt8], sender: String, text: String, acceptedAt: Instant,
      inReplyTo: [UInt8] = [], timer: MessageTimer? = nil, attachments: [AttachmentReport] = [],
      mentions: Mentions = Mentions(), special: SpecialReport? = nil,
      preview: LinkPreviewReport? = nil
    ) {
      self.messageID = messageID
      self.sender = sender
      self.text = text
      self.acceptedAt = acceptedAt
      self.inReplyTo = inReplyTo
      self.timer = timer
      self.attachments = attachments
      self.mentions = mentions
      self.special = special
      self.preview = preview
    }
  }
}

extension ClientEvent.Kind {
  /// Whether the event has something of what a message said.
  func tellsText(of messageID: [UInt8]) -> Bool {
    switch self {
    case .messageReceived(let message): message.messageID == messageID
    case .messageEdited(let edited, _, _, _): edited == messageID
    case .reactionChanged(let target, _, _, _): target == messageID
    case .pollChanged(let poll, _, _): poll == messageID
    case .pinChanged(let pinned, _, _): pinned == messageID
    default: false
    }
  }
}

/// What a client says about somebody's identity.
public enum IdentityNotice: String, CaseIterable, Hashable, Sendable {
  /// The peer's identity key was pinned at first contact.
  case pinned
  /// The peer's device list changed, signed by the pinned identity.
  case devicesChanged = "devices-changed"
  /// The directory offers another identity key than the pinned one.
  case identityChanged = "identity-changed"
  /// The user has accepted that other key: it is pinned now.
  case accepted = "identity-accepted"
  /// The directory offers a manifest that is older than, or contradicts, the known one.
  case manifestRefused = "manifest-refused"
  /// A device that the peer's manifest does not hold was offered or seen.
  case ghostDevice = "ghost-device"
  /// A key package was not signed as the peer's device would.
  case keyPackageRefused = "key-package-refused"
  /// This device was taken out of its account.
  case unlinked
  /// A Welcome was refused.
  case welcomeRefused = "welcome-refused"
}
