// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func own(_ store: inout some ClientStore) throws {
    let place = OwnPlace(generation: .max, groupID: Sample.id(1, count: 32), seq: .max)
    let first = OwnRecordRow(key: [1], value: [], place: .origin, local: [])
    var second = OwnRecordRow(key: [1, 0], value: [0, 255], place: place)
    let third = OwnRecordRow(key: [2], value: [3], place: place, local: [4])
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in [third, second, first] { try t.put(row) }
      second.value = [9]
      try t.put(second)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.ownRecords(after: nil, limit: 2), try t.ownRecords(after: [1], limit: 9),
        try t.changedOwnRecords(limit: 9), try t.ownRecord(key: [1, 0])
      )
    }
    try demandEqual(found.0, [first, second])
    try demandEqual(found.1, [second, third])
    try demandEqual(found.2, [first, third])
    try demandEqual(found.3, second)
    let rest = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.ownRecord(key: [3]), try t.ownRecordCount(), try t.changedOwnRecords(limit: 1),
        try t.ownRecords(after: [2], limit: 9)
      )
    }
    try demand(rest.0 == nil, "a value that is not there is not found")
    try demandEqual(rest.1, 3)
    try demandEqual(rest.2, [first])
    try demandEqual(rest.3, [])
  }
}
