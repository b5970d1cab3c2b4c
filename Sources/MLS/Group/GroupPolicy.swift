// SPDX-License-Identifier: Apache-2.0

/// What RFC 9420 leaves to the application, as numbers with a bound on each.
public struct GroupPolicy: Sendable {
  /// How lifetimes are checked.
  public var lifetimes: LifetimePolicy
  /// How many epochs before the present one stay readable. 5: late messages of a busy group.
  public var pastEpochsMax: Int
  /// How long an epoch stays readable after its end. 48 h: longer, and a stolen device reads back
  /// further than people expect.
  public var pastEpochAgeMax: Duration
  /// How long the key of a message that did not come is kept for it. 48 h, as with epochs.
  public var skippedKeyAgeMax: Duration
  /// How many resumption PSKs of past epochs are kept (RFC 9420 §8.6).
  public var resumptionKeysMax: Int
  /// How many proposals of one epoch wait for a commit.
  public var pendingProposalsMax: Int
  /// The padding of private messages (RFC 9420 §6.3.1).
  public var padding: PaddingPolicy

  /// The standard lifetimes, five past epochs for 48 hours, Padmé padding to at least 256 bytes.
  public static let standard = GroupPolicy(
    lifetimes: .standard, pastEpochsMax: 5,
    pastEpochAgeMax: .seconds(48 * 3600), resumptionKeysMax: 5, pendingProposalsMax: 1000,
    padding: .padme(minimum: 256))

  /// The standard policy without any look at lifetimes: for known-answer tests, and for groups
  /// whose key packages have expired.
  public static let unchecked: GroupPolicy = {
    var policy = GroupPolicy.standard
    policy.lifetimes = .unchecked
    return policy
  }()

  /// Takes the parts.
  public init(
    lifetimes: LifetimePolicy, pastEpochsMax: Int, pastEpochAgeMax: Duration,
    resumptionKeysMax: Int, pendingProposalsMax: Int, padding: PaddingPolicy,
    skippedKeyAgeMax: Duration = .seconds(48 * 3600)
  ) {
    self.lifetimes = lifetimes
    self.pastEpochsMax = pastEpochsMax
    self.pastEpochAgeMax = pastEpochAgeMax
    self.skippedKeyAgeMax = skippedKeyAgeMax
    self.resumptionKeysMax = resumptionKeysMax
    self.pendingProposalsMax = pendingProposalsMax
    self.padding = padding
  }
}
