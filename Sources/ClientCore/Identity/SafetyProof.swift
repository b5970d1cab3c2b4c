// SPDX-License-Identifier: Apache-2.0

/// How the user knows that the safety number is the peer's.
public enum SafetyProof: Hashable, Sendable {
  /// The user has compared the number: nothing is left to check here.
  case compared
  /// The number that the peer's screen shows: 60 digits, with white space anywhere.
  case number(String)
  /// The text of the code that the peer's screen shows (identity.md, safety number).
  case code(String)
}
