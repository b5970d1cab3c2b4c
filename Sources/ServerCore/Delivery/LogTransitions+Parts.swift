// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// Parts: sealed bytes beside a log's entries that are too many for the frame of a commit, such as
/// the ratchet tree of a large group (logs.md).
extension StoreTransaction {
  /// Adds a part, or lets it live longer. It goes by itself unless a commit names it in time.
  mutating func putPart(
    _ request: PutPartRequest, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    guard let held = try held(request.right) else { return .refused(.notFound) }
    guard held.epoch.cut == nil else { return held.stale }
    let expires = now + ServerLimits.partRetention
    if var part = try part(request.id, of: held.log.id) {
      part.expires = max(part.expires, expires)
      try updatePart(part)
      return .done
    }
    guard hasRoom(in: held.log, forBytes: request.body.count, isCommit: true) else {
      return .refused(.quotaExceeded)
    }
    var log = held.log
    log.bytes += UInt64(request.body.count)
    try updateLog(log)
    try insertPart(
      PartRow(
        log: log.id, id: request.id, byteCount: UInt64(request.body.count), isKept: false,
        expires: expires), request.body)
    return .done
  }

  /// The parts of the epoch that begins are kept while it is the present one, and as long as a
  /// Welcome waits in an inbox. Those of the one that ends go by their own expiry.
  mutating func keepParts(
    of request: CommitRequest, in log: RowID, at now: Instant
  ) throws(StoreFailure) {
    try releaseParts(of: log)
    let retention =
      request.welcomes.isEmpty ? ServerLimits.partRetention : ServerLimits.entryRetention
    for id in request.parts {
      guard var part = try part(id, of: log) else { throw .corrupt }
      part.isKept = true
      part.expires = max(part.expires, now + retention)
      try updatePart(part)
    }
  }

  /// Deletes parts whose time is over.
  mutating func sweepParts(at now: Instant, limit: Int) throws(StoreFailure) -> Int {
    let lapsed = try lapsedParts(at: now, limit: limit)
    for part in lapsed {
      guard var log = try log(row: part.log) else { throw .corrupt }
      try deletePart(part.id, of: part.log)
      log.bytes -= part.byteCount
      try updateLog(log)
    }
    return lapsed.count
  }
}

extension StoreReading {
  /// A part. Whoever knows the random name of the log and the hash was told both by a member.
  func readPart(_ id: PartID, of logID: LogID) throws(StoreFailure) -> ReadAnswer {
    guard let log = try log(logID), let body = try partBody(id, of: log.id) else {
      return .refused(.notFound)
    }
    return .part(body)
  }
}

/// The name of a part: the SHA-256 of what it holds.
package struct PartID: FixedBytes {
  package static let byteCount = 32
  package let bytes: [UInt8]

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// The name of these bytes.
  package init(hashing body: [UInt8]) { bytes = Fingerprint(hashing: body).bytes }
}

/// A part for a log.
package struct PutPartRequest: Hashable, Sendable {
  package let right: LogRight
  package let id: PartID
  package let body: [UInt8]

  package init(right: LogRight, body: [UInt8]) {
    self.right = right
    id = PartID(hashing: body)
    self.body = body
  }
}
