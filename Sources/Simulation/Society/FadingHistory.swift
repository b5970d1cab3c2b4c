// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Since when devices show messages that have timers, and which of them are shown no more.
struct FadingHistory: Sendable {
  /// A message on a device.
  struct Place: Hashable, Sendable {
    let device: Int
    let number: Int
  }

  /// A message that is shown, by one life of a device's program.
  private struct Sight {
    let since: Instant
    let life: Int
    /// Which of its timers' times runs: the longest that it may be shown from `since`.
    let limit: Duration
  }

  private var shown: [Place: Sight] = [:]
  private var gone: Set<Place> = []

  /// A device's store was looked at.
  ///
  /// - Parameter limits: the messages with timers that it shows, with how long each may be shown at
  ///   most from where it stands; nil: nothing runs yet.
  /// - Returns: why that must not be.
  mutating func note(
    _ device: Int, shows limits: [Int: Duration?], life: Int, at now: Instant
  ) -> String? {
    for (number, limit) in limits.sorted(by: { $0.key < $1.key }) {
      let place = Place(device: device, number: number)
      guard !gone.contains(place) else { return "#\(number) again after it had disappeared" }
      guard let limit else { continue }
      guard let sight = shown[place], sight.life == life, sight.limit <= limit else {
        shown[place] = Sight(since: now, life: life, limit: limit)
        continue
      }
      guard now - sight.since <= sight.limit + Self.slack(sight.limit) else {
        return "#\(number) longer than its timer says"
      }
    }
    for place in shown.keys where place.device == device && limits[place.number] == nil {
      gone.insert(place)
    }
    for place in gone where place.device == device { shown[place] = nil }
    return nil
  }

  /// A clock that is 5 % too slow, and the moment that it takes to wake up.
  private static func slack(_ limit: Duration) -> Duration { limit * 6 / 100 + .seconds(5) }
}
