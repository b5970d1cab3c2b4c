// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import GRDB
import SansIO
import Testing

@testable import ClientStore

/// A process is killed while it writes; what it said it had committed is there, and nothing is
/// there by half.
@Suite(.serialized) struct StoreCrashTests {
  static var program: URL {
    // The test bundle lies beside the programs of the package.
    let link = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = link.deletingLastPathComponent().appendingPathComponent("client-store-crasher")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return bundle.appendingPathComponent("client-store-crasher")
  }

  @Test func killedProcessLeavesAWholeStore() throws {
    let home = try TemporaryHome()
    var generator = SeededGenerator(seed: 20_261)
    var last: UInt64 = 0
    for round in 0..<12 {
      let process = Process()
      let pipe = Pipe()
      process.executableURL = Self.program
      process.arguments = [home.path, home.keyFile]
      process.standardOutput = pipe
      process.standardError = FileHandle.nullDevice
      try process.run()
      let lines = Int.random(in: 1...40, using: &generator)
      var output = Data()
      while output.count(where: { $0 == 0x0a }) < lines {
        let chunk = pipe.fileHandleForReading.availableData
        guard !chunk.isEmpty else { break }
        output.append(chunk)
      }
      if round == 0 {
        #expect(throws: StoreOpenFailure.inUse) { try home.open() }
      }
      // A moment of random length, so that the kill falls anywhere in a transaction.
      usleep(UInt32.random(in: 0...4_000, using: &generator))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
      output.append(try pipe.fileHandleForReading.readToEnd() ?? Data())
      let said = String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap {
        UInt64($0)
      }
      #expect(said.count >= lines)
      last = try check(home, said: said, after: last)
    }
  }

  private func check(
    _ home: TemporaryHome, said: [UInt64], after last: UInt64
  ) throws -> UInt64 {
    let store = try home.open(creating: false)
    let integrity = try store.queue.writeWithoutTransaction { database in
      try String.fetchAll(database, sql: "PRAGMA integrity_check")
    }
    #expect(integrity == ["ok"])
    let found = try store.transact { (t) throws(ClientStoreFailure) in
      (
        head: try t.eventHead(), events: try t.events(after: 0, limit: .max).map(\.seq),
        messages: try t.messages(conversationID: [2], before: nil, limit: .max),
        outbox: try t.outboxRows(conversationID: [2], phases: [.queued], limit: .max).map(\.id),
        group: try t.group(id: [1])?.epoch, ratchets: try t.epoch(groupID: [1], epoch: 0)?.ratchets
      )
    }
    let head = found.head
    #expect(said.first == last + 1)
    // What was printed was committed; one more may have been, whose line the kill cut off.
    let printed = said.last ?? 0
    #expect(head == printed || head == printed + 1)
    #expect(found.events == Array(1...head))
    #expect(found.messages.map(\.seq) == Array((1...head).reversed()))
    #expect(found.messages.allSatisfy { $0.text == String($0.seq) })
    #expect(found.outbox == Array(1...head))
    #expect(found.group == head)
    #expect(found.ratchets == Secret(Array(String(head).utf8)))
    try store.close()
    return head
  }
}
