// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

/// What a client can send, and how each wrong form of it is refused.
@Suite struct FrameTests {
  private static let endpoints: [MachineFixture.Machine.Endpoint] = [.inbox, .logs]

  /// Each ends the connection, as no request can be named in the answer.
  @Test(arguments: endpoints)
  func undecodableFramesEndTheConnection(endpoint: MachineFixture.Machine.Endpoint) throws {
    let frames: [([UInt8], WireErrorCode)] = [
      ([], .malformed),
      ([0xff], .malformed),
      ([0x08, 0x00], .malformed),
      // A length that goes beyond the frame, and one of 64 bits.
      ([0x08, 0x01, 0x12, 0x05, 0x00], .malformed),
      ([0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .malformed),
      // A number that never ends, a group, and a wire type that there is not.
      (Array(repeating: 0x80, count: 64), .malformed),
      ([0x08, 0x01, 0x13, 0x14], .malformed),
      ([0x08, 0x01, 0x17], .malformed),
      (Array(repeating: 0, count: ServerLimits.frameBytesMax + 1), .tooLarge),
    ]
    for (frame, code) in frames {
      var fixture = try MachineFixture()
      let connection = fixture.connect(endpoint)
      fixture.sent[connection] = nil
      fixture.receive(frame, on: connection)
      #expect(fixture.closed[connection] == code)
      let answers = try fixture.logsFrames(connection)
      #expect(answers.map(\.requestID) == [0])
      if endpoint == .logs {
        #expect(answers.map(\.response) == [.failure(WireFailure(code))])
      }
      fixture.receive([0x08, 0x01], on: connection)
      #expect(fixture.sent[connection] == nil)
    }
  }

  @Test func requestNumbersMustBeFree() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    var subscribe = WireSubscribeLog()
    subscribe.right = .holding(1, 0)
    _ = try fixture.ask(connection, .subscribeLog(subscribe), id: 900)
    let frames = try fixture.ask(connection, .subscribeLog(subscribe), id: 900)
    #expect(frames.map(\.requestID) == [0])
    #expect(fixture.closed[connection] == .malformed)
  }

