// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Identity
import NIOSSL
import SansIO
import SwiftASN1
import X509

/// What a server proves itself with: the TLS certificate whose public key clients pin, and the key
/// that will sign the service's policy.
struct ServerCredentials: Sendable {
  let chain: [NIOSSLCertificate]
  let key: NIOSSLPrivateKey
  /// SHA-256 of the certificate's SubjectPublicKeyInfo.
  let pin: Fingerprint
  let serverKey: SignaturePublicKey

  private static let certificateName = "certificate.pem"
  private static let keyName = "certificate-key.pem"
  private static let serverKeyName = "server-key"
  /// A pinned certificate is not renewed by a calendar; it lasts as long as the operator wants.
  private static let validity = TimeInterval(20 * 365 * 86_400)

  /// Loads the certificate that the operator gives, or the folder's own, made at the first start.
  init(
    folder: DataFolder, files: (chain: String, key: String)?, domains: [ServiceDomain]
  ) throws(ServerStartFailure) {
    serverKey = try Self.serverKey(in: folder)
    let chainText: [UInt8]
    let keyText: [UInt8]
    if let files {
      guard
        let chain = FileManager.default.contents(atPath: files.chain),
        let key = FileManager.default.contents(atPath: files.key)
      else { throw .certificate }
      (chainText, keyText) = (Array(chain), Array(key))
    } else {
      (chainText, keyText) = try Self.ownCertificate(in: folder, domains: domains)
    }
    do {
      chain = try NIOSSLCertificate.fromPEMBytes(chainText)
      key = try NIOSSLPrivateKey(bytes: keyText, format: .pem)
      guard let leaf = chain.first else { throw ServerStartFailure.certificate }
      let info = try leaf.extractPublicKey().toSPKIBytes()
      guard let pin = Fingerprint(Array(SHA256.hash(data: info))) else {
        throw ServerStartFailure.certificate
      }
      self.pin = pin
    } catch {
      throw .certificate
    }
  }

  private static func serverKey(
    in folder: DataFolder
  ) throws(ServerStartFailure) -> SignaturePublicKey {
    var seed = try folder.read(serverKeyName)
    if seed == nil {
      var generator = SystemRandomNumberGenerator()
      let fresh = generator.bytes(32)
      try folder.write(fresh, to: serverKeyName)
      seed = fresh
    }
    guard let seed, let key = SigningKey(seed: Secret(seed)) else { throw .certificate }
    return key.publicKey
  }

  private static func ownCertificate(
    in folder: DataFolder, domains: [ServiceDomain]
  ) throws(ServerStartFailure) -> (chain: [UInt8], key: [UInt8]) {
    if let chain = try folder.read(certificateName), let key = try folder.read(keyName) {
      return (chain, key)
    }
    let privateKey = P256.Signing.PrivateKey()
    let chain: [UInt8]
    do {
      let name = try DistinguishedName { CommonName("sotto-server") }
      let certificate = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(),
        publicKey: Certificate.PublicKey(privateKey.publicKey),
        notValidBefore: Date().addingTimeInterval(-86_400),
        notValidAfter: Date().addingTimeInterval(validity), issuer: name, subject: name,
        signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          SubjectAlternativeNames(domains.map { .dnsName($0.description) })
        }, issuerPrivateKey: Certificate.PrivateKey(privateKey))
      chain = Array(try certificate.serializeAsPEM().pemString.utf8)
    } catch {
      throw .certificate
    }
    let key = Array(privateKey.pemRepresentation.utf8)
    // The key first: a certificate without its key would never be replaced.
    try folder.write(key, to: keyName)
    try folder.write(chain, to: certificateName)
    return (chain, key)
  }

  /// TLS 1.3 alone; key agreement is hybrid post-quantum where the client offers it.
  func contextForServer() throws(ServerStartFailure) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv13
    configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw .certificate
    }
  }
}
