// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A group that follows upon another one, in its first epoch with all its members.
public struct Succession: Sendable {
  /// The group in epoch 1. Nobody else can commit before its members have the Welcome.
  public let group: Group
  /// MLSMessage with the Welcome; nil when this client is alone.
  public let welcome: [UInt8]?
}

/// Who makes the new group, and how.
public struct SuccessionOptions: Sendable {
  /// This client in the new group. Its suite may be another one after a ReInit.
  public var identity: LeafIdentity
  /// Of the own leaf.
  public var lifetime: Lifetime
  /// How the first commit is made.
  public var commit: CommitOptions
  /// Of the new group.
  public var policy: GroupPolicy

  /// Takes the parts.
  public init(
    identity: LeafIdentity, lifetime: Lifetime, commit: CommitOptions = .standard,
    policy: GroupPolicy = .standard
  ) {
    self.identity = identity
    self.lifetime = lifetime
    self.commit = commit
    self.policy = policy
  }
}

extension Predecessor {
  /// Makes the group that the old one's ReInit announces (RFC 9420 §11.2).
  ///
  /// - Parameters:
  ///   - keyPackages: one of each other member of the old group, for the new suite.
  ///   - options: who this client is in the new group, and how it begins.
  ///   - now: what lifetimes are compared with.
  ///   - generator: makes the new group's secrets.
  /// - Throws: `notReinitialized`; `predecessorMismatch` when these are not exactly the old
  ///   members; what `Group.create` and `Group.commit` throw.
  public func reinitialized(
    inviting keyPackages: [KeyPackage], options: SuccessionOptions, at now: Instant,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> Succession {
    guard let reInit = group.reInit else { throw .notReinitialized }
    guard reInit.version == .mls10 else { throw .unsupportedProtocolVersion }
    let fresh = try Group.create(
      groupID: reInit.groupID, suite: reInit.cipherSuite, identity: options.identity,
      contextExtensions: reInit.extensions, lifetime: options.lifetime, policy: options.policy,
      using: &generator)
    return try begin(
      fresh, usage: .reinit, inviting: keyPackages, options: options, at: now, using: &generator)
  }

  /// Makes a group of some of the old one's members, under the same parameters (RFC 9420 §11.3).
  ///
  /// - Parameters:
  ///   - groupID: of the new group.
  ///   - contextExtensions: of the new group.
  ///   - keyPackages: fresh ones of those who are to be in it.
  ///   - options: who this client is in the new group, and how it begins.
  ///   - now: what lifetimes are compared with.
  ///   - generator: makes the new group's secrets.
  /// - Throws: `groupReinitialized`; `predecessorMismatch` when one of them is no member of the
  ///   old group, or the id is the old one's; what `Group.create` and `Group.commit` throw.
  public func branched(
    groupID: [UInt8], contextExtensions: [Extension] = [], inviting keyPackages: [KeyPackage],
    options: SuccessionOptions, at now: Instant, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> Succession {
    guard group.reInit == nil else { throw .groupReinitialized }
    let fresh = try Group.create(
      groupID: groupID, suite: group.suite, identity: options.identity,
      contextExtensions: contextExtensions, lifetime: options.lifetime, policy: options.policy,
      using: &generator)
    return try begin(
      fresh, usage: .branch, inviting: keyPackages, options: options, at: now, using: &generator)
  }

  /// The first commit: everybody, and the old group's resumption PSK under a fresh nonce.
  private func begin(
    _ fresh: Group, usage: PreSharedKeyID.Usage, inviting keyPackages: [KeyPackage],
    options: SuccessionOptions, at now: Instant, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> Succession {
    var fresh = fresh
    let source = PreSharedKeyID.Source.resumption(
      usage: usage, groupID: group.groupID, epoch: group.epoch)
    let nonce = Secret(count: fresh.suite.hashLength, using: &generator).copyBytes()
    let id = PreSharedKeyID(source: source, nonce: nonce)
    var keys = PreSharedKeys()
    keys.insert(group.resumptionPSK, resumptionOf: group.groupID, epoch: group.epoch)
    var commitOptions = options.commit
    commitOptions.linksGroups = true
    commitOptions.includesPendingProposals = false
    let pending = try fresh.commit(
      keyPackages.map { .add($0) } + [.preSharedKey(id)], options: commitOptions,
      preSharedKeys: keys, at: now, using: &generator)
    let next = try fresh.merge(pending.staged, at: now)
    if let link = try Predecessor.link(in: [id], to: self) {
      try check(link, begins: next.context, members: next.members.map(\.leafNode))
    }
    return Succession(group: next, welcome: pending.welcome)
  }
}
