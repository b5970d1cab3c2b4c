// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The safety number as the bytes of a QR code, with the maker's view of the transparency log.
///
/// ```
/// struct {
///   uint8 ver = 3;
///   uint8 account_id_self[16];
///   uint8 f_self[32];
///   uint8 account_id_peer[16];
///   uint8 f_peer[32];
///   uint8 cfg_hash[8];
///   uint64 size;
///   uint8 root[32];
/// } SafetyCode;
/// ```
public struct SafetyCode: WireValue, Hashable {
  /// A point of the transparency log; all zero while there is no log.
  public struct LogPoint: Hashable, Sendable {
    /// The length of a configuration's short hash, in bytes.
    public static let configurationByteCount = 8

    /// The first 8 bytes of the hash of the log's configuration.
    public let configuration: [UInt8]
    /// The number of leaves.
    public let size: UInt64
    /// The root of the tree of that size.
    public let root: Fingerprint

    /// Takes the parts, or gives `nil` when `configuration` does not have 8 bytes.
    public init?(configuration: [UInt8], size: UInt64, root: Fingerprint) {
      guard configuration.count == Self.configurationByteCount else { return nil }
      self.configuration = configuration
      self.size = size
      self.root = root
    }

    /// The place of a point where there is no log.
    public static let none = LogPoint()

    private init() {
      configuration = Array(repeating: 0, count: Self.configurationByteCount)
      size = 0
      root = .zero
    }
  }

  /// What scanning another's code says.
  public enum Comparison: Hashable, Sendable {
    /// Both have the same keys of both.
    case match
    /// At least one key differs: somebody sits between, or a key changed.
    case mismatch
    /// The code belongs to another pair of accounts.
    case otherAccounts
  }

  private static let formatVersion: UInt8 = 3

  /// The safety number, as the maker of the code has it.
  public let number: SafetyNumber
  /// The maker's view of the log.
  public let logPoint: LogPoint

  /// Takes the parts.
  public init(number: SafetyNumber, logPoint: LogPoint = .none) {
    self.number = number
    self.logPoint = logPoint
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "safety code format")
    }
    let own = IdentityFingerprint(
      accountID: try AccountID(from: &input), bytes: try Fingerprint(from: &input))
    let peer = IdentityFingerprint(
      accountID: try AccountID(from: &input), bytes: try Fingerprint(from: &input))
    number = SafetyNumber(own: own, peer: peer)
    let configuration = try input.readBytes(LogPoint.configurationByteCount)
    let size = try input.readUInt64()
    let root = try Fingerprint(from: &input)
    guard let logPoint = LogPoint(configuration: configuration, size: size, root: root) else {
      throw .truncated
    }
    self.logPoint = logPoint
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    for side in [number.own, number.peer] {
      output.write(side.accountID)
      output.write(side.bytes)
    }
    output.write(raw: logPoint.configuration)
    output.write(logPoint.size)
    output.write(logPoint.root)
  }

  /// Compares a code scanned from the peer's screen with our own, both sides crosswise.
  public func compare(scanned: SafetyCode) -> Comparison {
    guard
      scanned.number.own.accountID == number.peer.accountID,
      scanned.number.peer.accountID == number.own.accountID
    else { return .otherAccounts }
    let matches = constantTimeEquals(
      scanned.number.own.bytes.bytes + scanned.number.peer.bytes.bytes,
      number.peer.bytes.bytes + number.own.bytes.bytes)
    return matches ? .match : .mismatch
  }
}
