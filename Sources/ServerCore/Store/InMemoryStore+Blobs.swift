// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension InMemoryStore {
  package func blob(_ id: BlobID) -> BlobRow? { blobs[id]?.row }

  package func blobUse(of account: RowID) -> (count: Int, bytes: UInt64) {
    let own = blobs.values.filter { $0.account == account }
    return (own.count, own.reduce(0) { $0 + $1.row.size })
  }

  package func lapsedBlobs(at now: Instant, limit: Int) -> [BlobID] {
    let lapsed = blobs.values.map(\.row).filter { $0.expires <= now }.sorted { left, right in
      left.expires == right.expires
        ? left.id.bytes.lexicographicallyPrecedes(right.id.bytes) : left.expires < right.expires
    }
    return lapsed.prefix(limit).map(\.id)
  }

  package mutating func insertBlob(_ blob: BlobRow, of account: RowID) {
    blobs[blob.id] = Blob(account: account, row: blob)
  }

  package mutating func updateBlob(_ blob: BlobRow) { blobs[blob.id]?.row = blob }

  package mutating func deleteBlob(_ id: BlobID) { blobs[id] = nil }
}
