// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// A server that cannot read ends a subscription while the connection lives: what comes after must
/// not wait for the next connection.
@Suite struct SubscriptionTests {
  private func failure(_ code: WireErrorCode, epoch: UInt64 = 0) -> WireFailure {
    var failure = WireFailure()
    failure.code = code
    failure.epoch = epoch
    return failure
  }

  /// Ends Bob's newest log subscription: he is told, and gets no more of its entries.
  private func endLog(_ world: inout World, _ code: WireErrorCode, epoch: UInt64) throws {
    let frames = world.sent.filter { $0.client == 1 && $0.endpoint == .logs }.compactMap {
      try? WireLogsClientFrame(serializedBytes: $0.frame)
    }
    let ended = try #require(
      frames.last { if case .subscribeLog? = $0.request { true } else { false } }?.requestID)
    var frame = WireLogsServerFrame()
    frame.requestID = ended
    frame.failure = failure(code, epoch: epoch)
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        let frame = try? WireLogsServerFrame(serializedBytes: bytes), frame.requestID == ended,
        case .entries? = frame.response
      else { return bytes }
      return nil
    }
    world.queue.append(
      .toClient(
        1, .logs, connection: try #require(world.clients[1].connections[.logs]),
        try frame.serializedBytes()))
    world.settle(for: .zero)
  }

  /// Without a conversation there is nothing to ask of the logs, and nobody asks for a connection.
  @Test func logsAreConnectedWhenThereIsSomethingToRead() throws {
    var world = try World.registered(["alice", "bob"])
    world.settle(for: .seconds(60))
    #expect(world.clients.map { $0.connections[.logs] } == [nil, nil])
    #expect(world.clients.allSatisfy { $0.connections[.inbox] != nil })
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    #expect(world.clients.allSatisfy { $0.connections[.logs] != nil })
    #expect(world.texts(1, with: 0) == ["hello"])
  }

  @Test(arguments: [WireErrorCode.unavailable, .staleEpoch])
  func aLogSubscriptionThatEnds(code: WireErrorCode) throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let connection = world.clients[1].connections[.logs]
    let epoch = try #require(world.groups(1, with: 0).first?.epoch)
    try endLog(&world, code, epoch: epoch)
    let id = try world.send("after it", from: 0, to: 1)
    world.settle(for: .seconds(20))
    #expect(world.texts(1, with: 0) == ["hello", "after it"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(world.clients[1].connections[.logs] == connection)
    try world.checkAll()
  }

  /// The conversation is looked at for another reason before the log may be asked for again: that
  /// must not take the place of asking.
  @Test func anEarlierWakeDoesNotReplaceTheLater() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let epoch = try #require(world.groups(1, with: 0).first?.epoch)
    // The server takes no message of Bob's for four seconds.
    world.passes = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        case .append? = (try? WireLogsClientFrame(serializedBytes: bytes))?.request
      else { return true }
      return false
    }
    let id = try world.send("answer", from: 1, to: 0)
    let request = try #require(
      world.sent.last { $0.client == 1 && $0.endpoint == .logs }
        .flatMap { try? WireLogsClientFrame(serializedBytes: $0.frame) }?.requestID)
    var refusal = WireLogsServerFrame()
    refusal.requestID = request
    refusal.failure = failure(.rateLimited)
    refusal.failure.retryAfterMs = 4_000
    world.queue.append(
      .toClient(
        1, .logs, connection: try #require(world.clients[1].connections[.logs]),
        try refusal.serializedBytes()))
    world.settle(for: .zero)
    world.passes = { _, _, _ in true }
    try endLog(&world, .unavailable, epoch: epoch)
    world.settle(for: .seconds(30))
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    #expect(world.texts(0, with: 1) == ["hello", "answer"])
    try world.checkAll()
  }

  @Test func anInboxSubscriptionThatEnds() throws {
    var world = try World.registered(["alice", "bob"])
    let frames = world.sent.filter { $0.client == 1 && $0.endpoint == .inbox }.compactMap {
      try? WireInboxClientFrame(serializedBytes: $0.frame)
    }
    let ended = try #require(
      frames.last { if case .subscribeInbox? = $0.request { true } else { false } }?.requestID)
    let old = try #require(world.clients[1].connections[.inbox])
    var frame = WireInboxServerFrame()
    frame.requestID = ended
    frame.failure = failure(.unavailable)
    // What the old subscription would bring does not come any more.
    var isOver = false
    world.passes = { index, endpoint, bytes in
      if index == 1, endpoint == .inbox,
        case .subscribeInbox? = try? WireInboxClientFrame(serializedBytes: bytes).request
      {
        isOver = true
      }
      return true
    }
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .inbox, !isOver,
        case .entries? = try? WireInboxServerFrame(serializedBytes: bytes).response
      else { return bytes }
      return nil
    }
    world.queue.append(.toClient(1, .inbox, connection: old, try frame.serializedBytes()))
    world.settle(for: .zero)
    let id = try world.send("first", from: 0, to: 1)
    world.settle(for: .seconds(60))
    #expect(world.texts(1, with: 0) == ["first"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(world.clients[1].connections[.inbox] != old)
    try world.checkAll()
  }

  /// The server cannot say just now what it has of a new device: it is asked again soon, not only
  /// with the next connection, or nobody could write to the device.
  @Test func keyPackagesAreCountedAgainAfterARefusal() throws {
    var world = try World(["alice", "bob"])
    var isRefused = false
    let unavailable = failure(.unavailable)
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .inbox, !isRefused,
        var frame = try? WireInboxServerFrame(serializedBytes: bytes),
        case .keyPackageCount? = frame.response
      else { return bytes }
      isRefused = true
      frame.failure = unavailable
      return try? frame.serializedBytes()
    }
    for index in 0...1 {
      _ = try world.ask(
        index, .register(address: world.clients[index].address, invite: world.invite))
    }
    #expect(isRefused)
    world.settle(for: .seconds(20))
    let id = try world.send("hello", from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == ["hello"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    try world.checkAll()
  }

  /// A network on which many connections break before the directory has said who somebody is: the
  /// Welcome is not given up for that.
  @Test func aWelcomeOutlastsAPoorNetwork() throws {
    var world = try World.registered(["alice", "bob"])
    world.passes = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        case .getManifest? = (try? WireLogsClientFrame(serializedBytes: bytes))?.request
      else { return true }
      return false
    }
    let id = try world.send("hello", from: 0, to: 1)
    let connections = world.connectionCount
    world.settle(for: .seconds(7_200))
    #expect(world.connectionCount > connections + UInt64(ClientLimits.welcomeAttemptsMax))
    world.passes = { _, _, _ in true }
    world.settle(for: .seconds(120))
    #expect(world.texts(1, with: 0) == ["hello"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(!world.clients[1].storedEvents.contains(.identityNotice(.welcomeRefused)))
    try world.checkAll()
  }
}
