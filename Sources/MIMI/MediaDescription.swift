// SPDX-License-Identifier: Apache-2.0

/// What a sender says of a file beside its name, type and length: what can be shown before the file
/// is there.
///
/// ```
/// media = null / picture / voice
/// picture = [1, width: 1..65535, height: 1..65535]
/// voice = [2, milliseconds: 1..86400000, waveform: bstr .size 40]
/// ```
public enum MediaDescription: Hashable, Sendable {
  /// A picture, with its sides in pixels as it is shown.
  case picture(width: UInt16, height: UInt16)
  /// Something that somebody said.
  case voice(VoiceDescription)

  private static let pictureTag: UInt64 = 1
  private static let voiceTag: UInt64 = 2

  /// A picture; `nil` when a side is too long or none.
  public init?(width: Int, height: Int) {
    guard let width = UInt16(exactly: width), let height = UInt16(exactly: height),
      width > 0, height > 0
    else { return nil }
    self = .picture(width: width, height: height)
  }

  /// Takes the value above; `nil` for null and for every other value.
  init?(_ value: CBORValue) {
    guard case .array(let fields) = value, fields.count == 3, case .unsigned(let tag) = fields[0],
      case .unsigned(let first) = fields[1]
    else { return nil }
    switch (tag, fields[2]) {
    case (Self.pictureTag, .unsigned(let second)):
      self.init(width: Int(clamping: first), height: Int(clamping: second))
    case (Self.voiceTag, .bytes(let waveform)):
      guard let length = UInt32(exactly: first),
        let voice = VoiceDescription(milliseconds: length, packed: waveform)
      else { return nil }
      self = .voice(voice)
    default: return nil
    }
  }

  var value: CBORValue {
    switch self {
    case .picture(let width, let height):
      .array([.unsigned(Self.pictureTag), .unsigned(UInt64(width)), .unsigned(UInt64(height))])
    case .voice(let voice):
      .array([
        .unsigned(Self.voiceTag), .unsigned(UInt64(voice.milliseconds)), .bytes(voice.packed),
      ])
    }
  }
}

/// How long a voice note is, and how loud it is where.
public struct VoiceDescription: Hashable, Sendable {
  /// How many bars the waveform has.
  public static let barCount = 64
  /// The loudest bar: 5 bits.
  public static let barMax: UInt8 = 31
  /// The longest: a day.
  public static let millisecondsMax: UInt32 = 86_400_000
  private static let barBits = 5
  private static let packedCount = barCount * barBits / 8

  /// How long it is.
  public let milliseconds: UInt32
  /// From its beginning to its end, each from 0 to 31.
  public let bars: [UInt8]

  /// Takes the values; `nil` when one is out of its range.
  public init?(milliseconds: UInt32, bars: [UInt8]) {
    guard (1...Self.millisecondsMax).contains(milliseconds), bars.count == Self.barCount,
      bars.allSatisfy({ $0 <= Self.barMax })
    else { return nil }
    self.milliseconds = milliseconds
    self.bars = bars
  }

  /// The bars, the first one in the highest bits; `nil` when they are of another length.
  public init?(milliseconds: UInt32, packed: [UInt8]) {
    guard packed.count == Self.packedCount else { return nil }
    let bars = (0..<Self.barCount).map { index in
      (0..<Self.barBits).reduce(UInt8(0)) { bar, bit in
        let place = index * Self.barBits + bit
        return bar << 1 | packed[place / 8] >> (7 - place % 8) & 1
      }
    }
    self.init(milliseconds: milliseconds, bars: bars)
  }

  /// The bars as a message has them.
  public var packed: [UInt8] {
    var packed = [UInt8](repeating: 0, count: Self.packedCount)
    for place in 0..<(Self.barCount * Self.barBits) {
      let bar = bars[place / Self.barBits]
      let bit = bar >> (Self.barBits - 1 - place % Self.barBits) & 1
      packed[place / 8] |= bit << (7 - place % 8)
    }
    return packed
  }
}
