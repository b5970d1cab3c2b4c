// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Leaving when it does not go alone: what else waits, other own devices, and everybody at once.
@Suite struct RoomLeavingTests {
  /// A newcomer owes a commit with what it sends first. Whoever goes owes none: the others would
  /// not follow it, since the own proposal to go cannot be in it.
  @Test func whoGoesCommitsNothing() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.say("who comes?", 0, in: room)
    world.settle(for: .milliseconds(50))
    #expect(world.roomTexts(2, room) == ["who comes?"])
    // Nobody takes the proposal up before the receipt is due.
    world.setOnline(false, 0)
    world.setOnline(false, 1)
    let before = world.epochs(room, of: [2])
    try world.leave(2, room)
    world.settle(for: .seconds(30))
    #expect(world.epochs(room, of: [2]) == before)
    world.setOnline(true, 0)
    world.setOnline(true, 1)
    world.settle(for: .seconds(60))
    #expect(world.conversation(2, room)?.phase == .left)
    #expect(try world.people(0, room) == ["alice owner", "bob member"])
    for index in 0..<2 {
      #expect(world.roomNotices(index, room).last == "carol@x.example left.")
    }
    try world.checkAll()
  }

  /// The commit that brought somebody in is in the log, and its writer does not know that yet: it
  /// is not alone, and its leaf has to go.
  @Test func whoGoesWhileAnOwnCommitIsOnItsWay() throws {
    var world = try World.registered(["alice", "bob"])
    let answer = try world.ask(0, .createRoom(name: "Hike", addresses: []))
    guard case .reference(let room) = answer else { throw WorldFailure.noAnswer }
    world.settle(for: .seconds(10))
    world.tamper = { index, endpoint, bytes in
      guard index == 0, endpoint == .logs else { return bytes }
      switch try? WireLogsServerFrame(serializedBytes: bytes).response {
      case .appended?, .entries?: return nil
      default: return bytes
      }
    }
    try world.want(.add(address: "bob@x.example"), 0, in: room)
    world.settle(for: .seconds(5))
    #expect(world.conversation(1, room)?.phase == .open)
    try world.leave(0, room)
    #expect(world.conversation(0, room)?.phase == .leaving)
    world.tamper = { _, _, bytes in bytes }
    world.settle(for: .seconds(300))
    #expect(world.conversation(0, room)?.phase == .left)
    #expect(try world.people(1, room).map { $0.prefix { $0 != " " } } == ["bob"])
    try world.checkAll()
  }

  /// When everybody has proposed to go, nobody is there who could commit it.
  @Test func everybodyGoesAtOnce() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    for index in 0..<3 { world.setOnline(false, index) }
    for index in 0..<3 { try world.leave(index, room) }
    for index in 0..<3 { world.setOnline(true, index) }
    world.settle(for: .seconds(120))
    for index in 0..<3 {
      #expect(world.conversation(index, room)?.phase == .left, "\(index)")
      #expect(world.epochs(room, of: [index]).isEmpty, "\(index)")
    }
  }

  /// An account leaves as one: its other devices go too, and keep no keys.
  @Test func theOtherOwnDeviceGoesToo() throws {
    var world = try World.registered(["alice", "bob"])
    try LinkTests.link(&world, host: 1)
    let answer = try world.ask(0, .createRoom(name: "Hike", addresses: ["bob@x.example"]))
    guard case .reference(let room) = answer else { throw WorldFailure.noAnswer }
    world.settle(for: .seconds(60))
    #expect(world.conversation(2, room)?.phase == .open)
    try world.leave(2, room)
    world.settle(for: .seconds(120))
    #expect(try world.people(0, room) == ["alice owner"])
    for index in 1..<3 {
      #expect(world.conversation(index, room)?.phase == .left, "\(index)")
      #expect(world.epochs(room, of: [index]).isEmpty, "\(index)")
    }
  }

  /// What is wanted later makes what was wanted before it and still waits meaningless.
  @Test func aLaterWishReplacesAnEarlierOne() {
    let (bob, carol) = ("bob@x.example", "carol@x.example")
    #expect(RoomChange.rename("B").replaces(.rename("A")))
    #expect(RoomChange.remove(address: bob, banning: false).replaces(.add(address: bob)))
    #expect(RoomChange.add(address: bob).replaces(.remove(address: bob, banning: false)))
    #expect(!RoomChange.add(address: bob).replaces(.remove(address: bob, banning: true)))
    #expect(!RoomChange.remove(address: bob, banning: false).replaces(.add(address: carol)))
    #expect(!RoomChange.rename("B").replaces(.describe("A")))
    #expect(RoomChange.permission(.post, .admin).replaces(.permission(.post, .member)))
    #expect(!RoomChange.permission(.post, .admin).replaces(.permission(.add, .member)))
  }

  private enum WorldFailure: Error {
    case noAnswer
  }
}
