// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import SottoClient
import Testing

@Suite struct LineDecoderTests {
  private static func channel(bytesMax: Int) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(
      ByteToMessageHandler(LineDecoder(bytesMax: bytesMax)))
    return channel
  }

  private static func lines(of channel: EmbeddedChannel) throws -> [String] {
    var lines: [String] = []
    while let line = try channel.readInbound(as: [UInt8].self) {
      lines.append(String(decoding: line, as: UTF8.self))
    }
    return lines
  }

  @Test(arguments: [1, 2, 3, 100])
  func linesAreTheSameHoweverTheyAreCut(pieceSize: Int) throws {
    let channel = try Self.channel(bytesMax: 10)
    var rest = Array("one\n\ntwo\nten bytes.\n\n\nunfinished"[...].utf8)[...]
    while !rest.isEmpty {
      try channel.writeInbound(ByteBuffer(bytes: rest.prefix(pieceSize)))
      rest = rest.dropFirst(pieceSize)
    }
    #expect(try Self.lines(of: channel) == ["one", "two", "ten bytes."])
  }

  @Test(arguments: ["eleven byte\n", "eleven byte", "ok\neleven byte and more"])
  func lineAboveTheLimitIsRefused(text: String) throws {
    let channel = try Self.channel(bytesMax: 10)
    #expect(throws: LineDecoder.LineTooLong.self) {
      try channel.writeInbound(ByteBuffer(string: text))
    }
  }
}
