// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// A client of this library with at most one group.
///
/// Whatever a command leaves behind goes through its stored form, as if the process had ended
/// after each one.
struct PeerClient {
  let identity: LeafIdentity
  private var bundles: [Secret] = []
  private var epochState: Secret?
  private var messageSecrets: Secret?
  private var storedCommit: Secret?

  init(identity: LeafIdentity) { self.identity = identity }

  /// The standard policy, but for lifetimes: other implementations let key packages live for a
  /// year (RFC 9420 §7.2 leaves the bound to the application).
  static let policy: GroupPolicy = {
    var policy = GroupPolicy.standard
    policy.lifetimes = LifetimePolicy(totalMax: .seconds(366 * 86_400), window: .newLeaves)
    return policy
  }()

  func group() throws -> Group {
    guard let epochState, let messageSecrets else { throw CommandFailure.noGroup }
    return try Group(
      epochState: epochState, messageSecrets: messageSecrets, policy: PeerClient.policy)
  }

  mutating func store(_ group: Group) {
    epochState = group.encodedEpochState
    messageSecrets = group.encodedMessageSecrets
  }

  mutating func store(_ pending: PendingCommit?) { storedCommit = pending?.encodedForStorage }

  mutating func store(_ bundle: KeyPackageBundle) { bundles.append(bundle.encodedForStorage) }

  func pending() throws -> PendingCommit? {
    try storedCommit.map { try PendingCommit(storage: $0) }
  }

  /// The bundle that a Welcome is for, taken out: a key package is used once.
  mutating func takeBundle(for welcome: Welcome) throws -> KeyPackageBundle {
    for (index, stored) in bundles.enumerated() {
      let bundle = try KeyPackageBundle(storage: stored)
      if welcome.secrets.contains(where: { $0.newMember == bundle.reference }) {
        bundles.remove(at: index)
        return bundle
      }
    }
    throw MLSFailure.notInWelcome
  }
}
