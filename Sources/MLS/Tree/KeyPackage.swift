// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a client publishes so that others can add it to groups (RFC 9420 §10).
///
/// ```
/// struct {
///     ProtocolVersion version;
///     CipherSuite cipher_suite;
///     HPKEPublicKey init_key;
///     LeafNode leaf_node;
///     Extension extensions<V>;
///     opaque signature<V>;
/// } KeyPackage;
/// ```
public struct KeyPackage: Hashable, Sendable, WireValue {
  /// The protocol version.
  public let version: ProtocolVersion
  /// The suite.
  public let cipherSuite: CipherSuite
  /// The HPKE public key that a Welcome is encrypted to.
  public let initKey: [UInt8]
  /// The leaf that an Add puts into the tree.
  public let leafNode: LeafNode
  /// Further statements, such as `last_resort`.
  public let extensions: [Extension]
  /// The signature over all of the above.
  public let signature: [UInt8]

  /// Takes a key package from the front of `input`; `validate` looks at its content.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    version = try ProtocolVersion(from: &input)
    cipherSuite = try CipherSuite(from: &input)
    initKey = try input.readVector()
    leafNode = try LeafNode(from: &input)
    extensions = try input.readExtensions()
    signature = try input.readVector()
  }

  /// Puts the parts together with a signature made elsewhere; nothing is checked.
  package init(
    version: ProtocolVersion = .mls10, cipherSuite: CipherSuite, initKey: [UInt8],
    leafNode: LeafNode, extensions: [Extension], signature: [UInt8]
  ) {
    self.version = version
    self.cipherSuite = cipherSuite
    self.initKey = initKey
    self.leafNode = leafNode
    self.extensions = extensions
    self.signature = signature
  }

  /// Makes and signs a key package.
  ///
  /// - Throws: `invalidKey` when the private key is not one of the suite's.
  public static func signed(
    suite: CipherSuite, initKey: [UInt8], leafNode: LeafNode, extensions: [Extension] = [],
    with privateKey: SignaturePrivateKey
  ) throws(MLSFailure) -> KeyPackage {
    let unsigned = KeyPackage(
      cipherSuite: suite, initKey: initKey, leafNode: leafNode, extensions: extensions,
      signature: [])
    return KeyPackage(
      cipherSuite: suite, initKey: initKey, leafNode: leafNode, extensions: extensions,
      signature: try suite.sign(
        privateKey: privateKey, label: KeyPackage.signatureLabel, content: unsigned.toBeSigned))
  }

  /// Writes the key package.
  public func encode(to output: inout ByteWriter) {
    output.write(raw: toBeSigned)
    output.write(vector: signature)
  }

  /// Whether the client wants the package kept for use when no other is left.
  public var isLastResort: Bool { extensions.contains { $0.type == .lastResort } }

  /// The KeyPackageRef: the suite's hash of the package (RFC 9420 §5.2).
  ///
  /// - Throws: `unsupportedCipherSuite`, because the suite decides the hash.
  public func reference() throws(MLSFailure) -> [UInt8] {
    guard cipherSuite.isSupported else { throw .unsupportedCipherSuite }
    return cipherSuite.refHash(label: "MLS 1.0 KeyPackage Reference", value: encoded)
  }

  /// Checks the package for use in a group with these demands (RFC 9420 §10.1). What depends on
  /// other members is left to `RatchetTree.validateMembers`.
  ///
  /// - Throws: `unsupportedProtocolVersion`, `cipherSuiteMismatch`, `initKeyReused`,
  ///   `invalidSignature`, and what `LeafNode.validate` says of the leaf.
  public func validate(requirements: LeafRequirements, now: Instant) throws(MLSFailure) {
    guard version == .mls10 else { throw .unsupportedProtocolVersion }
    guard cipherSuite == requirements.suite else { throw .cipherSuiteMismatch }
    guard initKey != leafNode.encryptionKey else { throw .initKeyReused }
    try leafNode.validate(
      .keyPackage, at: LeafNode.Position(groupID: [], leafIndex: LeafIndex(rawValue: 0)),
      requirements: requirements, now: now)
    guard
      cipherSuite.verify(
        publicKey: leafNode.signatureKey, label: KeyPackage.signatureLabel, content: toBeSigned,
        signature: signature)
    else { throw .invalidSignature }
  }

  private static let signatureLabel = "KeyPackageTBS"

  private var toBeSigned: [UInt8] {
    var output = ByteWriter()
    output.write(version)
    output.write(cipherSuite)
    output.write(vector: initKey)
    output.write(leafNode)
    output.write(list: extensions)
    return output.bytes
  }
}
