// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// The end of one WebSocket's pipeline: binary messages to bytes and back, pings, and the two
/// bounds that keep a fast server or a slow network from filling memory.
///
/// It lives on its channel's event loop and calls its owner there.
final class WebSocketHandler: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundIn = Never
  typealias OutboundOut = WebSocketFrame

  private let limits: NetworkLimits
  private let received: ([UInt8]) -> Void
  private let closed: () -> Void
  private var context: ChannelHandlerContext?
  private var pings: RepeatedTask?
  private var silentPings = 0
  private var unappliedBytes = 0
  private var unsentBytes = 0
  private var readIsHeldBack = false
  /// Messages that came before the owner knew of the connection; `nil` from then on.
  private var early: [[UInt8]]? = []

  init(
    limits: NetworkLimits, received: @escaping ([UInt8]) -> Void, closed: @escaping () -> Void
  ) {
    self.limits = limits
    self.received = received
    self.closed = closed
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    pings = context.eventLoop.scheduleRepeatedTask(
      initialDelay: limits.pingInterval, delay: limits.pingInterval
    ) { _ in bound.value.ping() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    pings?.cancel()
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    pings?.cancel()
    closed()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    silentPings = 0
    // A server never masks (RFC 6455 §5.1).
    guard frame.maskKey == nil else { return close(.protocolError) }
    switch frame.opcode {
    case .binary:
      unappliedBytes += frame.data.readableBytes
      receive(Array(frame.data.readableBytesView))
    case .ping:
      write(WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.data))
    case .pong:
      break
    case .connectionClose:
      close(.normalClosure)
    default:
      close(.unacceptableData)
    }
  }

  func read(context: ChannelHandlerContext) {
    if unappliedBytes > limits.unappliedBytesMax {
      readIsHeldBack = true
    } else {
      context.read()
    }
  }

  /// The owner knows of the connection: messages go to it from now on.
  func startReading() {
    let waiting = early ?? []
    early = nil
    waiting.forEach(received)
  }

  /// The owner has applied this many bytes of what was received.
  func applied(byteCount: Int) {
    unappliedBytes = max(0, unappliedBytes - byteCount)
    guard readIsHeldBack, unappliedBytes <= limits.unappliedBytesMax else { return }
    readIsHeldBack = false
    context?.read()
  }

  /// Sends one binary message; the caller flushes.
  func send(_ bytes: [UInt8]) {
    guard let context else { return }
    write(
      WebSocketFrame(
        fin: true, opcode: .binary, maskKey: .random(),
        data: context.channel.allocator.buffer(bytes: bytes)))
  }

  func flush() { context?.flush() }

  /// Says goodbye and closes (RFC 6455 §7.1.1, without waiting for the other side's word).
  func close(_ code: WebSocketErrorCode) {
    guard let context else { return }
    var data = context.channel.allocator.buffer(capacity: 2)
    data.write(webSocketErrorCode: code)
    write(WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: data))
    context.flush()
    context.close(promise: nil)
  }

  private func receive(_ bytes: [UInt8]) {
    if early == nil { received(bytes) } else { early?.append(bytes) }
  }

  private func ping() {
    guard let context else { return }
    guard silentPings < limits.silentPingsMax else {
      context.close(promise: nil)
      return
    }
    silentPings += 1
    write(
      WebSocketFrame(
        fin: true, opcode: .ping, maskKey: .random(),
        data: context.channel.allocator.buffer(capacity: 0)))
    context.flush()
  }

  private func write(_ frame: WebSocketFrame) {
    guard let context else { return }
    let count = frame.data.readableBytes
    unsentBytes += count
    guard unsentBytes <= limits.unsentBytesMax else {
      context.close(promise: nil)
      return
    }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in bound.value.unsentBytes -= count }
    context.write(wrapOutboundOut(frame), promise: promise)
    if frame.opcode == .pong { context.flush() }
  }
}
