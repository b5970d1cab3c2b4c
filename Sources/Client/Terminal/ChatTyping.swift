// SPDX-License-Identifier: Apache-2.0

/// Who types in a conversation on a terminal: the one at the keyboard, and others.
struct ChatTyping: Sendable {
  /// The client is told again after this long, though every key would do: it keeps the time itself.
  static let interval = Duration.seconds(2)

  /// When the client was told that somebody types here; `nil` after it was told the contrary.
  private var toldAt: ContinuousClock.Instant?
  /// Others, in the order in which they began.
  private(set) var people: [String] = []

  /// The text has changed, to something that is a message or to something else.
  ///
  /// - Returns: what the client is to be told; `nil` when it knows.
  mutating func edited(_ isMessage: Bool, at now: ContinuousClock.Instant) -> Bool? {
    guard isMessage else {
      guard toldAt != nil else { return nil }
      toldAt = nil
      return false
    }
    if let toldAt, now < toldAt + ChatTyping.interval { return nil }
    toldAt = now
    return true
  }

  /// The text was sent, and the client sees that by itself.
  mutating func submitted() { toldAt = nil }

  /// Takes an event of type `typing`.
  mutating func receive(_ event: JSONValue) {
    guard let person = event["from"]?.text else { return }
    people.removeAll { $0 == person }
    if event["typing"] == true { people.append(person) }
  }
}
