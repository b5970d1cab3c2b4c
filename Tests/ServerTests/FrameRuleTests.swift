// SPDX-License-Identifier: Apache-2.0

import SwiftProtobuf
import Foundation
import NIOCore
import Server
import ServerCore
import Testing
import Wire

/// Frames that no client may send, and clients that do not read.
@Suite(.timeLimit(.minutes(4)))
struct FrameRuleTests {
  /// The payload never comes: the length alone is refused.
  @Test func aFrameThatIsTooLongIsRefusedByItsHead() async throws {
    try await RunningServer.with { running in
      let socket = try await running.socket("/v1/logs")
      _ = try await socket.message()
      try await socket.raw.send(
        WebSocketConnection.frame(.binary, [], claimedLength: ServerLimits.frameBytesMax + 1))
      let (opcode, payload) = try await socket.frame()
      #expect(opcode == .close)
      #expect(payload.prefix(2) == [0x03, 0xf1])  // 1009, RFC 6455 §7.4.1
      _ = await socket.isEnded()
      try await running.wait(for: "sotto_connections") { $0 == 0 }
    }
  }

  /// Each of these ends the connection, and none reaches a session.
  @Test(arguments: [
    WebSocketConnection.frame(.binary, [1, 2], isMasked: false),
    WebSocketConnection.frame(.text, [65, 66]),
    WebSocketConnection.frame(.continuation, [1]),
    WebSocketConnection.frame(.ping, Array(repeating: 0, count: 126)),
    [0xc2, 0x80, 0, 0, 0, 0], [0x83, 0x80, 0, 0, 0, 0],
  ])
  func framesAgainstTheRulesEndTheConnection(frame: [UInt8]) async throws {
    try await RunningServer.with { running in
      let socket = try await running.socket("/v1/logs")
      _ = try await socket.message()
      try await socket.raw.send(frame)
      _ = await socket.isEnded()
      try await running.wait(for: "sotto_connections") { $0 == 0 }
      #expect(running.metric("sotto_frames_received_total") == 0)
    }
  }

  @Test func aMessageInPiecesIsOneMessage() async throws {
    try await RunningServer.with { running in
      let logs = try await running.logs()
      var frame = WireLogsClientFrame()
      frame.requestID = 99
      frame.append = TestLog(1).message(1, Array(repeating: 7, count: 5_000))
      let bytes: [UInt8] = try frame.serializedBytes()
      try await logs.socket.raw.send(
        WebSocketConnection.frame(.binary, Array(bytes.prefix(2_000)), isFinal: false))
      try await logs.socket.raw.send(WebSocketConnection.frame(.ping, [1, 2, 3]))
      try await logs.socket.raw.send(
        WebSocketConnection.frame(.continuation, Array(bytes.dropFirst(2_000))))
      #expect(try await logs.next { $0.requestID == 99 }.failure.code == .notFound)
    }
  }

  /// Pieces that come to more than a frame, and pieces that are too small.
  @Test(arguments: [300_000, 10])
  func piecesBeyondTheLimitsAreRefused(size: Int) async throws {
    try await RunningServer.with { running in
      let socket = try await running.socket("/v1/logs")
      _ = try await socket.message()
      let piece = Array(repeating: UInt8(0), count: size)
      try? await socket.raw.send(WebSocketConnection.frame(.binary, piece, isFinal: false))
      for _ in 0..<5 {
        try? await socket.raw.send(WebSocketConnection.frame(.continuation, piece, isFinal: false))
      }
      _ = await socket.isEnded()
      try await running.wait(for: "sotto_connections") { $0 == 0 }
      #expect(running.metric("sotto_frames_received_total") == 0)
    }
  }

  @Test func nonsenseInAFrameIsToldAndEnds() async throws {
    try await RunningServer.with { running in
      let logs = try await running.logs()
      try await logs.socket.send([0xff, 0xff, 0xff])
      let last = try await logs.next()
      #expect(last.requestID == 0)
      #expect(last.failure.code == .malformed)
      await #expect(throws: RawConnection.Fault.ended) { _ = try await logs.next() }
      try await running.wait(for: "sotto_connections") { $0 == 0 }
    }
  }

  @Test func pingsAreAnswered() async throws {
    try await RunningServer.with { running in
      let socket = try await running.socket("/v1/inbox")
      _ = try await socket.message()
      try await socket.raw.send(WebSocketConnection.frame(.ping, [1, 2, 3]))
      let (opcode, payload) = try await socket.frame()
      #expect(opcode == .pong)
      #expect(payload == [1, 2, 3])
    }
  }

  /// A client that asks and asks and reads nothing: the server stops reading, too, keeps a bounded
  /// number of bytes for it, and ends the connection.
  @Test func aReaderThatTakesNothingIsCut() async throws {
    try await RunningServer.with { running in
      let log = TestLog(5)
      let writer = try await running.logs()
      try await writer.makeLog(log)
      let body = Array(repeating: UInt8(7), count: 90_000)
      for number in 0..<60 { _ = try await writer.append(log.message(UInt64(number), body)) }
      let lazy = try await running.logs()
      try await lazy.socket.raw.setReading(false)
      let before = running.metric("sotto_sent_bytes_total") ?? 0
      try await lazy.send(log.subscribe())
      var read = WireReadLog()
      read.right = log.right(0)
      read.limit = 256
      var frame = WireLogsClientFrame()
      frame.readLog = read
      for number in 0..<2_000 {
        frame.requestID = 1_000 + UInt64(number)
        let bytes = WebSocketConnection.frame(.binary, try frame.serializedBytes())
        lazy.socket.raw.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
      }
      try await running.wait(for: "sotto_slow_readers_total") { $0 == 1 }
      try await running.wait(for: "sotto_connections") { $0 == 1 }
      // 64 answers that were asked for at once, a window, and what the sockets' buffers take.
      let sent = (running.metric("sotto_sent_bytes_total") ?? 0) - before
      #expect(sent < 64 * 2 * ServerLimits.pageBytesMax)
      #expect(try await writer.append(log.message(1_000)).seq == 61)
    }
  }

  /// Requests, pings and at last a frame against the rules, from a client that reads nothing: the
  /// connection ends although it takes no reason for it.
  @Test func aClientThatTakesNothingAndBreaksTheRulesEnds() async throws {
    try await RunningServer.with { running in
      let log = TestLog(8)
      let writer = try await running.logs()
      try await writer.makeLog(log)
      let body = Array(repeating: UInt8(7), count: 90_000)
      for number in 0..<12 { _ = try await writer.append(log.message(UInt64(number), body)) }
      let lazy = try await running.logs()
      try await lazy.socket.raw.setReading(false)
      for number in 0..<40 {
        var read = WireReadLog()
        read.right = log.right(0)
        read.limit = 256
        var frame = WireLogsClientFrame()
        frame.requestID = 1_000 + UInt64(number)
        frame.readLog = read
        let bytes = WebSocketConnection.frame(.binary, try frame.serializedBytes())
        lazy.socket.raw.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
      }
      for _ in 0..<1_000 {
        let ping = WebSocketConnection.frame(.ping, Array(repeating: 1, count: 125))
        lazy.socket.raw.channel.writeAndFlush(ByteBuffer(bytes: ping), promise: nil)
      }
      let text = WebSocketConnection.frame(.text, [65])
      lazy.socket.raw.channel.writeAndFlush(ByteBuffer(bytes: text), promise: nil)
      try await running.wait(for: "sotto_connections") { $0 == 1 }
    }
  }
}
