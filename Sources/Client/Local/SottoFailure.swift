// SPDX-License-Identifier: Apache-2.0

package import ClientCore

/// Why something that the SDK was asked for failed. Two failures are equal when their codes are.
///
/// The codes and their exit codes are the stable list of the local protocol.
public struct SottoFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What programs decide by, such as `unknown-address`.
  public let code: String
  /// One sentence for people, without user data.
  public let reason: String
  /// The status that a command line ends with.
  public let exitCode: Int32
  /// Not before this much time has passed is trying again of use.
  public let retryAfter: Duration?

  /// The accounts of which one is to be named; empty for other failures.
  public let accounts: [String]

  /// Takes a failure as the local protocol carries it.
  init(
    code: String, reason: String, exitCode: Int32, retryAfter: Duration?, accounts: [String] = []
  ) {
    self.accounts = accounts
    self.code = code
    self.reason = reason
    self.exitCode = exitCode
    self.retryAfter = retryAfter
  }

  /// Takes a failure of the core.
  init(_ failure: ClientFailure) {
    self.init(
      code: failure.code.rawValue, reason: failure.reason, exitCode: failure.code.exitCode,
      retryAfter: failure.retryAfter)
  }

  /// Makes a failure of one of the stable codes.
  package init(_ code: ClientFailureCode, _ reason: String) {
    self.init(code: code.rawValue, reason: reason, exitCode: code.exitCode, retryAfter: nil)
  }

  /// The store is locked and nothing to open it was given.
  public static func locked(_ reason: String) -> SottoFailure {
    SottoFailure(.locked, reason)
  }

  /// What the user asked for makes no sense.
  public static func usage(_ reason: String) -> SottoFailure {
    SottoFailure(.badRequest, reason)
  }

  /// What was waited for did not come.
  public static func timeout(_ reason: String) -> SottoFailure {
    SottoFailure(.timeout, reason)
  }

  /// The client went away while somebody was still using it.
  public static func ended(_ reason: String) -> SottoFailure {
    SottoFailure(.internalFailure, reason)
  }

  /// Whether it is only that something did not come in time.
  public var isTimeout: Bool { code == ClientFailureCode.timeout.rawValue }

  /// The failure as one line of JSON shows it.
  public var json: JSONValue {
    .object(present: [
      "code": .string(code), "message": .string(reason), "exitCode": .integer(Int64(exitCode)),
      "accounts": accounts.isEmpty ? nil : .array(accounts.map { .string($0) }),
    ])
  }

  /// Equal by code.
  public static func == (left: SottoFailure, right: SottoFailure) -> Bool {
    left.code == right.code
  }

  /// By code, as equality is.
  public func hash(into hasher: inout Hasher) { hasher.combine(code) }

  /// Code and reason.
  public var description: String { "\(code): \(reason)" }
}
