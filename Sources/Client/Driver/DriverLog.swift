// SPDX-License-Identifier: Apache-2.0

/// What the drivers tell whoever looks for a fault: no user data, little on success, and `error`
/// only for what should not happen.
public struct DriverLog: Sendable {
  /// How much is told, least first.
  public enum Level: String, CaseIterable, Comparable, Sendable {
    /// Nothing.
    case none
    /// What should not happen.
    case error
    /// Connections that come and go.
    case info
    /// Every step of the drivers, without content.
    case debug

    private var rank: Int {
      switch self {
      case .none: 0
      case .error: 1
      case .info: 2
      case .debug: 3
      }
    }

    /// Less talkative comes first.
    public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
  }

  private let level: Level
  private let sink: @Sendable (Level, String) -> Void

  /// Tells `sink` what is at most as talkative as `level`.
  public init(level: Level, sink: @escaping @Sendable (Level, String) -> Void) {
    self.level = level
    self.sink = sink
  }

  /// Tells nothing.
  public static let silent = DriverLog(level: .none) { _, _ in }

  func error(_ text: @autoclosure () -> String) { write(.error, text) }
  func info(_ text: @autoclosure () -> String) { write(.info, text) }
  func debug(_ text: @autoclosure () -> String) { write(.debug, text) }

  private func write(_ level: Level, _ text: () -> String) {
    if level <= self.level { sink(level, text()) }
  }
}
