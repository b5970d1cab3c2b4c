// SPDX-License-Identifier: Apache-2.0

extension RatchetTree {
  /// Checks what one leaf can be asked only in the company of all others (RFC 9420 §7.3), after a
  /// commit's proposals were applied or its path was merged: unique keys, and credential types
  /// that every member supports. It takes one look at each member, or a few.
  ///
  /// - Parameter changed: the leaves that are new or replaced; all others have been checked
  ///   against each other before.
  /// - Throws: `blankLeaf`, `duplicateSignatureKey`, `duplicateEncryptionKey`,
  ///   `unsupportedCredentialType`.
  public func validateMembers(changed: [LeafIndex]) throws(MLSFailure) {
    // Who leaves cannot break any of these rules.
    guard !changed.isEmpty else { return }
    if changed.count > RatchetTree.changedLeavesComparedOneByOneMax {
      try checkUniqueKeys()
    } else {
      for index in changed { try checkUniqueKeys(of: index) }
    }
    try checkCredentialTypes()
  }

  /// The leaf of the member that signs with this key, or `nil`.
  public func leafIndex(ofSignatureKey key: [UInt8]) -> LeafIndex? {
    nonBlankLeaves.first { $0.leaf.signatureKey == key }?.index
  }

  /// Checks that every member supports what the group uses, after its extensions changed
  /// (RFC 9420 §11.1, §12.1.7).
  ///
  /// - Throws: `unsupportedCapability`, and what is wrong with a member's leaf by itself.
  public func validateSupport(_ requirements: LeafRequirements) throws(MLSFailure) {
    for (_, leaf) in nonBlankLeaves { try leaf.checkSupport(requirements) }
  }

  /// Above this number, hashing all keys once is cheaper than comparing them one by one.
  private static let changedLeavesComparedOneByOneMax = 16

  private func checkUniqueKeys(of index: LeafIndex) throws(MLSFailure) {
    guard let changed = leaf(at: index) else { throw .blankLeaf }
    let signatureKey = KeyFilter([changed.signatureKey])
    let encryptionKey = KeyFilter([changed.encryptionKey])
    for (other, leaf) in nonBlankLeaves where other != index {
      if signatureKey.contains(leaf.signatureKey) { throw .duplicateSignatureKey }
      if encryptionKey.contains(leaf.encryptionKey) { throw .duplicateEncryptionKey }
    }
    for (_, parent) in nonBlankParents where encryptionKey.contains(parent.encryptionKey) {
      throw .duplicateEncryptionKey
    }
  }

  /// Checks that no signature key belongs to two members and no encryption key to two nodes
  /// (RFC 9420 §7.3, §12.4.3.1).
  ///
  /// - Throws: `duplicateSignatureKey` or `duplicateEncryptionKey`.
  func checkUniqueKeys() throws(MLSFailure) {
    var signatureKeys: Set<[UInt8]> = []
    var encryptionKeys: Set<[UInt8]> = []
    for (_, leaf) in nonBlankLeaves {
      guard signatureKeys.insert(leaf.signatureKey).inserted else { throw .duplicateSignatureKey }
      guard encryptionKeys.insert(leaf.encryptionKey).inserted else {
        throw .duplicateEncryptionKey
      }
    }
    for (_, parent) in nonBlankParents {
      guard encryptionKeys.insert(parent.encryptionKey).inserted else {
        throw .duplicateEncryptionKey
      }
    }
  }

  /// Checks that every member supports the credential types of all members (RFC 9420 §7.3).
  ///
  /// The types in use are collected once. A member with a shorter list than those fails at once,
  /// so the work stays below the size of the lists themselves.
  ///
  /// - Throws: `unsupportedCredentialType`.
  func checkCredentialTypes() throws(MLSFailure) {
    let members = nonBlankLeaves
    let inUse = Set(members.map { $0.leaf.credential.type })
    for (_, leaf) in members {
      let supported = leaf.capabilities.credentials
      guard supported.count >= inUse.count else { throw .unsupportedCredentialType }
      let isSupported =
        inUse.count < 4
        ? inUse.allSatisfy { supported.contains($0) } : inUse.isSubset(of: Set(supported))
      guard isSupported else { throw .unsupportedCredentialType }
    }
  }
}
