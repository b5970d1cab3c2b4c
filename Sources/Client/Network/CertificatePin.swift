// SPDX-License-Identifier: Apache-2.0

import Crypto
import NIOCore
package import NIOSSL
import SansIO
import Synchronization

/// The only check of the server's certificate: the SHA-256 of its SubjectPublicKeyInfo is the
/// pinned one, and TLS itself proves that the server holds that key. No authority, name or date is
/// looked at, because the invite link says exactly which key the server has.
///
/// One value serves one connection attempt and remembers the verdict, so that a wrong certificate
/// can be told from a broken network.
package final class CertificatePin: Sendable {
  private let pin: [UInt8]
  private let verdict = Mutex<NIOSSLVerificationResult?>(nil)

  /// Takes the 32 bytes of the pin; another length matches no certificate.
  package init(_ pin: [UInt8]) { self.pin = pin }

  /// Whether a certificate was shown and was not the pinned one.
  package var wasRefused: Bool { verdict.withLock { $0 == .failed } }

  /// A TLS 1.3 handler that refuses every certificate but the pinned one.
  ///
  /// - Throws: what NIOSSL throws when its configuration does not hold.
  package func makeHandler(host: String) throws -> NIOSSLClientHandler {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    // The name is not looked at; the callback below still decides about the certificate.
    configuration.certificateVerification = .noHostnameVerification
    configuration.trustRoots = .certificates([])
    configuration.applicationProtocols = ["http/1.1"]
    return try NIOSSLClientHandler(
      context: NIOSSLContext(configuration: configuration),
      serverHostname: CertificatePin.isIPAddress(host) ? nil : host,
      customVerificationCallback: { certificates, promise in
        promise.succeed(self.verify(certificates))
      })
  }

  /// Compares in constant time and fails when there is nothing to compare.
  private func verify(_ certificates: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
    var result = NIOSSLVerificationResult.failed
    if let leaf = certificates.first,
      let publicKey = try? leaf.extractPublicKey().toSPKIBytes(),
      CertificatePin.matches(publicKey: publicKey, pin: pin)
    {
      result = .certificateVerified
    }
    verdict.withLock { $0 = result }
    return result
  }

  /// Whether `pin` is the SHA-256 of the SubjectPublicKeyInfo.
  package static func matches(publicKey: [UInt8], pin: [UInt8]) -> Bool {
    constantTimeEquals(Array(SHA256.hash(data: publicKey)), pin)
  }

  /// Server name indication has no place for IP addresses (RFC 6066 §3).
  private static func isIPAddress(_ host: String) -> Bool {
    host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
  }
}
