// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Why a message is in its state, and notes to self.
@Suite struct WhyTests {
  private func why(
    _ world: inout World, _ index: Int, _ other: Int, _ line: LineName
  ) throws -> [WhyReason] {
    let request = ClientRequest.why(address: world.clients[other].address, line: line)
    guard case .why(let reasons) = try world.ask(index, request) else {
      throw ClientFailure(.timeout, "no answer")
    }
    return reasons
  }

  private func code(_ body: () throws -> Void) -> ClientFailureCode? {
    do { try body() } catch { return (error as? ClientFailure)?.code }
    return nil
  }

  @Test func statesHaveTheirReasons() throws {
    var world = try World.registered(["alice", "bob"])
    world.setOnline(false, 0)
    let id = try world.send("hello", from: 0, to: 1)
    let away = try why(&world, 0, 1, .message(id))
    #expect(away.map(\.code) == [.waitsForServer])
    #expect(away.first?.advice != nil)
    world.setOnline(false, 1)
    world.setOnline(true, 0)
    world.now = world.now + .seconds(120)
    world.apply([.tick], to: 0)
    world.settle()
    #expect(try why(&world, 0, 1, .message(id)).map(\.code) == [.stored, .unverified])
    world.setOnline(true, 1)
    world.now = world.now + .seconds(120)
    world.apply([.tick], to: 1)
    world.settle()
    #expect(try why(&world, 0, 1, .message(id)).map(\.code) == [.delivered, .unverified])
    #expect(try why(&world, 1, 0, .message(id)).map(\.code) == [.authentic, .unverified])
    try world.ask(1, .markRead(address: world.clients[0].address, upTo: .max))
    world.settle()
    #expect(try why(&world, 0, 1, .line(1)).map(\.code) == [.read, .unverified])
  }

  @Test func doubtsAndFailuresAreTold() throws {
    var world = try World.registered(["alice", "bob"])
    let id = try world.send("hello", from: 0, to: 1)
    world.settle()
    let bob = world.clients[1].address
    try world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
      guard var peer = transaction.peer(address: bob),
        var row = transaction.message(seq: 1),
        let conversation = transaction.conversation(address: bob)
      else { throw .corrupt("peer") }
      peer.standing = .identityChanged
      transaction.put(peer)
      row.state = .failed
      row.failure = ClientFailureCode.noDevices.rawValue
      try transaction.update(row)
      for kind in [MessageKind.undecryptable, .gap, .notice] {
        _ = transaction.append(
          MessageRow(
            conversationID: conversation.id, messageID: [], sender: bob, own: false, kind: kind,
            state: .seen, failure: "", content: [], text: "x", at: row.at, groupID: [], logSeq: 9))
      }
    }
    let failed = try why(&world, 0, 1, .message(id))
    #expect(failed.map(\.code) == [.failed, .identityChanged])
    #expect(failed.first?.failure == .noDevices)
    #expect(try why(&world, 0, 1, .line(2)).map(\.code) == [.undecryptable, .identityChanged])
    #expect(try why(&world, 0, 1, .line(3)).map(\.code) == [.gap])
    #expect(try why(&world, 0, 1, .line(4)).map(\.code) == [.notice])
    #expect(code { _ = try why(&world, 0, 1, .line(99)) } == .unknownMessage)
    #expect(code { _ = try why(&world, 0, 1, .message([])) } == .unknownMessage)
  }

  /// A conversation with oneself needs no server, and nothing of it leaves.
  @Test func notesStayHere() throws {
    var world = try World.registered(["alice"])
    world.setOnline(false, 0)
    let alice = world.clients[0].address
    let id = try world.send("buy milk", from: 0, to: 0)
    try world.ask(0, .reply(address: alice, messageID: id, text: "and bread"))
    try world.ask(0, .react(address: alice, messageID: id, reaction: "👍", removing: false))
    try world.ask(0, .edit(address: alice, messageID: id, text: "buy oat milk"))
    let second = try world.send("nothing", from: 0, to: 0)
    try world.ask(0, .delete(address: alice, messageID: second, forEveryone: true))
    guard
      case .history(let lines) = try world.ask(
        0, .history(address: alice, limit: 9, before: nil))
    else { return }
    #expect(lines.reversed().map(\.text) == ["buy oat milk", "and bread", ""])
    #expect(lines.reversed().map(\.state) == [.read, .read, .read])
    #expect(lines.last?.reactions.map(\.text) == ["👍"])
    #expect(try why(&world, 0, 0, .message(id)).map(\.code) == [.note])
    #expect(world.clients[0].store.committed.outboxRows.isEmpty)
    let before = world.sent.count
    world.setOnline(true, 0)
    world.now = world.now + .seconds(300)
    world.apply([.tick], to: 0)
    world.settle()
    // The inbox is read again; there is nothing to ask of the logs.
    #expect(world.sent.count > before)
    #expect(world.sent[before...].allSatisfy { $0.endpoint == .inbox })
    #expect(try ClientCore.checkInvariants(in: world.clients[0].store.committed) == [])
    guard case .conversations(let list) = try world.ask(0, .conversations) else { return }
    #expect(list.map(\.waiting) == [0])
    #expect(list.map(\.lastText) == ["and bread"])
  }
}
