// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Getting messages across, whatever happens to connections and processes.
@Suite struct DeliveryTests {
  @Test func whatWasSentOfflineArrivesLaterInOrder() throws {
    var world = try World.registered(["alice", "bob"])
    world.setOnline(false, 0)
    var ids: [[UInt8]] = []
    for number in 1...5 { ids.append(try world.send("offline \(number)", from: 0, to: 1)) }
    world.settle()
    #expect(world.texts(1, with: 0).isEmpty)
    #expect(world.state(of: ids[0], 0, with: 1) == .queued)
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(world.texts(1, with: 0) == (1...5).map { "offline \($0)" })
    #expect(ids.allSatisfy { world.state(of: $0, 0, with: 1) == .delivered })
    try world.checkAll()
  }

  @Test func theRecipientMayBeAway() throws {
    var world = try World.registered(["alice", "bob"])
    world.setOnline(false, 1)
    let id = try world.send("see you", from: 0, to: 1)
    world.settle()
    #expect(world.state(of: id, 0, with: 1) == .stored)
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    #expect(world.texts(1, with: 0) == ["see you"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
  }

  @Test(arguments: ["acknowledge", "history", "markRead"])
  func readingIsToldToTheSender(_ way: String) throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.ask(1, .receive(subscriber: "ui", fromStart: true, limit: 10))
    let id = try world.send("read me", from: 0, to: 1)
    world.settle()
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    switch way {
    case "acknowledge": try world.ask(1, .acknowledge(subscriber: "ui", seq: .max))
    case "history":
      try world.ask(1, .history(address: "alice@x.example", limit: 10, before: nil))
    default: try world.ask(1, .markRead(address: "alice@x.example", upTo: .max))
    }
    world.settle()
    #expect(world.state(of: id, 0, with: 1) == .read)
    #expect(
      world.clients[0].storedEvents.contains(
        .messageStateChanged(messageID: id, state: .read, failure: nil)))
  }

  @Test func receiptsShareAReport() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("warm up", from: 0, to: 1)
    world.settle()
    let before = world.sent.count { $0.client == 1 && $0.endpoint == .logs }
    for number in 1...10 { _ = try world.send("\(number)", from: 0, to: 1) }
    world.settle()
    let acknowledgements = 10
    let frames = world.sent.count { $0.client == 1 && $0.endpoint == .logs } - before
    // One report, its own echo's acknowledgement, and the acknowledgements of what came.
    #expect(frames <= acknowledgements + 3)
  }

  /// Who was invited may speak first: the log holds nothing then but the invitation.
  @Test func theInvitedSpeaksFirst() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("never arrives", from: 0, to: 1)
    // Alice dies for good once her invitation is out, before her message leaves.
    world.passes = { index, endpoint, frame in
      index != 0 || endpoint != .logs || !isAppend(frame)
    }
    world.settle(for: .zero)
    world.setOnline(false, 0)
    let id = try world.send("hello?", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(world.state(of: id, 1, with: 0) == .stored)
    world.passes = { _, _, _ in true }
    world.setOnline(true, 0)
    world.settle(for: .seconds(60))
    #expect(world.texts(0, with: 1).sorted() == ["hello?", "never arrives"])
    #expect(world.texts(1, with: 0).sorted() == ["hello?", "never arrives"])
    try world.checkAll()
  }

  /// The same bytes may come twice, and answers may be lost, without a message shown twice.
  @Test func lostAnswersCauseNoDuplicates() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("first", from: 0, to: 1)
    world.settle()
    var lost = 0
    for round in 0..<4 {
      // Every answer to Alice on the logs connection is lost until she reconnects.
      world.tamper = { index, endpoint, bytes in
        index == 0 && endpoint == .logs ? nil : bytes
      }
      _ = try world.send("round \(round)", from: 0, to: 1)
      world.settle(for: .zero)
      lost += 1
      world.tamper = { _, _, bytes in bytes }
      world.setOnline(false, 0)
      world.setOnline(true, 0)
      world.settle(for: .seconds(30))
    }
    #expect(lost == 4)
    #expect(world.texts(1, with: 0) == ["first"] + (0..<4).map { "round \($0)" })
    #expect(world.lines(1, with: 0).allSatisfy { $0.kind == .text })
    try world.checkAll()
  }

  /// Requests that nobody answers end the connection, and the next one does better.
  @Test func aServerThatDoesNotAnswerIsLeft() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("first", from: 0, to: 1)
    world.settle()
    world.passes = { index, endpoint, _ in !(index == 0 && endpoint == .logs) }
    let id = try world.send("into the void", from: 0, to: 1)
    world.settle(for: .seconds(20))
    #expect(world.state(of: id, 0, with: 1) == .protected)
    world.passes = { _, _, _ in true }
    world.settle(for: .seconds(60))
    #expect(world.state(of: id, 0, with: 1) == .delivered)
  }

  @Test func aFrameThatIsNoneEndsTheConnection() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let before = world.connectionCount
    world.apply([.frame(.logs, [0xff, 0xff, 0xff])], to: 0)
    world.settle(for: .seconds(5))
    #expect(world.connectionCount == before + 1)
    guard case .status(let status) = try world.ask(0, .status) else {
      Issue.record("no status")
      return
    }
    #expect(status.logsConnection == "ready")
  }

  @Test func threeFriendsDoNotMixUp() throws {
    var world = try World.registered(["alice", "bob", "carol"])
    _ = try world.send("to bob", from: 0, to: 1)
    _ = try world.send("to carol", from: 0, to: 2)
    _ = try world.send("from carol", from: 2, to: 1)
    world.settle()
    _ = try world.send("back", from: 1, to: 2)
    world.settle()
    #expect(world.texts(1, with: 0) == ["to bob"])
    #expect(world.texts(2, with: 0) == ["to carol"])
    #expect(world.texts(1, with: 2) == ["from carol", "back"])
    #expect(world.texts(2, with: 1) == ["from carol", "back"])
    #expect(world.texts(0, with: 1) == ["to bob"])
    try world.checkAll()
  }
}

/// Whether a client's frame appends to a log.
private func isAppend(_ frame: [UInt8]) -> Bool {
  guard let decoded = try? WireLogsClientFrame(serializedBytes: frame) else { return false }
  if case .append = decoded.request { return true }
  return false
}
