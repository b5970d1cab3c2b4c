// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket
import SansIO
import ServerCore
import Wire

/// A session on a WebSocket: frames in, effects out, one timer. It lives on its event loop; nothing
/// of a frame passes through a task or an actor.
final class SessionHandler<Session: ServerSession>: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundIn = Never
  typealias OutboundOut = WebSocketFrame

  /// A header without a mask is ten bytes at most (RFC 6455 §5.2).
  private static var frameHeaderBytes: Int { 10 }

  private var session: Session
  private let parts: ServerParts
  private let number: UInt64
  private var context: ChannelHandlerContext?
  /// Where NIO's encoder stands: what is written here passes it by.
  private var encoder: ChannelHandlerContext?
  private var port: Port?
  private var alarm: (at: Instant, task: Scheduled<Void>)?
  private var outboundBytes = 0
  private var isClosing = false
  private var isPongOnItsWay = false
  private var isReadHeldBack = false
  /// Something was written and not flushed.
  private var isUnflushed = false

  init(session: Session, parts: ServerParts, number: UInt64) {
    self.session = session
    self.parts = parts
    self.number = number
  }

  /// The handler in the eyes of other threads.
  final class Port: SessionPort {
    let number: UInt64
    let eventLoop: any EventLoop
    private let handler: NIOLoopBound<SessionHandler>

    init(number: UInt64, eventLoop: any EventLoop, handler: SessionHandler) {
      self.number = number
      self.eventLoop = eventLoop
      self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func answered(_ token: SessionToken, _ answer: StoreAnswer) {
      handler.value.act { session, now in session.answered(token, answer, at: now) }
    }

    func answered(_ token: SessionToken, _ answer: ReadAnswer) {
      handler.value.act { session, now in session.answered(token, answer, at: now) }
      flush()
    }

    func advanced(_ wake: Wake, _ news: LogNews?) {
      handler.value.act { session, now in session.advanced(wake, news, at: now) }
    }

    func signalled(_ signal: LogSignal) {
      handler.value.act { session, now in session.signalled(signal, at: now) }
    }

    func drain() {
      handler.value.act { session, now in
        var entropy = SystemRandomNumberGenerator()
        return session.drain(at: now, using: &entropy)
      }
      flush()
    }

    func flush() { handler.value.flush() }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
    precondition(encoder != nil, "the upgrade put an encoder there")
    let port = Port(number: number, eventLoop: context.eventLoop, handler: self)
    self.port = port
    parts.metrics.connectionsChanged(by: 1)
    // Before anything is sent: a send that fails may end the session at once.
    parts.hub.add(port)
    act { session, now in
      var entropy = SystemRandomNumberGenerator()
      return session.opened(at: now, using: &entropy)
    }
    flush()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  /// Nothing more is read from a client that does not take its answers.
  func read(context: ChannelHandlerContext) {
    guard context.channel.isWritable else {
      isReadHeldBack = true
      return
    }
    context.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable, isReadHeldBack {
      isReadHeldBack = false
      context.read()
    }
    context.fireChannelWritabilityChanged()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .binary:
      let bytes = frame.unmaskedData
      parts.metrics.count(.framesReceived)
      parts.metrics.count(.bytesReceived, by: bytes.readableBytes)
      act { session, now in
        parts.withLimits { gate in
          session.received(bytes.readableBytesUInt8Span, at: now, limits: &gate)
        }
      }
    case .ping:
      session.heard(at: parts.clock.now)
      pong(frame.unmaskedData, in: context)
    case .pong:
      session.heard(at: parts.clock.now)
    case .connectionClose:
      close(.normalClosure, in: context)
    default:
      close(.unacceptableData, in: context)
    }
  }

  /// What one read of the socket brought is answered together.
  func channelReadComplete(context: ChannelHandlerContext) {
    flush()
    context.fireChannelReadComplete()
  }

  private func flush() {
    guard let context, isUnflushed else { return }
    isUnflushed = false
    context.flush()
  }

  /// Lets the session do something and performs what it asks for. The caller flushes.
  private func act(_ body: (inout Session, Instant) -> [SessionEffect]) {
    guard let context, !isClosing else { return }
    perform(body(&session, parts.clock.now), in: context)
    arm(in: context)
  }

  private func perform(_ effects: [SessionEffect], in context: ChannelHandlerContext) {
    guard let port else { return }
    for effect in effects {
      // What is sent may have ended the session.
      guard !isClosing else { break }
      switch effect {
      case .send(let bytes):
        send(bytes, in: context)
      case .ping:
        write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), in: context)
      case .submit(let token, let request):
        if !parts.writer.submit(request, from: port, token) {
          context.eventLoop.execute {
            port.answered(token, StoreAnswer.refused(.unavailable))
            port.flush()
          }
        }
      case .read(let token, let request):
        parts.read(request, for: port, token)
      case .watch(let wake): parts.hub.watch(wake, by: number)
      case .unwatch(let wake): parts.hub.unwatch(wake, by: number)
      case .signal(let signal): parts.hub.tell(signal, from: number)
      case .close(let code):
        if code == .slowReader { parts.metrics.count(.slowReaders) }
        if code == .deadline { parts.metrics.count(.deadlines) }
        // A reader that takes nothing would never take the reason either.
        code == .slowReader ? cut(in: context) : close(.goingAway, in: context)
        return
      }
    }
  }

  private func send(_ bytes: [UInt8], in context: ChannelHandlerContext) {
    let count = bytes.count
    parts.metrics.count(.framesSent)
    parts.metrics.count(.bytesSent, by: count)
    outboundBytes += count
    let written = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    written.futureResult.whenComplete { _ in bound.value.sent(count) }
    isUnflushed = true
    encoder?.write(NIOAny(Self.frame(bytes, in: context.channel.allocator)), promise: written)
    effectsOfOutbound()
  }

  /// A binary message with its header before it (RFC 6455 §5.2). NIO's encoder writes the header as
  /// a buffer of its own: two pieces for each write to the socket, and two TLS records.
  private static func frame(_ bytes: [UInt8], in allocator: ByteBufferAllocator) -> ByteBuffer {
    let isFinalBinary: UInt8 = 0x82
    var frame = allocator.buffer(capacity: bytes.count + frameHeaderBytes)
    frame.writeInteger(isFinalBinary)
    switch bytes.count {
    case ...125:
      frame.writeInteger(UInt8(bytes.count))
    case ...0xffff:
      frame.writeInteger(126 as UInt8)
      frame.writeInteger(UInt16(bytes.count))
    default:
      frame.writeInteger(127 as UInt8)
      frame.writeInteger(UInt64(bytes.count))
    }
    frame.writeBytes(bytes)
    return frame
  }

  /// The socket took so many bytes.
  private func sent(_ count: Int) {
    outboundBytes -= count
    effectsOfOutbound()
  }

  private func effectsOfOutbound() {
    guard let context, !isClosing else { return }
    let bytes = outboundBytes
    let effects = session.outboundChanged(to: bytes, at: parts.clock.now)
    if !effects.isEmpty {
      perform(effects, in: context)
      // Never within the write that told of it.
      context.eventLoop.execute { [bound = NIOLoopBound(self, eventLoop: context.eventLoop)] in
        bound.value.flush()
      }
    }
    arm(in: context)
  }

  private func write(
    _ frame: WebSocketFrame, in context: ChannelHandlerContext,
    promise: EventLoopPromise<Void>? = nil
  ) {
    isUnflushed = true
    context.write(wrapOutboundOut(frame), promise: promise)
  }

  /// Answers a ping, unless the last answer still waits: it may stand for both (RFC 6455 §5.5.3),
  /// and pings of a client that reads nothing must not pile up answers.
  private func pong(_ data: ByteBuffer, in context: ChannelHandlerContext) {
    guard !isPongOnItsWay else { return }
    isPongOnItsWay = true
    let written = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    written.futureResult.whenComplete { _ in bound.value.isPongOnItsWay = false }
    write(WebSocketFrame(fin: true, opcode: .pong, data: data), in: context, promise: written)
    context.flush()
  }

  /// Ends the connection without a word.
  private func cut(in context: ChannelHandlerContext) {
    isClosing = true
    context.close(promise: nil)
  }

  private func close(_ code: WebSocketErrorCode, in context: ChannelHandlerContext) {
    guard !isClosing else { return }
    isClosing = true
    var data = context.channel.allocator.buffer(capacity: 2)
    data.write(webSocketErrorCode: code)
    let closed = context.eventLoop.makePromise(of: Void.self)
    let channel = context.channel
    // A client that takes nothing more never takes the reason either.
    let patience = context.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
    closed.futureResult.whenComplete { _ in
      patience.cancel()
      channel.close(promise: nil)
    }
    write(
      WebSocketFrame(fin: true, opcode: .connectionClose, data: data), in: context, promise: closed)
    context.flush()
  }

  /// Sees to it that the session is woken at its deadline. A deadline that moves later is noticed
  /// when the old one comes, so that traffic arms no timer.
  private func arm(in context: ChannelHandlerContext) {
    guard let deadline = session.nextDeadline else { return }
    if let alarm, alarm.at <= deadline { return }
    alarm?.task.cancel()
    let wait = max(1, (deadline - parts.clock.now).inMilliseconds)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let task = context.eventLoop.scheduleTask(in: .milliseconds(wait)) { bound.value.wake() }
    alarm = (deadline, task)
  }

  private func wake() {
    alarm = nil
    act { session, now in
      guard let deadline = session.nextDeadline, deadline <= now else { return [] }
      return session.deadlineReached(at: now)
    }
    flush()
  }

  private func end() {
    guard context != nil else { return }
    context = nil
    encoder = nil
    port = nil
    alarm?.task.cancel()
    alarm = nil
    parts.hub.remove(number)
    parts.metrics.connectionsChanged(by: -1)
  }
}
