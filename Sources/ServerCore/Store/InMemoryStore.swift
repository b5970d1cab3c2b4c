// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO

/// A store that dies with the process: the model that the durable ones are compared with, and the
/// disk of the simulator.
///
/// It is a value, so a copy is a snapshot, and putting the copy back undoes what came after it.
package struct InMemoryStore: ServerStore, Hashable {
  struct Account: Hashable {
    var row: AccountRow
    /// By device number.
    var devices: [DeviceID: RowID] = [:]
  }

  struct Device: Hashable {
    var row: DeviceRow
    let address: Address
    var keyPackages: [KeyPackage] = []
    var spent: [Fingerprint: Instant] = [:]
    var lastResort: [UInt8]?
    /// By rising number.
    var inbox: [InboxRow] = []
  }

  struct KeyPackage: Hashable {
    let body: [UInt8]
    let hash: Fingerprint
  }

  struct Body: Hashable {
    let bytes: [UInt8]
    var references: Int
  }

  struct Log: Hashable {
    struct Epoch: Hashable {
      var row: EpochRow
      var ended: Instant?
    }

    struct Seen: Hashable {
      let receipt: AppendReceipt
      let until: Instant
    }

    struct GroupInfo: Hashable {
      let epoch: UInt64
      let sealed: [UInt8]
    }

    let id: LogID
    var row: LogRow
    var epochs: [UInt64: Epoch] = [:]
    /// By rising number.
    var entries: [Stored] = []
    var submitted: [SubmitID: AppendReceipt] = [:]
    var seen: [SubmitID: Seen] = [:]
    var groupInfo: GroupInfo?
    var parts: [PartID: Part] = [:]
  }

  struct Part: Hashable {
    var row: PartRow
    let body: [UInt8]
  }

  struct Blob: Hashable {
    let account: RowID
    var row: BlobRow
  }

  struct Stored: Hashable {
    let order: Int64
    let row: EntryRow
  }

  var accounts: [Address: Account] = [:]
  var devices: [RowID: Device] = [:]
  var bodies: [RowID: Body] = [:]
  var logs: [RowID: Log] = [:]
  var logIDs: [LogID: RowID] = [:]
  var blobs: [BlobID: Blob] = [:]
  /// The last number given to a row; entries have theirs for the order of sweeping.
  var lastID: Int64 = 0

  /// An empty store.
  package init() {}

  package mutating func write(
    _ batch: [StoreRequest], at now: Instant
  ) throws(StoreFailure) -> [StoreAnswer] {
    var next = self
    var answers: [StoreAnswer] = []
    answers.reserveCapacity(batch.count)
    for request in batch { answers.append(try request.apply(in: &next, at: now)) }
    self = next
    return answers
  }

  package func read(_ request: ReadRequest, at now: Instant) throws(StoreFailure) -> ReadAnswer {
    try request.apply(to: self, at: now)
  }

  mutating func newID() -> RowID {
    lastID += 1
    return RowID(rawValue: lastID)
  }

  /// Stops when the counters of a log or an inbox contradict its rows. For tests.
  package func checkInvariants() {
    for log in logs.values {
      precondition(log.row.entries == UInt64(log.entries.count), "entries are counted")
      let bytes =
        log.entries.reduce(0) { $0 + $1.row.entry.body.count }
        + log.parts.values.reduce(0) { $0 + $1.body.count }
      precondition(log.row.bytes == UInt64(bytes), "bytes are counted")
      let seqs = log.entries.map(\.row.entry.seq)
      precondition(seqs == seqs.sorted() && Set(seqs).count == seqs.count, "numbers rise")
      precondition((seqs.last ?? 0) <= log.row.head, "the head is the last number")
      precondition(log.submitted.count == log.entries.count, "each entry has one id")
      precondition(log.entries.allSatisfy { $0.row.entry.epoch <= log.row.epoch }, "epochs rise")
    }
    for device in devices.values {
      precondition(device.row.inboxEntries == UInt64(device.inbox.count), "entries are counted")
      let bytes = device.inbox.reduce(0) { $0 + $1.byteCount }
      precondition(device.row.inboxBytes == bytes, "bytes are counted")
      precondition(device.keyPackages.count <= ServerLimits.oneTimeKeyPackagesMax, "quota")
    }
    let references = devices.values.reduce(0) { $0 + $1.inbox.count }
    precondition(bodies.values.reduce(0) { $0 + $1.references } == references, "no orphans")
  }
}

extension InMemoryStore {
  /// Every body that somebody handed in and that is stored: entries, Welcomes, GroupInfo, parts.
  package var storedBodies: [[UInt8]] {
    let infos = logs.values.compactMap { $0.groupInfo?.sealed }
    let parts = logs.values.flatMap { log in log.parts.values.map(\.body) }
    return bodies.values.map(\.bytes) + infos + parts
      + logs.values.flatMap { log in log.entries.map(\.row.entry.body) }
  }
}
