// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Receive: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what has arrived.",
    discussion: """
      Every named subscription sees every event once: what was printed is acknowledged, and what \
      was not comes again. Without --follow the verb ends when something was printed and nothing \
      more comes, or when nothing came in time.
      """)

  /// How long is waited for a first message when nothing else is said, in seconds.
  static let waitUsual = 5.0
  /// How long is waited for one more after the first.
  static let waitForMore = 0.5

  @Option(help: "The name of the subscription.")
  var name = "default"

  @Flag(help: "Go on printing what arrives.")
  var follow = false

  @Option(help: "Give up after this many seconds (5 by default; none with --follow).")
  var timeout: Double?

  @Flag(
    help: "Print all events, not only those that a reader wants to know; with --follow who types.")
  var events = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let receiver = Receiver(name: name, json: options.json, printsAll: events)
    guard !follow else { return try await follow(with: receiver) }
    let timeout = timeout
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let found = try await receiver.once(timeout ?? Receive.waitUsual, &connection)
        if !found, timeout != nil { throw SottoFailure.timeout("Nothing came in time.") }
      }
    }
  }

  private func follow(with receiver: Receiver) async throws {
    do {
      try await options.perform(for: timeout) { access in
        try await access.connect(settles: true, sharing: .shared) { connection in
          try await receiver.follow(&connection)
        }
      }
    } catch is CancellationError {
      // It goes on until it is told to end, or its time is up.
    }
  }
}

/// Prints events and acknowledges what was printed.
private struct Receiver: Sendable {
  let name: String
  let json: Bool
  let printsAll: Bool

  /// Prints what is there, waiting for the first message.
  ///
  /// - Returns: whether a message was among it.
  func once(_ wait: Double, _ connection: inout SottoConnection) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(wait)
    var found = false
    while true {
      let left = (deadline - ContinuousClock.now) / .seconds(1)
      let parameters: [String: JSONValue] = [
        "subscriber": .string(name), "fromStart": true,
        "timeoutSeconds": .number(found ? Receive.waitForMore : max(0, left)),
      ]
      let page = try await connection.call("receive", parameters)["events"]?.elements ?? []
      if page.isEmpty { return found }
      for event in page {
        guard show(event) else { return found }
        found = found || isMessage(event)
      }
      try await acknowledge(page.last, &connection)
    }
  }

  /// Prints until the connection or the task ends.
  func follow(_ connection: inout SottoConnection) async throws {
    _ = try await connection.call(
      "subscribe",
      ["subscriber": .string(name), "fromStart": true, "typing": .bool(printsAll)])
    while let event = try await connection.nextEvent() {
      guard show(event) else { return }
      try await acknowledge(event, &connection)
    }
  }

  /// - Returns: whether the reader is still there; what it did not take is not acknowledged.
  private func show(_ event: JSONValue) -> Bool {
    guard printsAll || EventText.isForReaders(event) else { return true }
    if json { return Output.line(event.line) }
    return Output.line(EventText.sentence(for: event))
  }

  private func acknowledge(
    _ event: JSONValue?, _ connection: inout SottoConnection
  ) async throws {
    guard let seq = event?["seq"] else { return }
    _ = try await connection.call("acknowledge", ["subscriber": .string(name), "seq": seq])
  }

  private func isMessage(_ event: JSONValue) -> Bool { event["type"] == "message-received" }
}
