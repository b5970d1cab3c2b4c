// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension StoreRequest {
  /// Carries out the request in a transaction. The caller commits before it gives out the answer.
  ///
  /// - Throws: a `StoreFailure` of the backend; the caller rolls the transaction back.
  package func apply(
    in transaction: inout some StoreTransaction, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    switch self {
    case .register(let address, let manifest):
      try transaction.register(address, manifest)
    case .publishManifest(let address, let manifest, let replacing):
      try transaction.publish(manifest, of: address, replacing: replacing)
    case .uploadKeyPackages(let upload):
      try transaction.upload(upload)
    case .takeKeyPackages(let address):
      try transaction.takeKeyPackages(of: address, at: now)
    case .acknowledgeInbox(let device, let seq):
      try transaction.acknowledgeInbox(of: device, upTo: seq)
    case .createLog(let id, let epoch, let tokenHash):
      try transaction.createLog(id, epoch: epoch, tokenHash: tokenHash, at: now)
    case .append(let append):
      try transaction.append(append, at: now)
    case .commit(let commit):
      try transaction.commit(commit, at: now)
    case .putPart(let part):
      try transaction.putPart(part, at: now)
    case .openBlob(let request):
      try transaction.openBlob(request, at: now)
    case .advanceBlob(let id, let offset, let isComplete):
      try transaction.advanceBlob(id, to: offset, isComplete: isComplete)
    case .removeBlobs(let ids):
      try transaction.removeBlobs(ids)
    case .sweep(let rowsMax):
      .swept(rows: try transaction.sweep(at: now, rowsMax: rowsMax))
    }
  }
}

extension ReadRequest {
  /// Answers the request from one consistent state.
  ///
  /// - Throws: a `StoreFailure` of the backend.
  package func apply(
    to state: borrowing some StoreReading, at now: Instant
  ) throws(StoreFailure) -> ReadAnswer {
    switch self {
    case .manifest(let address): try state.readManifest(of: address)
    case .keyPackageCount(let device): try state.readKeyPackageCount(of: device)
    case .inbox(let device, let after, let limit):
      try state.readInbox(of: device, after: after, limit: limit)
    case .log(let right, let start, let limit):
      try state.readLog(right, from: start, limit: limit, at: now)
    case .groupInfo(let right): try state.readGroupInfo(right)
    case .part(let log, let id): try state.readPart(id, of: log)
    case .present(let right): try state.readPresent(right)
    case .blob(let id): try state.readBlob(id, at: now)
    case .lapsedBlobs(let limit): .blobs(try state.lapsedBlobs(at: now, limit: limit))
    }
  }
}
