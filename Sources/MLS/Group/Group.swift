// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// One epoch of one group, as a value (RFC 9420 §8).
///
/// A commit does not change a group: it is staged, looked at, and merged into the value of the next
/// epoch, while the old one stays whole until the caller has stored the new one. Only message keys
/// move inside a value; a caller stores `encodedMessageSecrets` after each message that it protects
/// or processes, before the ciphertext leaves or the plaintext is shown, and the whole value after
/// a merge.
public struct Group: Sendable {
  var state: EpochState
  var messages: MessageSecrets
  /// The application's choices. Not stored: they are handed in again when a group is loaded.
  public var policy: GroupPolicy

  init(state: EpochState, messages: MessageSecrets, policy: GroupPolicy) {
    self.state = state
    self.messages = messages
    self.policy = policy
  }

  /// The group's name among those of this client.
  public var groupID: [UInt8] { state.context.groupID }
  /// Counts commits.
  public var epoch: UInt64 { state.context.epoch }
  /// The suite, the same in all epochs.
  public var suite: CipherSuite { state.suite }
  /// The parameters of this epoch (RFC 9420 §8.1).
  public var context: GroupContext { state.context }
  /// The extensions that all members agree on.
  public var contextExtensions: [Extension] { state.context.extensions }
  /// Where this client stands.
  public var ownLeafIndex: LeafIndex { state.ownLeaf }
  /// All members, from left to right.
  public var members: [Member] {
    state.tree.nonBlankLeaves.map { Member(leafIndex: $0.index, leafNode: $0.leaf) }
  }
  /// Equal among all members of this epoch, and only among them (RFC 9420 §8.7).
  public var epochAuthenticator: [UInt8] { state.secrets.epochAuthenticator.copyBytes() }
  /// The hash over all commits up to this epoch (RFC 9420 §8.2).
  public var confirmedTranscriptHash: [UInt8] { state.context.confirmedTranscriptHash }
  /// The hash over the tree of this epoch (RFC 9420 §7.8).
  public var treeHash: [UInt8] { state.context.treeHash }
  /// The tree of this epoch, for those who join by a Welcome or GroupInfo that does not carry it
  /// (RFC 9420 §12.4.3.3).
  public var encodedRatchetTree: [UInt8] { state.tree.encoded }
  /// The ReInit that ended the group; nothing can be sent in it any more (RFC 9420 §11.2).
  public var reInit: Proposal.ReInit? { state.reInit }
  /// The proposals of this epoch that no commit has taken up yet.
  public var pendingProposals: [(proposal: Proposal, sender: Sender)] {
    state.pendingProposals.map { ($0.proposal, $0.sender) }
  }
  /// How many earlier epochs can still be read.
  public var pastEpochCount: Int { state.pastEpochs.count }

  /// The leaf of a member, or `nil`.
  public func leafNode(at index: LeafIndex) -> LeafNode? { state.tree.leaf(at: index) }

  /// A secret for the application: MLS-Exporter (RFC 9420 §8.5).
  ///
  /// - Parameters:
  ///   - label: names the purpose.
  ///   - context: what the secret is bound to besides.
  ///   - length: in bytes.
  public func export(label: String, context: [UInt8], length: Int) -> Secret {
    state.secrets.export(suite: suite, label: label, context: context, length: length)
  }

  /// The resumption PSK of this epoch, for another group (RFC 9420 §8.6).
  public var resumptionPSK: Secret { state.secrets.resumptionPSK }

  /// Makes a group whose only member is this client (RFC 9420 §11).
  ///
  /// - Throws: `unsupportedCipherSuite`, `unsupportedCapability` when the own leaf does not support
  ///   what `contextExtensions` demand, `invalidKey`, `keyGenerationFailed`.
  public static func create(
    groupID: [UInt8], suite: CipherSuite, identity: LeafIdentity,
    contextExtensions: [Extension] = [], lifetime: Lifetime, policy: GroupPolicy = .standard,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> Group {
    try suite.checkSupported()
    let encryptionKey = try suite.generateHPKEKeyPair(using: &generator)
    let leaf = try LeafNode.signedForKeyPackage(
      profile: identity.profile, encryptionKey: encryptionKey.publicKey, lifetime: lifetime,
      with: identity.signatureKeyPair.privateKey, suite: suite)
    var tree = RatchetTree(creator: leaf)
    let ownLeaf = LeafIndex(rawValue: 0)
    try tree.validateSupport(
      LeafRequirements(suite: suite, contextExtensions: contextExtensions))
    try tree.validateMembers(changed: [ownLeaf])
    let context = GroupContext(
      cipherSuite: suite, groupID: groupID, epoch: 0, treeHash: tree.treeHash(suite),
      confirmedTranscriptHash: [], extensions: contextExtensions)
    let (secrets, encryptionSecret) = EpochSecrets.derive(
      suite: suite, epochSecret: Secret(count: suite.hashLength, using: &generator))
    let confirmationTag = suite.mac(
      key: secrets.confirmationKey, data: context.confirmedTranscriptHash)
    let state = EpochState(
      context: context, tree: tree, ownLeaf: ownLeaf,
      signatureKey: identity.signatureKeyPair.privateKey,
      privateKeys: TreePrivateKeys(leafIndex: ownLeaf, leafKey: encryptionKey.privateKey),
      interimTranscriptHash: TranscriptHash.interim(
        suite: suite, confirmed: [], confirmationTag: confirmationTag),
      confirmationTag: confirmationTag, secrets: secrets)
    let messages = MessageSecrets(
      current: SecretTree(
        suite: suite, leafCount: tree.leafCount, encryptionSecret: encryptionSecret))
    return Group(state: state, messages: messages, policy: policy)
  }
}
