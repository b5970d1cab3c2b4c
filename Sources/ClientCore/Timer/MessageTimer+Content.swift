// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// How a timer travels in a message (content.md, timers).
extension MessageTimer {
  /// The simple values that stand for false and true.
  private static let no: UInt8 = 20
  private static let yes: UInt8 = 21
  /// What the format's own field cannot say.
  ///
  /// ```
  /// "app.sotto.timer" => [exists_for: uint .size 4, once: bool]
  /// ```
  private static let key = CBORKey.text("app.sotto.timer")

  /// The timer of a message that the server accepted then. A time of the format's own field counts
  /// from reading when it is relative; an absolute one is turned into how long the message exists.
  /// What nobody can mean is no timer.
  init?(of content: MIMIContent, acceptedAt: Instant) {
    var visible: UInt32?
    var exists: UInt32?
    switch content.expires {
    case .relative(let seconds)?:
      visible = min(max(seconds, Self.limits.lowerBound), Self.limits.upperBound)
    case .absolute(let seconds)? where content.expires?.isPlausible(acceptedAt: acceptedAt) == true:
      let left = Int64(seconds) - acceptedAt.milliseconds / 1_000
      exists = UInt32(clamping: max(left, 1))
      exists = exists.map { min($0, Self.limits.upperBound) }
    case .absolute?, nil: break
    }
    var once = false
    if case .array(let fields)? = content.extensions[Self.key], fields.count == 2,
      case .unsigned(let seconds) = fields[0], case .simple(let flag) = fields[1]
    {
      once = flag == Self.yes
      if seconds > 0 {
        let own = UInt32(clamping: min(seconds, UInt64(Self.limits.upperBound)))
        exists = min(exists ?? own, own)
      }
    }
    self.init(visibleSeconds: visible, existsSeconds: exists, once: once)
  }

  /// Puts the timer into a message.
  func put(into content: inout MIMIContent) {
    content.expires = visibleSeconds.map { .relative(seconds: $0) }
    guard existsSeconds != nil || once else { return }
    content.extensions[Self.key] = .array([
      .unsigned(UInt64(existsSeconds ?? 0)), .simple(once ? Self.yes : Self.no),
    ])
  }
}
