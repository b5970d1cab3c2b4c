// SPDX-License-Identifier: Apache-2.0

/// Why a text is no invite link.
public enum InviteLinkFailure: Error, Hashable, Sendable {
  /// The text is longer than any link.
  case tooLong
  /// The text does not begin with `sotto://`.
  case scheme
  /// The host is no name or address, or not in its canonical form.
  case host
  /// The port is missing, zero, above 65,535 or has a leading zero.
  case port
  /// The path is no service domain.
  case domain
  /// The fragment does not have three parts with dots between them.
  case fragment
  /// The fragment begins with another version than `v1`.
  case version
  /// The certificate pin is not 32 bytes in base64url.
  case certificatePin
  /// The server key is not 32 bytes in base64url.
  case serverKey
}

/// Where a service is reached and how its server is known, in one line that people hand on:
/// `sotto://HOST:PORT/DOMAIN#v1.PIN.KEY`.
///
/// `PIN` is the SHA-256 of the server certificate's SubjectPublicKeyInfo and `KEY` the Ed25519 key
/// that signs the service's policy, each 32 bytes in base64url with no padding (RFC 4648 §5). Both
/// stand in the fragment, which no HTTP client sends. Each link has one text.
public struct InviteLink: Hashable, Sendable, CustomStringConvertible {
  /// The longest link, in characters: two names and all that stands around them.
  public static let lengthMax = 640

  /// The host to connect to.
  public let host: ServerHost
  /// The TCP port; never zero.
  public let port: UInt16
  /// The service on that server.
  public let domain: ServiceDomain
  /// The SHA-256 of the SubjectPublicKeyInfo of the server's certificate.
  public let certificatePin: Fingerprint
  /// The key that signs the service's policy.
  public let serverKey: SignaturePublicKey

  /// Takes the parts.
  ///
  /// - Throws: `InviteLinkFailure.port` when the port is zero.
  public init(
    host: ServerHost, port: UInt16, domain: ServiceDomain, certificatePin: Fingerprint,
    serverKey: SignaturePublicKey
  ) throws(InviteLinkFailure) {
    guard port > 0 else { throw .port }
    self.host = host
    self.port = port
    self.domain = domain
    self.certificatePin = certificatePin
    self.serverKey = serverKey
  }

  /// Takes the exact text of a link.
  ///
  /// - Throws: an `InviteLinkFailure` that names the first part that is wrong.
  public init(_ text: String) throws(InviteLinkFailure) {
    let bytes = text.utf8
    guard bytes.count <= Self.lengthMax else { throw .tooLong }
    guard bytes.starts(with: Self.scheme.utf8) else { throw .scheme }
    let rest = bytes.dropFirst(Self.scheme.utf8.count)
    guard let hash = rest.firstIndex(of: UInt8(ascii: "#")) else { throw .fragment }
    let location = rest[..<hash]

    guard let slash = location.firstIndex(of: UInt8(ascii: "/")) else { throw .domain }
    let authority = location[..<slash]
    guard let colon = authority.lastIndex(of: UInt8(ascii: ":")) else { throw .port }
    let hostText = String(decoding: authority[..<colon], as: UTF8.self)
    guard let host = ServerHost(uriText: hostText) else { throw .host }
    self.host = host
    port = try Self.port(authority[authority.index(after: colon)...])
    do {
      let path = location[location.index(after: slash)...]
      domain = try ServiceDomain(String(decoding: path, as: UTF8.self))
    } catch {
      throw .domain
    }

    let fields = rest[rest.index(after: hash)...]
      .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard fields.count == 3 else { throw .fragment }
    guard fields[0].elementsEqual(Self.version.utf8) else { throw .version }
    guard let pin = Base64URL.decode(fields[1]).flatMap({ Fingerprint($0) }) else {
      throw .certificatePin
    }
    certificatePin = pin
    guard let key = Base64URL.decode(fields[2]).flatMap({ SignaturePublicKey($0) }) else {
      throw .serverKey
    }
    serverKey = key
  }

  /// The text of the link.
  public var description: String {
    let pin = Base64URL.encode(certificatePin.bytes)
    let key = Base64URL.encode(serverKey.bytes)
    return "\(Self.scheme)\(host.uriText):\(port)/\(domain)#\(Self.version).\(pin).\(key)"
  }

  private static let scheme = "sotto://"
  private static let version = "v1"

  private static func port(_ text: Substring.UTF8View) throws(InviteLinkFailure) -> UInt16 {
    guard (1...5).contains(text.count), text.allSatisfy(\.isDigit),
      text.first != UInt8(ascii: "0"),
      let port = UInt16(String(decoding: text, as: UTF8.self))
    else { throw .port }
    return port
  }
}
