// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SansIO
import ServerCore

/// One request for a blob or a range of it: bytes go from the file to the socket, as fast as the
/// other side takes them. Who knows the name may have it; it is no use without the key.
final class DownloadHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// Bytes that are read from the file at once.
  private static let pieceBytes = 131_072

  private let id: BlobID
  private let range: BlobRequest.Range
  private let isHead: Bool
  private let parts: ServerParts
  private var port: StorePort?
  private var idle: IdleDeadline?
  private var file: BlobFile?
  private var left: Range<UInt64> = 0..<0
  private var isReading = false

  init(id: BlobID, range: BlobRequest.Range, isHead: Bool, parts: ServerParts) {
    self.id = id
    self.range = range
    self.isHead = isHead
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
    port.read(.blob(id)).whenSuccess { bound.value.found($0, channel) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    pump(context.channel)
    context.fireChannelWritabilityChanged()
  }

  private func found(_ answer: ReadAnswer, _ channel: any Channel) {
    guard port != nil else { return }
    guard case .blob(let row) = answer, row.isComplete else {
      let isAway = answer == .refused(.unavailable)
      return channel.respond(isAway ? .serviceUnavailable : .notFound)
    }
    guard let offsets = range.offsets(in: row.size) else {
      return channel.respond(
        .rangeNotSatisfiable, [("content-range", "bytes */\(row.size)")])
    }
    guard !isHead else { return answerHead(row, offsets, channel) }
    let folder = parts.blobs.folder
    let id = id
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    parts.blobs.run(on: channel.eventLoop) { try folder.open(id) }.whenComplete { result in
      let handler = bound.value
      guard handler.port != nil else { return }
      guard case .success(let file) = result else {
        handler.parts.metrics.count(.storeFailures)
        return channel.respond(.serviceUnavailable)
      }
      handler.file = file
      handler.left = offsets
      handler.writeHead(row, offsets, channel)
      handler.pump(channel)
    }
  }

  private func answerHead(_ row: BlobRow, _ offsets: Range<UInt64>, _ channel: any Channel) {
    writeHead(row, offsets, channel)
    finish(channel)
  }

  private func writeHead(_ row: BlobRow, _ offsets: Range<UInt64>, _ channel: any Channel) {
    var headers = HTTPHeaders([
      ("content-type", "application/octet-stream"), ("accept-ranges", "bytes"),
      ("content-length", String(offsets.count)), ("cache-control", "no-store"),
      ("connection", "close"),
    ])
    if range != .all {
      headers.add(
        name: "content-range",
        value: "bytes \(offsets.lowerBound)-\(offsets.upperBound - 1)/\(row.size)")
    }
    let status: HTTPResponseStatus = range == .all ? .ok : .partialContent
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
  }

  /// Reads the next piece unless one is being read, or enough waits for the socket.
  private func pump(_ channel: any Channel) {
    guard let file, !isReading, channel.isWritable else { return }
    guard !left.isEmpty else {
      self.file = nil
      return finish(channel)
    }
    let count = min(Self.pieceBytes, left.count)
    let offset = left.lowerBound
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    isReading = true
    parts.blobs.run(on: channel.eventLoop) { try file.read(count, at: offset) }
      .whenComplete { result in
        let handler = bound.value
        handler.isReading = false
        guard handler.port != nil else { return }
        guard case .success(let bytes) = result, bytes.count == count else {
          // The length is told already: only the end of the connection says that it fails.
          handler.parts.metrics.count(.storeFailures)
          return channel.close(promise: nil)
        }
        handler.left = (offset + UInt64(count))..<handler.left.upperBound
        handler.write(bytes, channel)
        handler.pump(channel)
      }
  }

  private func write(_ bytes: [UInt8], _ channel: any Channel) {
    parts.metrics.count(.bytesSent, by: bytes.count)
    let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    channel.writeAndFlush(part).whenSuccess { bound.value.idle?.moved() }
  }

  private func finish(_ channel: any Channel) {
    channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  private func end() {
    idle?.cancel()
    file = nil
    port?.end()
    port = nil
  }
}
