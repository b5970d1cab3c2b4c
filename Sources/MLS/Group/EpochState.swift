// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// All of one epoch that messages do not change: it is stored when a commit is merged or a proposal
/// comes, and not for every message.
struct EpochState: Sendable {
  /// The group's parameters of this epoch (RFC 9420 §8.1).
  var context: GroupContext
  /// Everybody's public keys.
  var tree: RatchetTree
  /// Where this client stands in it.
  var ownLeaf: LeafIndex
  /// Signs what this client sends.
  var signatureKey: SignaturePrivateKey
  /// The private keys of the own direct path.
  var privateKeys: TreePrivateKeys
  /// RFC 9420 §8.2.
  var interimTranscriptHash: [UInt8]
  /// Of the commit that began the epoch, or of the creation.
  var confirmationTag: [UInt8]
  /// What the key schedule gave (RFC 9420 §8).
  var secrets: EpochSecrets
  /// Proposals of this epoch that no commit has taken up yet, in the order of arrival.
  var pendingProposals: [PendingProposal] = []
  /// Resumption PSKs of earlier epochs, the newest last.
  var resumptionKeys: [ResumptionKey] = []
  /// What is needed to read messages of earlier epochs, the newest last.
  var pastEpochs: [PastEpoch] = []
  /// The ReInit that ended the group, after which nothing is sent.
  var reInit: Proposal.ReInit?

  var suite: CipherSuite { context.cipherSuite }
}

/// A proposal that waits for a commit.
struct PendingProposal: Sendable {
  let reference: ProposalRef
  let proposal: Proposal
  let sender: Sender
  /// The private key of the leaf of an own Update.
  let leafPrivateKey: Secret?
  /// The signing key of an own Update that brings another one.
  let signatureKey: SignaturePrivateKey?

  init(
    reference: ProposalRef, proposal: Proposal, sender: Sender, leafPrivateKey: Secret? = nil,
    signatureKey: SignaturePrivateKey? = nil
  ) {
    self.reference = reference
    self.proposal = proposal
    self.sender = sender
    self.leafPrivateKey = leafPrivateKey
    self.signatureKey = signatureKey
  }

  var resolved: ResolvedProposal {
    ResolvedProposal(proposal: proposal, sender: sender, reference: reference)
  }
}

/// The resumption PSK of an earlier epoch of this group (RFC 9420 §8.6).
struct ResumptionKey: Sendable {
  let epoch: UInt64
  let secret: Secret
}

/// What stays of an epoch that is over, so that its late messages can be read: its parameters, its
/// members' leaves (a leaf may have another owner now) and the key for sender data.
struct PastEpoch: Sendable {
  let context: GroupContext
  let ownLeaf: LeafIndex
  let members: [Member]
  let senderDataSecret: Secret
  let endedAt: Instant

  func leafNode(at index: LeafIndex) -> LeafNode? {
    members.first { $0.leafIndex == index }?.leafNode
  }
}

/// A member of a group: a leaf and its place.
public struct Member: Hashable, Sendable {
  /// Where the leaf stands.
  public let leafIndex: LeafIndex
  /// The leaf, with credential and signature key.
  public let leafNode: LeafNode

  /// Takes the parts.
  public init(leafIndex: LeafIndex, leafNode: LeafNode) {
    self.leafIndex = leafIndex
    self.leafNode = leafNode
  }
}

extension Member: WireValue {
  /// Reads index and leaf.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    leafIndex = try LeafIndex(from: &input)
    leafNode = try LeafNode(from: &input)
  }

  /// Writes index and leaf.
  public func encode(to output: inout ByteWriter) {
    output.write(leafIndex)
    output.write(leafNode)
  }
}
