// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func keptFiles(_ store: inout some ClientStore) throws {
    func row(
      _ blob: UInt8, _ message: UInt8, _ phase: KeptFileRow.Phase, at milliseconds: Int64,
      size: UInt32 = 5
    ) -> KeptFileRow {
      KeptFileRow(
        blobID: Sample.id(blob), conversationID: Sample.id(1, count: 16), messageID: [message],
        size: size, phase: phase, createdAt: Instant(milliseconds: milliseconds))
    }
    var rows = [
      row(1, 1, .wanted, at: 3), row(1, 2, .kept, at: 3), row(2, 1, .wanted, at: 1),
      row(3, 3, .wanted, at: 2, size: .max), row(4, 4, .wanted, at: 4, size: .max),
    ]
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in rows.reversed() { try t.put(row) }
      rows[0].size = 7
      try t.put(rows[0])
      try t.remove(row(9, 9, .kept, at: 0))
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.keptFiles(blobID: Sample.id(1)), try t.keptFiles(blobID: Sample.id(9)),
        try t.keptFiles(conversationID: Sample.id(1, count: 16), messageID: [1]),
        try t.keptFiles(phase: .wanted, limit: 3), try t.keptFileTotal()
      )
    }
    try demandEqual(found.0, [rows[0], rows[1]])
    try demandEqual(found.1, [])
    try demandEqual(found.2, [rows[2], rows[0]])
    try demandEqual(found.3, [rows[2], rows[3], rows[0]])
    try demandEqual(found.4, KeptFileTotal(count: 5, bytes: 17 + 2 * UInt64(UInt32.max)))
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in rows.dropFirst() { try t.remove(row) }
    }
    let left = try read(&store) { (t) throws(ClientStoreFailure) in
      (try t.keptFiles(phase: .wanted, limit: 9), try t.keptFileTotal())
    }
    try demandEqual(left.0, [rows[0]])
    try demandEqual(left.1, KeptFileTotal(count: 1, bytes: 7))
  }
}
