// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// The account of this store; there is one at most.
package struct AccountRow: Equatable, Sendable {
  /// How far registration has come.
  package enum Phase: String, CaseIterable, Sendable {
    /// The keys are made and stored; the server may or may not know them.
    case registering
    /// The server has confirmed the account.
    case registered
  }

  /// `handle@domain`.
  package var address: String
  /// 16 random bytes.
  package var accountID: [UInt8]
  /// This device in the manifest.
  package var deviceID: UInt32
  /// See `Phase`.
  package var phase: Phase
  /// The invite link, as it was given.
  package var invite: String
  /// The private keys, in Identity's own encoding.
  package var secrets: Secret
  /// The account's own newest SignedManifest.
  package var manifest: [UInt8]
  /// Inbox entries up to and with this one are stored here.
  package var inboxCursor: UInt64
  /// When the keys were made.
  package var createdAt: Instant

  /// Makes the row.
  package init(
    address: String, accountID: [UInt8], deviceID: UInt32, phase: Phase, invite: String,
    secrets: Secret, manifest: [UInt8], inboxCursor: UInt64, createdAt: Instant
  ) {
    self.address = address
    self.accountID = accountID
    self.deviceID = deviceID
    self.phase = phase
    self.invite = invite
    self.secrets = secrets
    self.manifest = manifest
    self.inboxCursor = inboxCursor
    self.createdAt = createdAt
  }
}

/// One key package of this device whose private keys are still needed. Key: `reference`.
package struct KeyPackageRow: Equatable, Sendable {
  /// KeyPackageRef (RFC 9420 §5.2).
  package var reference: [UInt8]
  /// The key package with its private keys, in MLS's own encoding.
  package var bundle: Secret
  /// The one that is handed out when no other is left; it is not deleted after use.
  package var lastResort: Bool
  /// When it was made.
  package var createdAt: Instant
  /// When it may be deleted.
  package var expiresAt: Instant

  /// Makes the row.
  package init(
    reference: [UInt8], bundle: Secret, lastResort: Bool, createdAt: Instant, expiresAt: Instant
  ) {
    self.reference = reference
    self.bundle = bundle
    self.lastResort = lastResort
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }
}

/// What is known of another account. Key: `address`.
package struct PeerRow: Equatable, Sendable {
  /// Whether the pin holds.
  package enum Standing: String, CaseIterable, Sendable {
    /// What the directory says agrees with the pin.
    case trusted
    /// The directory offers another identity key.
    case identityChanged = "identity-changed"
    /// The directory or a message contradicts the pinned manifest.
    case contradicted
  }

  /// `handle@domain`.
  package var address: String
  /// The account identifier that the manifest names.
  package var accountID: [UInt8]
  /// The pinned account identity key.
  package var identityKey: [UInt8]
  /// The newest SignedManifest that verified.
  package var manifest: [UInt8]
  /// Its version.
  package var manifestVersion: UInt32
  /// See `Standing`.
  package var standing: Standing
  /// The identity key that was offered instead of the pinned one; empty when none was.
  package var offeredIdentityKey: [UInt8]
  /// A newer manifest may exist: ask the directory.
  package var manifestWanted: Bool
  /// When the key was pinned.
  package var firstSeenAt: Instant
  /// When the user compared the safety number.
  package var verifiedAt: Instant?

  /// Makes the row.
  package init(
    address: String, accountID: [UInt8], identityKey: [UInt8], manifest: [UInt8],
    manifestVersion: UInt32, standing: Standing, offeredIdentityKey: [UInt8],
    manifestWanted: Bool, firstSeenAt: Instant, verifiedAt: Instant?
  ) {
    self.address = address
    self.accountID = accountID
    self.identityKey = identityKey
    self.manifest = manifest
    self.manifestVersion = manifestVersion
    self.standing = standing
    self.offeredIdentityKey = offeredIdentityKey
    self.manifestWanted = manifestWanted
    self.firstSeenAt = firstSeenAt
    self.verifiedAt = verifiedAt
  }
}

/// A Welcome from the inbox that waits until its sender's manifest is known. Key: `inboxSeq`.
package struct WelcomeRow: Equatable, Sendable {
  /// Its place in the inbox.
  package var inboxSeq: UInt64
  /// MLSMessage(Welcome).
  package var body: [UInt8]
  /// When the server accepted it.
  package var acceptedAt: Instant
  /// How often joining was tried.
  package var attempts: UInt32

  /// Makes the row.
  package init(inboxSeq: UInt64, body: [UInt8], acceptedAt: Instant, attempts: UInt32) {
    self.inboxSeq = inboxSeq
    self.body = body
    self.acceptedAt = acceptedAt
    self.attempts = attempts
  }
}
