// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Which proposals a commit of ours covers (RFC 9420 §12.4).
extension Group {
  /// A valid list, and what comes of applying it.
  struct Coverage {
    let list: ProposalList
    let provisional: ProvisionalState
    let pskSecret: Secret
  }

  /// How many combinations of pending proposals are tried, so that nobody can make a commit dear by
  /// proposals that do only one by one.
  private static let combinationsMax = 64

  /// What the caller wants, with the pending proposals that go together with it.
  ///
  /// No member can hold up commits, or the proposals of others, by one that is of no use: where all
  /// together break a rule, those are left out that would not do alone, and of the rest those that
  /// do not go with the ones before them.
  func coverage(
    _ proposals: [Proposal], options: CommitOptions, table: PreSharedKeys, at now: Instant
  ) throws(MLSFailure) -> Coverage {
    let wanted = proposals.map {
      ResolvedProposal(proposal: $0, sender: .member(ownLeafIndex), reference: nil)
    }
    let isReInit = wanted.contains { if case .reInit = $0.proposal { true } else { false } }
    guard options.includesPendingProposals, !isReInit else {
      return try check(wanted, options: options, table: table, at: now)
    }
    let received = ProposalList.selectable(
      from: state.pendingProposals.map(\.resolved), committer: ownLeafIndex)
    // Who has said that it leaves goes by its own word, and not by a Remove as well.
    let own = wanted.map { proposal in
      guard case .remove(let leaf) = proposal.proposal else { return proposal }
      return received.first { $0.selfRemoves(leaf) } ?? proposal
    }
    let pending = received.filter { candidate in
      !conflicts(candidate, with: own) && !own.contains { $0.isSame(as: candidate) }
    }
    if let all = try? check(pending + own, table: table, at: now) { return all }
    let viable = pending.filter { (try? check([$0], table: table, at: now)) != nil }
    let bare = try check(own, table: table, at: now)
    return joined(viable, with: own, bare: bare, table: table, at: now)
  }

  /// Takes as many of `candidates` as go together: a part that does goes in whole, one that does
  /// not is halved.
  private func joined(
    _ candidates: [ResolvedProposal], with own: [ResolvedProposal], bare: Coverage,
    table: PreSharedKeys, at now: Instant
  ) -> Coverage {
    var taken: [ResolvedProposal] = []
    var best = bare
    var parts = [candidates[...]]
    var combinations = 0
    while let part = parts.popLast(), combinations < Group.combinationsMax {
      combinations += 1
      if let coverage = try? check(taken + part + own, table: table, at: now) {
        taken += part
        best = coverage
      } else if part.count > 1 {
        let middle = part.startIndex + part.count / 2
        parts.append(part[middle...])
        parts.append(part[..<middle])
      }
    }
    return best
  }

  private func check(
    _ proposals: [ResolvedProposal], options: CommitOptions = .standard, table: PreSharedKeys,
    at now: Instant
  ) throws(MLSFailure) -> Coverage {
    let list = ProposalList(proposals: proposals, linksGroups: options.linksGroups)
    try list.validate(committer: ownLeafIndex, suite: suite)
    return Coverage(
      list: list,
      provisional: try ProvisionalState(
        applying: list, to: state.tree, context: state.context, policy: policy, at: now),
      pskSecret: try pskSecret(for: list.pskIDs, table: table))
  }

  /// Whether a pending proposal cannot stand beside those that the committer wants.
  private func conflicts(_ pending: ResolvedProposal, with own: [ResolvedProposal]) -> Bool {
    own.contains { wanted in
      switch (wanted.proposal, pending.proposal) {
      case (.remove(let leaf), .remove), (.remove(let leaf), .update):
        pending.removes(leaf) || pending.updates(leaf)
      case (.add(let left), .add(let right)):
        left.leafNode.signatureKey == right.leafNode.signatureKey
      case (.groupContextExtensions, .groupContextExtensions): true
      case (.preSharedKey(let left), .preSharedKey(let right)): left == right
      case (_, .reInit): true
      default: false
      }
    }
  }
}
