// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Synchronization
import Testing
import Wire

@testable import ClientCore
@testable import MLS

/// Signals that are not what they seem: each is dropped, and nothing is told of it.
@Suite struct TypingSignalTests {
  /// Frames with signals that the server has sent to one client.
  private final class Wiretap: Sendable {
    private let frames = Mutex<[[UInt8]]>([])
    /// What is kept from the client for the time being.
    let withholds = Mutex(false)
    var all: [[UInt8]] { frames.withLock { $0 } }

    func hear(_ frame: [UInt8]) -> [UInt8]? {
      guard case .signal? = (try? WireLogsServerFrame(serializedBytes: frame))?.response else {
        return frame
      }
      frames.withLock { $0.append(frame) }
      return withholds.withLock { $0 } ? nil : frame
    }
  }

  /// A group of three, and what the server sends of signals to the second of them.
  private func tapped() throws -> (world: World, room: String, tap: Wiretap) {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let tap = Wiretap()
    world.tamper = { client, endpoint, frame in
      client == 1 && endpoint == .logs ? tap.hear(frame) : frame
    }
    return (world, room, tap)
  }

  private func group(_ world: World, _ index: Int, _ room: String) throws -> (Group, [UInt8]) {
    let store = world.clients[index].store.committed
    let conversation = try #require(world.conversation(index, room))
    let row = try #require(
      store.groups(conversationID: conversation.id).first { $0.phase == .active })
    let epoch = try #require(store.epoch(groupID: row.groupID, epoch: row.epoch))
    return (try Group(epochState: epoch.state, messageSecrets: epoch.ratchets), row.routingID)
  }

  private func key(_ world: World, _ index: Int) throws -> SigningKey {
    let account = try #require(world.clients[index].store.committed.account())
    return try LocalDevice(decoding: account.secrets).device.key
  }

  /// Another body in a frame that the server has sent.
  private func frame(_ frame: [UInt8], with body: [UInt8]) throws -> [UInt8] {
    var wire = try WireLogsServerFrame(serializedBytes: frame)
    wire.signal.body = Data(body)
    return try wire.serializedBytes()
  }

  /// Lets one come in as if the server had sent it.
  private func receive(_ frame: [UInt8], _ world: inout World) {
    world.apply([.frame(.logs, frame)], to: 1)
  }

  @Test func aReplayIsNotShown() throws {
    var (world, room, tap) = try tapped()
    #expect(try world.types(0, in: room))
    try world.stops(0, in: room)
    #expect(world.seen(1) == ["alice types", "alice stops"])
    for frame in tap.all + tap.all { receive(frame, &world) }
    #expect(world.seen(1).count == 2)
    // A new process remembers nothing, and goes by the time.
    world.settle(for: ClientLimits.typingClockSpan)
    world.restart(1)
    world.settle(for: .seconds(1))
    let begun = try #require(tap.all.first)
    let now = try #require(world.subscriptions(1, room))
    var wire = try WireLogsServerFrame(serializedBytes: begun)
    wire.requestID = now
    receive(try wire.serializedBytes(), &world)
    #expect(world.seen(1).count == 2)
  }

  @Test func whatComesLateOrInAnotherOrderIsNotShown() throws {
    var (world, room, tap) = try tapped()
    tap.withholds.withLock { $0 = true }
    #expect(try world.types(0, in: room))
    try world.stops(0, in: room)
    #expect(world.seen(1) == [])
    // The end comes first: the beginning is older than it.
    for frame in tap.all.reversed() { receive(frame, &world) }
    #expect(world.seen(1) == [])
    #expect(try world.types(2, in: room))
    let late = try #require(tap.all.last)
    world.settle(for: ClientLimits.typingClockSpan + .milliseconds(1))
    receive(late, &world)
    #expect(world.seen(1) == [])
  }

  @Test func aMemberCannotSayThatAnotherTypes() throws {
    var (world, room, tap) = try tapped()
    #expect(try world.types(0, in: room))
    let real = try #require(tap.all.first)
    world.settle(for: .seconds(20))
    let told = world.seen(1).count
    let (alice, routingID) = try group(world, 0, room)
    let carolsKey = try key(world, 2)
    // Under Alice's leaf, with Carol's key.
    let forged = TypingSignal(
      isTyping: true, at: world.now, as: alice, routingID: routingID, with: carolsKey)
    let sealed = try SealedSignal(
      forged, in: alice, routingID: routingID, using: &world.entropy)
    receive(try frame(real, with: sealed.bytes), &world)
    #expect(world.seen(1).count == told)
    // What Alice signed, under Carol's leaf.
    let (carol, _) = try group(world, 2, room)
    var bytes = TypingSignal(
      isTyping: true, at: world.now, as: alice, routingID: routingID, with: try key(world, 0)
    ).encoded
    var leaf = ByteWriter()
    leaf.write(carol.ownLeafIndex)
    bytes.replaceSubrange(0..<4, with: leaf.bytes)
    let moved = try SealedSignal(
      TypingSignal(decoding: bytes), in: alice, routingID: routingID, using: &world.entropy)
    receive(try frame(real, with: moved.bytes), &world)
    #expect(world.seen(1).count == told)
    // It was not for want of a good frame.
    let honest = TypingSignal(
      isTyping: true, at: world.now, as: alice, routingID: routingID, with: try key(world, 0))
    let good = try SealedSignal(
      honest, in: alice, routingID: routingID, using: &world.entropy)
    receive(try frame(real, with: good.bytes), &world)
    #expect(world.seen(1).count == told + 1)
  }

  @Test func whatWasSealedForAnotherEpochOrLogIsDropped() throws {
    var (world, room, tap) = try tapped()
    #expect(try world.types(0, in: room))
    let real = try #require(tap.all.first)
    world.settle(for: .seconds(20))
    let told = world.seen(1).count
    let (alice, routingID) = try group(world, 0, room)
    let signal = TypingSignal(
      isTyping: true, at: world.now + .seconds(10), as: alice, routingID: routingID,
      with: try key(world, 0))
    let good = try SealedSignal(signal, in: alice, routingID: routingID, using: &world.entropy)
    let otherLog = [UInt8](repeating: 1, count: 32)
    let elsewhere = try SealedSignal(
      signal, in: alice, routingID: otherLog, using: &world.entropy)
    var damaged = good.bytes
    damaged[40] ^= 1
    var version = good.bytes
    version[0] = 2
    let short = Array(good.bytes.dropLast())
    let bodies: [[UInt8]] = [elsewhere.bytes, damaged, version, short, good.bytes + [0], []]
    for body in bodies { receive(try frame(real, with: body), &world) }
    #expect(world.seen(1).count == told)
    // The same bytes after a commit.
    try world.want(.rename("Walk"), 0, in: room)
    world.settle(for: .seconds(10))
    receive(try frame(real, with: good.bytes), &world)
    #expect(world.seen(1).count == told)
  }

  @Test func whoWasRemovedNeitherSeesNorSays() throws {
    var (world, room, tap) = try tapped()
    let carol = world.clients[2].address
    let (old, routingID) = try group(world, 2, room)
    let signing = try key(world, 2)
    #expect(try world.types(0, in: room))
    let real = try #require(tap.all.first)
    try world.want(.remove(address: carol, banning: false), 0, in: room)
    world.settle(for: .seconds(30))
    let told = (world.seen(1).count, world.seen(2).count)
    let signal = TypingSignal(
      isTyping: true, at: world.now, as: old, routingID: routingID, with: signing)
    let sealed = try SealedSignal(signal, in: old, routingID: routingID, using: &world.entropy)
    receive(try frame(real, with: sealed.bytes), &world)
    #expect(try world.types(0, in: room))
    #expect(world.seen(1).count == told.0 + 1)
    #expect(world.seen(2).count == told.1)
    #expect(throws: Never.self) { try world.types(2, in: room) }
    #expect(world.seen(1).count == told.0 + 1)
  }

  @Test func theDecoderIsStrict() throws {
    let (world, room, _) = try tapped()
    let (alice, routingID) = try group(world, 0, room)
    let signal = TypingSignal(
      isTyping: true, at: world.now, as: alice, routingID: routingID, with: try key(world, 0))
    let bytes = signal.encoded
    #expect(bytes.count == TypingSignal.byteCount)
    #expect(try TypingSignal(decoding: bytes) == signal)
    func failure(_ change: (inout [UInt8]) -> Void) -> DecodingFailure? {
      var changed = bytes
      change(&changed)
      do {
        _ = try TypingSignal(decoding: changed)
        return nil
      } catch {
        return error
      }
    }
    #expect(failure { $0[4] = 0x80 } == .invalidValue(field: "typing time"))
    #expect(failure { $0[12] = 0 } == .invalidValue(field: "typing state"))
    #expect(failure { $0[12] = 3 } == .invalidValue(field: "typing state"))
    #expect(failure { $0[$0.count - 1] = 1 } == .invalidValue(field: "typing padding"))
    #expect(failure { $0.append(0) } == .trailingBytes)
    #expect(failure { $0.removeLast() } != nil)
  }

  @Test func eachSignalIsLaterThanTheLastAndNearTheClock() {
    var board = TypingBoard()
    let now = Instant(milliseconds: 1_800_000_000_000)
    let leaf = TypingBoard.Leaf(groupID: [1], index: LeafIndex(rawValue: 0))
    let span = ClientLimits.typingClockSpan
    let oldest = now + (.zero - span)
    #expect(board.nextTime(at: now) == now)
    #expect(board.nextTime(at: now) == now + .milliseconds(1))
    // A clock that was set back does not make the next one an old one.
    #expect(board.nextTime(at: now + .seconds(-9)) == now + .milliseconds(2))
    func takes(_ at: Instant, of leaf: TypingBoard.Leaf, now: Instant) -> Bool {
      board.takes(at, of: leaf, now: now)
    }
    #expect(!takes(oldest + .milliseconds(-1), of: leaf, now: now))
    #expect(!takes(now + span + .milliseconds(1), of: leaf, now: now))
    #expect(takes(oldest, of: leaf, now: now))
    #expect(!takes(oldest, of: leaf, now: now))
    #expect(takes(now, of: leaf, now: now))
    #expect(!takes(now + .milliseconds(-1), of: leaf, now: now))
    // So many devices are remembered; those whose signals would be too old make room.
    for number in 1..<UInt32(ClientLimits.typingLeavesMax) {
      let other = TypingBoard.Leaf(groupID: [1], index: LeafIndex(rawValue: number))
      #expect(takes(now, of: other, now: now))
    }
    let one = TypingBoard.Leaf(groupID: [2], index: LeafIndex(rawValue: 0))
    #expect(!takes(now, of: one, now: now))
    let later = now + span + .milliseconds(1)
    #expect(takes(later, of: one, now: later))
  }
}

extension World {
  /// The newest subscription of a client to the log of a group.
  func subscriptions(_ index: Int, _ room: String) -> UInt64? {
    guard let row = conversation(index, room) else { return nil }
    let logs = clients[index].store.committed.groups(conversationID: row.id).map(\.routingID)
    return sent.reversed().lazy.compactMap { item -> UInt64? in
      guard item.client == index, item.endpoint == .logs,
        let frame = try? WireLogsClientFrame(serializedBytes: item.frame),
        case .subscribeLog(let subscribe) = frame.request,
        logs.contains(Array(subscribe.right.logID))
      else { return nil }
      return frame.requestID
    }.first
  }
}
