// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Who types: told at once, to those who are there, and kept nowhere.
@Suite struct TypingTests {
  /// Two people who have talked.
  private func pair() throws -> World {
    var world = try World.registered(["alice", "bob"])
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(60))
    return world
  }

  @Test func theOtherOneSeesItBeginAndEnd() throws {
    var world = try pair()
    let alice = world.clients[0].address
    let stores = world.clients.map { String(describing: $0.store.committed) }
    let server = world.server.store
    #expect(try world.types(0, in: world.clients[1].address))
    #expect(world.seen(1) == ["alice types"])
    #expect(world.clients[1].typing.first?.address == alice)
    // Nobody goes on: after a pause it has stopped.
    world.settle(for: .milliseconds(4_900))
    #expect(world.seen(1) == ["alice types"])
    world.settle(for: .milliseconds(200))
    #expect(world.seen(1) == ["alice types", "alice stops"])
    #expect(world.seen(0) == [])
    // Neither client nor server has changed.
    #expect(world.clients.map { String(describing: $0.store.committed) } == stores)
    #expect(world.server.store == server)
  }

  @Test func whoGoesOnTellsItAgainFromTimeToTime() throws {
    var world = try pair()
    let bob = world.clients[1].address
    for _ in 0..<30 {
      #expect(try world.types(0, in: bob))
      world.settle(for: .milliseconds(500))
    }
    #expect(world.seen(1) == ["alice types"])
    #expect(world.signalCount(0) == 3, "at once, after five seconds and after ten")
    try world.stops(0, in: bob)
    #expect(world.seen(1) == ["alice types", "alice stops"])
    #expect(world.signalCount(0) == 4)
    // Whoever has not begun has nothing to end.
    try world.stops(0, in: bob)
    #expect(world.signalCount(0) == 4)
  }

  @Test func whatIsSentEndsIt() throws {
    var world = try pair()
    #expect(try world.types(0, in: world.clients[1].address))
    try world.send("there", from: 0, to: 1)
    world.settle(for: .zero)
    #expect(world.seen(1) == ["alice types", "alice stops"])
    // Without the signal, the message does.
    #expect(try world.types(0, in: world.clients[1].address))
    world.passes = { client, _, bytes in client != 0 || !World.isSignal(bytes) }
    try world.send("there", from: 0, to: 1)
    world.settle(for: .zero)
    #expect(world.seen(1).suffix(2) == ["alice types", "alice stops"])
    #expect(world.texts(1, with: 0) == ["hello", "there", "there"])
  }

  @Test func whatIsNotToldAgainEndsByItself() throws {
    var world = try pair()
    #expect(try world.types(0, in: world.clients[1].address))
    world.setOnline(false, 0)
    world.settle(for: .milliseconds(9_900))
    #expect(world.seen(1) == ["alice types"])
    world.settle(for: .milliseconds(200))
    #expect(world.seen(1) == ["alice types", "alice stops"])
    // Nothing waits for a connection.
    #expect(try !world.types(0, in: world.clients[1].address, within: .seconds(6)))
    world.setOnline(true, 0)
    world.settle(for: .seconds(90))
    #expect(world.seen(1) == ["alice types", "alice stops"])
  }

  @Test func aGroupSeesEverybody() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    #expect(try world.types(0, in: room))
    #expect(try world.types(2, in: room))
    #expect(world.seen(1) == ["alice types", "carol types"])
    #expect(world.seen(0) == ["carol types"])
    #expect(world.clients[1].typing.map(\.address) == [room, room])
    try world.want(.permission(.post, .admin), 0, in: room)
    world.settle(for: .seconds(30))
    // Who may not write does not type, nor is shown to.
    let before = world.signalCount(1)
    #expect(try !world.types(1, in: room))
    #expect(world.signalCount(1) == before)
  }

  @Test(arguments: [0, 1]) func offIsNeitherSentNorShown(index: Int) throws {
    var world = try pair()
    _ = try world.ask(index, .contact(.set(.typing, value: "off")))
    #expect(try world.types(0, in: world.clients[1].address) == (index == 1))
    #expect(world.signalCount(0) == (index == 1 ? 1 : 0))
    #expect(world.seen(1) == [])
    _ = try world.ask(index, .contact(.set(.typing, value: "on")))
    world.settle(for: .seconds(20))
    #expect(try world.types(0, in: world.clients[1].address))
    #expect(world.seen(1) == ["alice types"])
    // Turned off while it is shown.
    _ = try world.ask(index, .contact(.set(.typing, value: "off")))
    world.settle(for: .seconds(10))
    #expect(world.seen(1) == ["alice types", "alice stops"])
  }

  @Test func nothingIsToldInRequestsNorToWhoIsBlocked() throws {
    var world = try World.registered(["alice", "bob"])
    world.clients[1].store.keep(.strangers, "ask")
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    #expect(try world.types(0, in: bob))
    #expect(world.seen(1) == [])
    #expect(throws: ClientFailure.self) { try world.types(1, in: alice) }
    _ = try world.ask(1, .contact(.accept(address: alice)))
    world.settle(for: .seconds(20))
    #expect(try world.types(0, in: bob))
    #expect(world.seen(1) == ["alice types"])
    // Blocked while it is shown.
    _ = try world.ask(1, .contact(.block(address: alice)))
    world.settle(for: .seconds(20))
    #expect(world.seen(1) == ["alice types", "alice stops"])
    #expect(try world.types(0, in: bob))
    #expect(world.seen(1) == ["alice types", "alice stops"])
    let before = world.signalCount(1)
    #expect(try !world.types(1, in: alice))
    #expect(world.signalCount(1) == before)
    #expect(
      world.clients.allSatisfy { client in
        !client.events.contains {
          if case .identityNotice(.ghostDevice) = $0.kind { true } else { false }
        }
      })
  }

  @Test func notesToSelfAndUnknownPeopleAreNotTyped() throws {
    var world = try pair()
    try world.send("milk", from: 0, to: 0)
    #expect(try !world.types(0, in: world.clients[0].address))
    #expect(throws: ClientFailure.self) { try world.types(0, in: "carol@x.example") }
    #expect(world.signalCount(0) == 0)
  }

  @Test func largeGroupsHaveNone() throws {
    let names = (0...ClientLimits.typingAccountsMax).map { "person\($0)" }
    var (world, room) = try World.room(names)
    world.settle(for: .seconds(60))
    #expect(try world.report(0, room).people.count == names.count)
    #expect(try !world.types(0, in: room, within: .seconds(6)))
    #expect(world.signalCount(0) == 0)
    // One goes, and it is a group in which that is told.
    try world.leave(32, room)
    world.settle(for: .seconds(60))
    #expect(try world.types(0, in: room))
    #expect(world.seen(1) == ["person0 types"])
  }
}

