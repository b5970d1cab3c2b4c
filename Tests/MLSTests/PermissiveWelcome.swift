// SPDX-License-Identifier: Apache-2.0

import SansIO

@testable import MLS

/// A Welcome to a group that exists nowhere else: its maker chooses the joiner secret, the tree and
/// the context, and seals and signs all of it correctly.
struct PermissiveWelcome {
  let suite: CipherSuite
  var context: GroupContext
  var tree: RatchetTree?
  var extensions: [Extension] = []
  var signer: LeafIndex
  var signatureKey: SignaturePrivateKey
  var pathSecret: Secret?
  var psks: [PreSharedKeyID] = []
  var preSharedKeys = PreSharedKeys()
  /// Changes what is sealed to the joiner.
  var groupSecrets: ([UInt8]) -> [UInt8] = { $0 }
  /// Changes what is sealed as the GroupInfo.
  var groupInfo: ([UInt8]) -> [UInt8] = { $0 }
  var confirmationTag: ([UInt8]) -> [UInt8] = { $0 }
  /// What the Welcome says in the clear.
  var announcedSuite: CipherSuite?

  /// The group of `member` in its present epoch, as if it had just begun.
  init(of member: Group) {
    suite = member.suite
    context = member.context
    tree = member.state.tree
    signer = member.ownLeafIndex
    signatureKey = member.state.signatureKey
  }

  func welcome(
    to keyPackage: KeyPackage, using entropy: inout SeededGenerator
  ) throws -> Welcome {
    let joiner = Secret(count: suite.hashLength, using: &entropy)
    let schedule = KeySchedule(
      suite: suite, joinerSecret: joiner,
      pskSecret: (try? preSharedKeys.secret(for: psks, suite: suite)) ?? suite.zeroSecret)
    let secrets = schedule.epoch(context: context.encoded).secrets
    let tag = suite.mac(key: secrets.confirmationKey, data: context.confirmedTranscriptHash)
    let carried = tree.map { [Extension(type: .ratchetTree, $0)] } ?? []
    let info = try GroupInfo.signed(
      context: context, extensions: carried + extensions, confirmationTag: confirmationTag(tag),
      signer: signer, privateKey: signatureKey)
    let (key, nonce) = schedule.welcomeKey()
    let sealed = try suite.seal(
      key: key, nonce: nonce, authenticating: [], plaintext: groupInfo(info.encoded))
    let secret = GroupSecrets(joinerSecret: joiner, pathSecret: pathSecret, psks: psks)
    return Welcome(
      cipherSuite: announcedSuite ?? suite,
      secrets: [
        EncryptedGroupSecrets(
          newMember: try keyPackage.reference(),
          encryptedGroupSecrets: try suite.encryptWithLabel(
            publicKey: keyPackage.initKey, label: "Welcome", context: sealed,
            plaintext: groupSecrets(secret.encoded)))
      ], encryptedGroupInfo: sealed)
  }
}
