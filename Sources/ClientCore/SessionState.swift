// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// What a core holds in memory: connections, and caches of what the store has. All of it may be
/// lost.
struct SessionState: Sendable {
  var inbox = ServerConnection()
  var logs = ServerConnection()
  /// Why the last attempt to connect failed.
  var connectionFailure: ClientFailureCode?

  /// Who waits for the answer to `register`.
  var registering: RequestToken?
  /// request_id of the inbox's subscription on the present connection.
  var inboxSubscription: UInt64?
  /// One-time key packages on the server; nil when it has to be asked.
  var keyPackagesOnServer: Int?
  /// Whether the server has a last-resort key package.
  var lastResortOnServer = false

  /// The key packages on the server were looked after on the present connection.
  var keyPackagesChecked = false
  /// When they are looked after again.
  var housekeepingAt: Instant?
  /// The server refused the own manifest: not before this is one published again.
  var manifestRetryAt: Instant?

  /// When the next scheduled message is due, once `scheduleIsRead`.
  var scheduledAt: Instant?
  /// Whether the store was asked since a scheduled message changed.
  var scheduleIsRead = false

  /// Whether this device tells others of its account; the store is asked when it is not known.
  var isSharing: Bool?
  /// When the first of the changes was made that were not told to own devices yet.
  var ownChangedAt: Instant?
  /// Since when the account has other devices and no group of them.
  var ownGroupSince: Instant?
  /// When this device makes one.
  var ownGroupAt: Instant?
  /// Up to which time conversations were read in the present step.
  var readMarks: [[UInt8]: Instant] = [:]

  /// Whether waits that an earlier process stored were held against this one's clock.
  var waitsAreChecked = false
  /// By group identifier.
  var flows: [[UInt8]: GroupFlow] = [:]
  /// Conversations whose store state changed, in that order.
  var dirty: [[UInt8]] = []
  /// Look at every conversation.
  var allDirty = true
  /// Who was brought into groups by other own devices and was not heard yet, as far as it was asked
  /// for (`ClientStep.noteBrought`).
  var brought: [[UInt8]: [BroughtLeaf]] = [:]
  /// Since when a group is to be left because nobody came into it.
  var invitedAgainSince: [[UInt8]: Instant] = [:]
  /// Whether the device-signing key may be due to be renewed: something has come that it waits for.
  var wantsRenewal = true
  /// When a conversation wants to be looked at again.
  var wakeups: [[UInt8]: Instant] = [:]
  /// Welcomes that wait for a manifest: the address by inbox entry.
  var waitingWelcomes: [UInt64: String] = [:]
  /// Manifests that are wanted, and not before when they are asked for, by address.
  var wantedManifests: [String: Instant] = [:]
  /// When key packages may be asked for again, by conversation.
  var startRetryAt: [[UInt8]: Instant] = [:]
  /// When the directory may be asked again about somebody who is to come into a group, by change.
  var inviteRetryAt: [UInt64: Instant] = [:]
  /// Changes whose invitees a server has refused once.
  var refusedInvites: Set<UInt64> = []
  /// How often the directory has answered about an address on the present connection.
  var manifestAnswers: [String: Int] = [:]
  /// How often the directory must have answered about the own account before a group that this
  /// device was put out of is over.
  var listingAnswers: [[UInt8]: Int] = [:]
  /// What peers have said of their newest manifests, by address.
  var manifestClaims: [String: ManifestClaimState] = [:]
  /// Devices that no manifest held, and how often the directory must have answered for that to be
  /// so.
  var sightings: [Sighting: Int] = [:]
  /// Linking that is under way.
  var link: LinkSession?
  /// Key packages of own devices that a group lacks, by group.
  var ownInvitees: [[UInt8]: [Invitee]] = [:]
  /// Since when a removed device of the peer is in a group of two, by group.
  var orphanedSince: [[UInt8]: Instant] = [:]
  /// Since when a group's own devices are not those of the manifest, by group.
  var ownDevicesSince: [[UInt8]: Instant] = [:]
  /// Requests and blocks; read from the store when there is none.
  var contacts: ContactCache?
  /// When a group was first seen broken, by group.
  var brokenSince: [[UInt8]: Instant] = [:]
  /// Leaves of other own devices that have lost step, by their encryption keys and by group: they
  /// are taken out, and come in anew.
  var ownReturning: [[UInt8]: Set<[UInt8]>] = [:]
  /// Join links that this device keeps, by group; looked at anew when there is no entry.
  var keptLinks: [[UInt8]: [JoinLinkEntry]] = [:]
  /// What is under way for join links on the present connection, by number.
  var joinFlows: [[UInt8]: JoinFlow] = [:]
  /// What is under way for own requests to come in on the present connection, by group.
  var knockFlows: [String: KnockFlow] = [:]
  /// Whether files wait to be brought; `nil` when the store has to be asked.
  var hasUploads: Bool?
  /// The blob that the driver brings.
  var uploading: [UInt8]?
  /// Attempts since the last one that went well.
  var uploadTries = 0
  /// Not before this is anything asked for a blob.
  var uploadRetryAt: [[UInt8]: Instant] = [:]
  /// The earliest of these.
  var uploadWakeAt: Instant?
  /// Whether files wait to be fetched; `nil` when the store has to be asked.
  var hasFetches: Bool?
  /// The blob that the driver fetches.
  var fetching: [UInt8]?
  /// Attempts since the last one that went well.
  var fetchTries = 0
  /// Not before this is anything fetched.
  var fetchRetryAt: Instant?
  /// Whether history is on its way between own devices; `nil` when the store has to be asked.
  var hasHistory: Bool?
  /// What is under way for it on the present connection, by log.
  var historyFlows: [[UInt8]: HistoryFlow] = [:]
  /// When it is looked at again.
  var historyWakeAt: Instant?
  /// When own requests to come in are looked at again.
  var knockAt: Instant?
  /// When the directory may be asked again for key packages of own devices.
  var ownInviteRetryAt: Instant?
  /// How often in a row the directory had nothing for those that are missing.
  var ownInviteAttempts = 0
  /// When a manifest last came on the present connection, by address.
  var manifestsFetchedAt: [String: Instant] = [:]

