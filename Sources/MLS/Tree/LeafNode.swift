// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// How a leaf came into the tree, and what that adds to it (RFC 9420 §7.2).
public enum LeafNodeSource: Hashable, Sendable {
  /// From a key package.
  case keyPackage(Lifetime)
  /// By an Update proposal.
  case update
  /// By a commit's path; the parent hash of the leaf (RFC 9420 §7.9).
  case commit(parentHash: [UInt8])
}

/// A client's appearance in a group (RFC 9420 §7.2). A value that never changes; copies share one
/// allocation. Its signature counts for nothing until `validate` has looked at it.
///
/// ```
/// struct {
///     HPKEPublicKey encryption_key;
///     SignaturePublicKey signature_key;
///     Credential credential;
///     Capabilities capabilities;
///     LeafNodeSource leaf_node_source;
///     select (LeafNode.leaf_node_source) {
///         case key_package: Lifetime lifetime;
///         case update:      struct{};
///         case commit:      opaque parent_hash<V>;
///     };
///     Extension extensions<V>;
///     opaque signature<V>;
/// } LeafNode;
/// ```
public struct LeafNode: Sendable, WireValue {
  private let storage: Storage

  /// The HPKE public key of the leaf.
  public var encryptionKey: [UInt8] { storage.encryptionKey }
  /// The key that verifies the client's signatures.
  public var signatureKey: [UInt8] { storage.profile.signatureKey }
  /// Who the client says it is.
  public var credential: Credential { storage.profile.credential }
  /// What the client supports.
  public var capabilities: Capabilities { storage.profile.capabilities }
  /// How the leaf came into the tree.
  public var source: LeafNodeSource { storage.source }
  /// Further statements about the client.
  public var extensions: [Extension] { storage.profile.extensions }
  /// The signature over all of the above, and over the place for `update` and `commit`.
  public var signature: [UInt8] { storage.signature }

  /// The parts that the client keeps from leaf to leaf.
  public var profile: Profile { storage.profile }

  /// The parent hash of a leaf that a commit set, else `nil` (RFC 9420 §7.9).
  public var parentHash: [UInt8]? {
    if case .commit(let parentHash) = storage.source { parentHash } else { nil }
  }

  /// What a client says about itself in every leaf that it makes.
  public struct Profile: Hashable, Sendable {
    /// The key that verifies the client's signatures.
    public var signatureKey: [UInt8]
    /// Who the client says it is.
    public var credential: Credential
    /// What the client supports.
    public var capabilities: Capabilities
    /// Further statements about the client.
    public var extensions: [Extension]

    /// A profile of these parts.
    public init(
      signatureKey: [UInt8], credential: Credential, capabilities: Capabilities,
      extensions: [Extension] = []
    ) {
      self.signatureKey = signatureKey
      self.credential = credential
      self.capabilities = capabilities
      self.extensions = extensions
    }
  }

  /// The place that the signature of an `update` or `commit` leaf is bound to.
  public struct Position: Hashable, Sendable {
    /// The group.
    public let groupID: [UInt8]
    /// The leaf's index in it.
    public let leafIndex: LeafIndex

    /// A place in a group.
    public init(groupID: [UInt8], leafIndex: LeafIndex) {
      self.groupID = groupID
      self.leafIndex = leafIndex
    }
  }

  /// Puts the parts together with a signature made elsewhere; nothing is checked.
  package init(
    encryptionKey: [UInt8], profile: Profile, source: LeafNodeSource, signature: [UInt8]
  ) {
    storage = Storage(
      encryptionKey: encryptionKey, profile: profile, source: source, signature: signature)
  }

  /// Makes and signs a leaf (RFC 9420 §7.2).
  ///
  /// - Parameters:
  ///   - profile: what the leaf says.
  ///   - encryptionKey: the leaf's HPKE public key.
  ///   - source: how the leaf comes into the tree.
  ///   - position: where the leaf stands; it counts for `update` and `commit` only.
  ///   - privateKey: belongs to the profile's signature key.
  ///   - suite: the group's.
  /// - Throws: `invalidKey` when the private key is not one of the suite's.
  public static func signed(
    profile: Profile, encryptionKey: [UInt8], source: LeafNodeSource, at position: Position,
    with privateKey: SignaturePrivateKey, suite: CipherSuite
  ) throws(MLSFailure) -> LeafNode {
    let unsigned = LeafNode(
      encryptionKey: encryptionKey, profile: profile, source: source, signature: [])
    let signature = try suite.sign(
      privateKey: privateKey, label: LeafNode.signatureLabel,
      content: unsigned.toBeSigned(at: position))
    return LeafNode(
      encryptionKey: encryptionKey, profile: profile, source: source, signature: signature)
  }

