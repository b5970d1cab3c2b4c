// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A key package of our own with the two private keys that belong to it.
///
/// One stored value: whoever stores the group that a Welcome leads to deletes it in the same
/// transaction, unless it is a last-resort package (RFC 9420 §10, §16.8).
public struct KeyPackageBundle: Sendable {
  /// What is published.
  public let keyPackage: KeyPackage
  /// Opens the Welcome.
  public let initPrivateKey: Secret
  /// Becomes the private key of the leaf.
  public let encryptionPrivateKey: Secret
  /// KeyPackageRef, the name under which a Welcome finds this package (RFC 9420 §5.2).
  public let reference: [UInt8]

  /// Takes the parts.
  ///
  /// - Throws: `unsupportedCipherSuite`; `invalidKey` when the private keys are not those of the
  ///   package.
  public init(
    keyPackage: KeyPackage, initPrivateKey: Secret, encryptionPrivateKey: Secret
  ) throws(MLSFailure) {
    let suite = keyPackage.cipherSuite
    try suite.checkSupported()
    guard
      try suite.hpkePublicKey(of: initPrivateKey) == keyPackage.initKey,
      try suite.hpkePublicKey(of: encryptionPrivateKey) == keyPackage.leafNode.encryptionKey
    else { throw .invalidKey }
    self.keyPackage = keyPackage
    self.initPrivateKey = initPrivateKey
    self.encryptionPrivateKey = encryptionPrivateKey
    reference = try keyPackage.reference()
  }

  /// Makes and signs a key package (RFC 9420 §10).
  ///
  /// - Parameters:
  ///   - suite: of the groups that it can be added to.
  ///   - identity: what its leaf says, and the key that signs it.
  ///   - lifetime: when it may be used to add the client.
  ///   - isLastResort: marks it by the `last_resort` extension (0x000A).
  ///   - further: extensions of the application's; who does not know them ignores them.
  ///   - generator: makes both key pairs.
  /// - Throws: `unsupportedCipherSuite`, `invalidKey`, `keyGenerationFailed`.
  public static func create(
    suite: CipherSuite, identity: LeafIdentity, lifetime: Lifetime, isLastResort: Bool = false,
    extensions further: [Extension] = [], using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> KeyPackageBundle {
    try suite.checkSupported()
    let initKey = try suite.generateHPKEKeyPair(using: &generator)
    let encryptionKey = try suite.generateHPKEKeyPair(using: &generator)
    let leaf = try LeafNode.signedForKeyPackage(
      profile: identity.profile, encryptionKey: encryptionKey.publicKey, lifetime: lifetime,
      with: identity.signatureKeyPair.privateKey, suite: suite)
    let keyPackage = try KeyPackage.signed(
      suite: suite, initKey: initKey.publicKey, leafNode: leaf,
      extensions: (isLastResort ? [Extension(type: .lastResort, data: [])] : []) + further,
      with: identity.signatureKeyPair.privateKey)
    return try KeyPackageBundle(
      keyPackage: keyPackage, initPrivateKey: initKey.privateKey,
      encryptionPrivateKey: encryptionKey.privateKey)
  }

  /// The form for an encrypted store.
  public var encodedForStorage: Secret {
    var output = ByteWriter()
    output.write(KeyPackageBundle.storageVersion)
    output.write(keyPackage)
    output.write(vector: initPrivateKey.copyBytes())
    output.write(vector: encryptionPrivateKey.copyBytes())
    return Secret(output.bytes)
  }

  /// Reads the form of `encodedForStorage`.
  ///
  /// - Throws: `invalidStoredState`.
  public init(storage: Secret) throws(MLSFailure) {
    let parts = try storage.decodeStored {
      (input: inout Span<UInt8>) throws(DecodingFailure) -> (KeyPackage, Secret, Secret) in
      guard try input.readUInt8() == KeyPackageBundle.storageVersion else {
        throw .invalidValue(field: "storage version")
      }
      return (
        try KeyPackage(from: &input), Secret(try input.readVector()),
        Secret(try input.readVector())
      )
    }
    do throws(MLSFailure) {
      try self.init(
        keyPackage: parts.0, initPrivateKey: parts.1, encryptionPrivateKey: parts.2)
    } catch {
      throw .invalidStoredState
    }
  }

  private static let storageVersion: UInt8 = 1
}

extension LeafIdentity {
  /// The parts that go into every leaf.
  var profile: LeafNode.Profile {
    LeafNode.Profile(
      signatureKey: signatureKeyPair.publicKey, credential: credential,
      capabilities: capabilities, extensions: extensions)
  }
}

extension Secret {
  /// Decodes a value from stored bytes that it must fill.
  ///
  /// - Throws: `invalidStoredState`, whatever is wrong with them.
  func decodeStored<Value>(
    _ decode: (inout Span<UInt8>) throws(DecodingFailure) -> Value
  ) throws(MLSFailure) -> Value {
    let bytes = copyBytes()
    do throws(DecodingFailure) {
      var input = bytes.span
      let value = try decode(&input)
      guard input.isEmpty else { throw .trailingBytes }
      return value
    } catch {
      throw .invalidStoredState
    }
  }
}
