// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// The timer that two people share, and what one of them proposes in its place: the field `timer`
/// of their group's state (timers.md). Without a proposal it is the timer's own form, or empty.
///
/// ```
/// struct {
///   uint8 ver = 2;
///   opaque timer<V>;         // MessageTimer, or empty: none
///   uint8 proposer[16];
///   opaque proposed<V>;      // likewise
/// } PairPolicy;              // only with a proposal
/// ```
package struct PairPolicy: Hashable, Sendable {
  /// A timer that takes the other side's consent.
  package struct Proposal: Hashable, Sendable {
    /// Whose it is.
    package let proposer: AccountID
    /// The timer; `nil`: none.
    package let timer: MessageTimer?

    /// Makes the value.
    package init(proposer: AccountID, timer: MessageTimer?) {
      self.proposer = proposer
      self.timer = timer
    }
  }

  private static let formatWithProposal: UInt8 = 2

  /// What holds for both.
  package let timer: MessageTimer?
  /// What waits for the other side's word.
  package let proposal: Proposal?

  /// Makes the value.
  package init(timer: MessageTimer?, proposal: Proposal? = nil) {
    self.timer = timer
    self.proposal = proposal
  }

  /// Whether nothing is kept longer under `timer` than now: that either side may set at once.
  func isShorter(_ timer: MessageTimer?) -> Bool {
    timer.map { $0.isWithin(self.timer) } ?? (self.timer == nil)
  }

  /// What one side wants, done as far as it may do it by itself: a shorter timer holds at once, one
  /// that the other side proposed is agreed to, and every other one is proposed.
  func wanting(_ wanted: MessageTimer?, by account: AccountID) -> PairPolicy {
    if wanted == timer { return self }
    if isShorter(wanted) || isProposed(wanted, to: account) { return PairPolicy(timer: wanted) }
    return PairPolicy(timer: timer, proposal: Proposal(proposer: account, timer: wanted))
  }

  /// Whether somebody else than this account proposes the timer.
  func isProposed(_ wanted: MessageTimer?, to account: AccountID) -> Bool {
    proposal.map { $0.proposer != account && $0.timer == wanted } ?? false
  }

  /// Whether one side alone may make this of `old`.
  func follows(_ old: PairPolicy, by account: AccountID) -> Bool {
    guard timer == old.timer else {
      return proposal == nil && (old.isShorter(timer) || old.isProposed(timer, to: account))
    }
    // A proposal can be taken back, turned down, and take the place of another.
    guard let proposal, proposal != old.proposal else { return true }
    return proposal.proposer == account
  }
}

extension PairPolicy: WireValue {
  /// Takes the field of a group's state.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard !input.isEmpty else {
      self.init(timer: nil)
      return
    }
    guard input[0] == Self.formatWithProposal else {
      self.init(timer: try PairPolicy.choice(MessageTimer(from: &input)))
      return
    }
    _ = try input.readUInt8()
    let timer = try PairPolicy.timer(from: &input)
    let proposer = try AccountID(from: &input)
    let proposed = try PairPolicy.timer(from: &input)
    let plain = PairPolicy(timer: timer)
    // What anybody may set is not proposed, and nobody proposes what holds.
    guard !plain.isShorter(proposed) else { throw .invalidValue(field: "proposed timer") }
    self.init(timer: timer, proposal: Proposal(proposer: proposer, timer: proposed))
  }

  /// Appends the field.
  package func encode(to output: inout ByteWriter) {
    guard let proposal else {
      if let timer { output.write(timer) }
      return
    }
    output.write(Self.formatWithProposal)
    output.write(vector: timer?.encoded ?? [])
    output.write(proposal.proposer)
    output.write(vector: proposal.timer?.encoded ?? [])
  }

  private static func timer(
    from input: inout Span<UInt8>
  ) throws(DecodingFailure) -> MessageTimer? {
    let bytes = try input.readVector(maximum: RoomState.timerBytesMax)
    return bytes.isEmpty ? nil : try choice(MessageTimer(decoding: bytes))
  }

  private static func choice(_ timer: MessageTimer) throws(DecodingFailure) -> MessageTimer {
    guard timer.isChoice else { throw .invalidValue(field: "timer") }
    return timer
  }
}

extension RoomState {
  /// What two people share of timers; of a group, its timer alone.
  var policy: PairPolicy {
    if kind == .pair { return (try? PairPolicy(decoding: timer)) ?? PairPolicy(timer: nil) }
    return PairPolicy(timer: try? MessageTimer(decoding: timer))
  }

  /// The state of two people under a policy.
  static func pair(_ policy: PairPolicy) -> RoomState {
    var room = RoomState.pair
    room.timer = policy.encoded
    return room
  }
}
