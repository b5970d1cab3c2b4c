// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import SansIO
import SottoClient
import Synchronization

/// A WebSocket server on loopback that sends every binary message back, with a certificate of its
/// own that protects nothing but these tests.
final class TestServer: Sendable {
  let port: Int
  private let listener: any Channel
  private let accepted: AcceptedChannels

  /// SHA-256 of the SubjectPublicKeyInfo of `certificate`, computed by OpenSSL.
  static let pin: [UInt8] =
    Hex.decode("ba4594326687818ae543316e1a2136bd8e1a5cf567abae807ce1eaadc7ad2e9d") ?? []

  private init(listener: any Channel, accepted: AcceptedChannels) {
    self.listener = listener
    self.accepted = accepted
    port = listener.localAddress?.port ?? 0
  }

  /// `makeHandler` is called with the path of each WebSocket, on `loop`; an echo when there is
  /// none.
  static func start(
    port: Int = 0, newestTLS: TLSVersion = .tlsv13,
    subprotocol: HTTPHeaders = ["sec-websocket-protocol": "sotto.v1"],
    firstMessage: [UInt8]? = nil,
    loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
    makeHandler: (@Sendable (_ path: String) -> any ChannelHandler)? = nil
  ) async throws -> TestServer {
    let certificates = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(privateKey.utf8), format: .pem)))
    configuration.maximumTLSVersion = newestTLS
    let context = try NIOSSLContext(configuration: configuration)
    let accepted = AcceptedChannels()
    let upgrader = NIOWebSocketServerUpgrader(
      maxFrameSize: 1 << 22,
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(subprotocol) },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          let handler = makeHandler?(head.uri) ?? EchoHandler(firstMessage: firstMessage)
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      })
    let listener = try await ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        accepted.add(channel)
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(NIOSSLServerHandler(context: context))
          try pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    return TestServer(listener: listener, accepted: accepted)
  }

  func address(pin: [UInt8] = TestServer.pin) -> ServerAddress {
    ServerAddress(host: "127.0.0.1", port: port, pin: pin)
  }

  /// Cuts every connection, without a word.
  func cutConnections() async { await accepted.closeAll() }

  func stop() async throws {
    try await listener.close()
    await cutConnections()
  }

  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBdjCCARugAwIBAgIUIsEpJSEjICdeqOF9zQrjC35Gy5UwCgYIKoZIzj0EAwIw
    DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMwNzQ0NTBaGA8yMTI2MTAzMDA3NDQ1
    MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+d
    xEJ3l2V0T7mv67gsmc4X3oG8C5nhRszxOsgvw1hsDlesjReVQOs22WcqhozKUZNe
    +kBrEE26l7jhafvuCQ+jUzBRMB0GA1UdDgQWBBQ+FFTKPTWebfnwjGn/VGxlQdWJ
    STAfBgNVHSMEGDAWgBQ+FFTKPTWebfnwjGn/VGxlQdWJSTAPBgNVHRMBAf8EBTAD
    AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCU5d60QhBSU/PteEkPdy0/2zFF/66K4dfT
    7/e+QzWHYAIhAK1jKWpqOpqr33m7BdUbC+0v2wPMmxwWl6+I7C9N/Y04
    -----END CERTIFICATE-----
    """
  private static let privateKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9AawRsSX7sjCOtOj
    1rKHIqb3cT3MGSzUg/u+2ohRECihRANCAATfncRCd5dldE+5r+u4LJnOF96BvAuZ
    4UbM8TrIL8NYbA5XrI0XlUDrNtlnKoaMylGTXvpAaxBNupe44Wn77gkP
    -----END PRIVATE KEY-----
    """
}

private final class AcceptedChannels: Sendable {
  private let channels = Mutex<[any Channel]>([])

  func add(_ channel: any Channel) { channels.withLock { $0.append(channel) } }

  func closeAll() async {
    let all = channels.withLock { channels in
      defer { channels = [] }
      return channels
    }
    for channel in all { try? await channel.close() }
  }
}

private final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame
  private let firstMessage: [UInt8]?

  init(firstMessage: [UInt8]?) { self.firstMessage = firstMessage }

  func handlerAdded(context: ChannelHandlerContext) {
    guard let firstMessage else { return }
    send(ByteBuffer(bytes: firstMessage), context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    if frame.opcode == .binary { send(frame.unmaskedData, context) }
    if frame.opcode == .connectionClose { context.close(promise: nil) }
  }

  private func send(_ data: ByteBuffer, _ context: ChannelHandlerContext) {
    context.writeAndFlush(
      wrapOutboundOut(WebSocketFrame(fin: true, opcode: .binary, data: data)), promise: nil)
  }
}
