// SPDX-License-Identifier: Apache-2.0

/// The timer of a conversation.
public struct TimerReport: Hashable, Sendable {
  /// What one of two people proposes.
  public struct Proposal: Hashable, Sendable {
    /// The timer; `nil`: none.
    public let timer: MessageTimer?
    /// Whether it is this account's, which waits for the other side.
    public let isOwn: Bool
  }

  /// What holds for what is written here; `nil`: nothing disappears.
  public let timer: MessageTimer?
  /// What waits for somebody's consent.
  public let proposal: Proposal?

  /// Makes the value.
  init(timer: MessageTimer?, proposal: Proposal? = nil) {
    self.timer = timer
    self.proposal = proposal
  }
}
