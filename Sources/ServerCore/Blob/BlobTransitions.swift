// SPDX-License-Identifier: Apache-2.0

import SansIO

extension StoreTransaction {
  /// Makes place for a blob, within the quota of its account.
  mutating func openBlob(
    _ request: OpenBlobRequest, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    guard try device(request.device) != nil, let account = try account(request.device.address)
    else { return .refused(.notADevice) }
    if let old = try blob(request.id) {
      // A lapsed one goes with its file first.
      let isSame =
        old.size == request.size && old.tokenHash == request.tokenHash && now < old.expires
      return isSame ? .done : .refused(.alreadyExists)
    }
    let (count, bytes) = try blobUse(of: account.id)
    guard request.size <= ServerLimits.blobBytesMax, count < ServerLimits.accountBlobsMax,
      bytes + request.size <= ServerLimits.accountBlobBytesMax
    else { return .refused(.quotaExceeded) }
    try insertBlob(
      BlobRow(
        id: request.id, size: request.size, tokenHash: request.tokenHash, offset: 0,
        isComplete: false, expires: now + ServerLimits.blobRetention),
      of: account.id)
    return .done
  }

  /// So many bytes are on the disk now; fewer than before when they were the wrong ones.
  mutating func advanceBlob(
    _ id: BlobID, to offset: UInt64, isComplete: Bool
  ) throws(StoreFailure) -> StoreAnswer {
    guard var row = try blob(id), offset <= row.size else { return .refused(.notFound) }
    guard !row.isComplete else { return .done }
    row.offset = offset
    row.isComplete = isComplete && offset == row.size
    try updateBlob(row)
    return .done
  }

  /// Forgets blobs whose files are gone.
  mutating func removeBlobs(_ ids: [BlobID]) throws(StoreFailure) -> StoreAnswer {
    for id in ids { try deleteBlob(id) }
    return .done
  }
}

extension StoreReading {
  /// A blob whose time is not over.
  func readBlob(_ id: BlobID, at now: Instant) throws(StoreFailure) -> ReadAnswer {
    guard let row = try blob(id), now < row.expires else { return .refused(.notFound) }
    return .blob(row)
  }
}
