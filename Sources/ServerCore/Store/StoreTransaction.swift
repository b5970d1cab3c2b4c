// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// The rows of one consistent state. A backend brings these and nothing that decides.
package protocol StoreReading {
  func account(_ address: Address) throws(StoreFailure) -> AccountRow?
  func device(_ key: DeviceKey) throws(StoreFailure) -> DeviceRow?
  /// The devices of an account, by rising number.
  func devices(of account: RowID) throws(StoreFailure) -> [DeviceRow]

  func keyPackageCount(of device: RowID) throws(StoreFailure) -> Int
  func lastResort(of device: RowID) throws(StoreFailure) -> [UInt8]?

  /// A page of an inbox after `seq`.
  func inboxPage(
    of device: RowID, after seq: UInt64, limit: PageLimit
  ) throws(StoreFailure) -> InboxPage

  func log(_ id: LogID) throws(StoreFailure) -> LogRow?
  func epoch(_ epoch: UInt64, of log: RowID) throws(StoreFailure) -> EpochRow?
  /// The entry that was appended under this id, also when it was trimmed a short time ago.
  func submitted(_ id: SubmitID, to log: RowID) throws(StoreFailure) -> AppendReceipt?
  /// The entries after `seq` up to and with `through`, and whether the limit kept any out.
  func entries(
    of log: RowID, after seq: UInt64, through: UInt64, limit: PageLimit
  ) throws(StoreFailure) -> (rows: [EntryRow], hasMore: Bool)
  func groupInfo(of log: RowID) throws(StoreFailure) -> (epoch: UInt64, sealed: [UInt8])?
  func part(_ id: PartID, of log: RowID) throws(StoreFailure) -> PartRow?
  func partBody(_ id: PartID, of log: RowID) throws(StoreFailure) -> [UInt8]?

  func blob(_ id: BlobID) throws(StoreFailure) -> BlobRow?
  /// How many blobs an account has, and their sizes together.
  func blobUse(of account: RowID) throws(StoreFailure) -> (count: Int, bytes: UInt64)
  /// Blobs whose time is over, the earliest expiry first, then by name.
  func lapsedBlobs(at now: Instant, limit: Int) throws(StoreFailure) -> [BlobID]
}

