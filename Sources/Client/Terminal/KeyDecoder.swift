// SPDX-License-Identifier: Apache-2.0

/// What somebody did on a keyboard.
package enum Key: Hashable, Sendable {
  /// Typed; one scalar, so that a composed character may come in parts.
  case text(Unicode.Scalar)
  /// Pasted at once.
  case paste(String)
  /// Named for what they are for, not for what is printed on them.
  case enter, newLine, left, right, up, down, home, end, wordLeft, wordRight
  case backspace, delete, killWordLeft, killWordRight, killToStart, killToEnd, yank
  case interrupt, endOfInput, suspend, redraw
}

/// Makes keys of the bytes of a terminal in raw mode. It takes any bytes, in any portions.
package struct KeyDecoder: Sendable {
  /// Bytes of a paste that are kept; a message has less.
  package static let pasteBytesMax = 64 * 1024
  /// Bytes of a control sequence; a longer one is none.
  static let sequenceBytesMax = 32

  private enum State {
    case ground
    case escape
    /// After ESC [, with what came since.
    case sequence([UInt8])
    /// After ESC O.
    case shifted
    /// Between the marks of a paste.
    case pasting([UInt8])
    /// Within a UTF-8 sequence that has so many bytes in all.
    case scalar([UInt8], Int)
  }

  private var state = State.ground

  /// Begins with nothing typed.
  package init() {}

  /// The keys that these bytes complete.
  package mutating func decode(_ bytes: [UInt8]) -> [Key] {
    bytes.flatMap { decode($0) }
  }

  private mutating func decode(_ byte: UInt8) -> [Key] {
    switch state {
    case .ground: return ground(byte)
    case .escape: return escape(byte)
    case .sequence(var bytes):
      bytes.append(byte)
      guard (0x40...0x7e).contains(byte) else {
        state = bytes.count < KeyDecoder.sequenceBytesMax ? .sequence(bytes) : .ground
        return []
      }
      state = .ground
      return sequence(bytes)
    case .shifted:
      state = .ground
      return KeyDecoder.moves[byte].map { [$0] } ?? []
    case .pasting(let bytes): return pasting(bytes, byte)
    case .scalar(var bytes, let count):
      guard byte & 0xc0 == 0x80 else {
        // The sequence is cut short; what cut it counts by itself.
        state = .ground
        return [.text("\u{fffd}")] + ground(byte)
      }
      bytes.append(byte)
      guard bytes.count == count else {
        state = .scalar(bytes, count)
        return []
      }
      state = .ground
      return String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix(1).map { .text($0) }
    }
  }

  private mutating func ground(_ byte: UInt8) -> [Key] {
    switch byte {
    case 0x1b:
      state = .escape
      return []
    case 0x20...0x7e: return [.text(Unicode.Scalar(byte))]
    case 0x09: return [.text(" ")]
    case 0x00...0x1f, 0x7f: return KeyDecoder.controls[byte].map { [$0] } ?? []
    case 0xc2...0xdf: state = .scalar([byte], 2)
    case 0xe0...0xef: state = .scalar([byte], 3)
    case 0xf0...0xf4: state = .scalar([byte], 4)
    default: return [.text("\u{fffd}")]
    }
    return []
  }

  private mutating func escape(_ byte: UInt8) -> [Key] {
    state = .ground
    switch byte {
    case UInt8(ascii: "["): state = .sequence([])
    case UInt8(ascii: "O"): state = .shifted
    case 0x1b: state = .escape
    case 0x0d, 0x0a: return [.newLine]
    case UInt8(ascii: "b"), UInt8(ascii: "B"): return [.wordLeft]
    case UInt8(ascii: "f"), UInt8(ascii: "F"): return [.wordRight]
    case UInt8(ascii: "d"), UInt8(ascii: "D"): return [.killWordRight]
    case 0x7f, 0x08: return [.killWordLeft]
    default: break
    }
    return []
  }

  private mutating func sequence(_ bytes: [UInt8]) -> [Key] {
    let text = String(decoding: bytes, as: UTF8.self)
    switch text {
    case "200~":
      state = .pasting([])
      return []
    case "1~", "7~": return [.home]
    case "4~", "8~": return [.end]
    case "3~": return [.delete]
    case "3;5~", "3;3~": return [.killWordRight]
    case "1;5C", "1;3C", "5C": return [.wordRight]
    case "1;5D", "1;3D", "5D": return [.wordLeft]
    case "13;3u", "13;2u", "27;2;13~", "27;3;13~": return [.newLine]
    default:
      guard bytes.count == 1 else { return [] }
      return KeyDecoder.moves[bytes[0]].map { [$0] } ?? []
    }
  }

  private mutating func pasting(_ before: [UInt8], _ byte: UInt8) -> [Key] {
    var bytes = before
    bytes.append(byte)
    let mark = Array("\u{1b}[201~".utf8)
    if bytes.suffix(mark.count) == mark[...] {
      state = .ground
      let text = bytes.dropLast(mark.count).prefix(KeyDecoder.pasteBytesMax)
      return [.paste(String(decoding: text, as: UTF8.self))]
    }
    // What is too much is dropped; the mark that ends it is still seen.
    if bytes.count > KeyDecoder.pasteBytesMax + 2 * mark.count {
      bytes.remove(at: KeyDecoder.pasteBytesMax)
    }
    state = .pasting(bytes)
    return []
  }

  private static let moves: [UInt8: Key] = [
    UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right,
    UInt8(ascii: "D"): .left, UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end,
  ]

  private static let controls: [UInt8: Key] = [
    0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right,
    0x08: .backspace, 0x0a: .enter, 0x0b: .killToEnd, 0x0c: .redraw, 0x0d: .enter, 0x0e: .down,
    0x10: .up, 0x15: .killToStart, 0x17: .killWordLeft, 0x19: .yank, 0x1a: .suspend,
    0x7f: .backspace,
  ]
}
