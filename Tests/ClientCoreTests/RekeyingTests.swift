// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// The commit policy and the conflict rule of two people.
@Suite struct RekeyingTests {
  /// Alice and Bob, both with a fresh path.
  private func pair() throws -> World {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    _ = try world.send("hello", from: 1, to: 0)
    world.settle()
    return world
  }

  private func epoch(_ world: World, _ index: Int) -> UInt64? {
    world.groups(index, with: 1 - index).first?.epoch
  }

  @Test func whoJoinedRenewsItsKeysBeforeItsFirstMessage() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .zero)
    #expect(epoch(world, 1) == 1)
    #expect(world.groups(1, with: 0).first?.lastPathAt == nil)
    // The receipt is Bob's first message.
    world.settle()
    #expect(epoch(world, 1) == 2)
    #expect(epoch(world, 0) == 2)
    #expect(world.groups(1, with: 0).first?.lastPathAt != nil)
  }

  /// Who is about to send, after how long, and whether that takes a new path.
  @Test(
    arguments: [
      // Bob wrote last, so Alice answers: an hour decides.
      (0, 59 * 60, false), (0, 60 * 60, true),
      // Bob goes on himself: a day decides.
      (1, 2 * 3600, false), (1, 24 * 3600 - 1, false), (1, 24 * 3600, true),
    ] as [(Int, Int64, Bool)])
  func theClockDecides(_ sender: Int, _ seconds: Int64, _ expectsCommit: Bool) throws {
    var world = try pair()
    // Only paths of the sender count, and only since its own last one.
    let last = try #require(world.groups(sender, with: 1 - sender).first?.lastPathAt)
    let before = try #require(epoch(world, sender))
    world.now = last + .seconds(seconds)
    let id = try world.send("later", from: sender, to: 1 - sender)
    world.settle(for: .zero)
    let after = try #require(epoch(world, sender))
    #expect(after == (expectsCommit ? before + 1 : before))
    world.settle()
    #expect(world.state(of: id, sender, with: 1 - sender) == .delivered)
    try world.checkAll()
  }

  @Test func fiftyMessagesMakeAPath() throws {
    var world = try pair()
    let before = try #require(epoch(world, 0))
    let sent = Int(try #require(world.groups(0, with: 1).first).messagesSincePath)
    for number in sent..<Int(ClientLimits.messagesPerPath) {
      _ = try world.send("\(number)", from: 0, to: 1)
    }
    world.settle(for: .zero)
    #expect(epoch(world, 0) == before)
    _ = try world.send("one more", from: 0, to: 1)
    world.settle(for: .zero)
    #expect(epoch(world, 0) == before + 1)
    #expect(world.groups(0, with: 1).first?.messagesSincePath == 1)
  }

  @Test func aWeekMakesAPathOnConnecting() throws {
    var world = try pair()
    let before = try #require(epoch(world, 0))
    world.setOnline(false, 0)
    world.setOnline(false, 1)
    world.now = world.now + .seconds(7 * 86_400)
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(epoch(world, 0) == before + 1)
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    try world.checkAll()
    let id = try world.send("back", from: 1, to: 0)
    world.settle()
    #expect(world.state(of: id, 1, with: 0) == .delivered)
  }

  /// Both commit in the same epoch: one wins, the other follows and looks again whether its own is
  /// still due.
  @Test func twoCommitsAtOnce() throws {
    var world = try pair()
    let before = try #require(epoch(world, 0))
    world.now = world.now + .seconds(25 * 3600)
    _ = try world.send("from alice", from: 0, to: 1)
    _ = try world.send("from bob", from: 1, to: 0)
    let pending = world.clients.map { client in
      client.store.committed.groups().compactMap {
        client.store.committed.pendingCommit(groupID: $0.groupID)
      }.count
    }
    #expect(pending == [1, 1])
    world.settle(for: .seconds(30))
    #expect(world.texts(1, with: 0).contains("from alice"))
    #expect(world.texts(0, with: 1).contains("from bob"))
    // The loser's trigger still holds, so both paths are in force in the end.
    #expect(epoch(world, 0) == before + 2)
    #expect(epoch(world, 1) == before + 2)
    #expect(world.lines(0, with: 1).allSatisfy { $0.kind == .text })
    try world.checkAll()
  }

  /// A crash of the loser, or of the winner, at the worst moment.
  @Test(arguments: [0, 1], [TestCrash.beforeCommit, .afterCommit])
  func twoCommitsAtOnceWithACrash(_ client: Int, _ crash: TestCrash) throws {
    for offset in 1...12 {
      var world = try pair()
      world.now = world.now + .seconds(25 * 3600)
      world.crashes = [client: [world.clients[client].steps + 1 + offset: crash]]
      _ = try world.send("from alice", from: 0, to: 1)
      _ = try world.send("from bob", from: 1, to: 0)
      world.settle(for: .seconds(60))
      let comment: Comment = "offset \(offset)"
      #expect(world.texts(1, with: 0).count { $0 == "from alice" } == 1, comment)
      #expect(world.texts(0, with: 1).count { $0 == "from bob" } == 1, comment)
      #expect(world.lines(0, with: 1).allSatisfy { $0.kind == .text }, comment)
      #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text }, comment)
      try world.checkAll()
    }
  }

  /// Both begin the conversation at once: both groups live, and sending settles on one.
  @Test func glare() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("alice first", from: 0, to: 1)
    _ = try world.send("bob first", from: 1, to: 0)
    world.settle(for: .seconds(30))
    for (index, other) in [(0, 1), (1, 0)] {
      #expect(world.texts(index, with: other).sorted() == ["alice first", "bob first"])
      #expect(world.groups(index, with: other).map(\.phase) == [.active, .active])
      #expect(world.clients[index].store.committed.conversations().count == 1)
    }
    let smallest = try #require(world.groups(0, with: 1).first?.groupID)
    for (from, to) in [(0, 1), (1, 0)] {
      let id = try world.send("after \(from)", from: from, to: to)
      world.settle()
      let line = world.lines(from, with: to).first { $0.messageID == id }
      #expect(line?.groupID == smallest)
      #expect(line?.state == .delivered)
    }
    try world.checkAll()
  }

  /// A message that was encrypted for an epoch that is long gone is encrypted anew, once.
  @Test func aStaleMessageIsProtectedAnew() throws {
    var world = try pair()
    world.passes = { index, endpoint, _ in !(index == 0 && endpoint == .logs) }
    let id = try world.send("held up", from: 0, to: 1)
    world.settle(for: .zero)
    #expect(world.state(of: id, 0, with: 1) == .protected)
    world.setOnline(false, 0)
    world.passes = { _, _, _ in true }
    for _ in 0..<3 {
      world.now = world.now + .seconds(25 * 3600)
      _ = try world.send("meanwhile", from: 1, to: 0)
      world.settle()
    }
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(world.texts(1, with: 0).count { $0 == "held up" } == 1)
    #expect(world.texts(0, with: 1).count { $0 == "meanwhile" } == 3)
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
    try world.checkAll()
  }

  /// Alice's commit ends an epoch in which Bob's message is under way; then she is away for longer
  /// than keys of past epochs are kept. The message still opens, and then the keys go.
  @Test func whatWasInTimeIsReadHoweverLate() throws {
    var world = try pair()
    world.now = world.now + .seconds(25 * 3600)
    // Bob's message is encrypted for the epoch that Alice is about to end.
    world.now = world.now + .seconds(-2)
    let row = try #require(world.groups(1, with: 0).first)
    try world.clients[1].store.transact { (transaction) throws(ClientStoreFailure) in
      var changed = row
      changed.lastPathAt = world.now
      transaction.put(changed)
    }
    _ = try world.send("from alice", from: 0, to: 1)
    let id = try world.send("from bob", from: 1, to: 0)
    world.tamper = { index, endpoint, bytes in
      // Alice learns that her commit was taken, and of nothing after it.
      index == 0 && endpoint == .logs && isEntries(bytes) ? nil : bytes
    }
    world.settle(for: .zero)
    world.setOnline(false, 0)
    world.tamper = { _, _, bytes in bytes }
    world.now = world.now + .seconds(6 * 86_400)
    world.setOnline(true, 0)
    world.settle(for: .seconds(60))
    #expect(world.lines(0, with: 1).allSatisfy { $0.kind == .text })
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    try world.checkAll()
  }

  @Test func keysOfPastEpochsAreForgotten() throws {
    var world = try pair()
    let kept = try world.pastEpochs(0, with: 1)
    #expect(kept > 0)
    world.settle(for: .seconds(49 * 3600))
    #expect(try world.pastEpochs(0, with: 1) == 0)
    #expect(try world.pastEpochs(1, with: 0) == 0)
    let id = try world.send("still here", from: 0, to: 1)
    world.settle()
    #expect(world.state(of: id, 0, with: 1) == .delivered)
  }

  /// A month on a connection that stays: entries in the directory do not lapse.
  @Test func theOwnManifestIsKeptAlive() throws {
    var world = try pair()
    world.settle(for: .seconds(40 * 86_400))
    let row = try #require(world.clients[1].store.committed.account())
    let manifest = try ManifestView(row.manifest)
    #expect(manifest.version >= 2)
    #expect(manifest.expires > world.now)
    let id = try world.send("a month later", from: 0, to: 1)
    world.settle()
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    // Alice follows Bob's newer manifest, which his message told her of.
    _ = try world.send("indeed", from: 1, to: 0)
    world.settle(for: .seconds(30))
    let peer = world.clients[0].store.committed.peer(address: "bob@x.example")
    #expect(peer?.manifestVersion == manifest.version)
    #expect(peer?.standing == .trusted)
  }
}

/// Whether a server's frame carries log entries.
private func isEntries(_ frame: [UInt8]) -> Bool {
  guard let decoded = try? WireLogsServerFrame(serializedBytes: frame) else { return false }
  if case .entries = decoded.response { return true }
  return false
}
