// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The rule of RFC 9420 that a value or an operation breaks.
///
/// Every throwing function of this target throws exactly this type. No case carries a byte that a
/// peer sent or a secret, so a failure can be logged as it is.
public enum MLSFailure: Error, Hashable, Sendable {
  // Codec and framing.

  /// Bytes do not decode; the inner value says how.
  case decoding(DecodingFailure)
  /// The suite is not one of those that this library implements.
  case unsupportedCipherSuite
  /// The protocol version is not mls10 (RFC 9420 §6).
  case unsupportedProtocolVersion
  /// The message is of a kind that the operation does not take.
  case unexpectedMessageKind
  /// Application data came, or was to be sent, as a PublicMessage (RFC 9420 §6.2).
  case applicationDataInPublicMessage
  /// The bytes after the content of a private message are not all zero (RFC 9420 §6.3.1).
  case nonZeroPadding
  /// Content whose type differs from the one that its framing announces.
  case contentTypeMismatch
  /// The message is above the size that the policy allows.
  case messageTooLarge

  // Cryptography.

  /// A key is not valid for its algorithm.
  case invalidKey
  /// An HPKE or AEAD ciphertext does not open under the key.
  case decryptionFailed
  /// A signature does not verify.
  case invalidSignature
  /// A membership tag does not verify (RFC 9420 §6.2).
  case invalidMembershipTag
  /// A confirmation tag does not verify or is absent from a commit (RFC 9420 §6.1, §8.1).
  case invalidConfirmationTag

  // Groups, epochs and senders.

  /// The message belongs to another group.
  case wrongGroup
  /// The message's epoch lies ahead of the group's.
  case futureEpoch
  /// The message's epoch lies behind and its keys are gone.
  case pastEpoch
  /// The epoch's number is the last one that its 64 bits can hold, so that no commit can follow.
  case epochExhausted
  /// A handshake message is not for the present epoch (RFC 9420 §12.4.2).
  case handshakeOutsideEpoch
  /// The sender is no member of the epoch, or of a kind that may not send this content.
  case invalidSender
  /// An index of external_senders that the extension does not have (RFC 9420 §12.1.8.1).
  case unknownExternalSender
  /// The generation's key was used already or deleted.
  case generationConsumed
  /// The generation lies further ahead than the bound on skipped keys allows.
  case generationTooDistant
  /// The sender's ratchet is at its last generation (RFC 9420 §9.1).
  case ratchetExhausted
  /// This client is no longer a member of the group.
  case notAMember
  /// The group was reinitialised, so that nothing is sent in it any more (RFC 9420 §12.4.2).
  case groupReinitialized
  /// The staged commit belongs to another epoch than the present one.
  case staleCommit

  // Proposals and commits.

  /// A commit refers to a proposal that was not received (RFC 9420 §12.4.2).
  case unknownProposal
  /// A proposal of a type that some member's leaf does not list (RFC 9420 §12.2).
  case unsupportedProposalType
  /// A SelfRemove that is committed by value or did not come as a PublicMessage
  /// (draft-ietf-mls-extensions, SelfRemove).
  case invalidSelfRemove
  /// A commit updates its own committer by proposal (RFC 9420 §12.2).
  case committerUpdate
  /// A commit removes its own committer (RFC 9420 §12.2).
  case committerRemoved
  /// More than one Update, Remove or SelfRemove for one leaf (RFC 9420 §12.2).
  case duplicateLeafProposal
  /// Two Adds for the same client, or an Add of a client that is a member (RFC 9420 §12.2).
  case duplicateAdd
  /// Two PreSharedKey proposals with the same id (RFC 9420 §12.2).
  case duplicatePSK
  /// More than one GroupContextExtensions proposal (RFC 9420 §12.2).
  case duplicateGroupContextExtensions
  /// A ReInit beside another proposal (RFC 9420 §12.2).
  case reInitNotAlone
  /// A ReInit that lowers the protocol version (RFC 9420 §12.1.5).
  case reInitLowersVersion
  /// A proposal that the sender's kind may not make or commit (RFC 9420 §12.1.8, §12.2).
  case proposalNotAllowedForSender
  /// A commit that needs a path has none (RFC 9420 §12.4).
  case missingPath
  /// An external commit breaks the rules of RFC 9420 §12.4.3.2.
  case invalidExternalCommit
  /// More proposals wait for a commit than the policy allows, or a commit injects more PSKs than
  /// `GroupSecrets.pskCountMax`.
  case tooManyProposals
  /// A PreSharedKey names a key that this client does not have.
  case unknownPSK
  /// A psk_nonce is not KDF.Nh bytes long (RFC 9420 §8.4).
  case invalidPSKNonce
  /// A resumption PSK has a usage that its place does not allow (RFC 9420 §8.4, §12.1.4).
  case invalidPSKUsage
  /// A member's leaf does not support an extension, proposal or credential type in force
  /// (RFC 9420 §7.3, §12.1.7).
  case unsupportedCapability

