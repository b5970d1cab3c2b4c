// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The few pages beside the WebSockets: `/healthz`, `/metrics`, and 404 for all else. One answer,
/// then the connection ends.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// Bodies are not read; above this the connection is closed at once.
  private static let bodyBytesMax = 4_096

  private let parts: ServerParts
  private var bodyBytes = 0
  private var head: HTTPRequestHead?

  init(parts: ServerParts) { self.parts = parts }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
    case .body(let body):
      bodyBytes += body.readableBytes
      if bodyBytes > Self.bodyBytesMax { context.close(promise: nil) }
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, in: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A refused upgrade is told here first and then comes as a request, which is answered.
    if error is NIOWebSocketUpgradeError { return }
    context.close(promise: nil)
  }

  private func answer(_ head: HTTPRequestHead, in context: ChannelHandlerContext) {
    let isDraining = parts.hub.isDraining
    switch (head.method, head.uri) {
    case (.GET, "/healthz"):
      respond(isDraining ? .serviceUnavailable : .ok, isDraining ? "draining\n" : "ok\n", context)
    case (.GET, "/metrics"):
      respond(
        .ok, parts.metrics.text(), context, type: "text/plain; version=0.0.4; charset=utf-8")
    case (.GET, "/v1/inbox"), (.GET, "/v1/logs"):
      respond(isDraining ? .serviceUnavailable : .upgradeRequired, "", context)
    default:
      respond(.notFound, "", context)
    }
  }

  private func respond(
    _ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext,
    type: String = "text/plain; charset=utf-8"
  ) {
    var headers = HTTPHeaders()
    headers.add(name: "content-type", value: type)
    headers.add(name: "content-length", value: String(text.utf8.count))
    headers.add(name: "cache-control", value: "no-store")
    headers.add(name: "connection", value: "close")
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let body = context.channel.allocator.buffer(string: text)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    let channel = context.channel
    let done = context.eventLoop.makePromise(of: Void.self)
    done.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
  }
}
