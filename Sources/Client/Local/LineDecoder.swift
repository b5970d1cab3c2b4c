// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Cuts a byte stream into lines of at most `bytesMax` bytes, without their line breaks. Empty
/// lines are skipped, and so is what stands after the last line break.
package struct LineDecoder: ByteToMessageDecoder {
  /// A line.
  package typealias InboundOut = [UInt8]

  /// A line is longer than the limit; the stream cannot be read any further.
  package struct LineTooLong: Error {}

  private let bytesMax: Int
  /// Bytes at the front that hold no line break.
  private var scanned = 0

  /// Refuses lines of more than `bytesMax` bytes.
  package init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Hands out the line at the front, when it is whole.
  package mutating func decode(
    context: ChannelHandlerContext, buffer: inout ByteBuffer
  ) throws -> DecodingState {
    let bytes = buffer.readableBytesView
    guard let end = bytes.dropFirst(scanned).firstIndex(of: UInt8(ascii: "\n")) else {
      scanned = bytes.count
      guard scanned <= bytesMax else { throw LineTooLong() }
      return .needMoreData
    }
    let line = Array(bytes[..<end])
    buffer.moveReaderIndex(forwardBy: line.count + 1)
    scanned = 0
    guard line.count <= bytesMax else { throw LineTooLong() }
    if !line.isEmpty { context.fireChannelRead(wrapInboundOut(line)) }
    return .continue
  }

  /// Hands out what whole lines are left.
  package mutating func decodeLast(
    context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
  ) throws -> DecodingState {
    try decode(context: context, buffer: &buffer)
  }
}

/// A local socket as lines in and lines out.
typealias LineChannel = NIOAsyncChannel<[UInt8], ByteBuffer>

extension Channel {
  /// Makes the pipeline of a local socket; on the channel's event loop.
  func wrapAsLines(bytesMax: Int) throws -> LineChannel {
    try pipeline.syncOperations.addHandler(
      ByteToMessageHandler(LineDecoder(bytesMax: bytesMax)))
    return try LineChannel(wrappingChannelSynchronously: self)
  }
}

extension NIOAsyncChannelOutboundWriter<ByteBuffer> {
  /// Writes one line and its line break.
  func write(line: String) async throws {
    try await write(ByteBuffer(string: line + "\n"))
  }
}
