// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SansIO
import ServerCore

/// One request about an upload (draft-ietf-httpbis-resumable-upload): bytes go from the socket to
/// the file, and an offset is told only when what lies before it is on the disk.
final class UploadHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// Bytes that wait for the file; nothing is read from the socket meanwhile.
  private static let waitingBytesMax = 1_048_576

  /// Bytes that are being taken.
  private struct Transfer {
    let file: BlobFile
    let end: UInt64
    let size: UInt64
    /// Where the next bytes belong.
    var position: UInt64
    /// What lies before it is on the disk and in the store.
    var synced: UInt64
  }

  private let id: BlobID
  private let tokenHash: BlobTokenHash
  private let upload: BlobRequest.Upload
  private let parts: ServerParts
  private var port: StorePort?
  private var transfer: Transfer?
  private var waiting = ByteBuffer()
  private var isBusy = false
  private var hasAll = false
  private var isGone = false
  private var isAnswered = false
  private var isReadHeldBack = false
  private var stopped: EventLoopPromise<Void>?
  private var idle: IdleDeadline?

  init(
    id: BlobID, tokenHash: BlobTokenHash, upload: BlobRequest.Upload, parts: ServerParts
  ) {
    self.id = id
    self.tokenHash = tokenHash
    self.upload = upload
    self.parts = parts
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    let port = StorePort(parts: parts, eventLoop: context.eventLoop) {
      channel.close(promise: nil)
    }
    self.port = port
    idle = IdleDeadline(channel: channel)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    port.read(.blob(id)).whenSuccess { bound.value.found($0, isAgain: false, channel) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { gone(context.channel) }

  func channelInactive(context: ChannelHandlerContext) {
    gone(context.channel)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func read(context: ChannelHandlerContext) {
    guard waiting.readableBytes < Self.waitingBytesMax else {
      isReadHeldBack = true
      return
    }
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: break
    case .body(var body):
      guard !isAnswered else { return }
      idle?.moved()
      parts.metrics.count(.bytesReceived, by: body.readableBytes)
      waiting.writeBuffer(&body)
    case .end: hasAll = true
    }
    goOn(context.channel)
  }

  /// Reads on, if that was put off and there is room now.
  private func readOn(_ channel: any Channel) {
    guard isReadHeldBack, waiting.readableBytes < Self.waitingBytesMax else { return }
    isReadHeldBack = false
    channel.read()
  }

  // MARK: The row

  private func found(_ answer: ReadAnswer, isAgain: Bool, _ channel: any Channel) {
    guard !isGone else { return }
    guard case .blob(let row) = answer, constantTimeEquals(row.tokenHash.bytes, tokenHash.bytes)
    else {
      let isAway = answer == .refused(.unavailable)
      return respond(isAway ? .serviceUnavailable : .notFound, channel)
    }
    switch upload {
    case .tell:
      respond(.noContent, channel, told(row))
    case .append(let offset, let count, let isLast):
      guard isAgain else { return takeOver(channel) }
      guard !row.isComplete, offset == row.offset else {
        return respond(.conflict, channel, told(row))
      }
      guard count <= row.size - offset, isLast == (offset + count == row.size) else {
        return respond(.badRequest, channel)
      }
      open(row, end: offset + count, channel)
    case .cancel:
      guard isAgain else { return takeOver(channel) }
      remove(channel)
    }
  }

  private func told(_ row: BlobRow) -> [(String, String)] {
    var headers = [
      ("upload-offset", String(row.offset)), ("upload-complete", row.isComplete ? "?1" : "?0"),
      ("upload-length", String(row.size)),
    ]
    if row.isComplete { headers.append(("content-location", "/v1/blobs/\(Hex.encode(id.bytes))")) }
    return headers
  }

  /// Only one writes at a time. The row is read again once the one before has ended.
  private func takeOver(_ channel: any Channel) {
    guard let port else { return }
    let stopped = channel.eventLoop.makePromise(of: Void.self)
    self.stopped = stopped
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    let id = id
    parts.blobs.take(
      id, by: port.number, on: channel.eventLoop, stopped: stopped.futureResult,
      stop: { channel.close(promise: nil) }
    )
    .flatMap { port.read(.blob(id)) }
    .whenSuccess { bound.value.found($0, isAgain: true, channel) }
  }

  private func remove(_ channel: any Channel) {
    guard let port else { return }
    let folder = parts.blobs.folder
    let id = id
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    isBusy = true
    parts.blobs.run(on: channel.eventLoop) { try folder.remove(id) }
      .flatMap { port.write(.removeBlobs([id])) }
      .whenComplete { result in
        let isDone = (try? result.get()) == .done
        bound.value.respond(isDone ? .noContent : .serviceUnavailable, channel)
      }
  }

  // MARK: Bytes

  private func open(_ row: BlobRow, end: UInt64, _ channel: any Channel) {
    let folder = parts.blobs.folder
    let id = id
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    isBusy = true
    parts.blobs.run(on: channel.eventLoop) { try folder.openToWrite(id) }.whenComplete { result in
      let handler = bound.value
      handler.isBusy = false
      guard case .success(let file) = result else { return handler.failed(result, channel) }
      guard file.size >= row.offset else { return handler.restart(row, channel) }
      handler.transfer = Transfer(
        file: file, end: end, size: row.size, position: row.offset, synced: row.offset)
      handler.goOn(channel)
    }
  }

  /// The file is shorter than the store says: a disk has lost it, or a copy of the database was put
  /// back without it. The upload begins anew.
  private func restart(_ row: BlobRow, _ channel: any Channel) {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    isBusy = true
    var row = row
    row.offset = 0
    let fresh = row
    record(0, isComplete: false) { _ in
      bound.value.respond(.conflict, channel, bound.value.told(fresh))
    }
  }

  /// Writes what waits, or comes to the end, one thing at a time; more is read meanwhile.
  private func goOn(_ channel: any Channel) {
    guard let transfer, !isBusy else { return }
    if waiting.readableBytes > 0 {
      write(transfer, channel)
    } else if isGone || hasAll {
      finish(transfer, channel)
    }
    readOn(channel)
  }

  private func write(_ transfer: Transfer, _ channel: any Channel) {
    let piece = waiting
    waiting = ByteBuffer()
    let next = transfer.position + UInt64(piece.readableBytes)
    guard next <= transfer.end else { return respond(.badRequest, channel) }
    let syncs = next - transfer.synced >= ServerLimits.blobSyncBytes
    let file = transfer.file
    let position = transfer.position
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    isBusy = true
    parts.blobs.run(on: channel.eventLoop) {
      try unsafe piece.withUnsafeReadableBytes { bytes in
        try unsafe file.write(bytes, at: position)
      }
      if syncs { try file.synchronize() }
    }
    .whenComplete { result in
      let handler = bound.value
      handler.isBusy = false
      guard case .success = result else { return handler.failed(result, channel) }
      handler.transfer?.position = next
      if syncs {
        handler.transfer?.synced = next
        handler.record(next, isComplete: false, nil)
      }
      handler.goOn(channel)
    }
  }

  /// All that will come is written: it goes to the disk, and the last bytes make the name.
  private func finish(_ transfer: Transfer, _ channel: any Channel) {
    let file = transfer.file
    let isWhole = transfer.position == transfer.size
    let id = id
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    isBusy = true
    idle?.cancel()
    // Nothing more is taken up.
    self.transfer = nil
    parts.blobs.run(on: channel.eventLoop) {
      try file.synchronize()
      return try !isWhole || file.name(ofSize: transfer.size) == id
    }
    .whenComplete { result in
      let handler = bound.value
      guard case .success(let isRight) = result else { return handler.failed(result, channel) }
      let offset = isRight ? transfer.position : 0
      handler.record(offset, isComplete: isWhole && isRight) { answer in
        let handler = bound.value
        guard answer == .done else {
          return handler.respond(.serviceUnavailable, channel)
        }
        guard isRight else { return handler.respond(.unprocessableEntity, channel) }
        let row = BlobRow(
          id: id, size: transfer.size, tokenHash: handler.tokenHash, offset: offset,
          isComplete: isWhole, expires: handler.parts.clock.now)
        handler.respond(.noContent, channel, handler.told(row))
      }
    }
  }

  private func record(
    _ offset: UInt64, isComplete: Bool, _ then: (@Sendable (StoreAnswer) -> Void)?
  ) {
    let answer = port?.write(.advanceBlob(id, offset: offset, isComplete: isComplete))
    if let then { answer?.whenSuccess(then) }
  }

  // MARK: The end

  private func failed<Value>(_ result: Result<Value, any Error>, _ channel: any Channel) {
    parts.metrics.count(.storeFailures)
    var isFull = false
    if case .failure(let error as BlobFile.Failure) = result { isFull = error.isFull }
    respond(isFull ? .insufficientStorage : .serviceUnavailable, channel)
  }

  private func respond(
    _ status: HTTPResponseStatus, _ channel: any Channel, _ headers: [(String, String)] = []
  ) {
    transfer = nil
    isBusy = false
    isAnswered = true
    if isGone { return leave() }
    waiting = ByteBuffer()
    idle?.cancel()
    channel.respond(status, headers, closing: hasAll)
    readOn(channel)
  }

  /// The connection is over. What was written is kept.
  private func gone(_ channel: any Channel) {
    guard !isGone else { return }
    isGone = true
    idle?.cancel()
    if isBusy { return }
    transfer == nil ? leave() : goOn(channel)
  }

  private func leave() {
    if let port {
      parts.blobs.leave(id, by: port.number)
      port.end()
    }
    port = nil
    stopped?.succeed()
    stopped = nil
  }
}
