// SPDX-License-Identifier: Apache-2.0

/// What a part is meant for (draft-ietf-mimi-content-08, `baseDispos`). Values that nobody has
/// defined yet are kept and treated as `render`.
public struct Disposition: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt8

  /// Takes the number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Nothing is said.
  public static let unspecified = Disposition(rawValue: 0)
  /// Shown by the receiver's own policy.
  public static let render = Disposition(rawValue: 1)
  /// One reaction to another message.
  public static let reaction = Disposition(rawValue: 2)
  /// A profile, such as a vCard.
  public static let profile = Disposition(rawValue: 3)
  /// Shown where it stands.
  public static let inline = Disposition(rawValue: 4)
  /// A small picture that stands for something.
  public static let icon = Disposition(rawValue: 5)
  /// Downloaded by the receiver, not shown at once.
  public static let attachment = Disposition(rawValue: 6)
  /// A multimedia session or the way into one.
  public static let session = Disposition(rawValue: 7)
  /// The sender's preview of something, such as a link.
  public static let preview = Disposition(rawValue: 8)

  /// The highest number that the draft defines.
  static let definedMax: UInt8 = 8

  /// Whether the part is shown as content of the message.
  public var isShown: Bool {
    switch self {
    case .unspecified, .render, .inline: true
    default: rawValue > Self.definedMax
    }
  }
}

/// How the parts of a multi-part belong together (draft-ietf-mimi-content-08, `partSemantics`).
public enum PartSemantics: UInt8, Sendable {
  /// The receiver takes one of them, as it likes.
  case chooseOne = 0
  /// All are one thing; who cannot read one of them reads none.
  case singleUnit = 1
  /// The receiver takes as many as it can, each for itself.
  case processAll = 2
}

/// When a message is to be forgotten (draft-ietf-mimi-content-08, `Expiration`), in whole seconds.
public enum Expiration: Hashable, Sendable {
  /// That many seconds after it was read.
  case relative(seconds: UInt32)
  /// That many seconds after 1970-01-01T00:00:00Z.
  case absolute(seconds: UInt32)
}
