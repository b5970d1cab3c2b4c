// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// A linked device is given what was said before it came.
@Suite struct HistoryTests {
  /// Alice has talked with Bob, and then linked a second device.
  static func world(_ count: Int = 12, seed: UInt64 = 1) throws -> World {
    var world = try World.registered(["alice", "bob"], seed: seed)
    for number in 0..<count {
      let (from, to) = number.isMultiple(of: 3) ? (1, 0) : (0, 1)
      _ = try world.send("message \(number)", from: from, to: to)
      world.settle(for: .seconds(5))
    }
    try LinkTests.link(&world, host: 0)
    return world
  }

  static func share(_ world: inout World, _ extent: HistoryExtent = HistoryExtent()) throws {
    _ = try world.ask(0, .ownHistory(.share(deviceID: 2, extent)))
  }

  static func reports(_ world: inout World, _ index: Int) throws -> [HistoryReport] {
    guard case .histories(let reports) = try world.ask(index, .ownHistory(.list)) else { return [] }
    return reports
  }

  /// Brings and fetches everything, as drivers and a server without faults do.
  static func carry(
    _ world: inout World, blobs: inout [[UInt8]: [UInt8]], for time: Duration = .seconds(60)
  ) {
    let end = world.now + time
    while world.now < end {
      world.settle(for: .seconds(1))
      for index in world.clients.indices {
        let uploads = world.clients[index].uploads
        world.clients[index].uploads = []
        for job in uploads {
          // The spool of a process that died before it wrote has nothing.
          let bytes = world.clients[index].spool[job.blobID] ?? blobs[job.blobID]
          if let bytes { blobs[job.blobID] = bytes }
          world.apply(
            [.uploadEnded(blobID: job.blobID, bytes == nil ? .missing : .done)], to: index)
        }
        let fetches = world.clients[index].fetches
        world.clients[index].fetches = []
        for job in fetches {
          let outcome = blobs[job.blobID].map { FetchOutcome.fetched($0) } ?? .gone
          world.apply([.fetchEnded(blobID: job.blobID, outcome)], to: index)
        }
      }
    }
  }

  static func texts(_ world: World, _ index: Int) -> [String] { world.texts(index, with: 1) }

  @Test func nothingGoesUnlessTheUserSaysSo() throws {
    var world = try Self.world()
    var blobs: [[UInt8]: [UInt8]] = [:]
    Self.carry(&world, blobs: &blobs)
    #expect(Self.texts(world, 2).isEmpty && blobs.isEmpty)
    #expect(try Self.reports(&world, 0).map(\.phase) == ["waiting"])
    #expect(try Self.reports(&world, 2).map(\.phase) == ["waiting"])
  }

  @Test func everythingGoesInOrder() throws {
    var world = try Self.world()
    _ = try world.send("after linking", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(Self.texts(world, 2) == ["after linking"])
    try Self.share(&world)
    var blobs: [[UInt8]: [UInt8]] = [:]
    Self.carry(&world, blobs: &blobs)
    // Once, before what came by itself, and with the same identifiers, senders and times.
    #expect(Self.texts(world, 2) == Self.texts(world, 0))
    #expect(Self.texts(world, 2).count == 13)
    let pairs = zip(world.lines(0, with: 1), world.lines(2, with: 1).filter { $0.kind == .text })
    for (old, new) in pairs where old.text != "after linking" {
      #expect(old.messageID == new.messageID && old.sender == new.sender && old.own == new.own)
      #expect(old.at == new.at && new.state != .received)
      #expect(!old.own || old.state == new.state)
    }
    // Found by its words, and marked as what it is.
    guard case .found(let page) = try world.ask(2, .search(SearchRequest("message 7"))) else {
      throw ClientFailure(.internalFailure, "no page")
    }
    #expect(page.hits.count == 1)
    guard
      case .history(let lines) = try world.ask(
        2, .history(address: "bob@x.example", limit: 100, before: nil))
    else { return }
    #expect(lines.filter { $0.origin == .ownHistory }.count == 12)
    #expect(lines.first { $0.text == "after linking" }?.origin == nil)
    // Both say so, and the server keeps nothing of it.
    #expect(world.clients[2].storedEvents.contains(.historyReceived(messages: 12, missing: 0)))
    #expect(
      world.clients[0].storedEvents.contains { kind in
        if case .historyGiven(deviceID: 2, messages: 12) = kind { true } else { false }
      })
    #expect(
      world.clients[0].drops.map(\.blobID).sorted { $0.lexicographicallyPrecedes($1) }
        == blobs.keys.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(try Self.reports(&world, 0).map(\.phase) == ["done"])
    #expect(try Self.reports(&world, 2).map(\.messages) == [12])
    // Nobody is told that they were delivered or read once more.
    let id = try #require(world.lines(0, with: 1).first { !$0.own }?.messageID)
    guard
      case .why(let reasons) = try world.ask(
        2, .why(address: "bob@x.example", line: .message(id)))
    else { return }
    #expect(reasons.map(\.code) == [.ownHistory])
    try world.checkAll()
  }

