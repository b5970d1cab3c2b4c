// SPDX-License-Identifier: Apache-2.0

import Attachment
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SansIO

/// One request about a blob, on a connection of its own (blobs.md): nothing of it is held in memory
/// beyond some pieces.
struct BlobExchange: Sendable {
  /// Why there is no answer.
  enum Failure: Error {
    /// Nobody answers, or another than the pinned server.
    case unreachable
    /// The connection ended in the middle, or what came is no answer.
    case broken
    /// A file of the spool.
    case file(AttachmentFailure)
  }

  /// What the server says, without content.
  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders

    /// A field with a number that is not negative.
    func number(_ name: String) -> UInt64? {
      headers.first(name: name).flatMap { UInt64($0) }
    }

    /// How long the server asks to wait.
    var retryAfter: Duration? { number("retry-after").map { .seconds(Int64(min($0, 3_600))) } }
  }

  /// Bytes that are read from a file, or written to it, at once.
  private static let pieceBytes = 262_144
  /// A connection on which nothing moves for this long is given up; a server looks at a large blob
  /// for some seconds at its end.
  private static let patience = TimeAmount.seconds(60)

  private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  let server: ServerAddress
  let loop: any EventLoop
  var limits = NetworkLimits()

  /// Asks without content, and takes no content.
  func ask(
    _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders
  ) async throws(Failure) -> Answer {
    try await perform(head(method, path, headers)) { inbound, outbound in
      try await outbound.write(.end(nil))
      return try await Self.answer(&inbound)
    }
  }

  /// Sends a file from `offset` to its end.
  func send(
    _ file: LocalFile, from offset: UInt64, _ path: String, _ headers: HTTPHeaders,
    progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(Failure) -> Answer {
    let size = file.size
    var headers = headers
    headers.add(name: "content-length", value: String(size - min(offset, size)))
    return try await perform(head(.PATCH, path, headers)) { inbound, outbound in
      do {
        var position = offset
        while position < size {
          let start = position
          let piece = try await Self.inBackground { try file.read(Self.pieceBytes, at: start) }
          guard !piece.isEmpty else { throw Failure.file(.unreadable) }
          try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: piece))))
          position += UInt64(piece.count)
          progress(position)
        }
        try await outbound.write(.end(nil))
      } catch let failure as Failure {
        throw failure
      } catch {
        // The server may have said why before it closed.
      }
      return try await Self.answer(&inbound)
    }
  }

  /// Takes content into a file, at its end; of `sizeMax` bytes at most it becomes. What is there
  /// already is not asked for again.
  func fetch(
    _ path: String, into file: LocalFile, sizeMax: UInt64,
    progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void
  ) async throws(Failure) -> Answer {
    let start = file.size
    var headers = HTTPHeaders()
    if start > 0 { headers.add(name: "range", value: "bytes=\(start)-") }
    return try await perform(head(.GET, path, headers)) { inbound, outbound in
      try await outbound.write(.end(nil))
      guard case .head(let head)? = try await inbound.next() else { throw Failure.broken }
      let answer = Answer(status: Int(head.status.code), headers: head.headers)
      // A server that gives all of it although a part was asked for would spoil what is there.
      guard answer.status == (start > 0 ? 206 : 200) else { return answer }
      guard let length = answer.number("content-length"), length <= sizeMax - min(start, sizeMax)
      else { throw Failure.file(.invalid) }
      var position = start
      while let part = try await inbound.next(), case .body(let piece) = part {
        let offset = position
        try await Self.inBackground {
          try unsafe piece.withUnsafeReadableBytes { bytes in
            try unsafe file.write(bytes, at: offset)
          }
        }
        position += UInt64(piece.readableBytes)
        progress(position, start + length)
      }
      guard position == start + length else { throw Failure.broken }
      return answer
    }
  }

  private func head(
    _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders
  ) -> HTTPRequestHead {
    var headers = headers
    headers.add(name: "host", value: server.authority)
    headers.add(name: "connection", value: "close")
    return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
  }

  /// Connects, says the head, lets `body` do the rest, and closes.
  private func perform(
    _ head: HTTPRequestHead,
    _ body: (
      inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator,
      NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws -> Answer
  ) async throws(Failure) -> Answer {
    do {
      return try await connect().executeThenClose { inbound, outbound in
        var iterator = inbound.makeAsyncIterator()
        try await outbound.write(.head(head))
        return try await body(&iterator, outbound)
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .broken
    }
  }

  private func connect() async throws(Failure) -> Connection {
    let (server, pin) = (server, CertificatePin(server.pin))
    do {
      return try await ClientBootstrap(group: loop)
        .connectTimeout(limits.connectTimeout)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: server.host, port: server.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(pin.makeHandler(host: server.host))
            try pipeline.addHandler(IdleStateHandler(allTimeout: Self.patience))
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(IdleCloser())
            return try Connection(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw .unreachable
    }
  }

  private static func answer(
    _ inbound: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
  ) async throws -> Answer {
    guard case .head(let head)? = try await inbound.next() else { throw Failure.broken }
    return Answer(status: Int(head.status.code), headers: head.headers)
  }

  /// Files block: they are left to a thread that may wait.
  private static func inBackground<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    do {
      return try await NIOThreadPool.singleton.runIfActive(body)
    } catch let failure as AttachmentFailure {
      throw Failure.file(failure)
    }
  }
}

/// Ends a connection on which nothing moves.
private final class IdleCloser: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias InboundOut = HTTPClientResponsePart

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }
}
