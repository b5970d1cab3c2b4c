// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Sealing and opening of a Welcome (RFC 9420 §12.4.3.1). The GroupInfo is sealed first, because
/// it is the context under which the group secrets are sealed.
extension Welcome {
  /// Seals one Welcome for all joiners.
  package static func sealed(
    groupInfo: GroupInfo, schedule: KeySchedule,
    joiners: [(keyPackage: KeyPackage, pathSecret: Secret?)], psks: [PreSharedKeyID]
  ) throws(MLSFailure) -> Welcome {
    let suite = groupInfo.context.cipherSuite
    let (key, nonce) = schedule.welcomeKey()
    let encryptedGroupInfo = try suite.seal(
      key: key, nonce: nonce, authenticating: [], plaintext: groupInfo.encoded)
    let sender = suite.hpke(label: "Welcome", context: encryptedGroupInfo)
    var secrets: [EncryptedGroupSecrets] = []
    for joiner in joiners {
      let plaintext = GroupSecrets(
        joinerSecret: schedule.joinerSecret, pathSecret: joiner.pathSecret, psks: psks)
      secrets.append(
        EncryptedGroupSecrets(
          newMember: try joiner.keyPackage.reference(),
          encryptedGroupSecrets: try sender.seal(
            plaintext.encoded, to: joiner.keyPackage.initKey)))
    }
    return Welcome(
      cipherSuite: suite, secrets: secrets, encryptedGroupInfo: encryptedGroupInfo)
  }

  /// Opens the secrets for one key package.
  ///
  /// - Throws: `cipherSuiteMismatch`, `notInWelcome`, `decryptionFailed`, `decoding`.
  package func groupSecrets(
    for keyPackage: KeyPackage, initPrivateKey: Secret
  ) throws(MLSFailure) -> GroupSecrets {
    try cipherSuite.checkSupported()
    guard keyPackage.cipherSuite == cipherSuite else { throw .cipherSuiteMismatch }
    let reference = try keyPackage.reference()
    guard let entry = secrets.first(where: { $0.newMember == reference }) else {
      throw .notInWelcome
    }
    let plaintext = try cipherSuite.decryptWithLabel(
      privateKey: initPrivateKey, publicKey: keyPackage.initKey, label: "Welcome",
      context: encryptedGroupInfo, ciphertext: entry.encryptedGroupSecrets)
    return try GroupSecrets.decode(plaintext.copyBytes())
  }

  /// Opens the GroupInfo; its signature remains to be checked.
  ///
  /// - Throws: `decryptionFailed`, `decoding`.
  package func groupInfo(schedule: KeySchedule) throws(MLSFailure) -> GroupInfo {
    let (key, nonce) = schedule.welcomeKey()
    return try GroupInfo.decode(
      try cipherSuite.open(
        key: key, nonce: nonce, authenticating: [], ciphertext: encryptedGroupInfo))
  }
}
