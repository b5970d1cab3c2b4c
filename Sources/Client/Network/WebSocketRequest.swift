// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// One attempt to open a WebSocket (RFC 6455 §4.1) over pinned TLS.
struct WebSocketRequest: Sendable {
  /// The server did not switch protocols.
  struct Refused: Error {}
  /// The attempt was given up before it came to anything.
  struct Abandoned: Error {}

  /// What both sides speak inside the WebSocket; a server that does not choose it is refused.
  static let subprotocol = "sotto.v1"

  let server: ServerAddress
  let path: String

  /// Connects, shakes hands and switches protocols, all on `loop`.
  ///
  /// `began` is called with the channel as soon as there is one; when it says no, the attempt ends.
  /// The handler stands at the end of the pipeline and is handed out once frames can be sent.
  func open(
    on loop: any EventLoop, pin: CertificatePin, limits: NetworkLimits,
    began: @escaping @Sendable (any Channel) -> Bool,
    makeHandler: @escaping @Sendable () -> WebSocketHandler
  ) -> EventLoopFuture<NIOLoopBound<WebSocketHandler>> {
    let opened = loop.makePromise(of: NIOLoopBound<WebSocketHandler>.self)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(limits.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard began(channel) else { throw Abandoned() }
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(pin.makeHandler(host: server.host))
          let configuration = upgrade(limits: limits, makeHandler: makeHandler)
          try pipeline.configureUpgradableHTTPClientPipeline(configuration: configuration)
            .cascade(to: opened)
        }
      }
    bootstrap.connect(host: server.host, port: server.port).whenFailure { opened.fail($0) }
    return opened.futureResult
  }

  private func upgrade(
    limits: NetworkLimits, makeHandler: @escaping @Sendable () -> WebSocketHandler
  ) -> NIOUpgradableHTTPClientPipelineConfiguration<NIOLoopBound<WebSocketHandler>> {
    let upgrader = NIOTypedWebSocketClientUpgrader(
      maxFrameSize: limits.frameBytesMax
    ) { channel, response in
      channel.eventLoop.makeCompletedFuture {
        guard response.headers["sec-websocket-protocol"] == [WebSocketRequest.subprotocol] else {
          throw Refused()
        }
        let handler = makeHandler()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
          NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: limits.fragmentsMax,
            maxAccumulatedFrameSize: limits.frameBytesMax))
        try pipeline.addHandler(handler)
        return NIOLoopBound(handler, eventLoop: channel.eventLoop)
      }
    }
    let head = HTTPRequestHead(
      version: .http1_1, method: .GET, uri: path,
      headers: [
        "Host": server.authority, "Content-Length": "0",
        "Sec-WebSocket-Protocol": WebSocketRequest.subprotocol,
      ])
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
      upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
        upgradeRequestHead: head, upgraders: [upgrader],
        notUpgradingCompletionHandler: { $0.eventLoop.makeFailedFuture(Refused()) }))
    // The server speaks first, and its first message may come together with the response.
    configuration.leftOverBytesStrategy = .forwardBytes
    return configuration
  }
}
