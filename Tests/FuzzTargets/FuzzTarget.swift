// SPDX-License-Identifier: Apache-2.0

/// One decoder that takes bytes from outside, or from the disk, under a fuzzer.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// `MLSMessage` (RFC 9420 §6).
  case mlsMessage = "mls-message"
  /// `KeyPackage` (RFC 9420 §10).
  case keyPackage = "key-package"
  /// `Welcome` (RFC 9420 §12.4.3.1).
  case welcome
  /// `GroupInfo` (RFC 9420 §12.4.3).
  case groupInfo = "group-info"
  /// `ratchet_tree` (RFC 9420 §12.4.3.3).
  case ratchetTree = "ratchet-tree"
  /// `Commit` (RFC 9420 §12.4).
  case commit
  /// `Proposal` (RFC 9420 §12.1).
  case proposal
  /// `GroupSecrets`, what a Welcome seals (RFC 9420 §12.4.3.1).
  case groupSecrets = "group-secrets"
  /// The stored form of a group: epoch state and message secrets.
  case storedGroup = "stored-group"
  /// The stored form of a commit that waits for the server.
  case storedCommit = "stored-commit"
  /// The stored form of a group that waits for its external commit to be accepted.
  case rejoinedGroup = "rejoined-group"
  /// The stored form of an own key package.
  case storedKeyPackage = "stored-key-package"
  /// A signed manifest, and its verification as a first one.
  case manifest
  /// A device certificate, and its verification.
  case certificate
  /// The stored secrets of an account.
  case accountSecrets = "account-secrets"
  /// The stored secrets of a device.
  case deviceSecrets = "device-secrets"
  /// What the QR form of a safety number holds.
  case safetyCode = "safety-code"
  /// An invite link.
  case inviteLink = "invite-link"
  /// An address, as text and as URI.
  case address
  /// Any CBOR data item.
  case cbor
  /// Mentions in a text.
  case mentionText = "mention-text"
  /// A poll, a vote or an end.
  case poll
  /// A place.
  case location
  /// A vCard.
  case contactCard = "contact-card"
  /// What is said about a link.
  case linkPreview = "link-preview"
  /// A small picture that came with a message.
  case jpegThumbnail = "jpeg-thumbnail"
  /// The first bytes of a picture that is attached.
  case pictureHeader = "picture-header"
  /// That a message is pinned.
  case pin
  /// What is said about keeping a message.
  case keep
  /// A message's content.
  case content
  /// A report on the status of messages.
  case statusReport = "status-report"
  /// What the draft derives from a message's delivery.
  case derivedValues = "derived-values"
  /// A frame to `/v1/inbox`, as the server takes it.
  case serverInbox = "server-inbox"
  /// A frame to `/v1/logs`, as the server takes it.
  case serverLogs = "server-logs"
  /// A frame from `/v1/inbox`, as the client takes it.
  case clientInbox = "client-inbox"
  /// A frame from `/v1/logs`, as the client takes it.
  case clientLogs = "client-logs"
  /// A stored event of the client.
  case clientEvent = "client-event"
  /// A stored commit with all that leaves with it.
  case commitParcel = "commit-parcel"
  /// What the members of a group agree on beside MLS (an extension of its context).
  case conversationContext = "conversation-context"
  /// Where the tree of a large group is (an extension of its GroupInfo).
  case treeReference = "tree-reference"
  /// What two devices say to each other while one is linked.
  case linkMessage = "link-message"
  /// What two devices of an account say about history.
  case historyMessage = "history-message"
  /// Lines that one device hands to another.
  case historySegment = "history-segment"
  /// That a member of a group hands history to another.
  case historyGrant = "history-grant"
  /// The stored keys of a device that was linked.
  case deviceSigner = "device-signer"
  /// What the members of a group agree on.
  case roomState = "room-state"
  /// That somebody types, as it stands under the seal of a signal.
  case typingSignal = "typing-signal"
  /// What own devices tell each other.
  case ownNote = "own-note"
  /// A stored change of a group that is wanted.
  case roomChange = "room-change"
  /// A request to come into a group, and the key that it is sealed to.
  case knock
  /// A link into a group, as people type it.
  case joinLink = "join-link"
  /// An HTTP head about a blob, as the server takes it: method, path and fields, each a line.
  case blobRequest = "blob-request"
  /// The file of a wrapped database key.
  case wrappedKey = "wrapped-key"
  /// The signature of an export, with its chain, and its verification.
  case archiveSeal = "archive-seal"
  /// The manifest of an export.
  case archiveManifest = "archive-manifest"
  /// One line of an export, or of its list of conversations.
  case archivedLine = "archived-line"
  /// What a store knows of the files of an imported line.
  case importedFiles = "imported-files"
  /// One line to the daemon's socket (JSON-RPC 2.0).
  case localRequest = "local-request"

  /// The target with this name; `nil` when there is none.
  public init?(name: String) { self.init(rawValue: name) }

  /// The name, which is also the folder of its regressions and seeds.
  public var name: String { rawValue }
}

/// What a fuzzer is after: bytes that a decoder takes and does not give back, or gives back
/// changed.
public struct FuzzFinding: Error, Hashable, Sendable, CustomStringConvertible {
  /// The target.
  public let target: FuzzTarget
  /// What is wrong, without the bytes.
  public let description: String

  init(_ target: FuzzTarget, _ description: String) {
    self.target = target
    self.description = description
  }
}
