// SPDX-License-Identifier: Apache-2.0

import NIOTLS
import Crypto
import NIOCore
import NIOPosix
import NIOSSL
import Server

/// A TLS connection to a server under test, in bytes: what a client that keeps no rules can send.
final class RawConnection {
  /// What went wrong with a connection.
  enum Fault: Error, Hashable {
    /// The other side ended it before all was there.
    case ended
    case badFrame
  }

  let channel: any Channel
  private var iterator: AsyncStream<ByteBuffer>.Iterator
  private var buffer = ByteBuffer()

  private init(channel: any Channel, incoming: AsyncStream<ByteBuffer>) {
    self.channel = channel
    iterator = incoming.makeAsyncIterator()
  }

  /// Connects and shakes hands; refuses a certificate with another key than the pin says.
  static func connect(
    port: Int, pin: [UInt8], tls: ClosedRange<TLSVersionOrder> = .thirteen...(.thirteen),
    curves: [NIOTLSCurve]? = nil
  ) async throws -> RawConnection {
    var configuration = TLSConfiguration.makeClientConfiguration()
    // The pin stands for the name: the callback replaces the check of the chain.
    configuration.certificateVerification = .noHostnameVerification
    configuration.minimumTLSVersion = tls.lowerBound.version
    configuration.maximumTLSVersion = tls.upperBound.version
    if let curves { configuration.curves = curves }
    let context = try NIOSSLContext(configuration: configuration)
    let (incoming, sink) = AsyncStream.makeStream(of: ByteBuffer.self)
    let group = MultiThreadedEventLoopGroup.singleton
    let shaken = group.any().makePromise(of: Void.self)
    let bootstrap = ClientBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = try NIOSSLClientHandler(
            context: context, serverHostname: nil,
            customVerificationCallback: { certificates, promise in
              let info = try? certificates.first?.extractPublicKey().toSPKIBytes()
              let isPinned = info.map { Array(SHA256.hash(data: $0)) == pin } ?? false
              promise.succeed(isPinned ? .certificateVerified : .failed)
            })
          try channel.pipeline.syncOperations.addHandler(handler)
          try channel.pipeline.syncOperations.addHandler(Sink(sink: sink, shaken: shaken))
        }
      }
    let channel: any Channel
    do {
      channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    } catch {
      shaken.fail(error)
      throw error
    }
    try await shaken.futureResult.get()
    return RawConnection(channel: channel, incoming: incoming)
  }

  /// Connects without TLS and says nothing.
  static func connectPlain(port: Int) async throws -> RawConnection {
    let (incoming, sink) = AsyncStream.makeStream(of: ByteBuffer.self)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Sink(sink: sink, shaken: nil))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return RawConnection(channel: channel, incoming: incoming)
  }

  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  /// Stops or goes on taking bytes from the socket.
  func setReading(_ isReading: Bool) async throws {
    try await channel.setOption(.autoRead, value: isReading).get()
  }

  /// Exactly so many bytes.
  func read(_ count: Int) async throws -> [UInt8] {
    while buffer.readableBytes < count { try await readMore() }
    return buffer.readBytes(length: count) ?? []
  }

  /// The head of an HTTP answer, with the empty line at its end.
  func readHead() async throws -> String {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) { head += try await read(1) }
    return String(decoding: head, as: UTF8.self)
  }

  /// All that still comes until the other side ends the connection.
  func readToEnd() async -> [UInt8] {
    while let more = await iterator.next() { buffer.writeImmutableBuffer(more) }
    return buffer.readBytes(length: buffer.readableBytes) ?? []
  }

  func close() async { try? await channel.close().get() }

  private func readMore() async throws {
    guard let more = await iterator.next() else { throw Fault.ended }
    buffer.writeImmutableBuffer(more)
  }

  /// TLS versions in their order.
  enum TLSVersionOrder: Comparable {
    case twelve, thirteen
    var version: TLSVersion { self == .twelve ? .tlsv12 : .tlsv13 }
  }
}

/// Hands on what arrives, and when the handshake is over.
private final class Sink: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let sink: AsyncStream<ByteBuffer>.Continuation
  private var shaken: EventLoopPromise<Void>?

  init(sink: AsyncStream<ByteBuffer>.Continuation, shaken: EventLoopPromise<Void>?) {
    self.sink = sink
    self.shaken = shaken
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    sink.yield(unwrapInboundIn(data))
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      shaken?.succeed()
      shaken = nil
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    shaken?.fail(error)
    shaken = nil
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    shaken?.fail(RawConnection.Fault.ended)
    shaken = nil
    sink.finish()
  }
}