  /// Trees on their way.
  var trees: [TreeOwner: TreeFetch] = [:]
  /// What has come to the server of the parts of pending commits, by group.
  var sentParts: [[UInt8]: SentParts] = [:]
  /// In groups of more devices the tree lies beside the log.
  var treeInlineDevicesMax = ClientLimits.treeInlineDevicesMax

  /// The present epoch of groups, by identifier.
  var groups: [[UInt8]: Group] = [:]
  /// Verified manifests, by address; the own one among them.
  var manifests: [String: VerifiedManifest] = [:]
  /// When the next message disappears.
  var timerDeadline: Instant?
  /// Who types, here and elsewhere.
  var typing = TypingBoard()
  /// This device, once the account row was read.
  var device: LocalDevice?

  /// Marks a conversation to be looked at.
  mutating func markDirty(_ conversationID: [UInt8]) {
    if !dirty.contains(conversationID) { dirty.append(conversationID) }
  }

  /// Wants the conversation to be looked at again, at `instant` at the latest.
  mutating func wake(_ conversationID: [UInt8], at instant: Instant) {
    wakeups[conversationID] = min(instant, wakeups[conversationID] ?? instant)
  }

  /// The inbox connection is gone.
  mutating func inboxClosed() {
    inbox.reset()
    inboxSubscription = nil
    keyPackagesOnServer = nil
    lastResortOnServer = false
    keyPackagesChecked = false
    manifestRetryAt = nil
    housekeepingAt = nil
  }

  /// A one-time key package was used up: the server's are to be counted again.
  mutating func recountKeyPackages() {
    keyPackagesOnServer = nil
    keyPackagesChecked = false
  }

  /// The logs connection is gone.
  mutating func logsClosed() {
    logs.reset()
    flows = [:]
    joinFlows = [:]
    keptLinks = [:]
    knockFlows = [:]
    historyFlows = [:]
    historyWakeAt = nil
    knockAt = nil
    waitingWelcomes = [:]
    wantedManifests = [:]
    wakeups = [:]
    manifestsFetchedAt = [:]
    manifestAnswers = [:]
    manifestClaims = [:]
    listingAnswers = [:]
    sightings = [:]
    allDirty = true
  }

  /// When `tick` is wanted.
  func deadline(hasAccount: Bool) -> Instant? {
    // Conversations are looked at over the logs connection alone.
    var deadlines = [timerDeadline, typing.deadline].compactMap { $0 }
    if logs.phase == .ready {
      deadlines += wakeups.values
      deadlines += [knockAt, fetching == nil ? fetchRetryAt : nil].compactMap { $0 }
      deadlines += trees.values.filter(\.isComing).compactMap(\.retryAt)
      if let ownGroupAt { deadlines.append(ownGroupAt) }
      if let historyWakeAt { deadlines.append(historyWakeAt) }
      // While too many requests are open, an answer goes on with the rest, and no deadline.
      if logs.open.count < ClientLimits.manifestRequestsMax {
        deadlines += wantedManifests.filter { !logs.isOpen(.getManifest(address: $0.key)) }.values
      }
    }
    if let scheduledAt { deadlines.append(scheduledAt) }
    if let uploadWakeAt { deadlines.append(uploadWakeAt) }
    if let link, !link.isOver {
      deadlines.append(link.deadline)
      if logs.phase == .ready, link.subscription == nil, let retryAt = link.retryAt {
        deadlines.append(retryAt)
      }
    }
    if inbox.phase == .ready {
      deadlines += [housekeepingAt, manifestRetryAt].compactMap { $0 }
    }
    for connection in [inbox, logs] where hasAccount {
      if connection.phase == .closed, let retryAt = connection.retryAt { deadlines.append(retryAt) }
      if let request = connection.requestDeadline { deadlines.append(request) }
    }
    return deadlines.min()
  }
}
