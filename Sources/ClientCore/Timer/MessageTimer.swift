// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// How long a message is kept: after it was read, after it was accepted, or for one look
/// (timers.md).
///
/// ```
/// struct {
///   uint8 ver = 1;
///   uint8 once;          // 0 or 1
///   uint32 visible_for;  // seconds from reading; own copy: from sending; 0: no such limit
///   uint32 exists_for;   // seconds from acceptance; 0: no such limit
/// } MessageTimer;
/// ```
public struct MessageTimer: Hashable, Sendable {
  /// What people may choose, in seconds: 5 s to 4 weeks.
  public static let choice: ClosedRange<UInt32> = 5...2_419_200
  /// What a message of any program may carry, in seconds: up to a year, as its format allows.
  static let limits: ClosedRange<UInt32> = 1...31_622_400
  /// How long a message is kept that nobody reads, when nothing else says.
  static let unreadMax = Duration.seconds(14 * 86_400)
  private static let formatVersion: UInt8 = 1

  /// Seconds from when it was read; for the sender's own copy, from when it was sent.
  public let visibleSeconds: UInt32?
  /// Seconds from when the server accepted it.
  public let existsSeconds: UInt32?
  /// It is shown once, and the sender keeps no copy.
  public let once: Bool

  /// Takes the limits; `nil` when there is none, or one is not of a length that a message may have.
  public init?(visibleSeconds: UInt32? = nil, existsSeconds: UInt32? = nil, once: Bool = false) {
    guard visibleSeconds != nil || existsSeconds != nil || once else { return nil }
    for seconds in [visibleSeconds, existsSeconds] {
      if let seconds, !Self.limits.contains(seconds) { return nil }
    }
    self.visibleSeconds = visibleSeconds
    self.existsSeconds = existsSeconds
    self.once = once
  }

  /// Whether people may choose it.
  public var isChoice: Bool {
    [visibleSeconds, existsSeconds].allSatisfy { $0.map(Self.choice.contains) ?? true }
  }

  /// What is left when both hold: of each limit the shorter one.
  public func combined(with other: MessageTimer) -> MessageTimer {
    func shorter(_ left: UInt32?, _ right: UInt32?) -> UInt32? {
      guard let left, let right else { return left ?? right }
      return min(left, right)
    }
    return MessageTimer(
      visibleSeconds: shorter(visibleSeconds, other.visibleSeconds),
      existsSeconds: shorter(existsSeconds, other.existsSeconds), once: once || other.once) ?? self
  }

  /// Of two timers that may be absent, what holds.
  public static func combined(_ left: MessageTimer?, _ right: MessageTimer?) -> MessageTimer? {
    guard let left, let right else { return left ?? right }
    return left.combined(with: right)
  }

  /// Whether one of its limits is longer than the same one of `other`.
  func exceeds(_ other: MessageTimer) -> Bool {
    [(visibleSeconds, other.visibleSeconds), (existsSeconds, other.existsSeconds)].contains {
      guard let own = $0.0, let limit = $0.1 else { return false }
      return own > limit
    }
  }

  /// Whether nothing is kept longer under this timer than under `other`.
  public func isWithin(_ other: MessageTimer?) -> Bool {
    guard let other else { return true }
    return combined(with: other) == self
  }
}

extension MessageTimer: WireValue {
  /// Takes the stored form.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "timer format")
    }
    let once = try input.readUInt8()
    let visible = try input.readUInt32()
    let exists = try input.readUInt32()
    guard once <= 1,
      let timer = MessageTimer(
        visibleSeconds: visible == 0 ? nil : visible, existsSeconds: exists == 0 ? nil : exists,
        once: once == 1)
    else { throw .invalidValue(field: "timer") }
    self = timer
  }

  /// Appends the stored form.
  public func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(UInt8(once ? 1 : 0))
    output.write(visibleSeconds ?? 0)
    output.write(existsSeconds ?? 0)
  }
}

extension MessageTimer: CustomStringConvertible {
  /// The lengths that programs offer first; every other one can be given as well.
  public static let presets = [
    "5s", "10s", "30s", "1m", "5m", "30m", "1h", "6h", "12h", "24h", "1w", "4w",
  ]
  /// Each with the seconds that it stands for, the largest first.
  private static let units: [(name: Character, seconds: UInt32)] = [
    ("w", 604_800), ("h", 3_600), ("m", 60), ("s", 1),
  ]

  /// Reads what people write: `30s` from reading, `exists:1w` from acceptance, `once`; several
  /// joined by a plus sign. `nil` for what is none, or beyond 5 s to 4 weeks.
  public init?(_ text: String) {
    var visible: UInt32?
    var exists: UInt32?
    var once = false
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      if part == "once", !once {
        once = true
      } else if part.hasPrefix("exists:"), exists == nil {
        guard let seconds = Self.seconds(part.dropFirst(7)) else { return nil }
        exists = seconds
      } else {
        guard visible == nil, let seconds = Self.seconds(part) else { return nil }
        visible = seconds
      }
    }
    self.init(visibleSeconds: visible, existsSeconds: exists, once: once)
  }

  private static func seconds(_ text: Substring) -> UInt32? {
    guard let last = text.last,
      let unit = last == "d" ? 86_400 : units.first(where: { $0.name == last })?.seconds,
      text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let count = UInt32(text.dropLast())
    else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow, choice.contains(product) else { return nil }
    return product
  }

  private static func text(_ seconds: UInt32) -> String {
    for unit in units where seconds.isMultiple(of: unit.seconds) {
      return "\(seconds / unit.seconds)\(unit.name)"
    }
    return "\(seconds)s"
  }

  /// As people write it.
  public var description: String {
    var parts: [String] = []
    if let visibleSeconds { parts.append(Self.text(visibleSeconds)) }
    if let existsSeconds { parts.append("exists:" + Self.text(existsSeconds)) }
    if once { parts.append("once") }
    return parts.joined(separator: "+")
  }
}
