// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// What is said in a group before the first of its people has come in.
@Suite struct RoomFirstMessageTests {
  /// A group that was asked for a moment ago: nobody has been added.
  private func begun(
    _ names: [String], inviting addresses: [String]? = nil
  ) throws -> (World, String) {
    var world = try World.registered(names)
    let people = addresses ?? world.clients.dropFirst().map(\.address)
    let token = world.begin(0, .createRoom(name: "Hike", addresses: people))
    guard case .success(.reference(let room)) = world.clients[0].answers[token] else {
      throw ClientFailure(.internalFailure, "no reference")
    }
    return (world, room)
  }

  @Test func itWaitsUntilSomebodyIsThere() throws {
    var (world, room) = try begun(["alice", "bob", "carol"])
    let id = try world.say("who brings the map?", 0, in: room)
    try world.say("and the tea?", 0, in: room)
    world.settle(for: .seconds(30))
    for index in 0..<3 {
      #expect(world.roomTexts(index, room) == ["who brings the map?", "and the tea?"])
    }
    let message = world.roomLines(0, room).first { $0.messageID == id }
    #expect(message?.state == .delivered)
    try world.checkAll()
  }

  /// The directory does not answer for a while: the log is there, and so is the group.
  @Test func itWaitsWhileTheDirectoryIsSilent() throws {
    var (world, room) = try begun(["alice", "bob"])
    world.passes = { _, endpoint, bytes in
      guard endpoint == .logs,
        case .takeKeyPackages? = (try? WireLogsClientFrame(serializedBytes: bytes))?.request
      else { return true }
      return false
    }
    let id = try world.say("who brings the map?", 0, in: room)
    world.settle(for: .seconds(20))
    #expect(world.conversation(0, room)?.phase == .open)
    #expect(world.roomLines(0, room).first { $0.messageID == id }?.state == .queued)
    guard
      case .why(let reasons) = try world.ask(0, .why(address: room, line: .message(id)))
    else { return }
    #expect(reasons.map(\.code).first == .waitsForConversation)
    world.passes = { _, _, _ in true }
    world.settle(for: .seconds(120))
    #expect(world.roomTexts(1, room) == ["who brings the map?"])
    #expect(world.roomLines(0, room).first { $0.messageID == id }?.state == .delivered)
  }

  /// Nobody is to come any more: it does not wait for ever.
  @Test func itLeavesWhenNobodyCanCome() throws {
    var (world, room) = try begun(["alice", "bob"], inviting: ["nobody@x.example"])
    let id = try world.say("alone", 0, in: room)
    world.settle(for: .seconds(30))
    #expect(world.roomLines(0, room).first { $0.messageID == id }?.state == .stored)
    try world.want(.add(address: world.clients[1].address), 0, in: room)
    try world.say("hello", 0, in: room)
    world.settle(for: .seconds(30))
    #expect(world.roomTexts(1, room) == ["hello"])
  }
}
