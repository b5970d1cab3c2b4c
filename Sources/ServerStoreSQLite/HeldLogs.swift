// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore

/// What one writing transaction has read of logs and their epochs, and what it changed: a batch has
/// many messages for one log, which is read and written once.
///
/// It dies with its transaction. Whatever looks at the table `log` in another way writes first.
final class HeldLogs {
  private struct EpochKey: Hashable {
    let log: RowID
    let epoch: UInt64
  }

  private var rows: [LogID: LogRow] = [:]
  private var ids: [RowID: LogID] = [:]
  private var epochs: [EpochKey: EpochRow] = [:]
  private var changed: Set<RowID> = []

  func log(_ id: LogID) -> LogRow? { rows[id] }

  /// Keeps a row that was read.
  func keep(_ row: LogRow, of id: LogID) {
    rows[id] = row
    ids[row.id] = id
  }

  /// Takes a change; false when the row is not held.
  func update(_ row: LogRow) -> Bool {
    guard let id = ids[row.id] else { return false }
    rows[id] = row
    changed.insert(row.id)
    return true
  }

  /// What is to be written now, by rising number; nothing is held after it.
  func takeChanges() -> [LogRow] {
    let written = changed.sorted().compactMap { row in ids[row].flatMap { rows[$0] } }
    rows = [:]
    ids = [:]
    epochs = [:]
    changed = []
    return written
  }

  func epoch(_ epoch: UInt64, of log: RowID) -> EpochRow? {
    epochs[EpochKey(log: log, epoch: epoch)]
  }

  /// Keeps an epoch that was read.
  func keep(_ row: EpochRow, epoch: UInt64, of log: RowID) {
    epochs[EpochKey(log: log, epoch: epoch)] = row
  }

  /// Epochs were changed.
  func forgetEpochs() { epochs = [:] }
}
