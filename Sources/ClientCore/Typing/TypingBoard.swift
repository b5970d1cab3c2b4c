// SPDX-License-Identifier: Apache-2.0

import MLS
public import SansIO

/// Somebody began to type, or stopped. It is told once and kept nowhere.
public struct TypingNotice: Hashable, Sendable {
  /// The conversation.
  public let address: String
  /// Who.
  public let sender: String
  /// Whether the person types from now on.
  public let isTyping: Bool
  /// When this client noticed.
  public let at: Instant

  /// Makes the value.
  public init(address: String, sender: String, isTyping: Bool, at: Instant) {
    self.address = address
    self.sender = sender
    self.isTyping = isTyping
    self.at = at
  }
}

/// Who types, here and elsewhere. It dies with the process, and nothing of it is stored.
struct TypingBoard: Sendable {
  /// What this account's user types in one conversation.
  struct Own: Sendable {
    /// When it counts as stopped, unless the user goes on.
    var until: Instant
    /// When others were told last.
    var toldAt: Instant?
    /// Others are to be told, as soon as that is possible.
    var isDue = true
    /// Who is answered once they were, or it was given up.
    var waiting: [RequestToken] = []
  }

  /// A person in a conversation.
  struct Typist: Hashable, Comparable {
    let address: String
    let sender: String

    static func < (left: Typist, right: Typist) -> Bool {
      (left.address, left.sender) < (right.address, right.sender)
    }
  }

  /// A device in a group.
  struct Leaf: Hashable {
    let groupID: [UInt8]
    let index: LeafIndex
  }

  /// By conversation.
  var own: [[UInt8]: Own] = [:]
  /// Who types elsewhere, and until when that is shown.
  var shown: [Typist: Instant] = [:]
  /// The time of the newest own signal.
  private var said = Instant(milliseconds: 0)
  /// The time of the newest signal of each device: an older one is a repetition.
  private var newest: [Leaf: Instant] = [:]

  /// Whether there is nothing to end.
  var isEmpty: Bool { own.isEmpty && shown.isEmpty }

  /// When something ends.
  var deadline: Instant? {
    (own.values.map(\.until) + Array(shown.values)).min()
  }

  /// The time of the next own signal: each is later than the one before.
  mutating func nextTime(at now: Instant) -> Instant {
    said = max(now, said + .milliseconds(1))
    return said
  }

  /// Whether a signal of this time is a new one; it is remembered if so. What is too old or too new
  /// for the clock here is none, so that nothing has to be remembered for long.
  mutating func takes(_ at: Instant, of leaf: Leaf, now: Instant) -> Bool {
    let span = ClientLimits.typingClockSpan
    guard now <= at + span, at <= now + span else { return false }
    if let known = newest[leaf] {
      guard known < at else { return false }
    } else if newest.count >= ClientLimits.typingLeavesMax {
      newest = newest.filter { now <= $0.value + span }
      guard newest.count < ClientLimits.typingLeavesMax else { return false }
    }
    newest[leaf] = at
    return true
  }
}
