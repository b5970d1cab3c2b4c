// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOWebSocket
import SansIO
import ServerCore

/// The few pages beside the WebSockets: `/healthz`, `/metrics`, and 404 for all else; blobs are
/// handed on to a handler of their own. One answer, then the connection ends.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// Bodies are not read; above this the connection is closed at once.
  private static let bodyBytesMax = 4_096

  private let parts: ServerParts
  private var bodyBytes = 0
  private let peer: PeerAddress
  private let deadline: NIOLoopBound<UpgradeDeadlineHandler>
  private var head: HTTPRequestHead?
  /// Everything is for the next handler.
  private var isHandedOn = false

  init(
    parts: ServerParts, peer: PeerAddress, deadline: NIOLoopBound<UpgradeDeadlineHandler>
  ) {
    self.parts = parts
    self.peer = peer
    self.deadline = deadline
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isHandedOn { return context.fireChannelRead(data) }
    switch unwrapInboundIn(data) {
    case .head(let head):
      if BlobRequest.isMeant(by: head.uri) { return handOn(head, context) }
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

  /// A blob has a handler, and no deadline but that something moves.
  private func handOn(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    isHandedOn = true
    let wait = parts.withLimits { gate in gate.admit(.peer(peer), cost: 1, at: parts.clock.now) }
    if let wait {
      let seconds = max(1, (wait.inMilliseconds + 999) / 1_000)
      return context.channel.respond(
        .tooManyRequests, [("retry-after", String(seconds))], closing: false)
    }
    let handler: any ChannelHandler
    do throws(BlobRefusal) {
      let fields = head.headers.map { (name: $0.name.lowercased(), value: $0.value) }
      switch try BlobRequest(method: head.method.rawValue, path: head.uri, fields: fields) {
      case .upload(let id, let tokenHash, let upload):
        handler = UploadHandler(id: id, tokenHash: tokenHash, upload: upload, parts: parts)
      case .download(let id, let range, let isHead):
        handler = DownloadHandler(id: id, range: range, isHead: isHead, parts: parts)
      }
    } catch {
      return context.channel.respond(error.status, closing: false)
    }
    let pipeline = context.pipeline.syncOperations
    pipeline.removeHandler(deadline.value, promise: nil)
    do {
      try pipeline.addHandler(handler)
    } catch {
      context.close(promise: nil)
    }
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

extension BlobRefusal {
  fileprivate var status: HTTPResponseStatus {
    switch self {
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .mediaType: .unsupportedMediaType
    case .lengthRequired: .lengthRequired
    case .malformed: .badRequest
    }
  }
}