  @Test func frameWithoutRequestIsRefused() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    fixture.receive([0x08, 0x05], on: connection)
    let frames = try fixture.logsFrames(connection)
    #expect(frames.map(\.requestID) == [5])
    #expect(frames.map(\.response) == [.failure(WireFailure(.malformed))])
    #expect(fixture.closed.isEmpty)
  }

  @Test func fieldsAreCountedBeforeDecoding() throws {
    // A commit with Welcomes of nothing: two bytes each.
    let count = ServerLimits.frameFieldsMax
    let welcomes = Array(repeating: [0x32, 0x00] as [UInt8], count: count).flatMap { $0 }
    var commit = ByteWriter()
    commit.write(raw: [0x08, 0x01, 0x32])
    var length = welcomes.count
    while length >= 0x80 {
      commit.write(UInt8(length & 0x7f | 0x80))
      length >>= 7
    }
    commit.write(UInt8(length))
    commit.write(raw: welcomes)
    let frame = commit.bytes
    #expect(throws: SessionRefusal.tooLarge) { try LogsRequest.parse(frame.span) }
    // The same bytes in a field of bytes are not fields.
    #expect(throws: SessionRefusal.malformed) { try FrameShape.leaf.check([0x0f].span) }
    #expect(throws: Never.self) { try FrameShape.leaf.check(frame.span) }
  }

  /// Changes to a good append, and the answer to each.
  @Test func malformedAppends() throws {
    typealias Change = (inout WireAppend) -> Void
    let cases: [(WireErrorCode, Change)] = [
      (.malformed, { $0.clearRight() }),
      (.malformed, { $0.right.logID.removeLast() }),
      (.malformed, { $0.right.logID.append(0) }),
      (.malformed, { $0.right.token.removeLast() }),
      (.malformed, { $0.right.token = Data() }),
      (.malformed, { $0.submitID.append(0) }),
      (.malformed, { $0.submitID = Data() }),
      (.malformed, { $0.kind = .unspecified }),
      (.malformed, { $0.kind = .commit }),
      (.malformed, { $0.kind = .UNRECOGNIZED(9) }),
      (.malformed, { $0.body = Data() }),
      (.malformed, { $0.expiresMs = .max }),
      (.tooLarge, { $0.body = Data(repeating: 1, count: ServerLimits.applicationBytesMax + 1) }),
    ]
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    for (code, change) in cases {
      guard case .append(var append) = fixture.append(.holding(1, 0)) else { continue }
      change(&append)
      #expect(
        try fixture.answer(connection, .append(append)).response
          == .failure(WireFailure(code)))
    }
    let longest = [UInt8](repeating: 1, count: ServerLimits.applicationBytesMax)
    #expect(
      try fixture.answer(connection, fixture.append(.holding(1, 0), longest)).appended.seq == 1)
  }

  @Test func malformedCommits() throws {
    typealias Change = (inout WireCommit) -> Void
    let large = Data(repeating: 1, count: ServerLimits.commitBytesMax + 1)
    let cases: [(WireErrorCode, Change)] = [
      (.malformed, { $0.clearRight() }),
      (.malformed, { $0.submitID.removeLast() }),
      (.malformed, { $0.nextTokenHash.removeLast() }),
      (.malformed, { $0.body = Data() }),
      (
        .malformed,
        {
          $0.right.epoch = 3
          $0.endsEpoch = 2
        }
      ),
      (.malformed, { $0.groupInfo = Data() }),
      (.malformed, { $0.welcomes[0].devices = [] }),
      (.malformed, { $0.welcomes[0].body = Data() }),
      (.malformed, { $0.welcomes[0].devices[0].address = "nobody" }),
      (.malformed, { $0.welcomes.append($0.welcomes[0]) }),
      (.malformed, { $0.parts = [Data(repeating: 1, count: 31)] }),
      (.malformed, { $0.parts = Array(repeating: Data(repeating: 1, count: 32), count: 2) }),
      (.partsMissing, { $0.parts = [Data(repeating: 1, count: 32)] }),
      (
        .tooLarge,
        {
          $0.parts = (0...ServerLimits.commitPartsMax).map { number in
            Data(repeating: UInt8(number), count: 32)
          }
        }
      ),
      (.tooLarge, { $0.body = large }),
      (.tooLarge, { $0.groupInfo = large }),
      (.tooLarge, { $0.welcomes[0].body = large }),
      (
        .tooLarge,
        { commit in
          let device = commit.welcomes[0].devices[0]
          commit.welcomes[0].devices = (0...1_000).map { number in
            var device = device
            device.deviceID = UInt32(number)
            return device
          }
        }
      ),
    ]
    let alice = try TestAccount("alice", seed: 1)
    var fixture = try MachineFixture()
    _ = try fixture.register(alice)
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    for (code, change) in cases {
      var commit = fixture.commit(1, 0, welcomes: [alice.key()])
      change(&commit)
      #expect(
        try fixture.answer(connection, .commit(commit)).response == .failure(WireFailure(code)))
    }
    let good = fixture.commit(1, 0, welcomes: [alice.key()])
    #expect(try fixture.answer(connection, .commit(good)).appended.seq == 1)
  }

  @Test func malformedParts() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    var put = WirePutPart()
    put.right = .holding(1, 0)
    var get = WireGetPart()
    get.logID = Data(Rights.logID(1).bytes)
    get.partID = Data(PartID(hashing: [7]).bytes)
    func expect(_ code: WireErrorCode, _ request: WireLogsClientFrame.OneOf_Request) throws {
      #expect(
        try fixture.answer(connection, request).response == .failure(WireFailure(code)))
    }
    try expect(.malformed, .putPart(put))
    put.body = Data(repeating: 1, count: ServerLimits.partBytesMax + 1)
    try expect(.tooLarge, .putPart(put))
    put.body = Data([7])
    put.right.token.removeLast()
    try expect(.malformed, .putPart(put))
    put.right = .holding(1, 1)
    try expect(.notFound, .putPart(put))
    put.right = .holding(1, 0)
    try expect(.notFound, .getPart(get))
    #expect(try fixture.answer(connection, .putPart(put)).response == .done(WireDone()))
    #expect(try fixture.answer(connection, .getPart(get)).part.body == Data([7]))
    get.partID.append(0)
    try expect(.malformed, .getPart(get))
    get.logID.removeLast()
    try expect(.malformed, .getPart(get))
  }

  @Test func malformedCreations() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    var create = WireCreateLog()
    create.logID = Data(repeating: 1, count: 31)
    create.tokenHash = Data(repeating: 1, count: 32)
    #expect(
      try fixture.answer(connection, .createLog(create)).response
        == .failure(WireFailure(.malformed)))
    create.logID = Data(repeating: 1, count: 32)
    create.tokenHash = Data()
    #expect(
      try fixture.answer(connection, .createLog(create)).response
        == .failure(WireFailure(.malformed)))
    create.tokenHash = Data(repeating: 1, count: 32)
    create.epoch = .max
    #expect(
      try fixture.answer(connection, .createLog(create)).response
        == .failure(WireFailure(.malformed)))
  }

  /// Nothing that comes in can end the process: every prefix of good frames, and thousands of
  /// frames with damaged bytes.
  @Test(arguments: endpoints)
  func damagedFramesAreSurvived(endpoint: MachineFixture.Machine.Endpoint) throws {
    var random = SeededGenerator(seed: 5)
    var maker = try MachineFixture()
    var frames: [[UInt8]] = []
    if endpoint == .logs {
      var frame = WireLogsClientFrame()
      frame.requestID = 3
      let alice = try TestAccount("alice", seed: 1)
      for request in [
        maker.append(.holding(1, 0)),
        .commit(maker.commit(1, 0, welcomes: [alice.key()])),
      ] {
        frame.request = request
        frames.append(try frame.serializedBytes())
      }
    } else {
      var frame = WireInboxClientFrame()
      frame.requestID = 3
      let (_, nonce) = try maker.inbox()
      let alice = try TestAccount("alice", seed: 1)
      frame.register = try WireRegister(alice, nonce: nonce)
      frames.append(try frame.serializedBytes())
      frame.authenticate = try WireAuthenticate(alice, nonce: nonce)
      frames.append(try frame.serializedBytes())
    }
    var fixture = try MachineFixture(rates: .unrestricted)
    for frame in frames {
      for count in 0..<frame.count {
        let connection = fixture.connect(endpoint)
        fixture.receive(Array(frame.prefix(count)), on: connection)
        #expect(fixture.sent[connection]?.count == 2)
        fixture.machine.disconnect(connection)
      }
      for _ in 0..<1_500 {
        var damaged = frame
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let index = Int.random(in: 0..<damaged.count, using: &random)
          damaged[index] = UInt8(truncatingIfNeeded: random.next())
        }
        let connection = fixture.connect(endpoint)
        fixture.receive(damaged, on: connection)
        #expect(fixture.sent[connection, default: []].count >= 2)
        fixture.machine.disconnect(connection)
      }
    }
  }
}
