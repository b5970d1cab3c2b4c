// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Logs with entries that are damaged, doubled, missing or out of reach.
@Suite struct LogTests {
  private func pair() throws -> World {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    return world
  }

  /// Changes the log entries that Bob gets.
  private func tamperEntries(
    _ world: inout World, _ change: @escaping (inout WireLogEntries) -> Void
  ) {
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes),
        case .entries(var entries) = frame.response
      else { return bytes }
      change(&entries)
      frame.response = .entries(entries)
      return try? frame.serializedBytes()
    }
  }

  @Test func whatDoesNotDecryptIsShownAndSkipped() throws {
    var world = try pair()
    tamperEntries(&world) { entries in
      for index in entries.entries.indices {
        var body = [UInt8](entries.entries[index].body)
        body[body.count - 1] ^= 1
        entries.entries[index].body = Data(body)
      }
    }
    _ = try world.send("damaged", from: 0, to: 1)
    world.settle(for: .zero)
    world.tamper = { _, _, bytes in bytes }
    let id = try world.send("whole", from: 0, to: 1)
    world.settle()
    #expect(world.lines(1, with: 0).map(\.kind) == [.text, .undecryptable, .text])
    #expect(world.texts(1, with: 0) == ["hello", "whole"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(
      world.clients[1].storedEvents.contains {
        if case .undecryptable = $0 { true } else { false }
      })
    try world.checkAll()
  }

  @Test func garbageNeverStopsTheLog() throws {
    var world = try pair()
    for body in [[], [0], Array(repeating: 0xff, count: 300)] as [[UInt8]] {
      tamperEntries(&world) { entries in
        for index in entries.entries.indices { entries.entries[index].body = Data(body) }
      }
      _ = try world.send("lost", from: 0, to: 1)
      world.settle(for: .zero)
    }
    world.tamper = { _, _, bytes in bytes }
    _ = try world.send("whole", from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == ["hello", "whole"])
    #expect(world.lines(1, with: 0).count { $0.kind == .undecryptable } == 3)
  }

  @Test func anEntryThatComesTwiceIsShownOnce() throws {
    var world = try pair()
    tamperEntries(&world) { entries in entries.entries += entries.entries }
    _ = try world.send("twice", from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == ["hello", "twice"])
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
  }

  /// A server that leaves an entry out does not go unnoticed.
  @Test func aHoleIsShown() throws {
    var world = try pair()
    tamperEntries(&world) { entries in entries.entries = [] }
    _ = try world.send("withheld", from: 0, to: 1)
    world.settle(for: .zero)
    world.tamper = { _, _, bytes in bytes }
    _ = try world.send("shown", from: 0, to: 1)
    world.settle()
    #expect(world.lines(1, with: 0).map(\.kind) == [.text, .gap, .text])
    #expect(world.texts(1, with: 0) == ["hello", "shown"])
  }

  /// Bob was away for longer than the server keeps entries, and a commit was among them: a new
  /// group takes the old one's place, visibly, and the conversation goes on.
  @Test func aGapWithACommitLeadsToANewGroup() throws {
    var world = try pair()
    world.setOnline(false, 1)
    world.now = world.now + .seconds(25 * 3600)
    _ = try world.send("too old to read", from: 0, to: 1)
    world.settle()
    // The server's sweep deletes what is older than 30 days; Alice keeps writing.
    world.now = world.now + .seconds(31 * 86_400)
    world.serverDeadline()
    world.now = world.now + .seconds(120)
    world.serverDeadline()
    let id = try world.send("fresh", from: 0, to: 1)
    world.settle(for: .seconds(60))
    world.setOnline(true, 1)
    world.settle(for: .seconds(300))
    let kinds = world.lines(1, with: 0).map(\.kind)
    #expect(kinds.contains(.gap))
    #expect(kinds.contains(.notice))
    #expect(
      world.clients[1].storedEvents.contains(.conversationRestarted(.outOfStep)))
    let answer = try world.send("I am back", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.state(of: answer, 1, with: 0) == .delivered)
    let last = try world.send("good", from: 0, to: 1)
    world.settle(for: .seconds(60))
    #expect(world.state(of: last, 0, with: 1) == .delivered)
    #expect(world.texts(1, with: 0).suffix(2) == ["I am back", "good"])
    #expect(world.groups(1, with: 0).count { $0.phase == .active } == 1)
    #expect(world.groups(0, with: 1).count { $0.phase == .active } == 1)
    _ = id
    try world.checkAll()
  }

  /// A server that keeps breaking the log cannot make groups without end.
  @Test func newGroupsAreLimited() throws {
    var world = try pair()
    tamperEntries(&world) { entries in
      if entries.caughtUp { entries.epoch += 7 }
    }
    world.setOnline(false, 1)
    world.setOnline(true, 1)
    world.settle(for: .seconds(600))
    let made = world.groups(1, with: 0).count { $0.joinedEpoch == 0 }
    #expect(made <= Int(ClientLimits.groupsPerDay))
    #expect(made > 0)
  }

  /// What waits in a group that is replaced goes by the new one.
  @Test func whatWaitsMovesToTheNewGroup() throws {
    var world = try pair()
    world.passes = { index, endpoint, _ in !(index == 1 && endpoint == .logs) }
    let id = try world.send("moves", from: 1, to: 0)
    world.settle(for: .zero)
    world.setOnline(false, 1)
    world.passes = { _, _, _ in true }
    var pages = 0
    tamperEntries(&world) { entries in
      if pages == 0 { entries.epoch += 1 }
      pages += 1
    }
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    #expect(world.groups(1, with: 0).map(\.phase).contains(.outOfStep))
    #expect(world.texts(0, with: 1).count { $0 == "moves" } == 1)
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    try world.checkAll()
  }
}
