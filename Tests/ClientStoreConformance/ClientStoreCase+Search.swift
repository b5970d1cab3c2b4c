// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func search(_ store: inout some ClientStore) throws {
    let texts = ["Noon at the Café", "the café, at two", "", "nothing", "cafeteria (closed)"]
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for (index, text) in texts.enumerated() {
        let byte = UInt8(index + 1)
        var row = Sample.message(byte, conversation: byte.isMultiple(of: 2) ? 2 : 1)
        row.text = text
        row.sender = index < 2 ? "bob@x.example" : "carol@x.example"
        _ = try transaction.append(row)
      }
      var notice = Sample.message(6, conversation: 1)
      notice.kind = .notice
      notice.text = "café"
      _ = try transaction.append(notice)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      func seqs(
        _ query: SearchQuery, before: UInt64? = nil, limit: Int = 9
      ) throws(ClientStoreFailure) -> [UInt64] {
        try t.search(query, before: before, limit: limit).map(\.seq)
      }
      let one = Sample.id(1, count: 16)
      return [
        try seqs(SearchQuery("CAFE")), try seqs(SearchQuery("cafe"), limit: 2),
        try seqs(SearchQuery("cafe"), before: 2), try seqs(SearchQuery("cafe"), before: 0),
        try seqs(SearchQuery("cafe", conversationID: one)),
        try seqs(SearchQuery("cafe", sender: "bob@x.example")),
        try seqs(SearchQuery("cafe", since: Sample.at(2), until: Sample.at(5))),
        try seqs(SearchQuery("cafe", since: Sample.at(7))),
        try seqs(SearchQuery("at cafe")), try seqs(SearchQuery("café.at")),
        try seqs(SearchQuery("cafés")), try seqs(SearchQuery("")),
        try seqs(SearchQuery("cafe"), limit: 0),
        try seqs(SearchQuery("cafe OR nothing")), try seqs(SearchQuery("\"*")),
        try seqs(SearchQuery("cafe", until: Instant(milliseconds: .min))),
      ]
    }
    try demandEqual(
      found,
      [
        [5, 2, 1], [5, 2], [1], [], [5, 1], [2, 1], [2], [], [2, 1], [2], [], [], [], [], [], [],
      ])
    try searchAfterChanges(&store)
  }

  private func searchAfterChanges(_ store: inout some ClientStore) throws {
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for (seq, kind, text) in [(1, .deleted, ""), (2, .text, "another place")]
        as [(UInt64, MessageKind, String)]
      {
        guard var row = try transaction.message(seq: seq) else { throw .corrupt("message") }
        row.kind = kind
        row.text = text
        try transaction.update(row)
      }
      guard var seen = try transaction.message(seq: 5) else { throw .corrupt("message") }
      seen.state = .seen
      try transaction.update(seen)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.search(SearchQuery("cafe"), before: nil, limit: 9).map(\.seq),
        try t.search(SearchQuery("place"), before: nil, limit: 9).map(\.seq),
      ]
    }
    try demandEqual(found, [[5], [2]])
    _ = try? store.transact { (transaction) throws(ClientStoreFailure) in
      guard var row = try transaction.message(seq: 5) else { throw .corrupt("message") }
      row.text = "rolled back"
      try transaction.update(row)
      throw .injected
    }
    let kept = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.search(SearchQuery("cafe"), before: nil, limit: 9).map(\.seq),
        try t.search(SearchQuery("rolled"), before: nil, limit: 9).map(\.seq),
      ]
    }
    try demandEqual(kept, [[5], []])
  }
}
