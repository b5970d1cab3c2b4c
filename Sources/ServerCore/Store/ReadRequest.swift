// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// What a session asks the store to show.
package enum ReadRequest: Hashable, Sendable {
  /// The newest manifest of an account.
  case manifest(Address)
  /// How many key packages a device has left.
  case keyPackageCount(DeviceKey)
  /// A page of a device's inbox.
  case inbox(DeviceKey, after: UInt64, PageLimit)
  /// A page of a log.
  case log(LogRight, LogStart, PageLimit)
  /// The newest sealed GroupInfo.
  case groupInfo(LogRight)
  /// A part of a log, by name.
  case part(LogID, PartID)
  /// Whether a right is of its log's present epoch.
  case present(LogRight)
  /// A blob whose time is not over.
  case blob(BlobID)
  /// Blobs whose time is over, the earliest first.
  case lapsedBlobs(limit: Int)
}

/// How much a page may hold. The first entry is always given, so that readers go forward.
package struct PageLimit: Hashable, Sendable {
  package let entries: Int
  package let bytes: Int

  package init(entries: Int, bytes: Int) {
    self.entries = entries
    self.bytes = bytes
  }
}

/// Where reading begins.
package enum LogStart: Hashable, Sendable {
  /// After the entry with this number.
  case after(UInt64)
  /// After the commit that began this epoch.
  case epoch(UInt64)
}

/// The store's answer to one read.
package enum ReadAnswer: Hashable, Sendable {
  case refused(StoreRefusal)
  case manifest(SignedManifest)
  case keyPackageCount(oneTime: Int, hasLastResort: Bool)
  case inbox(InboxPage)
  case log(LogPage)
  case groupInfo(epoch: UInt64, sealed: [UInt8])
  case part([UInt8])
  /// The right is of the present epoch.
  case present
  case blob(BlobRow)
  case blobs([BlobID])
}

/// Entries of an inbox, by rising number.
package struct InboxPage: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let seq: UInt64
    package let body: [UInt8]
    package let accepted: Instant

    package init(seq: UInt64, body: [UInt8], accepted: Instant) {
      self.seq = seq
      self.body = body
      self.accepted = accepted
    }
  }

  package let entries: [Entry]
  /// Whether entries follow that the limit kept out.
  package let hasMore: Bool

  package init(entries: [Entry], hasMore: Bool) {
    self.entries = entries
    self.hasMore = hasMore
  }
}

/// Entries of a log, by rising number, and where the reader stands.
package struct LogPage: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let seq: UInt64
    package let kind: EntryKind
    /// The epoch whose right was used.
    package let epoch: UInt64
    package let body: [UInt8]
    package let submitID: SubmitID
    package let accepted: Instant

    package init(
      seq: UInt64, kind: EntryKind, epoch: UInt64, body: [UInt8], submitID: SubmitID,
      accepted: Instant
    ) {
      self.seq = seq
      self.kind = kind
      self.epoch = epoch
      self.body = body
      self.submitID = submitID
      self.accepted = accepted
    }
  }

  /// Entries that the reader will never get.
  package struct Gap: Hashable, Sendable {
    /// The last entry that it can have.
    package let after: UInt64
    /// The last entry that is gone.
    package let through: UInt64

    package init(after: UInt64, through: UInt64) {
      self.after = after
      self.through = through
    }
  }

  package let entries: [Entry]
  /// Where the page begins: all that is left after this entry is in it.
  package let after: UInt64
  /// The last entry that the right may read.
  package let head: UInt64
  /// The log's epoch, as far as the right may know.
  package let epoch: UInt64
  package let gap: Gap?
  /// The entry after which the next page begins.
  package let next: UInt64
  /// Whether `next` is the head.
  package var isCaughtUp: Bool { next >= head }
  /// Whether a member was removed since: nothing will ever follow the head with this right.
  package let isCut: Bool

  package init(
    entries: [Entry], after: UInt64, head: UInt64, epoch: UInt64, gap: Gap?, next: UInt64,
    isCut: Bool
  ) {
    self.entries = entries
    self.after = after
    self.head = head
    self.epoch = epoch
    self.gap = gap
    self.next = next
    self.isCut = isCut
  }
}