extension World {
  static func isSignal(_ bytes: [UInt8]) -> Bool {
    guard case .sendSignal? = (try? WireLogsClientFrame(serializedBytes: bytes))?.request else {
      return false
    }
    return true
  }

  /// Types in a conversation; whether others were told.
  mutating func types(
    _ index: Int, in address: String, within time: Duration = .zero
  ) throws -> Bool {
    let token = begin(index, .typing(address: address, isTyping: true))
    settle(for: time)
    switch clients[index].answers[token] {
    case .success(.typing(let told)): return told
    case .failure(let failure): throw failure
    default: throw ClientFailure(.timeout, "no answer")
    }
  }

  mutating func stops(_ index: Int, in address: String) throws {
    let token = begin(index, .typing(address: address, isTyping: false))
    settle(for: .zero)
    guard case .success(.typing(told: false)) = clients[index].answers[token] else {
      throw ClientFailure(.internalFailure, "no answer")
    }
  }

  /// What a client was told of who types.
  func seen(_ index: Int) -> [String] {
    clients[index].typing.map { notice in
      "\(notice.sender.prefix { $0 != "@" }) \(notice.isTyping ? "types" : "stops")"
    }
  }

  /// How many signals a client has sent.
  func signalCount(_ index: Int) -> Int {
    sent.count { $0.client == index && $0.endpoint == .logs && Self.isSignal($0.frame) }
  }
}
