// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// What has really happened in societies, counted: a run says it, or nobody would know whether the
/// checkers had anything to look at.
package struct SocietyDeeds: Sendable, CustomStringConvertible {
  /// What is counted, by the words that say it.
  package enum Deed: String, CaseIterable, Sendable {
    case groupMade = "groups made"
    /// An account is in an epoch of a group and was not in the one before it.
    case personIn = "people into groups"
    case personOut = "people out of groups"
    case deviceIn = "devices into groups"
    case deviceOut = "devices out of groups"
    case deviceLinked = "devices linked"
    case deviceRemoved = "devices removed"
    /// A device came back into a group that it had lost step with.
    case rejoin = "rejoins"
    /// A device lost step with a group and cannot come back by itself, or began a new one.
    case loss = "groups lost"
    case timerSet = "timers set"
    case timedMessage = "messages with timers of their own"
    case disappearance = "disappearances"
    case offline = "offline periods"
    case harm = "hostile frames"
    /// A device said that somebody broke the rules of a group.
    case violation = "breaches noticed"
    case lie = "lies of servers"
  }

  private var counts: [Deed: Int] = [:]

  /// Nothing has happened yet.
  package init() {}

  package subscript(deed: Deed) -> Int { counts[deed] ?? 0 }

  mutating func note(_ deed: Deed, times: Int = 1) { counts[deed, default: 0] += times }

  /// Counts what a device was told.
  mutating func note(_ event: ClientEvent) {
    switch event.kind {
    case .messageExpired: note(.disappearance)
    case .conversationRestarted: note(.loss)
    case .roomChanged(let notice) where notice.kind == .violated: note(.violation)
    default: return
    }
  }

  /// Adds what happened elsewhere.
  package mutating func add(_ other: SocietyDeeds) {
    for (deed, count) in other.counts { counts[deed, default: 0] += count }
  }

  /// Each with its words.
  package var description: String {
    Deed.allCases.map { "\(self[$0]) \($0.rawValue)" }.joined(separator: ", ")
  }
}
