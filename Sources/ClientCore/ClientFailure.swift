// SPDX-License-Identifier: Apache-2.0

/// Why a request to the client failed. Two failures are equal when their codes are.
public struct ClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What programs decide by.
  public let code: ClientFailureCode
  /// One sentence for people; it never holds message content or key material.
  public let reason: String
  /// When trying again is of use: not before this much time has passed.
  public let retryAfter: Duration?
  /// Where the failure was made.
  public let file: StaticString
  /// Where the failure was made.
  public let line: UInt

  /// Makes a failure; `reason` is a sentence without user data.
  public init(
    _ code: ClientFailureCode, _ reason: String, retryAfter: Duration? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.code = code
    self.reason = reason
    self.retryAfter = retryAfter
    self.file = file
    self.line = line
  }

  /// Equal by code.
  public static func == (left: ClientFailure, right: ClientFailure) -> Bool {
    left.code == right.code
  }

  /// By code, as equality is.
  public func hash(into hasher: inout Hasher) { hasher.combine(code) }

  /// Code and reason.
  public var description: String { "\(code.rawValue): \(reason)" }
}
