// SPDX-License-Identifier: Apache-2.0

import ClientCore
import ClientStore
import Foundation
import SansIO

// Writes to a store until it is killed: `client-store-crasher HOME KEYFILE`. Transaction n leaves n
// traces in five tables, and "n" is printed once it is committed. ClientStoreTests kills this
// process and looks at what is left.

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(2) }
var generator = SystemRandomNumberGenerator()
var store = try EncryptedClientStore(
  home: arguments[1], key: .keyFile(arguments[2]), creating: true, using: &generator)
let start = Instant(milliseconds: 0)

while true {
  let number = try store.transact { (transaction) throws(ClientStoreFailure) in
    let last = try transaction.eventHead()
    let number = last + 1
    let group = GroupRow(
      groupID: [1], conversationID: [2], routingID: [3], phase: .active, generation: 0,
      epoch: number, joinedEpoch: 0, cursor: number, lastPathAt: nil, messagesSincePath: 0,
      answering: false, commitAttempts: 0, commitRetryAt: nil, createdAt: start)
    try transaction.put(group)
    if last == 0 {
      try transaction.put(
        EpochRow(
          groupID: [1], epoch: 0, state: Secret(zeroCount: 20_000), ratchets: Secret([]),
          retiredAt: nil))
    }
    try transaction.updateRatchets(
      groupID: [1], epoch: 0, ratchets: Secret(Array(String(number).utf8)))
    _ = try transaction.append(
      MessageRow(
        conversationID: [2], messageID: Array(String(number).utf8), sender: "a", own: true,
        kind: .text, state: .queued, failure: "", content: [UInt8](repeating: 7, count: 3000),
        text: String(number), at: start, groupID: [1], logSeq: number))
    _ = try transaction.append(
      OutboxRow(
        conversationID: [2], kind: .message, messageID: [], content: [],
        submitID: Array(String(number).utf8), phase: .queued, groupID: [], epoch: 0, body: [],
        logSeq: 0, createdAt: start))
    _ = try transaction.append(EventRow(at: start, address: "a", body: []))
    return number
  }
  FileHandle.standardOutput.write(Data("\(number)\n".utf8))
}
