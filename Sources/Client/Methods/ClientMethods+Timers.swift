// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// Messages that disappear.
extension ClientMethods {
  /// Takes a timer as people write it; `once` adds itself.
  static func timer(
    _ input: inout JSONRPCParameters
  ) throws(ClientFailure) -> MessageTimer? {
    var timer: MessageTimer?
    if let text = try input.optionalString("expires") {
      guard let given = MessageTimer(text) else { throw wrongTimer }
      timer = given
    }
    guard try input.flag("once"), let once = MessageTimer(once: true) else { return timer }
    return MessageTimer.combined(timer, once)
  }

  private static var wrongTimer: ClientFailure {
    ClientFailure(.badRequest, "A timer is like 30s, 5m, 1h or 1w, from 5 s to 4 weeks.")
  }

  /// Tells the timer of a conversation, or sets it.
  func timer(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let text = try input.optionalString("timer")
    try input.finish()
    guard let text else {
      return try await client.timerReport(of: address).json
    }
    var timer: MessageTimer?
    if text != "off" {
      guard let given = MessageTimer(text) else { throw ClientMethods.wrongTimer }
      timer = given
    }
    try await client.setTimer(timer, of: address)
    return try await client.timerReport(of: address).json
  }

  /// Says yes or no to what the other person proposes.
  func answerTimer(
    _ input: JSONRPCParameters, accepting: Bool
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    try input.finish()
    try await client.answerTimer(of: address, accepting: accepting)
    return try await client.timerReport(of: address).json
  }
}

extension TimerReport {
  fileprivate var json: JSONValue {
    .object(present: [
      "timer": .string(timer?.description ?? "off"),
      "proposed": proposal.map { .string($0.timer?.description ?? "off") },
      "proposedBy": proposal.map { .string($0.isOwn ? "you" : "peer") },
    ])
  }
}
