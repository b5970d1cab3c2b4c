// SPDX-License-Identifier: Apache-2.0

/// What can be said of a picture or a voice note in a line of text.
package enum MediaText {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  /// Bars of a waveform that become one character.
  private static let barsTogether = 4
  private static let barMax: Int64 = 31

  /// What a file is, in front of its name: `voice note 0:12 ▁▃▅▇, `, `picture 640×480, `; nothing
  /// of another file. Without signs for somebody who listens.
  package static func prefix(_ file: JSONValue, plain: Bool = false) -> String {
    if let voice = file["voice"] {
      let length = duration(voice["milliseconds"]?.integer ?? 0)
      let bars =
        plain ? "" : " " + waveform(voice["waveform"]?.elements.compactMap(\.integer) ?? [])
      return "voice note \(length)\(bars), "
    }
    if let width = file["picture"]?["width"]?.integer,
      let height = file["picture"]?["height"]?.integer
    {
      return plain ? "picture \(width) by \(height), " : "picture \(width)×\(height), "
    }
    return ""
  }

  /// Minutes and seconds, the last one begun counted.
  static func duration(_ milliseconds: Int64) -> String {
    let seconds = (max(0, milliseconds) + 999) / 1_000
    let rest = seconds % 60
    return "\(seconds / 60):\(rest < 10 ? "0" : "")\(rest)"
  }

  static func waveform(_ bars: [Int64]) -> String {
    String(
      stride(from: 0, to: bars.count, by: barsTogether).map { start in
        let loudest = bars[start...].prefix(barsTogether).max() ?? 0
        let level = min(max(0, loudest), barMax)
        return blocks[Int(level) * blocks.count / Int(barMax + 1)]
      })
  }
}