/// The rows of a state that is being changed. A transition checks all that it needs before it
/// changes the first row, so that a refusal leaves nothing half done.
package protocol StoreTransaction: StoreReading {
  // MARK: Accounts

  mutating func insertAccount(
    _ address: Address, manifest: [UInt8], hash: Fingerprint
  ) throws(StoreFailure) -> RowID
  mutating func replaceManifest(
    of account: RowID, by manifest: [UInt8], hash: Fingerprint
  ) throws(StoreFailure)
  mutating func insertDevice(_ id: DeviceID, of account: RowID) throws(StoreFailure)
  /// Deletes a device with its key packages and its inbox.
  mutating func deleteDevice(_ id: RowID) throws(StoreFailure)
  /// Writes the inbox fields of a device.
  mutating func updateDevice(_ device: DeviceRow) throws(StoreFailure)

  // MARK: Key packages

  /// Whether the device has a one-time key package with this hash, or had it a short time ago.
  func isKnownKeyPackage(_ hash: Fingerprint, of device: RowID) throws(StoreFailure) -> Bool
  mutating func insertKeyPackage(
    _ body: [UInt8], hash: Fingerprint, of device: RowID
  ) throws(StoreFailure)
  /// Deletes the oldest one-time key package and gives it out.
  mutating func takeKeyPackage(
    of device: RowID
  ) throws(StoreFailure) -> (body: [UInt8], hash: Fingerprint)?
  mutating func rememberSpentKeyPackage(
    _ hash: Fingerprint, of device: RowID, until: Instant
  ) throws(StoreFailure)
  mutating func setLastResort(_ body: [UInt8], of device: RowID) throws(StoreFailure)

  // MARK: Inboxes

  mutating func insertInboxBody(_ body: [UInt8]) throws(StoreFailure) -> RowID
  mutating func insertInboxEntry(_ entry: InboxRow) throws(StoreFailure)
  /// Deletes entries up to and with `seq`, and the bodies that no inbox needs any more.
  mutating func deleteInboxEntries(
    of device: RowID, through seq: UInt64
  ) throws(StoreFailure) -> InboxDeletion

  // MARK: Logs

  mutating func insertLog(
    _ id: LogID, epoch: UInt64, at now: Instant, idleUntil: Instant
  ) throws(StoreFailure) -> RowID
  /// Writes every field of a log.
  mutating func updateLog(_ log: LogRow) throws(StoreFailure)
  mutating func insertEpoch(
    _ epoch: UInt64, of log: RowID, tokenHash: LogTokenHash, begin: UInt64
  ) throws(StoreFailure)
  mutating func endEpoch(
    _ epoch: UInt64, of log: RowID, at now: Instant
  ) throws(StoreFailure)
  /// Cuts every epoch up to and with `epoch` that is not cut yet.
  mutating func cutEpochs(
    of log: RowID, upTo epoch: UInt64, at cut: EpochRow.Cut
  ) throws(StoreFailure)
  mutating func insertEntry(_ entry: EntryRow) throws(StoreFailure)
  /// Replaces the log's sealed GroupInfo.
  mutating func setGroupInfo(
    _ sealed: [UInt8], epoch: UInt64, of log: RowID
  ) throws(StoreFailure)

  mutating func insertPart(_ part: PartRow, _ body: [UInt8]) throws(StoreFailure)
  /// Writes whether the part is kept, and its expiry.
  mutating func updatePart(_ part: PartRow) throws(StoreFailure)
  /// The parts of the epoch that ends are kept no longer than their expiry says.
  mutating func releaseParts(of log: RowID) throws(StoreFailure)
  mutating func deletePart(_ id: PartID, of log: RowID) throws(StoreFailure)

  // MARK: Blobs

  /// It counts in the quota of `account`.
  mutating func insertBlob(_ blob: BlobRow, of account: RowID) throws(StoreFailure)
  /// Writes offset and completeness.
  mutating func updateBlob(_ blob: BlobRow) throws(StoreFailure)
  mutating func deleteBlob(_ id: BlobID) throws(StoreFailure)

  // MARK: Sweeping

  /// Entries whose time is over, the earliest expiry first, then in the order of appending.
  func lapsedEntries(at now: Instant, limit: Int) throws(StoreFailure) -> [LapsedEntry]
  func log(row: RowID) throws(StoreFailure) -> LogRow?
  mutating func deleteEntry(_ seq: UInt64, of log: RowID) throws(StoreFailure)
  mutating func rememberSeen(
    _ entry: LapsedEntry, until: Instant
  ) throws(StoreFailure)
  /// Parts that nothing keeps and whose time is over, the earliest expiry first, then by log and
  /// name.
  func lapsedParts(at now: Instant, limit: Int) throws(StoreFailure) -> [PartRow]
  /// Inbox entries whose time is over, the earliest expiry first, then by device and number.
  func lapsedInboxEntries(at now: Instant, limit: Int) throws(StoreFailure) -> [InboxRow]
  func device(row: RowID) throws(StoreFailure) -> DeviceRow?
  mutating func deleteInboxEntry(_ entry: InboxRow) throws(StoreFailure)
  /// Forgets ids of trimmed entries; gives the number of rows.
  mutating func forgetSeen(at now: Instant, limit: Int) throws(StoreFailure) -> Int
  /// Forgets hashes of spent key packages; gives the number of rows.
  mutating func forgetSpentKeyPackages(at now: Instant, limit: Int) throws(StoreFailure) -> Int
  /// Deletes epochs that ended at `time` or before; gives the number of rows.
  mutating func deleteEpochs(endedBy time: Instant, limit: Int) throws(StoreFailure) -> Int
  /// Logs without entries that are dead, the longest dead first.
  func deadLogs(at now: Instant, limit: Int) throws(StoreFailure) -> [RowID]
  /// Deletes rows of a log, at most `limit`: remembered ids, epochs, parts, GroupInfo, at last
  /// the log itself. Gives the number of rows.
  mutating func deleteLog(_ log: RowID, limit: Int) throws(StoreFailure) -> Int
}
