// SPDX-License-Identifier: Apache-2.0

import ClientCore
import NIOCore
import NIOPosix

/// A program's connection to a client: calls go out one at a time, events come in.
public struct SottoConnection {
  private var lines: NIOAsyncChannelInboundStream<[UInt8]>.AsyncIterator
  private let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
  /// The account that every request names.
  private let account: String?
  private var requests: Int64 = 0
  /// Events that came while an answer was waited for.
  private var waitingEvents: [JSONValue] = []

  private init(
    lines: NIOAsyncChannelInboundStream<[UInt8]>.AsyncIterator,
    writer: NIOAsyncChannelOutboundWriter<ByteBuffer>, account: String?
  ) {
    self.lines = lines
    self.writer = writer
    self.account = account
  }

  /// Calls a method of the local protocol.
  ///
  /// - Throws: the `SottoFailure` that the client answers with; `internal-failure` when the
  ///   connection ends before the answer.
  public mutating func call(
    _ method: String, _ parameters: [String: JSONValue] = [:]
  ) async throws(SottoFailure) -> JSONValue {
    requests += 1
    let id = JSONValue.integer(requests)
    let request = JSONRPCRequest(
      id: id, method: method, parameters: parameters.naming(account))
    do {
      try await writer.write(line: request.line)
    } catch {
      throw SottoConnection.broken
    }
    while let message = try await nextMessage() {
      if message["method"] == "event" {
        waitingEvents.append(message)
      } else if message["id"] == id {
        if let result = message["result"] { return result }
        throw SottoFailure(answer: message["error"] ?? .null)
      }
    }
    throw SottoConnection.broken
  }

  /// The next event of the subscriptions of this connection; `nil` when the connection has ended
  /// or the task is cancelled.
  public mutating func nextEvent() async throws(SottoFailure) -> JSONValue? {
    if !waitingEvents.isEmpty { return waitingEvents.removeFirst()["params"]?["event"] }
    while let message = try await nextMessage() {
      if message["method"] == "event" { return message["params"]?["event"] }
    }
    return nil
  }

  /// Something that came in.
  public enum Incoming: Sendable {
    /// An event of a subscription.
    case event(JSONValue)
    /// The answer to the request of this number.
    case answer(Int64, Result<JSONValue, SottoFailure>)
  }

  /// Puts requests on the way without waiting for their answers. A connection is used either
  /// through this and `nextIncoming`, or through `call` and `nextEvent`.
  public struct Requests: Sendable {
    fileprivate let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    fileprivate let account: String?

    /// Sends a request of this number.
    public func send(
      _ number: Int64, _ method: String, _ parameters: [String: JSONValue]
    ) async throws(SottoFailure) {
      let request = JSONRPCRequest(
        id: .integer(number), method: method, parameters: parameters.naming(account))
      do {
        try await writer.write(line: request.line)
      } catch {
        throw SottoConnection.broken
      }
    }
  }

  /// The way for requests, which other tasks may use.
  public var requestWriter: Requests { Requests(writer: writer, account: account) }

  /// The next thing that comes in; `nil` when the connection has ended or the task is cancelled.
  public mutating func nextIncoming() async throws(SottoFailure) -> Incoming? {
    while let message = try await nextMessage() {
      if message["method"] == "event", let event = message["params"]?["event"] {
        return .event(event)
      }
      guard let number = message["id"]?.integer else { continue }
      if let result = message["result"] { return .answer(number, .success(result)) }
      return .answer(number, .failure(SottoFailure(answer: message["error"] ?? .null)))
    }
    return nil
  }

  private mutating func nextMessage() async throws(SottoFailure) -> JSONValue? {
    do {
      guard let line = try await lines.next(isolation: nil) else { return nil }
      return try JSONValue(parsing: line)
    } catch is CancellationError {
      return nil
    } catch {
      throw SottoConnection.broken
    }
  }

  fileprivate static let broken = SottoFailure(
    .internalFailure, "The client ended the connection before it answered.")

  /// Runs `body` with a connection to the daemon that listens at `path`; `nil` when none does.
  package static func connecting<Value: Sendable>(
    path: String, account: String? = nil, _ body: (inout SottoConnection) async throws -> Value
  ) async throws -> Value? {
    let channel: LineChannel
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(unixDomainSocketPath: path) { channel in wrap(channel) }
    } catch {
      return nil
    }
    return try await run(channel, account, body)
  }

  /// Runs `body` with a connection over a connected socket.
  package static func connecting<Value: Sendable>(
    descriptor: CInt, account: String? = nil, _ body: (inout SottoConnection) async throws -> Value
  ) async throws -> Value {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .withConnectedSocket(descriptor) { channel in wrap(channel) }
    return try await run(channel, account, body)
  }

  private static func wrap(_ channel: any Channel) -> EventLoopFuture<LineChannel> {
    channel.eventLoop.makeCompletedFuture {
      try channel.wrapAsLines(bytesMax: LocalLimits.answerBytesMax)
    }
  }

  private static func run<Value: Sendable>(
    _ channel: LineChannel, _ account: String?,
    _ body: (inout SottoConnection) async throws -> Value
  ) async throws -> Value {
    try await channel.executeThenClose { inbound, outbound in
      var connection = SottoConnection(
        lines: inbound.makeAsyncIterator(), writer: outbound, account: account)
      return try await body(&connection)
    }
  }
}

extension [String: JSONValue] {
  /// The same with an account, when none is there.
  fileprivate func naming(_ account: String?) -> Self {
    guard let account, self["account"] == nil else { return self }
    return merging(["account": .string(account)]) { own, _ in own }
  }
}

extension SottoFailure {
  /// Takes the error object of an answer.
  fileprivate init(answer error: JSONValue) {
    let data = error["data"]
    let retry = data?["retryAfterMilliseconds"]?.integer
    self.init(
      code: data?["code"]?.text ?? ClientFailureCode.internalFailure.rawValue,
      reason: error["message"]?.text ?? "The client gave no reason.",
      exitCode: data?["exitCode"]?.integer.map { Int32(clamping: $0) }
        ?? ClientFailureCode.internalFailure.exitCode,
      retryAfter: retry.map { .milliseconds($0) },
      accounts: (data?["accounts"]?.elements ?? []).compactMap(\.text))
  }
}
