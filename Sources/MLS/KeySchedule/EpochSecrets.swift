// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The secrets of one epoch (RFC 9420 §8), without those that are consumed on the way.
public struct EpochSecrets: Sendable {
  /// Seeds the next epoch.
  public let initSecret: Secret
  /// Protects the sender data of private messages.
  public let senderDataSecret: Secret
  /// The root of MLS-Exporter.
  public let exporterSecret: Secret
  /// The source of the external key pair.
  public let externalSecret: Secret
  /// Makes confirmation tags.
  public let confirmationKey: Secret
  /// Makes membership tags.
  public let membershipKey: Secret
  /// Proves membership in this epoch later on (RFC 9420 §8.6).
  public let resumptionPSK: Secret
  /// A value that two members may compare (RFC 9420 §8.7).
  public let epochAuthenticator: Secret
}

/// The steps of the key schedule, from the last epoch's init secret to the secrets of this one
/// (RFC 9420 §8).
public struct KeySchedule: Sendable {
  /// What the Welcome carries.
  public let joinerSecret: Secret
  /// The source of the Welcome's key and nonce.
  public let welcomeSecret: Secret
  private let suite: CipherSuite
  private let memberSecret: Secret

  /// Begins from the secrets of a commit.
  ///
  /// - Parameters:
  ///   - suite: the group's.
  ///   - initSecret: of the epoch before, or the one that an external joiner sealed.
  ///   - commitSecret: from the path; all zero without one.
  ///   - pskSecret: over the commit's PSKs; all zero without any.
  ///   - context: the encoded GroupContext of the new epoch.
  public init(
    suite: CipherSuite, initSecret: Secret, commitSecret: Secret, pskSecret: Secret,
    context: [UInt8]
  ) {
    let extracted = suite.extract(salt: initSecret, inputKeyMaterial: commitSecret)
    let joinerSecret = suite.expandWithLabel(
      extracted, label: "joiner", context: context, length: suite.hashLength)
    self.init(suite: suite, joinerSecret: joinerSecret, pskSecret: pskSecret)
  }

  /// Begins from a Welcome's joiner secret.
  public init(suite: CipherSuite, joinerSecret: Secret, pskSecret: Secret) {
    self.suite = suite
    self.joinerSecret = joinerSecret
    memberSecret = suite.extract(salt: joinerSecret, inputKeyMaterial: pskSecret)
    welcomeSecret = suite.deriveSecret(memberSecret, label: "welcome")
  }

  /// Derives all secrets of the epoch; the encryption secret goes to the secret tree.
  public func epoch(context: [UInt8]) -> (secrets: EpochSecrets, encryptionSecret: Secret) {
    let epochSecret = suite.expandWithLabel(
      memberSecret, label: "epoch", context: context, length: suite.hashLength)
    return EpochSecrets.derive(suite: suite, epochSecret: epochSecret)
  }

  /// The Welcome's key and nonce (RFC 9420 §12.4.3.1).
  func welcomeKey() -> (key: Secret, nonce: [UInt8]) {
    let key = suite.expandWithLabel(
      welcomeSecret, label: "key", context: [], length: suite.aeadKeyLength)
    let nonce = suite.expandWithLabel(
      welcomeSecret, label: "nonce", context: [], length: suite.aeadNonceLength)
    return (key, nonce.copyBytes())
  }
}

extension EpochSecrets {
  /// Derives the secrets of an epoch from its epoch_secret. A new group draws that at random
  /// (RFC 9420 §11).
  static func derive(
    suite: CipherSuite, epochSecret: Secret
  ) -> (secrets: EpochSecrets, encryptionSecret: Secret) {
    func derived(_ label: String) -> Secret { suite.deriveSecret(epochSecret, label: label) }
    let secrets = EpochSecrets(
      initSecret: derived("init"), senderDataSecret: derived("sender data"),
      exporterSecret: derived("exporter"), externalSecret: derived("external"),
      confirmationKey: derived("confirm"), membershipKey: derived("membership"),
      resumptionPSK: derived("resumption"), epochAuthenticator: derived("authentication"))
    return (secrets, derived("encryption"))
  }

  /// MLS-Exporter (RFC 9420 §8.5).
  public func export(
    suite: CipherSuite, label: String, context: [UInt8], length: Int
  ) -> Secret {
    let derived = suite.deriveSecret(exporterSecret, label: label)
    return suite.expandWithLabel(
      derived, label: "exported", context: suite.hash(context), length: length)
  }

  /// The key pair for external commits (RFC 9420 §8.3).
  public func externalKeyPair(suite: CipherSuite) throws(MLSFailure) -> HPKEKeyPair {
    try suite.deriveHPKEKeyPair(inputKeyMaterial: externalSecret)
  }

  /// Takes stored secrets.
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    initSecret = try input.readSecret()
    senderDataSecret = try input.readSecret()
    exporterSecret = try input.readSecret()
    externalSecret = try input.readSecret()
    confirmationKey = try input.readSecret()
    membershipKey = try input.readSecret()
    resumptionPSK = try input.readSecret()
    epochAuthenticator = try input.readSecret()
  }

  /// Writes the secrets for an encrypted store.
  func encode(to output: inout ByteWriter) {
    output.write(secret: initSecret)
    output.write(secret: senderDataSecret)
    output.write(secret: exporterSecret)
    output.write(secret: externalSecret)
    output.write(secret: confirmationKey)
    output.write(secret: membershipKey)
    output.write(secret: resumptionPSK)
    output.write(secret: epochAuthenticator)
  }
}

extension Span where Element == UInt8 {
  /// Takes a `<V>` vector of secret bytes.
  mutating func readSecret() throws(DecodingFailure) -> Secret {
    let length = try readVectorLength(maximum: 1 << 16)
    let secret = Secret(copying: extracting(first: length))
    self = extracting(droppingFirst: length)
    return secret
  }
}

extension ByteWriter {
  /// Writes secret bytes as a `<V>` vector, for an encrypted store or an HPKE plaintext.
  mutating func write(secret: Secret) { write(vector: secret.copyBytes()) }
}
