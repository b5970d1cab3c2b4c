// SPDX-License-Identifier: Apache-2.0

import SansIO

@testable import ClientCore

extension World {
  /// A group that the first makes with all the others; everybody has seen everybody.
  static func room(
    _ names: [String], seed: UInt64 = 1
  ) throws -> (world: World, room: String) {
    var world = try World.registered(names, seed: seed)
    let others = world.clients.dropFirst().map(\.address)
    let answer = try world.ask(0, .createRoom(name: "Hike", addresses: Array(others)))
    guard case .reference(let room) = answer else {
      throw ClientFailure(.internalFailure, "no reference")
    }
    world.settle(for: .seconds(10))
    return (world, room)
  }

  /// Sends into a group without running.
  @discardableResult
  mutating func say(_ text: String, _ index: Int, in room: String) throws -> [UInt8] {
    let token = begin(index, .send(address: room, text: text))
    switch clients[index].answers[token] {
    case .success(.queued(let id)): return id
    case .failure(let failure): throw failure
    default: throw ClientFailure(.timeout, "no answer")
    }
  }

  /// Wants a change without running.
  mutating func want(_ change: RoomChange, _ index: Int, in room: String) throws {
    let token = begin(index, .changeRoom(reference: room, change: change))
    guard case .success(.accepted) = clients[index].answers[token] else {
      if case .failure(let failure) = clients[index].answers[token] { throw failure }
      throw ClientFailure(.timeout, "no answer")
    }
  }

  mutating func leave(_ index: Int, _ room: String) throws {
    let token = begin(index, .leaveRoom(reference: room))
    guard case .success(.accepted) = clients[index].answers[token] else {
      if case .failure(let failure) = clients[index].answers[token] { throw failure }
      throw ClientFailure(.timeout, "no answer")
    }
  }

  func conversation(_ index: Int, _ room: String) -> ConversationRow? {
    clients[index].store.committed.conversation(address: room)
  }

  /// The lines of a group, oldest first.
  func roomLines(_ index: Int, _ room: String) -> [MessageRow] {
    guard let row = conversation(index, room) else { return [] }
    return clients[index].store.committed
      .messages(conversationID: row.id, before: nil, limit: .max).reversed()
  }

  func roomTexts(_ index: Int, _ room: String) -> [String] {
    roomLines(index, room).filter { $0.kind == .text }.map(\.text)
  }

  func roomNotices(_ index: Int, _ room: String) -> [String] {
    roomLines(index, room).filter { $0.kind == .notice }.map(\.text)
  }

  mutating func report(_ index: Int, _ room: String) throws -> RoomReport {
    let token = begin(index, .room(reference: room))
    switch clients[index].answers[token] {
    case .success(.room(let report)): return report
    case .failure(let failure): throw failure
    default: throw ClientFailure(.timeout, "no answer")
    }
  }

  /// The people of a group as a client has them, by name and role.
  mutating func people(_ index: Int, _ room: String) throws -> [String] {
    try report(index, room).people.map { "\($0.address.prefix { $0 != "@" }) \($0.role.name)" }
      .sorted()
  }

  /// The newest event of a client about a group.
  func lastNotice(_ index: Int, _ room: String) -> RoomNotice? {
    clients[index].events.reversed().lazy.compactMap { event in
      if event.address == room, case .roomChanged(let notice) = event.kind { notice } else { nil }
    }.first
  }

  func epochs(_ room: String, of indices: [Int]) -> [UInt64] {
    indices.compactMap { index in
      conversation(index, room).flatMap { row in
        clients[index].store.committed.groups(conversationID: row.id)
          .first { $0.phase == .active }?.epoch
      }
    }
  }
}