  // Welcome and GroupInfo.

  /// No entry of the Welcome is for this key package (RFC 9420 §12.4.3.1).
  case notInWelcome
  /// The Welcome's or GroupInfo's suite or version differs from the key package's.
  case cipherSuiteMismatch
  /// Neither the GroupInfo nor the caller gives the ratchet tree (RFC 9420 §12.4.3.3).
  case missingRatchetTree
  /// A GroupInfo without the key that an external commit needs (RFC 9420 §12.4.3.2).
  case missingExternalPub
  /// The tree's root hash differs from the GroupContext's tree_hash (RFC 9420 §12.4.3.1).
  case treeHashMismatch
  /// The joiner's own leaf is not in the tree as it was published (RFC 9420 §12.4.3.1).
  case ownLeafNotFound
  /// A path secret does not lead to the public keys in the tree (RFC 9420 §12.4.3.1).
  case pathSecretMismatch
  /// A group context extension that this client does not support (RFC 9420 §13.4).
  case unsupportedGroupContextExtension

  // Groups that follow upon another one.

  /// There is no ReInit that the new group could follow (RFC 9420 §11.2).
  case notReinitialized
  /// The new group is not what its link to the old one promises: other parameters, another
  /// membership, or no link at all (RFC 9420 §11.2, §11.3).
  case predecessorMismatch

  // Storage.

  /// A stored value is damaged or was written by another version.
  case invalidStoredState
  /// The randomness or the key generation of the platform failed.
  case keyGenerationFailed

  // Ratchet trees, leaves and key packages.

  /// The tree would have more leaves than `LeafCount.max`.
  case treeFull
  /// A leaf index that stands for no member (RFC 9420 §12.2).
  case blankLeaf
  /// A leaf's source is not the one that its place demands (RFC 9420 §7.3).
  case invalidLeafNodeSource
  /// A new leaf has the encryption key of the one that it replaces (RFC 9420 §7.3).
  case encryptionKeyNotFresh
  /// A key package's init key is its leaf's encryption key too (RFC 9420 §10.1).
  case initKeyReused
  /// Two members have the same signature key (RFC 9420 §7.3).
  case duplicateSignatureKey
  /// An encryption key stands in two nodes (RFC 9420 §7.3, §12.4.2, §12.4.3.1).
  case duplicateEncryptionKey
  /// A leaf's credential type is missing from its own capabilities (RFC 9420 §7.2).
  case undeclaredCredentialType
  /// A leaf's extension type is missing from its own capabilities (RFC 9420 §7.3).
  case undeclaredExtension
  /// A credential type in use that some member does not support (RFC 9420 §7.3).
  case unsupportedCredentialType
  /// A lifetime is longer than the policy allows (RFC 9420 §7.2).
  case lifetimeTooLong
  /// The present time lies outside a lifetime (RFC 9420 §7.3).
  case outsideLifetime
  /// Unmerged leaves are out of order, blank, elsewhere, or missing further down
  /// (RFC 9420 §7.1, §12.4.3.1).
  case invalidUnmergedLeaves
  /// A parent is not covered by exactly one chain of parent hashes, or a commit's leaf has
  /// another parent hash than its path gives (RFC 9420 §7.9.2).
  case invalidParentHash
  /// An UpdatePath has another number of nodes or ciphertexts than the tree asks for
  /// (RFC 9420 §7.6).
  case invalidUpdatePath
  /// No private key of this client opens the path (RFC 9420 §7.5).
  case noPathSecret
}
