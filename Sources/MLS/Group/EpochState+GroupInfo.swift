// SPDX-License-Identifier: Apache-2.0

import SansIO

extension EpochState {
  /// The epoch as those outside need it (RFC 9420 §12.4.3), signed by this client.
  func groupInfo(
    carriesTree: Bool, carriesExternalPub: Bool, extensions further: [Extension] = []
  ) throws(MLSFailure) -> GroupInfo {
    var extensions = further
    if carriesTree { extensions.append(Extension(type: .ratchetTree, tree)) }
    if carriesExternalPub {
      let key = ExternalPub(key: try secrets.externalKeyPair(suite: suite).publicKey)
      extensions.append(Extension(type: .externalPub, key))
    }
    return try GroupInfo.signed(
      context: context, extensions: extensions, confirmationTag: confirmationTag,
      signer: ownLeaf, privateKey: signatureKey)
  }
}

extension Group {
  /// This epoch as those outside need it, with the tree and the key for external commits
  /// (RFC 9420 §12.4.3, §12.4.3.2).
  ///
  /// - Parameters:
  ///   - carriesTree: whether the tree is in it; joiners need it from elsewhere otherwise.
  ///   - carriesExternalPub: whether it lets its reader join by an external commit.
  ///   - further: extensions of the application's; who does not know them ignores them.
  public func groupInfo(
    carriesTree: Bool = true, carriesExternalPub: Bool = true, extensions further: [Extension] = []
  ) throws(MLSFailure) -> GroupInfo {
    try state.groupInfo(
      carriesTree: carriesTree, carriesExternalPub: carriesExternalPub, extensions: further)
  }
}
