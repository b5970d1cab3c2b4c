// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// The number that a backend gives a row. It is never shown to anybody.
package struct RowID: Hashable, Comparable, Sendable {
  package let rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }

  /// The number of no row: a look-up with it costs what any look-up costs, and finds nothing.
  package static let absent = RowID(rawValue: 0)

  package static func < (left: RowID, right: RowID) -> Bool { left.rawValue < right.rawValue }
}

/// An account.
package struct AccountRow: Hashable, Sendable {
  package let id: RowID
  /// The encoding of the newest `SignedManifest`.
  package let manifest: [UInt8]
  package let manifestHash: Fingerprint
  /// The hash of the manifest that it was registered with, so that registering can be repeated.
  package let firstHash: Fingerprint

  package init(
    id: RowID, manifest: [UInt8], manifestHash: Fingerprint, firstHash: Fingerprint
  ) {
    self.id = id
    self.manifest = manifest
    self.manifestHash = manifestHash
    self.firstHash = firstHash
  }
}

/// A device of an account, and the state of its inbox.
package struct DeviceRow: Hashable, Sendable {
  package let id: RowID
  package let deviceID: DeviceID
  /// The number of the last entry that the inbox ever had.
  package var inboxHead: UInt64
  package var inboxEntries: UInt64
  package var inboxBytes: UInt64

  package init(
    id: RowID, deviceID: DeviceID, inboxHead: UInt64, inboxEntries: UInt64, inboxBytes: UInt64
  ) {
    self.id = id
    self.deviceID = deviceID
    self.inboxHead = inboxHead
    self.inboxEntries = inboxEntries
    self.inboxBytes = inboxBytes
  }
}

/// A log.
package struct LogRow: Hashable, Sendable {
  package let id: RowID
  /// The number of the last entry, 0 before the first.
  package var head: UInt64
  /// The lowest number that retention has not trimmed.
  package var tail: UInt64
  package var epoch: UInt64
  package var entries: UInt64
  package var bytes: UInt64
  /// The acceptance of the last entry; the next one is not accepted earlier.
  package var lastAccepted: Instant
  /// When the log is dead unless something is appended.
  package var idleUntil: Instant
  package let createdEpoch: UInt64

  package init(
    id: RowID, head: UInt64, tail: UInt64, epoch: UInt64, entries: UInt64, bytes: UInt64,
    lastAccepted: Instant, idleUntil: Instant, createdEpoch: UInt64
  ) {
    self.id = id
    self.head = head
    self.tail = tail
    self.epoch = epoch
    self.entries = entries
    self.bytes = bytes
    self.lastAccepted = lastAccepted
    self.idleUntil = idleUntil
    self.createdEpoch = createdEpoch
  }
}

/// An epoch of a log.
package struct EpochRow: Hashable, Sendable {
  /// Where the removal of a member ended what the epoch's token may read.
  package struct Cut: Hashable, Sendable {
    /// The removing commit's number: the last entry that may be read.
    package let through: UInt64
    /// The epoch that the removing commit began.
    package let epoch: UInt64

    package init(through: UInt64, epoch: UInt64) {
      self.through = through
      self.epoch = epoch
    }
  }

  package let tokenHash: LogTokenHash
  /// The number of the commit that began the epoch, 0 for the one that the log was made in.
  package let begin: UInt64
  package let cut: Cut?

  package init(tokenHash: LogTokenHash, begin: UInt64, cut: Cut?) {
    self.tokenHash = tokenHash
    self.begin = begin
    self.cut = cut
  }
}

/// An entry as it is stored.
package struct EntryRow: Hashable, Sendable {
  package let log: RowID
  package let entry: LogPage.Entry
  package let expires: Instant

  package init(log: RowID, entry: LogPage.Entry, expires: Instant) {
    self.log = log
    self.entry = entry
    self.expires = expires
  }

  /// Whether the sender wanted it deleted before the server's retention would.
  package var expiresEarly: Bool { expires < entry.accepted + ServerLimits.entryRetention }
}

/// An entry whose time is over, as the sweep sees it.
package struct LapsedEntry: Hashable, Sendable {
  package let log: RowID
  package let seq: UInt64
  package let byteCount: UInt64
  package let submitID: SubmitID
  package let accepted: Instant
  package let expires: Instant

  package init(
    log: RowID, seq: UInt64, byteCount: UInt64, submitID: SubmitID, accepted: Instant,
    expires: Instant
  ) {
    self.log = log
    self.seq = seq
    self.byteCount = byteCount
    self.submitID = submitID
    self.accepted = accepted
    self.expires = expires
  }

  /// Whether the server's retention ended it, and not the sender's own wish.
  package var wasRetained: Bool { expires >= accepted + ServerLimits.entryRetention }
}

/// A part of a log, without its bytes.
package struct PartRow: Hashable, Sendable {
  package let log: RowID
  package let id: PartID
  package let byteCount: UInt64
  /// Whether the commit that began the present epoch names it: then it does not lapse.
  package var isKept: Bool
  /// Until when it lives otherwise.
  package var expires: Instant

  package init(log: RowID, id: PartID, byteCount: UInt64, isKept: Bool, expires: Instant) {
    self.log = log
    self.id = id
    self.byteCount = byteCount
    self.isKept = isKept
    self.expires = expires
  }
}

/// An inbox entry as it is stored, without its body.
package struct InboxRow: Hashable, Sendable {
  package let device: RowID
  package let seq: UInt64
  package let body: RowID
  package let byteCount: UInt64
  package let accepted: Instant
  package let expires: Instant

  package init(
    device: RowID, seq: UInt64, body: RowID, byteCount: UInt64, accepted: Instant,
    expires: Instant
  ) {
    self.device = device
    self.seq = seq
    self.body = body
    self.byteCount = byteCount
    self.accepted = accepted
    self.expires = expires
  }
}

/// What was deleted from an inbox.
package struct InboxDeletion: Hashable, Sendable {
  package let entries: UInt64
  package let bytes: UInt64

  package init(entries: UInt64, bytes: UInt64) {
    self.entries = entries
    self.bytes = bytes
  }
}
