// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func uploads(_ store: inout some ClientStore) throws {
    let (one, two) = (Sample.id(1, count: 16), Sample.id(2, count: 16))
    func upload(
      _ name: UInt8, in conversation: [UInt8], _ phase: UploadRow.Phase, at milliseconds: Int64
    ) -> UploadRow {
      UploadRow(
        blobID: Sample.id(name, count: 32), conversationID: conversation, messageID: [7],
        content: [name], token: Secret([name, 1]), size: .max, phase: phase,
        createdAt: Instant(milliseconds: milliseconds))
    }
    var rows = [
      upload(1, in: one, .waiting, at: 3), upload(2, in: one, .open, at: 2),
      upload(3, in: two, .done, at: 1), upload(4, in: two, .done, at: 9),
    ]
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in rows { try t.put(row) }
      rows[0].content = []
      try t.put(rows[0])
      try t.removeUpload(blobID: [9])
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.pendingUploads(), try t.upload(blobID: rows[2].blobID), try t.upload(blobID: [9]),
        try t.uploads(conversationID: one, messageID: [7]),
        try t.uploads(conversationID: one, messageID: [8])
      )
    }
    try demandEqual(found.0, [rows[1], rows[0]])
    try demandEqual(found.1, rows[2])
    try demand(found.2 == nil, "an upload that is not there is not found")
    try demandEqual(found.3, [rows[1], rows[0]])
    try demandEqual(found.4, [])
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.removeUpload(blobID: rows[1].blobID)
      try t.removeDoneUploads(createdBefore: Instant(milliseconds: 9))
    }
    let left = try read(&store) { (t) throws(ClientStoreFailure) in
      (try t.pendingUploads(), try t.uploads(conversationID: two, messageID: [7]))
    }
    try demandEqual(left.0, [rows[0]])
    try demandEqual(left.1, [rows[3]])
  }
}
