// SPDX-License-Identifier: Apache-2.0

import SansIO
import Synchronization

/// A file on its way, as programs see it.
public struct TransferReport: Hashable, Sendable {
  /// Which way.
  public enum Direction: String, Hashable, Sendable {
    /// From this device to the server.
    case bringing
    /// From the server to this device.
    case fetching
  }

  /// The name of the blob, in hexadecimal digits.
  public let blobID: String
  /// Which way.
  public let direction: Direction
  /// Bytes of the sealed file that have gone.
  public let done: UInt64
  /// Its length in bytes.
  public let total: UInt64
}

/// How far the files on their way have come.
final class TransferProgress: Sendable {
  private let reports = Mutex<[[UInt8]: TransferReport]>([:])

  var all: [TransferReport] {
    reports.withLock { $0.values.sorted { $0.blobID < $1.blobID } }
  }

  func moved(
    _ blobID: [UInt8], _ direction: TransferReport.Direction, done: UInt64, total: UInt64
  ) {
    let report = TransferReport(
      blobID: Hex.encode(blobID), direction: direction, done: done, total: total)
    reports.withLock { $0[blobID] = report }
  }

  func end(_ blobID: [UInt8]) { reports.withLock { $0[blobID] = nil } }
}
