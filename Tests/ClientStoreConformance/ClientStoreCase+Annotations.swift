// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func annotations(_ store: inout some ClientStore) throws {
    let one = Sample.id(1, count: 16)
    let seqs = try store.transact { (transaction) throws(ClientStoreFailure) in
      var seqs: [UInt64] = []
      // Two of one message, one of another, one in another conversation.
      for (said, target, conversation) in [(1, 9, 1), (1, 9, 1), (2, 8, 1), (1, 9, 2)]
        as [(UInt8, UInt8, UInt8)]
      {
        let row = Sample.annotation(said, target: target, conversation: conversation)
        seqs.append(try transaction.append(row))
      }
      try transaction.removeAnnotation(seq: 4)
      seqs.append(try transaction.append(Sample.annotation(3, target: 9, conversation: 1)))
      return seqs
    }
    try demandEqual(seqs, [1, 2, 3, 4, 5])
    var third = Sample.annotation(2, target: 8, conversation: 1)
    third.seq = 3
    third.kind = .edit
    third.state = .failed
    third.failure = "server-failure"
    third.text = "earlier\u{0}words"
    let changed = third
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.update(changed)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.annotations(conversationID: one, messageID: Sample.id(1)).map(\.seq),
        try t.annotations(conversationID: one, target: Sample.id(9)).map(\.seq),
        try t.annotations(conversationID: one, target: Sample.id(8)),
        try t.annotations(conversationID: Sample.id(2, count: 16), target: Sample.id(9))
      )
    }
    let kinds = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.annotations(conversationID: one, kind: .edit).map(\.seq),
        try t.annotations(conversationID: one, kind: .reaction).map(\.seq),
        try t.annotations(conversationID: one, kind: .pin)
      )
    }
    try demandEqual(kinds.0, [3])
    try demandEqual(kinds.1, [1, 2, 5])
    try demandEqual(kinds.2, [])
    try demandEqual(found.0, [1, 2])
    try demandEqual(found.1, [1, 2, 5])
    try demandEqual(found.2, [changed])
    try demandEqual(found.3, [])
    third.seq = 4
    let missing = third
    let failure: Void? = try? read(&store) { (t) throws(ClientStoreFailure) in
      try t.update(missing)
    }
    try demand(failure == nil, "updating an annotation that is not there is refused")
  }
}
