// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// `uint16 CredentialType` (RFC 9420 §17.5).
public struct CredentialType: RawRepresentable, Hashable, Sendable, WireValue {
  /// The registered number.
  public let rawValue: UInt16

  /// Takes any number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A bare assertion of an identity.
  public static let basic = CredentialType(rawValue: 0x0001)
  /// A chain of X.509 certificates.
  public static let x509 = CredentialType(rawValue: 0x0002)

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: try input.readUInt16())
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }
}

/// Who a client says it is (RFC 9420 §5.3). Whether that is true, the application decides: this
/// library looks into no identity and no certificate.
///
/// ```
/// struct {
///     CredentialType credential_type;
///     select (Credential.credential_type) {
///         case basic: opaque identity<V>;
///         case x509:  Certificate certificates<V>;
///     };
/// } Credential;
/// ```
public enum Credential: Hashable, Sendable, WireValue {
  /// An identity in a form of the application's own.
  case basic(identity: [UInt8])
  /// DER certificates, the end entity's first.
  case x509(certificates: [[UInt8]])
  /// A type that this library does not know. RFC 9420 gives no outer length to a credential, so
  /// the content is taken to be one vector, as that of both registered types is.
  case unknown(type: CredentialType, content: [UInt8])

  /// The most certificates of one chain.
  public static let certificateCountMax = 16

  /// The type on the wire.
  public var type: CredentialType {
    switch self {
    case .basic: .basic
    case .x509: .x509
    case .unknown(let type, _): type
    }
  }

  /// Takes a credential from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let type = try CredentialType(from: &input)
    switch type {
    case .basic:
      self = .basic(identity: try input.readVector())
    case .x509:
      self = .x509(
        certificates: try input.readList(maximumCount: Credential.certificateCountMax) {
          (input: inout Span<UInt8>) throws(DecodingFailure) in try input.readVector()
        })
    default:
      self = .unknown(type: type, content: try input.readVector())
    }
  }

  /// Writes the credential.
  public func encode(to output: inout ByteWriter) {
    output.write(type)
    switch self {
    case .basic(let identity):
      output.write(vector: identity)
    case .x509(let certificates):
      output.write(list: certificates) { inner, certificate in inner.write(vector: certificate) }
    case .unknown(_, let content):
      output.write(vector: content)
    }
  }
}
