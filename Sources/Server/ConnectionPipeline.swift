// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOWebSocket
import ServerCore

/// The handlers of an accepted connection: TLS, HTTP, and after the upgrade the WebSocket of one of
/// the two endpoints.
struct ConnectionPipeline: Sendable {
  static let subprotocol = "sotto.v1"
  /// Pieces that one message may come in: a client that cuts finer wastes both sides' time.
  private static let fragmentsMax = 64

  let parts: ServerParts
  /// `nil`: a proxy has ended TLS.
  let tls: NIOSSLContext?
  let upgradeDeadline: TimeAmount

  /// Sets up an accepted connection, or closes it when its address has too many.
  func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard let peer = channel.remoteAddress.flatMap(PeerAddress.init) else {
      return channel.close()
    }
    guard parts.hub.admit(peer) else {
      parts.metrics.count(.connectionsRefused)
      return channel.close()
    }
    parts.metrics.count(.connectionsOpened)
    let hub = parts.hub
    channel.closeFuture.whenComplete { _ in hub.leave(peer) }
    return channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      let deadline = UpgradeDeadlineHandler(deadline: upgradeDeadline, metrics: parts.metrics)
      try pipeline.addHandler(deadline)
      if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
      let boundDeadline = NIOLoopBound(deadline, eventLoop: channel.eventLoop)
      let http = HTTPHandler(parts: parts, peer: peer, deadline: boundDeadline)
      let boundHTTP = NIOLoopBound(http, eventLoop: channel.eventLoop)
      let upgrader = upgrader(peer: peer, deadline: boundDeadline)
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false,
        withServerUpgrade: (
          upgraders: [upgrader],
          completionHandler: { context in
            context.pipeline.syncOperations.removeHandler(boundHTTP.value, promise: nil)
          }
        ), withErrorHandling: true)
      try pipeline.addHandler(http)
    }
  }

  private func upgrader(
    peer: PeerAddress, deadline: NIOLoopBound<UpgradeDeadlineHandler>
  ) -> NIOWebSocketServerUpgrader {
    let parts = parts
    return NIOWebSocketServerUpgrader(
      maxFrameSize: ServerLimits.frameBytesMax, automaticErrorHandling: true,
      shouldUpgrade: { channel, head in
        channel.eventLoop.makeSucceededFuture(Self.upgradeHeaders(head, parts: parts))
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          pipeline.removeHandler(deadline.value, promise: nil)
          try pipeline.addHandler(ClientFrameHandler())
          try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
              minNonFinalFragmentSize: 1_024, maxAccumulatedFrameCount: Self.fragmentsMax,
              maxAccumulatedFrameSize: ServerLimits.frameBytesMax))
          let number = parts.hub.nextNumber()
          if head.uri == "/v1/inbox" {
            try pipeline.addHandler(
              SessionHandler(
                session: InboxSession(policy: parts.policy, peer: peer), parts: parts,
                number: number))
          } else {
            try pipeline.addHandler(
              SessionHandler(
                session: LogsSession(policy: parts.policy, peer: peer), parts: parts,
                number: number))
          }
        }
      })
  }

  /// The headers of an accepted upgrade; nil when the path or the subprotocol is another.
  private static func upgradeHeaders(_ head: HTTPRequestHead, parts: ServerParts) -> HTTPHeaders? {
    guard head.method == .GET, ["/v1/inbox", "/v1/logs"].contains(head.uri),
      !parts.hub.isDraining
    else { return nil }
    let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
    guard offered.contains(where: { $0 == subprotocol }) else { return nil }
    return HTTPHeaders([("sec-websocket-protocol", subprotocol)])
  }
}

extension PeerAddress {
  private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

  init?(_ address: SocketAddress) {
    guard let text = address.ipAddress else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    // A link-local address bears the name of its interface.
    let plain = text.split(separator: "%").first.map(String.init) ?? text
    if unsafe inet_pton(AF_INET, plain, &bytes) == 1 {
      self.init(ipv4: Array(bytes.prefix(4)))
    } else if unsafe inet_pton(AF_INET6, plain, &bytes) == 1 {
      // A socket on [::] shows IPv4 peers so (RFC 4291 §2.5.5.2); one /64 would hold them all.
      if bytes.prefix(12) == Self.mappedPrefix[...] {
        self.init(ipv4: Array(bytes.suffix(4)))
      } else {
        self.init(ipv6: bytes)
      }
    } else {
      return nil
    }
  }
}
