// SPDX-License-Identifier: Apache-2.0

import CMediaSpawn
import Foundation

/// The program `sotto-media`, which decodes a picture or a voice note of the user's own, apart from
/// everything that is secret here (decision record 0015). It lies beside the program that runs;
/// where it is missing, or fails, nothing can be said of the file. Calls block.
package enum MediaProgram {
  /// What a picture may have that is decoded: more takes too much memory for a thumbnail.
  package static let pixelsMax = 100_000_000
  /// Bytes of a file that is looked at.
  package static let fileBytesMax: UInt64 = 64 << 20
  /// How long it may take; it ends itself earlier.
  private static let patience: Duration = .seconds(45)

  /// A voice note's length and how loud it is.
  package struct Voice: Hashable, Sendable {
    /// Its length.
    package let milliseconds: UInt32
    /// 64 bars of 0 to 31.
    package let bars: [UInt8]
  }

  /// A JPEG of at most `bytesMax` bytes that shows the picture, or `nil`.
  package static func thumbnail(
    of file: LocalFile, _ header: PictureHeader, bytesMax: Int
  ) -> [UInt8]? {
    guard header.width <= pixelsMax / header.height, file.size <= fileBytesMax else { return nil }
    return run(
      ["picture", String(bytesMax), String(header.orientation)], on: file, bytesMax: bytesMax)
  }

  /// What there is to say of a voice note in Ogg Opus (RFC 7845), or `nil`.
  package static func voice(in file: LocalFile) -> Voice? {
    guard file.size <= fileBytesMax,
      let result = run(["voice"], on: file, bytesMax: 4 + barCount), result.count == 4 + barCount
    else { return nil }
    return Voice(
      milliseconds: result[..<4].reduce(0) { $0 << 8 | UInt32($1) }, bars: Array(result[4...]))
  }

  private static let barCount = 64

  private static var path: String? {
    guard
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
      let slash = program.lastIndex(of: "/")
    else { return nil }
    return program[...slash] + "sotto-media"
  }

  /// Runs the program on a file; what it says, if it ends well and says no more than that.
  private static func run(_ words: [String], on file: LocalFile, bytesMax: Int) -> [UInt8]? {
    guard let path else { return nil }
    var output: Int32 = -1
    let process = unsafe sotto_media_spawn(
      path, words[0], words.count > 1 ? words[1] : nil, words.count > 2 ? words[2] : nil,
      file.descriptor, &output)
    guard process > 0 else { return nil }
    defer { close(output) }
    let result = collect(output, bytesMax)
    if result == nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return nil }
    }
    return status == 0 ? result : nil
  }

  /// Everything that comes until the end; `nil` when it is too much or takes too long.
  private static func collect(_ descriptor: Int32, _ bytesMax: Int) -> [UInt8]? {
    let deadline = ContinuousClock.now + patience
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= bytesMax {
      let left = (deadline - ContinuousClock.now).components.seconds
      guard left > 0 else { return nil }
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&wanted, 1, Int32(left) * 1_000)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return nil }
      let count = unsafe read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += piece[..<count]
    }
    return nil
  }
}