  /// Makes and signs a leaf for a key package, which is bound to no group (RFC 9420 §10).
  ///
  /// - Throws: `invalidKey` when the private key is not one of the suite's.
  public static func signedForKeyPackage(
    profile: Profile, encryptionKey: [UInt8], lifetime: Lifetime,
    with privateKey: SignaturePrivateKey, suite: CipherSuite
  ) throws(MLSFailure) -> LeafNode {
    try signed(
      profile: profile, encryptionKey: encryptionKey, source: .keyPackage(lifetime),
      at: Position(groupID: [], leafIndex: LeafIndex(rawValue: 0)), with: privateKey, suite: suite)
  }

  /// Whether the signature verifies under the leaf's own key.
  ///
  /// - Parameters:
  ///   - position: where the leaf stands; it counts for `update` and `commit` only.
  ///   - suite: the group's.
  public func hasValidSignature(at position: Position, suite: CipherSuite) -> Bool {
    suite.verify(
      publicKey: signatureKey, label: LeafNode.signatureLabel, content: toBeSigned(at: position),
      signature: signature)
  }

  private static let signatureLabel = "LeafNodeTBS"

  /// The encoding of `LeafNodeTBS` (RFC 9420 §7.2).
  private func toBeSigned(at position: Position) -> [UInt8] {
    var output = ByteWriter()
    encodeUnsigned(to: &output)
    switch source {
    case .keyPackage:
      break
    case .update, .commit:
      output.write(vector: position.groupID)
      output.write(position.leafIndex)
    }
    return output.bytes
  }

  private final class Storage: Sendable {
    let encryptionKey: [UInt8]
    let profile: Profile
    let source: LeafNodeSource
    let signature: [UInt8]

    init(encryptionKey: [UInt8], profile: Profile, source: LeafNodeSource, signature: [UInt8]) {
      self.encryptionKey = encryptionKey
      self.profile = profile
      self.source = source
      self.signature = signature
    }
  }
}

extension LeafNode: Hashable {
  /// Equal when all fields are.
  public static func == (left: LeafNode, right: LeafNode) -> Bool {
    left.storage === right.storage
      || (left.encryptionKey == right.encryptionKey && left.signature == right.signature
        && left.source == right.source && left.profile == right.profile)
  }

  /// The signature covers the other fields, so it stands for all.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(encryptionKey)
    hasher.combine(signature)
  }
}

extension LeafNode {
  /// Takes a leaf from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let encryptionKey = try input.readVector()
    let signatureKey = try input.readVector()
    let credential = try Credential(from: &input)
    let capabilities = try Capabilities(from: &input)
    let source: LeafNodeSource
    switch try input.readUInt8() {
    case 1: source = .keyPackage(try Lifetime(from: &input))
    case 2: source = .update
    case 3: source = .commit(parentHash: try input.readVector())
    default: throw .invalidValue(field: "leaf_node_source")
    }
    let extensions = try input.readExtensions()
    self.init(
      encryptionKey: encryptionKey,
      profile: Profile(
        signatureKey: signatureKey, credential: credential, capabilities: capabilities,
        extensions: extensions),
      source: source, signature: try input.readVector())
  }

  /// Writes the leaf.
  public func encode(to output: inout ByteWriter) {
    encodeUnsigned(to: &output)
    output.write(vector: signature)
  }

  private func encodeUnsigned(to output: inout ByteWriter) {
    output.write(vector: encryptionKey)
    output.write(vector: signatureKey)
    output.write(credential)
    output.write(capabilities)
    switch source {
    case .keyPackage(let lifetime):
      output.write(UInt8(1))
      output.write(lifetime)
    case .update:
      output.write(UInt8(2))
    case .commit(let parentHash):
      output.write(UInt8(3))
      output.write(vector: parentHash)
    }
    output.write(list: extensions)
  }
}
