// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A commit that was checked and computed, and has not taken effect. The application looks at it
/// and then merges it or drops it.
public struct StagedCommit: Sendable {
  /// A member whose leaf changed.
  public struct UpdatedMember: Hashable, Sendable {
    /// Its place.
    public let leafIndex: LeafIndex
    /// The leaf of the present epoch.
    public let old: LeafNode
    /// The leaf of the next epoch.
    public let new: LeafNode
  }

  /// The group.
  public let groupID: [UInt8]
  /// The epoch that the commit ends.
  public let epoch: UInt64
  /// Who committed: a leaf of the present epoch or, for an external commit, of the next one.
  public let committer: LeafIndex
  /// Whether the committer came in by this very commit (RFC 9420 §12.4.3.2).
  public let isExternal: Bool
  /// Members that come in, an external committer among them.
  public let added: [Member]
  /// Members that go out.
  public let removed: [Member]
  /// Members that stay with another leaf, the committer among them when there is a path.
  public let updated: [UpdatedMember]
  /// The extensions of the next epoch.
  public let contextExtensions: [Extension]
  /// The pre-shared keys that went into the next epoch.
  public let pskIDs: [PreSharedKeyID]
  /// Set when the commit ends the group for a new one (RFC 9420 §11.2).
  public let reInit: Proposal.ReInit?
  /// Whether the commit carries a path, and so renews the committer's keys.
  public let hasPath: Bool
  /// Whether this client goes out: then there is no next epoch for it.
  public var selfRemoved: Bool { next == nil }

  /// The next epoch's state without the parts that are carried over at the merge.
  let next: EpochState?
  /// The next epoch's secret tree; `nil` when `next` is.
  let nextTree: SecretTree?

  /// The next epoch's number.
  public var nextEpoch: UInt64 { epoch + 1 }

  /// A secret of the next epoch, for what has to be told along with the commit, such as the next
  /// log token (RFC 9420 §8.5). `nil` when this client is removed.
  public func exportFromNextEpoch(label: String, context: [UInt8], length: Int) -> Secret? {
    next.map {
      $0.secrets.export(suite: $0.suite, label: label, context: context, length: length)
    }
  }
}

extension StagedCommit.UpdatedMember: WireValue {
  /// Reads index and both leaves.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    leafIndex = try LeafIndex(from: &input)
    old = try LeafNode(from: &input)
    new = try LeafNode(from: &input)
  }

  /// Writes index and both leaves.
  public func encode(to output: inout ByteWriter) {
    output.write(leafIndex)
    output.write(old)
    output.write(new)
  }
}

extension Group {
  /// The group in the epoch that a staged commit begins. Keys of earlier epochs are carried over
  /// within the policy's bounds.
  ///
  /// - Throws: `staleCommit` when the commit was staged in another epoch, `notAMember` when it
  /// removes
  ///   this client.
  public func merge(_ staged: StagedCommit, at now: Instant) throws(MLSFailure) -> Group {
    guard staged.groupID == groupID, staged.epoch == epoch else { throw .staleCommit }
    guard var next = staged.next, let nextTree = staged.nextTree else { throw .notAMember }
    var past = state.pastEpochs
    past.append(
      PastEpoch(
        context: state.context, ownLeaf: ownLeafIndex, members: members,
        senderDataSecret: state.secrets.senderDataSecret, endedAt: now))
    past.removeAll { now - $0.endedAt > policy.pastEpochAgeMax }
    past.removeFirst(max(0, past.count - policy.pastEpochsMax))
    next.pastEpochs = past
    var keys = state.resumptionKeys
    keys.append(ResumptionKey(epoch: epoch, secret: state.secrets.resumptionPSK))
    keys.removeFirst(max(0, keys.count - policy.resumptionKeysMax))
    next.resumptionKeys = keys
    let nextMessages = messages.advanced(
      from: epoch, to: nextTree, keeping: past.map(\.context.epoch))
    return Group(state: next, messages: nextMessages, policy: policy)
  }

  /// Drops the keys whose time is over: those of epochs that ended, and those of messages that
  /// were skipped, longer ago than the policy allows.
  ///
  /// `process` does so by itself, and `protect` when it is given the time; a client calls it for
  /// groups in which nothing happens, once their messages were read, and stores the whole group.
  public mutating func expire(at now: Instant) {
    messages.expireSkipped(before: now + (.zero - policy.skippedKeyAgeMax))
    expirePastEpochs(at: now)
  }

  /// Drops the keys of earlier epochs whose time is over.
  public mutating func expirePastEpochs(at now: Instant) {
    guard state.pastEpochs.contains(where: { now - $0.endedAt > policy.pastEpochAgeMax }) else {
      return
    }
    state.pastEpochs.removeAll { now - $0.endedAt > policy.pastEpochAgeMax }
    messages.keepPast(epochs: state.pastEpochs.map(\.context.epoch))
  }
}