  @Test func asMuchAsWasSaidAndOnce() throws {
    var world = try Self.world()
    try Self.share(&world, HistoryExtent(last: 3))
    var blobs: [[UInt8]: [UInt8]] = [:]
    Self.carry(&world, blobs: &blobs)
    #expect(Self.texts(world, 2) == ["message 9", "message 10", "message 11"])
    // More of it later: what is here does not come twice, and older lines stand before it.
    let since = try #require(world.lines(0, with: 1).first { $0.text == "message 4" }?.at)
    try Self.share(&world, HistoryExtent(since: since))
    Self.carry(&world, blobs: &blobs)
    #expect(Self.texts(world, 2) == (4..<12).map { "message \($0)" })
    #expect(try Self.reports(&world, 2).map(\.phase) == ["done"])
  }

  @Test func whatDisappearsKeepsItsEnd() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("plain", from: 0, to: 1)
    world.settle(for: .seconds(10))
    let own = world.clients[0].address
    let timer = try #require(MessageTimer("exists:1h"))
    _ = try world.ask(1, .sendTimed(address: own, text: "an hour", timer: timer))
    _ = try world.ask(
      1, .sendTimed(address: own, text: "a look", timer: try #require(MessageTimer("once"))))
    let gone = try world.send("taken back", from: 1, to: 0)
    world.settle(for: .seconds(10))
    _ = try world.ask(1, .delete(address: own, messageID: gone, forEveryone: true))
    world.settle(for: .seconds(10))
    try LinkTests.link(&world, host: 0)
    try Self.share(&world)
    var blobs: [[UInt8]: [UInt8]] = [:]
    Self.carry(&world, blobs: &blobs)
    #expect(Self.texts(world, 2) == ["plain", "an hour"])
    #expect(world.lines(2, with: 1).filter { $0.kind == .deleted }.map(\.messageID) == [gone])
    let deadlines = [0, 2].map { index in
      let line = world.lines(index, with: 1).first { $0.text == "an hour" }
      return line.flatMap { world.clients[index].store.committed.timer(seq: $0.seq)?.deadline }
    }
    #expect(deadlines[0] != nil && deadlines[0] == deadlines[1])
    world.settle(for: .seconds(3_700))
    #expect(Self.texts(world, 2) == ["plain"] && Self.texts(world, 0) == ["plain"])
  }

  @Test func editsReactionsAnswersAndForwards() throws {
    var world = try World.registered(["alice", "bob"])
    let first = try world.send("one", from: 0, to: 1)
    world.settle(for: .seconds(10))
    let bob = world.clients[1].address
    let alice = world.clients[0].address
    _ = try world.ask(0, .edit(address: bob, messageID: first, text: "two"))
    _ = try world.ask(1, .react(address: alice, messageID: first, reaction: "👍", removing: false))
    _ = try world.ask(1, .reply(address: alice, messageID: first, text: "an answer"))
    _ = try world.ask(1, .forward(address: alice, messageID: first, to: alice))
    world.settle(for: .seconds(10))
    try LinkTests.link(&world, host: 0)
    try Self.share(&world)
    var blobs: [[UInt8]: [UInt8]] = [:]
    Self.carry(&world, blobs: &blobs)
    let asked = try [0, 2].map { index -> [HistoryLine] in
      let request = ClientRequest.history(address: bob, limit: 10, before: nil)
      guard case .history(let lines) = try world.ask(index, request) else { return [] }
      return lines.filter { $0.kind == .text }
    }
    #expect(asked[1].map(\.text) == ["two", "an answer", "two"])
    #expect(asked[0].map(\.text) == asked[1].map(\.text))
    #expect(asked[0].map(\.reactions) == asked[1].map(\.reactions))
    #expect(asked[0].map(\.quote) == asked[1].map(\.quote))
    #expect(asked[0].map(\.isForwarded) == asked[1].map(\.isForwarded))
    #expect(asked[1].last?.reactions.map(\.text) == ["👍"])
    guard
      case .revisions(let versions) = try world.ask(
        2, .revisions(address: bob, messageID: first))
    else { return }
    #expect(versions.map(\.text) == ["one", "two"])
    // What is said about it now finds it.
    _ = try world.ask(1, .react(address: alice, messageID: first, reaction: "👍", removing: true))
    _ = try world.ask(0, .delete(address: bob, messageID: first, forEveryone: true))
    Self.carry(&world, blobs: &blobs)
    #expect(Self.texts(world, 2) == ["an answer", "two"])
    try world.checkAll()
  }

  /// Dying at any step on either side, everything comes once.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], 0..<14)
  func aCrashLosesNothing(crash: TestCrash, step: Int) throws {
    for index in [0, 2] {
      var world = try Self.world(4)
      world.crashes[index] = [
        world.clients[index].steps + 2 + step: crash,
        world.clients[index].steps + 9 + step: crash,
      ]
      _ = try? Self.share(&world)
      var blobs: [[UInt8]: [UInt8]] = [:]
      Self.carry(&world, blobs: &blobs)
      world.crashes = [:]
      if try Self.reports(&world, 0).map(\.phase) == ["waiting"] { try Self.share(&world) }
      Self.carry(&world, blobs: &blobs, for: .seconds(120))
      #expect(Self.texts(world, 2) == (0..<4).map { "message \($0)" })
      #expect(try Self.reports(&world, 0).map(\.phase) == ["done"])
      let told = world.clients[2].storedEvents.filter {
        if case .historyReceived = $0 { true } else { false }
      }
      #expect(told == [.historyReceived(messages: 4, missing: 0)])
    }
  }

  /// A server that loses a segment, or changes it: the rest comes, and what lacks is counted.
  @Test(arguments: [true, false]) func whatIsLostIsCounted(isChanged: Bool) throws {
    var world = try Self.world(4)
    try Self.share(&world)
    world.settle(for: .seconds(10))
    let job = try #require(world.clients[0].uploads.first)
    world.clients[0].uploads = []
    world.apply([.uploadEnded(blobID: job.blobID, .done)], to: 0)
    world.settle(for: .seconds(10))
    #expect(world.clients[2].fetches.map(\.blobID) == [job.blobID])
    var bytes = try #require(world.clients[0].spool[job.blobID])
    #expect(bytes.count == Int(job.size))
    bytes[3] ^= 1
    // The network first: it is asked for again.
    world.apply([.fetchEnded(blobID: job.blobID, .interrupted(retryAfter: nil))], to: 2)
    world.settle(for: .seconds(10))
    #expect(world.clients[2].fetches.count == 2)
    world.apply([.fetchEnded(blobID: job.blobID, isChanged ? .fetched(bytes) : .gone)], to: 2)
    world.settle(for: .seconds(30))
    #expect(Self.texts(world, 2).isEmpty)
    #expect(world.clients[2].storedEvents.contains(.historyReceived(messages: 0, missing: 4)))
    #expect(try Self.reports(&world, 0).map(\.missing) == [4])
  }

  @Test func whatCannotBeGivenIsRefused() throws {
    var world = try Self.world(1)
    for number: UInt32 in [0, 1, 3] {
      #expect(throws: ClientFailure.self) {
        try world.ask(0, .ownHistory(.share(deviceID: number, HistoryExtent())))
      }
    }
    #expect(throws: ClientFailure.self) { try Self.share(&world, HistoryExtent(last: 0)) }
    // The linked device gives nothing to the other.
    #expect(throws: ClientFailure.self) {
      try world.ask(2, .ownHistory(.share(deviceID: 1, HistoryExtent())))
    }
    try Self.share(&world)
    #expect(throws: ClientFailure.self) { try Self.share(&world) }
    // A quota ends it, and says so.
    world.settle(for: .seconds(5))
    let job = try #require(world.clients[0].uploads.first)
    world.apply([.uploadEnded(blobID: job.blobID, .refused)], to: 0)
    #expect(try Self.reports(&world, 0).map(\.phase) == ["failed"])
    #expect(try Self.reports(&world, 0).map(\.failure) == [.serverFailure])
    // A device that is taken out is given nothing.
    try Self.share(&world)
    _ = try world.ask(0, .removeDevice(2))
    #expect(try Self.reports(&world, 0).isEmpty)
  }

  /// After 30 days the server has forgotten the blobs, and both devices the way.
  @Test func theWayLapses() throws {
    var world = try Self.world(1)
    world.settle(for: .seconds(31 * 86_400))
    for index in [0, 2] { #expect(try Self.reports(&world, index).isEmpty) }
  }
}
