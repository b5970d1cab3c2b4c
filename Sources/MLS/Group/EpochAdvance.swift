// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The arithmetic of a commit, the same for its maker and for all who process it: transcript, key
/// schedule, confirmation (RFC 9420 §8, §12.4).
struct EpochAdvance {
  let context: GroupContext
  let tree: RatchetTree
  let schedule: KeySchedule
  let secrets: EpochSecrets
  let secretTree: SecretTree
  let confirmationTag: [UInt8]
  let interimTranscriptHash: [UInt8]

  /// - Parameters:
  ///   - tree: the tree of the new epoch, path merged; `treeHash` is its root hash.
  ///   - commitSecret: nil when the commit has no path: all zero then.
  ///   - commit: with its signature; the confirmation tag does not enter.
  init(
    from present: GroupContext, interimTranscriptHash presentHash: [UInt8],
    provisional: ProvisionalState, tree: RatchetTree, treeHash: [UInt8], initSecret: Secret,
    commitSecret: Secret?, pskSecret: Secret, commit: AuthenticatedContent
  ) {
    let suite = present.cipherSuite
    let confirmed = TranscriptHash.confirmed(
      suite: suite, interim: presentHash, commit: commit)
    var context = provisional.provisionalContext(after: present, treeHash: treeHash)
    context.confirmedTranscriptHash = confirmed
    let encoded = context.encoded
    schedule = KeySchedule(
      suite: suite, initSecret: initSecret, commitSecret: commitSecret ?? suite.zeroSecret,
      pskSecret: pskSecret, context: encoded)
    let (secrets, encryptionSecret) = schedule.epoch(context: encoded)
    self.secrets = secrets
    self.context = context
    self.tree = tree
    secretTree = SecretTree(
      suite: suite, leafCount: tree.leafCount, encryptionSecret: encryptionSecret)
    confirmationTag = suite.mac(key: secrets.confirmationKey, data: confirmed)
    interimTranscriptHash = TranscriptHash.interim(
      suite: suite, confirmed: confirmed, confirmationTag: confirmationTag)
  }

  /// The state of the new epoch; private keys are the caller's to put in.
  func nextState(
    ownLeaf: LeafIndex, signatureKey: SignaturePrivateKey, privateKeys: TreePrivateKeys
  ) -> EpochState {
    EpochState(
      context: context, tree: tree, ownLeaf: ownLeaf, signatureKey: signatureKey,
      privateKeys: privateKeys, interimTranscriptHash: interimTranscriptHash,
      confirmationTag: confirmationTag, secrets: secrets)
  }
}
