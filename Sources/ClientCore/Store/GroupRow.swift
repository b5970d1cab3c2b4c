// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A conversation with one peer or with a group, whatever MLS groups it has had. Key: `id`;
/// `address` is unique.
package struct ConversationRow: Equatable, Sendable {
  /// How far it has come.
  package enum Phase: String, CaseIterable, Sendable {
    /// No group, and none is being made.
    case idle
    /// The peer's key packages are being asked for, or a group is being made.
    case starting
    /// A group can be used.
    case open
    /// The peer's identity must be settled first.
    case blocked
    /// A group: this account goes, and the others are still to confirm it.
    case leaving
    /// A group: this account is no member any more.
    case left
  }

  /// 16 random bytes, known to this store alone.
  package var id: [UInt8]
  /// The peer, or a group's reference.
  package var address: String
  /// See `Phase`.
  package var phase: Phase
  /// The highest generation of its groups: a group that replaces one that is out of step has one
  /// more than it.
  package var generation: UInt32
  /// Groups made within the day that began at `restartsSince`.
  package var restarts: UInt32
  /// See `restarts`.
  package var restartsSince: Instant
  /// When it was made.
  package var createdAt: Instant
  /// When a message last came or went.
  package var lastActivityAt: Instant

  /// Makes the row.
  package init(
    id: [UInt8], address: String, phase: Phase, generation: UInt32, restarts: UInt32,
    restartsSince: Instant, createdAt: Instant, lastActivityAt: Instant
  ) {
    self.id = id
    self.address = address
    self.phase = phase
    self.generation = generation
    self.restarts = restarts
    self.restartsSince = restartsSince
    self.createdAt = createdAt
    self.lastActivityAt = lastActivityAt
  }
}

/// One MLS group of a conversation. Key: `groupID`.
package struct GroupRow: Equatable, Sendable {
  /// How far it has come.
  package enum Phase: String, CaseIterable, Sendable {
    /// Made here; the log does not exist on the server yet.
    case creating
    /// Made here; the log exists, the commit that adds the peer is not confirmed yet.
    case inviting
    /// It can be used.
    case active
    /// Its state is stale: this device comes back by an external commit
    /// (mls-profile.md, lost step 2).
    case rejoining
    /// Its state is lost or stale; a new group replaces it.
    case outOfStep = "out-of-step"
    /// A member broke a rule, and this device did not follow: its owner makes another group without
    /// that member.
    case broken
    /// Replaced by another group; what is still in its log is read, nothing is sent.
    case closed
    /// This account is no member any more; its keys are gone.
    case over
  }

  /// 32 random bytes (RFC 9420 §6.1 leaves the choice to the creator).
  package var groupID: [UInt8]
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The log's name on the server, 32 random bytes.
  package var routingID: [UInt8]
  /// See `Phase`.
  package var phase: Phase
  /// From the group's own context; the group of the highest generation is used.
  package var generation: UInt32
  /// The present epoch.
  package var epoch: UInt64
  /// The epoch in which this device joined.
  package var joinedEpoch: UInt64
  /// Log entries up to and with this one are stored here; nil until the first.
  package var cursor: UInt64?
  /// When this device last sent a path; nil: never, so one is due before the first message.
  package var lastPathAt: Instant?
  /// Own messages since then.
  package var messagesSincePath: UInt32
  /// The newest text is the peer's: the next own one answers it.
  package var answering: Bool
  /// Commits in a row that lost the race.
  package var commitAttempts: UInt32
  /// Not before this is a commit tried again.
  package var commitRetryAt: Instant?
  /// When it was made or joined.
  package var createdAt: Instant

  /// Makes the row.
  package init(
    groupID: [UInt8], conversationID: [UInt8], routingID: [UInt8], phase: Phase,
    generation: UInt32, epoch: UInt64, joinedEpoch: UInt64, cursor: UInt64?,
    lastPathAt: Instant?, messagesSincePath: UInt32, answering: Bool, commitAttempts: UInt32,
    commitRetryAt: Instant?, createdAt: Instant
  ) {
    self.groupID = groupID
    self.conversationID = conversationID
    self.routingID = routingID
    self.phase = phase
    self.generation = generation
    self.epoch = epoch
    self.joinedEpoch = joinedEpoch
    self.cursor = cursor
    self.lastPathAt = lastPathAt
    self.messagesSincePath = messagesSincePath
    self.answering = answering
    self.commitAttempts = commitAttempts
    self.commitRetryAt = commitRetryAt
    self.createdAt = createdAt
  }
}

/// The MLS state of one epoch of a group. Key: `groupID`, `epoch`.
package struct EpochRow: Equatable, Sendable {
  /// Its group.
  package var groupID: [UInt8]
  /// The epoch.
  package var epoch: UInt64
  /// What changes with the epoch alone, in MLS's own encoding.
  package var state: Secret
  /// The message ratchets, which change with every message, in MLS's own encoding.
  package var ratchets: Secret
  /// When the next epoch began; nil for the present one.
  package var retiredAt: Instant?

  /// Makes the row.
  package init(
    groupID: [UInt8], epoch: UInt64, state: Secret, ratchets: Secret, retiredAt: Instant?
  ) {
    self.groupID = groupID
    self.epoch = epoch
    self.state = state
    self.ratchets = ratchets
    self.retiredAt = retiredAt
  }
}

/// An own commit that the server has not confirmed yet; a group has one at most. Key: `groupID`.
package struct PendingCommitRow: Equatable, Sendable {
  /// Why it was made.
  package enum Reason: String, CaseIterable, Sendable {
    /// It adds the peer's devices and own other ones: the group's first commit.
    case invite
    /// This device has just joined.
    case joined
    /// This device answers, and its path is an hour old.
    case answer
    /// Enough own messages were sent.
    case messages
    /// The path is a day old and a message is about to leave.
    case age
    /// The path is a week old.
    case connect
    /// This device lost step and comes back by an external commit.
    case rejoin
    /// It changes who is in a group, or what they agree on.
    case room
  }

  /// Its group.
  package var groupID: [UInt8]
  /// The epoch that it ends.
  package var epoch: UInt64
  /// 16 random bytes.
  package var submitID: [UInt8]
  /// See `Reason`.
  package var reason: Reason
  /// The request's bytes, so that the same ones are sent again.
  package var request: [UInt8]
  /// The state of the next epoch, in MLS's own encoding; of a rejoin, the whole group.
  package var state: Secret
  /// When it was made.
  package var createdAt: Instant

  /// Makes the row.
  package init(
    groupID: [UInt8], epoch: UInt64, submitID: [UInt8], reason: Reason, request: [UInt8],
    state: Secret, createdAt: Instant
  ) {
    self.groupID = groupID
    self.epoch = epoch
    self.submitID = submitID
    self.reason = reason
    self.request = request
    self.state = state
    self.createdAt = createdAt
  }
}
