// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// `uint16 ProposalType` (RFC 9420 §17.4).
public struct ProposalType: RawRepresentable, Hashable, Sendable, WireValue {
  /// The registered number.
  public let rawValue: UInt16

  /// Takes any number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Adds a member (RFC 9420 §12.1.1).
  public static let add = ProposalType(rawValue: 0x0001)
  /// Replaces the sender's leaf (RFC 9420 §12.1.2).
  public static let update = ProposalType(rawValue: 0x0002)
  /// Removes a member (RFC 9420 §12.1.3).
  public static let remove = ProposalType(rawValue: 0x0003)
  /// Mixes a pre-shared key in (RFC 9420 §12.1.4).
  public static let psk = ProposalType(rawValue: 0x0004)
  /// Ends the group in favour of a new one (RFC 9420 §12.1.5).
  public static let reInit = ProposalType(rawValue: 0x0005)
  /// Carries an external joiner's KEM output (RFC 9420 §12.1.6).
  public static let externalInit = ProposalType(rawValue: 0x0006)
  /// Replaces the group's extensions (RFC 9420 §12.1.7).
  public static let groupContextExtensions = ProposalType(rawValue: 0x0007)

  /// Removes its sender (draft-ietf-mls-extensions, SelfRemove).
  public static let selfRemove = ProposalType(rawValue: 0x000A)

  /// Whether every client is assumed to implement the type, so that capabilities do not list it
  /// (RFC 9420 §7.2).
  public var isDefault: Bool { (0x0001...0x0007).contains(rawValue) }

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: try input.readUInt16())
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }
}
