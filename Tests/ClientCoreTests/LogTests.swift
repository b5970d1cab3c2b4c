// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO
import ServerCore
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

  /// Changes the log entries that Bob gets, and his GroupInfo if there is to be none.
  private func tamperEntries(
    _ world: inout World, withoutGroupInfo: Bool = false,
    _ change: @escaping (inout WireLogEntries) -> Void
  ) {
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes)
      else { return bytes }
      if withoutGroupInfo, case .groupInfo(var info) = frame.response {
        info.sealed = Data([1])
        frame.response = .groupInfo(info)
        return try? frame.serializedBytes()
      }
      guard case .entries(var entries) = frame.response else { return bytes }
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

  /// The server calls a message something that has no line. It is read all the same.
  @Test(arguments: [WireEntryKind.commit, .proposal, .unspecified])
  func whatTheServerCallsAMessageDoesNotHideIt(kind: WireEntryKind) throws {
    var world = try pair()
    tamperEntries(&world) { entries in
      for index in entries.entries.indices { entries.entries[index].kind = kind }
    }
    _ = try world.send("not hidden", from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == ["hello", "not hidden"])
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
    try world.checkAll()
  }

  @Test func whatIsNoProposalIsShownAsUnreadable() throws {
    var world = try pair()
    tamperEntries(&world) { entries in
      for index in entries.entries.indices {
        entries.entries[index].kind = .proposal
        entries.entries[index].body = Data([1, 2, 3])
      }
    }
    _ = try world.send("replaced", from: 0, to: 1)
    world.settle(for: .zero)
    #expect(world.lines(1, with: 0).map(\.kind) == [.text, .undecryptable])
  }

  @Test func anEntryThatComesTwiceIsShownOnce() throws {
    var world = try pair()
    tamperEntries(&world) { entries in entries.entries += entries.entries }
    _ = try world.send("twice", from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == ["hello", "twice"])
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
  }

  /// A frame that lost its entries shows in the next one, and reading begins anew from there.
  @Test func aFrameThatLostItsEntriesIsReadAgain() throws {
    var world = try pair()
    tamperEntries(&world) { entries in entries.entries = [] }
    _ = try world.send("withheld", from: 0, to: 1)
    world.settle(for: .zero)
    world.tamper = { _, _, bytes in bytes }
    _ = try world.send("shown", from: 0, to: 1)
    world.settle(for: .seconds(10))
    #expect(world.texts(1, with: 0) == ["hello", "withheld", "shown"])
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
  }

  /// A server that leaves an entry out for good does not go unnoticed.
  @Test func aHoleIsShown() throws {
    var world = try pair()
    let last = try #require(world.groups(1, with: 0).first?.cursor)
    tamperEntries(&world) { entries in entries.entries.removeAll { $0.seq == last + 1 } }
    _ = try world.send("withheld", from: 0, to: 1)
    world.settle(for: .zero)
    _ = try world.send("shown", from: 0, to: 1)
    world.settle(for: .seconds(10))
    #expect(world.lines(1, with: 0).map(\.kind) == [.text, .gap, .text])
    #expect(world.texts(1, with: 0) == ["hello", "shown"])
  }

  /// The server starts from an older state: new entries would come under numbers that Bob has read.
  @Test func aLogThatEndsBeforeWhatWasReadIsLeft() throws {
    var world = try pair()
    let older = world.server.store
    _ = try world.send("lost later", from: 0, to: 1)
    world.settle()
    world.server = ServerMachine(store: older, policy: world.policy, rates: .unrestricted)
    for index in 0...1 {
      world.setOnline(false, index)
      world.setOnline(true, index)
    }
    world.settle(for: .seconds(120))
    let id = try world.send("after it", from: 0, to: 1)
    world.settle(for: .seconds(120))
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(world.texts(1, with: 0) == ["hello", "lost later", "after it"])
    let rejoins = (0...1).map { index in
      world.lines(index, with: 1 - index).count { $0.text.hasPrefix("This device had lost step") }
    }
    #expect(rejoins.allSatisfy { $0 == 1 })
    try world.checkAll()
  }

  /// The server puts Bob's name for his own message on one of Alice's.
  @Test func somebodyElsesWordsUnderAnOwnNameAreRead() throws {
    var world = try pair()
    world.tamper = { index, endpoint, bytes in index == 1 && endpoint == .logs ? nil : bytes }
    _ = try world.send("not yours", from: 0, to: 1)
    world.settle(for: .zero)
    let id = try world.send("mine", from: 1, to: 0)
    world.settle(for: .zero)
    let rows = world.clients[1].store.committed.outboxRows
    let own = try #require(rows.first { $0.messageID == id }).submitID
    tamperEntries(&world) { entries in
      for index in entries.entries.indices { entries.entries[index].submitID = Data(own) }
    }
    world.setOnline(false, 1)
    world.setOnline(true, 1)
    world.settle(for: .seconds(5))
    #expect(world.texts(1, with: 0) == ["hello", "mine", "not yours"])
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
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
    let rejoins = world.lines(1, with: 0).count { $0.text.contains("joined it again") }
    #expect(made + rejoins <= Int(ClientLimits.groupsPerDay))
    #expect(made > 0 && rejoins > 0 && rejoins <= Int(ClientLimits.rejoinsPerDay))
  }

  /// The server had the message, and its sender lost step before hearing of it: it goes by the new
  /// group too, and is shown once.
  @Test func aMessageByTwoGroupsIsShownOnce() throws {
    var world = try pair()
    world.tamper = { index, endpoint, bytes in
      index == 1 && endpoint == .logs ? nil : bytes
    }
    let id = try world.send("by both", from: 1, to: 0)
    world.settle(for: .zero)
    #expect(world.texts(0, with: 1) == ["hello", "by both"])
    #expect(world.state(of: id, 1, with: 0) == .protected)
    world.setOnline(false, 1)
    var pages = 0
    tamperEntries(&world, withoutGroupInfo: true) { entries in
      if pages == 0 {
        entries.entries = []
        entries.caughtUp = true
        entries.epoch += 1
      }
      pages += 1
    }
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    #expect(world.groups(1, with: 0).map(\.generation).sorted() == [0, 1])
    #expect(world.texts(0, with: 1) == ["hello", "by both"])
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    try world.checkAll()
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
    tamperEntries(&world, withoutGroupInfo: true) { entries in
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
