// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A path secret and the node that it belongs to (RFC 9420 §7.4). The joiners of a commit are sent
/// the one at their lowest common ancestor with the committer.
public struct PathSecret: Sendable {
  /// The node.
  public let node: NodeIndex
  /// The secret.
  public let secret: Secret
}

/// The making and reading of update paths (RFC 9420 §7.4–§7.6). Nothing is kept here: trees and
/// keys come in as values, and the next ones go out.
public enum TreeKEM {
  /// What a committer has after making a path.
  public struct CreatedPath: Sendable {
    /// The path for the commit.
    public let updatePath: UpdatePath
    /// The secret of each node of the path, lowest first, for joiners.
    public let pathSecrets: [PathSecret]
    /// The secret for the key schedule (RFC 9420 §8).
    public let commitSecret: Secret
    /// The committer's next private keys.
    public let privateKeys: TreePrivateKeys
    /// The tree with the path in it.
    public let tree: RatchetTree
    /// Its root hash.
    public let treeHash: [UInt8]

    /// The secret for a joiner, which the committer's path shares with it.
    public func pathSecret(for joiner: LeafIndex) -> PathSecret? {
      pathSecrets.first { $0.node.covers(joiner) }
    }
  }

  /// What a member has after reading a path.
  public struct ProcessedPath: Sendable {
    /// The secret for the key schedule (RFC 9420 §8).
    public let commitSecret: Secret
    /// The member's next private keys.
    public let privateKeys: TreePrivateKeys
    /// The tree with the path in it.
    public let tree: RatchetTree
    /// Its root hash.
    public let treeHash: [UInt8]
  }

  static let encryptionLabel = "UpdatePathNode"

