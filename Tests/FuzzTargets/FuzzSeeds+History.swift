// SPDX-License-Identifier: Apache-2.0

import ClientCore
import MIMI
import SansIO

/// What one device hands to another.
extension FuzzSeeds {
  static func history(_ target: FuzzTarget) -> [[UInt8]] {
    var random = SeededGenerator(seed: 6)
    guard target == .historySegment else {
      let blob = random.bytes(76) + [0, 1, 0, 0]
      let number: [UInt8] = [0, 0, 0, 7]
      let count = [UInt8](repeating: 0, count: 7) + [9]
      return [
        [1, 1] + number + blob + [0, 0, 0, 5], [1, 2] + number + count,
        [1, 3] + number + count + count,
      ]
    }
    let content = MIMIContent.text("Hello", salt: Salt(using: &random)).encoded
    var records = ByteWriter()
    // A text with everything, one with nothing, one that was taken back, and one that is kept.
    records.write(UInt16(0))
    records.write(UInt8(1))
    records.write(raw: random.bytes(32))
    records.write(vector: utf8("alice@x.example"))
    records.write(raw: [1, 3])
    records.write(UInt64(1_800_000_000_000))
    records.write(UInt8(1))
    records.write(UInt64(1_800_000_000_001))
    records.write(vector: random.bytes(32))
    records.write(vector: content)
    records.write(raw: [1, 1, 0, 0, 0, 0, 0, 0, 0, 14, 16])
    records.write(UInt64(1_800_000_003_600))
    let remark =
      random.bytes(32) + [15] + utf8("alice@x.example") + [1, 4] + utf8("👍")
      + [0, 0, 1, 163, 0, 0, 0, 0]
    records.write(vector: remark)
    records.write(vector: random.bytes(32) + [2] + utf8("Hi") + [0, 0, 1, 163, 0, 0, 0, 0])
    for kind in [1, 2, 3] as [UInt8] {
      records.write(UInt16(1))
      records.write(kind)
      records.write(raw: random.bytes(32))
      records.write(vector: utf8("bob@x.example"))
      records.write(raw: [0, 4])
      records.write(UInt64(1_700_000_000_000))
      records.write(raw: [0, 0])
      records.write(vector: kind == 2 ? [] : content)
      if kind == 3 {
        records.write(raw: [1, 1, 0, 0, 0, 0, 0, 0, 0, 14, 16])
        records.write(UInt64(1_800_000_003_600))
        records.write(raw: random.bytes(32) + [0, 1])
        records.write(raw: [0, 0])
      } else {
        records.write(raw: [0, 0, 0])
      }
    }
    var segment = ByteWriter()
    segment.write(UInt8(1))
    let group = "group-" + String(repeating: "0a", count: 16) + ".x.example"
    let list =
      [13] + utf8("bob@x.example") + [0] + [UInt8(group.utf8.count)] + utf8(group) + [1]
    segment.write(vector: list)
    segment.write(vector: records.bytes)
    return [segment.bytes, [1, 0, 0]]
  }

  /// With one device and the last messages, and with two and a time.
  static func historyGrants() -> [[UInt8]] {
    var random = SeededGenerator(seed: 7)
    func grant(_ since: UInt64?, _ last: UInt64?, devices: [UInt32]) -> [UInt8] {
      var output = ByteWriter()
      output.write(UInt8(1))
      output.write(vector: utf8("bob@x.example"))
      output.write(raw: random.bytes(16))
      output.write(optional: since) { output, since in output.write(since) }
      output.write(optional: last) { output, last in output.write(last) }
      output.write(list: devices) { output, device in
        output.write(device)
        output.write(raw: random.bytes(32))
        output.write(vector: random.bytes(1_120))
        output.write(vector: random.bytes(48))
      }
      return output.bytes
    }
    return [grant(nil, 100, devices: [1]), grant(1_800_000_000_000, nil, devices: [1, 7])]
  }
}
