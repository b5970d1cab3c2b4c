// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What a seed turns on beside the faults when its people have several devices and talk in groups.
package struct SocietyOptions: Sendable, CustomStringConvertible {
  /// The people that there can be.
  static let names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"]
  /// Devices of one world at most.
  static let devicesMax = 30

  /// How many devices each person has, in the order of `names`.
  package let devices: [Int]
  /// People change who is in a group and who may do what: of a hundred deeds.
  package let changing: UInt64
  /// Messages have timers, and timers change: of a hundred deeds.
  package let timing: UInt64
  /// Devices are taken out of their accounts: of a thousand deeds.
  package let removing: UInt64
  /// Whose first device breaks the rules of its groups.
  package let hostile: Int?
  /// Whether it ends epochs with commits that nobody can follow, beside what it says: then nothing
  /// is promised in its groups but that nobody shows anything false.
  package let breaksCommits: Bool

  /// Whether all first devices come before the second ones: as scenarios number them.
  private let isScripted: Bool

  /// A scenario's: two devices of each of its people, and nothing left to chance.
  init() {
    devices = World.names.map { _ in 2 }
    (changing, timing, removing) = (0, 1, 0)
    (hostile, breaksCommits) = (nil, false)
    isScripted = true
  }

  /// Account and ordinal of each device, by its number in the world.
  var members: [(account: Int, ordinal: Int)] {
    if isScripted { return (0..<2).flatMap { ordinal in devices.indices.map { ($0, ordinal) } } }
    return devices.enumerated().flatMap { account, count in (0..<count).map { (account, $0) } }
  }

  /// The options of a seed.
  ///
  /// - Parameter isHonest: whether the server is; a hostile member is drawn beside an honest one.
  init(isHonest: Bool, using generator: inout SeededGenerator) {
    // Half of the worlds are small: more of them are seen in the same time.
    let isSmall = generator.chance(1, in: 2)
    let people = Int.random(in: 2...(isSmall ? 4 : Self.names.count), using: &generator)
    let most = Int.random(in: 1...(isSmall ? 2 : 5), using: &generator)
    var devices: [Int] = []
    for _ in 0..<people {
      let wanted = Int.random(in: 1...most, using: &generator)
      devices.append(max(1, min(wanted, Self.devicesMax - devices.reduce(people, +))))
    }
    self.devices = devices
    changing = generator.chance(3, in: 4) ? UInt64.random(in: 5...30, using: &generator) : 0
    timing = generator.chance(1, in: 2) ? UInt64.random(in: 5...20, using: &generator) : 0
    removing = generator.chance(1, in: 2) ? UInt64.random(in: 10...80, using: &generator) : 0
    let person = Int.random(in: 0..<people, using: &generator)
    hostile = isHonest && people > 2 && generator.chance(1, in: 4) ? person : nil
    breaksCommits = generator.chance(1, in: 2)
    isScripted = false
  }

  /// The address that each device will have.
  var addresses: [String] { members.map { World.address(Self.names[$0.account]) } }

  package var description: String {
    "devices=\(devices.map(String.init).joined(separator: "+")) changing=\(changing) "
      + "timing=\(timing) removing=\(removing) "
      + "rule-breaker=\(hostile.map { Self.names[$0] } ?? "nobody")"
      + (hostile != nil && breaksCommits ? " commits=broken" : "")
  }
}
