// SPDX-License-Identifier: Apache-2.0

/// What happened, one short line per event with fixed columns, and a hash over all of it.
///
/// Bytes that the cryptographic library draws by itself (KEM encapsulation) are never written into
/// a trace, and no decision depends on them: the same seed gives the same hash.
package struct Trace: Sendable {
  /// FNV-1a over all lines.
  package private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  /// The number of lines.
  package private(set) var lineCount = 0
  /// The lines themselves, when they are kept.
  package private(set) var lines: [String] = []
  private let keeps: Keeping

  /// Of which lines the text is kept besides the hash.
  package enum Keeping: Sendable {
    case nothing
    /// What people, programs and servers do and see, and not what carries it.
    case story
    case everything
  }

  /// A trace without a line.
  package init(keeps: Keeping) { self.keeps = keeps }

  /// Adds a line: time in milliseconds since the start, who, what, details.
  ///
  /// - Parameter isDetail: whether it is no part of the story, but of what carries it.
  package mutating func add(
    _ time: Int64, _ who: String, _ what: String, _ details: String = "", isDetail: Bool = false
  ) {
    let line =
      Trace.padded("\(time)", 9, left: true) + " " + Trace.padded(who, 8) + " "
      + Trace.padded(what, 12) + " " + details
    lineCount += 1
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ 10) &* 0x100_0000_01b3
    switch keeps {
    case .nothing: return
    case .story: if !isDetail { lines.append(line) }
    case .everything: lines.append(line)
    }
  }

  /// The hash as 16 hexadecimal digits.
  package var hashText: String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
    let missing = width - text.count
    guard missing > 0 else { return text }
    let space = String(repeating: " ", count: missing)
    return left ? space + text : text + space
  }
}
