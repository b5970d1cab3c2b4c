// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func imports(_ store: inout some ClientStore) throws {
    let mine = Sample.id(1, count: 16)
    func row(
      _ seq: UInt64, place: UInt64, at: Int64, in conversation: UInt8 = 1
    ) -> ImportedRow {
      ImportedRow(
        seq: seq, conversationID: Sample.id(conversation, count: 16), place: place,
        at: Sample.at(at), isForwarded: seq == 3, files: seq == 3 ? [1, 2] : [])
    }
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for byte: UInt8 in 1...7 {
        _ = try transaction.append(Sample.message(byte, conversation: byte == 7 ? 2 : 1))
      }
      try transaction.put(row(3, place: 1, at: 9))
      try transaction.put(row(4, place: 9, at: 1))
      try transaction.put(row(4, place: 2, at: 1))
      try transaction.put(row(6, place: 1, at: 2))
      try transaction.put(row(5, place: 2, at: 1))
      try transaction.put(row(7, place: 1, at: 1, in: 2))
    }
    let rows = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.importedRows(conversationID: mine, before: nil, limit: 9),
        try t.importedRows(conversationID: mine, after: nil, limit: 9),
        try t.importedRows(
          conversationID: mine, before: row(5, place: 2, at: 1).key, limit: 2),
        try t.importedRows(conversationID: mine, after: row(6, place: 1, at: 2).key, limit: 2),
        try t.importedRows(conversationID: mine, after: .end(of: 1), limit: 9),
        try t.importedRows(conversationID: mine, before: .end(of: 1), limit: 9),
        try t.importedRows(conversationID: mine, before: nil, limit: 0),
      ].map { $0.map(\.seq) }
    }
    try demandEqual(
      rows, [[5, 4, 3, 6], [6, 3, 4, 5], [4, 3], [3, 4], [4, 5], [3, 6], []])
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      [try t.imported(seq: 3), try t.imported(seq: 1)]
    }
    try demandEqual(found, [row(3, place: 1, at: 9), nil])
    let genuine = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.genuineMessages(conversationID: mine, before: nil, notBelow: 0, limit: 9),
        try t.genuineMessages(conversationID: mine, before: 2, notBelow: 0, limit: 9),
        try t.genuineMessages(conversationID: mine, before: nil, notBelow: 2, limit: 9),
        try t.genuineMessages(conversationID: mine, after: 0, upTo: .max, limit: 9),
        try t.genuineMessages(conversationID: mine, after: 1, upTo: .max, limit: 9),
        try t.genuineMessages(conversationID: mine, after: 0, upTo: 1, limit: 9),
        try t.genuineMessages(conversationID: mine, after: 0, upTo: .max, limit: 1),
      ].map { $0.map(\.seq) }
    }
    try demandEqual(genuine, [[2, 1], [1], [2], [1, 2], [2], [1], [1]])
  }
}