  /// Makes a path with fresh keys for a leaf and all nodes of its filtered direct path.
  ///
  /// - Parameters:
  ///   - tree: the tree after the commit's proposals. `sender` may be a leaf from `assignLeaf`.
  ///   - suite: the group's.
  ///   - sender: the leaf whose path is made.
  ///   - profile: what the new leaf says; `privateKey` belongs to its signature key.
  ///   - privateKey: signs the new leaf.
  ///   - groupID: the group, to which the leaf's signature is bound.
  ///   - excluded: the leaves that the same commit adds, which get no ciphertext.
  ///   - groupContext: the encoded provisional GroupContext for a given tree hash.
  ///   - entropy: makes the leaf's key pair and the first path secret.
  /// - Throws: `blankLeaf` when `sender` lies outside the tree, `invalidKey` when a key in the tree
  ///   or `privateKey` is not one of the suite's, `duplicateEncryptionKey` when the generator
  ///   repeats itself.
  /// - Precondition: the suite is supported.
  public static func createUpdatePath(
    tree: RatchetTree, suite: CipherSuite, sender: LeafIndex, profile: LeafNode.Profile,
    signingWith privateKey: SignaturePrivateKey, groupID: [UInt8],
    excluding excluded: [LeafIndex] = [], groupContext: (_ treeHash: [UInt8]) -> [UInt8],
    using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> CreatedPath {
    guard tree.leafCount.contains(sender) else { throw .blankLeaf }
    let steps = tree.filteredDirectPath(of: sender)
    let leafKey = try suite.generateHPKEKeyPair(using: &entropy)
    var pathKeys = PathKeys(
      suite: suite, first: Secret(count: suite.hashLength, using: &entropy))
    for step in steps { try pathKeys.advance(to: step.node) }
    let publicKeys = pathKeys.pairs.map(\.publicKey)
    try tree.checkFresh(publicKeys + [leafKey.publicKey])

    var next = tree
    let parentHash = next.setPath(publicKeys, along: steps, from: sender, suite: suite)
    let leaf = try LeafNode.signed(
      profile: profile, encryptionKey: leafKey.publicKey, source: .commit(parentHash: parentHash),
      at: LeafNode.Position(groupID: groupID, leafIndex: sender), with: privateKey, suite: suite)
    next.setLeaf(leaf, at: sender)
    let treeHash = next.treeHash(suite)

    let sealer = suite.hpke(label: encryptionLabel, context: groupContext(treeHash))
    var nodes: [UpdatePathNode] = []
    for (step, (pair, secret)) in zip(steps, zip(pathKeys.pairs, pathKeys.secrets)) {
      nodes.append(
        UpdatePathNode(
          encryptionKey: pair.publicKey,
          encryptedPathSecret: try encrypt(
            secret.secret, to: next.recipients(of: step, excluding: excluded), of: next,
            with: sealer)))
    }
    var privateKeys = TreePrivateKeys(leafIndex: sender, leafKey: leafKey.privateKey)
    for (step, pair) in zip(steps, pathKeys.pairs) {
      privateKeys.set(pair.privateKey, for: step.node)
    }
    return CreatedPath(
      updatePath: UpdatePath(leafNode: leaf, nodes: nodes), pathSecrets: pathKeys.secrets,
      commitSecret: pathKeys.next, privateKeys: privateKeys, tree: next, treeHash: treeHash)
  }

  private static func encrypt(
    _ secret: Secret, to recipients: [NodeIndex], of tree: RatchetTree, with sealer: HPKESingleShot
  ) throws(MLSFailure) -> [HPKECiphertext] {
    var ciphertexts: [HPKECiphertext] = []
    for node in recipients {
      guard let key = tree.encryptionKey(at: node) else { throw .blankLeaf }
      ciphertexts.append(try sealer.seal(secret.copyBytes(), to: key))
    }
    return ciphertexts
  }

  /// Merges a path into the tree, opens the path secret that is meant for this member, and derives
  /// its new keys. The path's leaf has been validated before.
  ///
  /// - Parameters:
  ///   - path: what the commit carries.
  ///   - sender: the committer's leaf.
  ///   - tree: the tree after the commit's proposals.
  ///   - suite: the group's.
  ///   - privateKeys: this member's, with its committed Update taken in if there was one.
  ///   - excluded: the leaves that the same commit adds.
  ///   - groupContext: the encoded provisional GroupContext for a given tree hash.
  /// - Throws: what `RatchetTree.merge` throws, `noPathSecret`, `decryptionFailed`,
  ///   `pathSecretMismatch`.
  /// - Precondition: the suite is supported.
  public static func processUpdatePath(
    _ path: UpdatePath, from sender: LeafIndex, tree: RatchetTree, suite: CipherSuite,
    privateKeys: TreePrivateKeys, excluding excluded: [LeafIndex] = [],
    groupContext: (_ treeHash: [UInt8]) -> [UInt8]
  ) throws(MLSFailure) -> ProcessedPath {
    var next = tree
    try next.merge(path, from: sender, excluding: excluded, suite: suite)
    let treeHash = next.treeHash(suite)
    var nextKeys = privateKeys
    nextKeys.forgetBlankNodes(of: next)

    let steps = next.filteredDirectPath(of: sender)
    let own = privateKeys.leafIndex
    guard own != sender, let start = steps.firstIndex(where: { $0.copathChild.covers(own) })
    else { throw .noPathSecret }
    let recipients = next.recipients(of: steps[start], excluding: excluded)
    guard
      let place = recipients.firstIndex(where: { nextKeys.privateKey(for: $0) != nil }),
      let privateKey = nextKeys.privateKey(for: recipients[place]),
      let publicKey = next.encryptionKey(at: recipients[place])
    else { throw .noPathSecret }
    let secret = try suite.decryptWithLabel(
      privateKey: privateKey, publicKey: publicKey, label: encryptionLabel,
      context: groupContext(treeHash), ciphertext: path.nodes[start].encryptedPathSecret[place])
    let commitSecret = try deriveKeys(
      from: secret, along: steps[start...].map(\.node), of: next, into: &nextKeys, suite: suite)
    return ProcessedPath(
      commitSecret: commitSecret, privateKeys: nextKeys, tree: next, treeHash: treeHash)
  }

  /// Takes the path secret that a Welcome holds: derives the keys from the lowest common ancestor
  /// of the joiner and the committer up to the root (RFC 9420 §12.4.3.1).
  ///
  /// - Parameters:
  ///   - tree: the one that the GroupInfo describes.
  ///   - suite: the group's.
  ///   - privateKeys: the joiner's; they take the derived keys in.
  ///   - pathSecret: what the Welcome holds.
  ///   - committer: GroupInfo's signer, whose path set these nodes.
  /// - Throws: `pathSecretMismatch` when a derived key is not the tree's, `blankLeaf` when a leaf
  ///   lies outside the tree.
  /// - Precondition: the suite is supported.
  public static func join(
    tree: RatchetTree, suite: CipherSuite, privateKeys: inout TreePrivateKeys,
    pathSecret: Secret, committer: LeafIndex
  ) throws(MLSFailure) {
    let joiner = privateKeys.leafIndex
    guard tree.leafCount.contains(joiner), tree.leafCount.contains(committer) else {
      throw .blankLeaf
    }
    guard joiner != committer, pathSecret.count == suite.hashLength else {
      throw .pathSecretMismatch
    }
    let ancestor = tree.leafCount.commonAncestor(joiner, committer)
    let path = tree.filteredDirectPath(of: committer).map(\.node).filter {
      $0.level >= ancestor.level
    }
    guard path.first == ancestor else { throw .pathSecretMismatch }
    var next = privateKeys
    _ = try deriveKeys(from: pathSecret, along: path, of: tree, into: &next, suite: suite)
    privateKeys = next
  }

  /// Derives a key pair for each node of a path, keeps the private keys, and gives the path secret
  /// after the last one (RFC 9420 §7.4).
  private static func deriveKeys(
    from secret: Secret, along nodes: [NodeIndex], of tree: RatchetTree,
    into privateKeys: inout TreePrivateKeys, suite: CipherSuite
  ) throws(MLSFailure) -> Secret {
    guard secret.count == suite.hashLength else { throw .pathSecretMismatch }
    var pathKeys = PathKeys(suite: suite, first: secret)
    for node in nodes {
      let pair = try pathKeys.advance(to: node)
      guard tree.parent(at: node)?.encryptionKey == pair.publicKey else {
        throw .pathSecretMismatch
      }
      privateKeys.set(pair.privateKey, for: node)
    }
    return pathKeys.next
  }
}

/// The chain of path secrets and the key pairs that hang on it (RFC 9420 §7.4).
struct PathKeys {
  private let suite: CipherSuite
  /// The secret of the next node; after the last one, the commit secret.
  private(set) var next: Secret
  private(set) var secrets: [PathSecret] = []
  private(set) var pairs: [HPKEKeyPair] = []

  init(suite: CipherSuite, first: Secret) {
    self.suite = suite
    next = first
  }

  /// Takes one step: `node` gets the present secret and a key pair from it.
  @discardableResult
  mutating func advance(to node: NodeIndex) throws(MLSFailure) -> HPKEKeyPair {
    let nodeSecret = suite.deriveSecret(next, label: "node")
    let pair = try suite.deriveHPKEKeyPair(inputKeyMaterial: nodeSecret)
    secrets.append(PathSecret(node: node, secret: next))
    pairs.append(pair)
    next = suite.deriveSecret(next, label: "path")
    return pair
  }
}
