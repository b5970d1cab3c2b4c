// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import SottoClient

/// A terminal that gives every key at once, and the way back from that.
///
/// A small shell waits beside the program: when the program ends without having said that the
/// terminal is as it was, however it ends, the shell restores it. A process cannot do that for its
/// own SIGKILL.
final class TerminalMode {
  private static let guardScript = """
    trap '' TTOU INT TERM HUP QUIT TSTP
    saved=$(stty -g </dev/tty) || exit 1
    echo ready
    read -r line || { stty "$saved" </dev/tty; printf '\\033[?2004l\\r\\n' >/dev/tty; }
    """

  private let usual: termios
  private let keeper = Process()
  private let toKeeper = Pipe()

  /// Remembers how the terminal is; `nil` when it does not tell, or cannot be guarded.
  init?() {
    var found = termios()
    guard unsafe tcgetattr(STDIN_FILENO, &found) == 0 else { return nil }
    usual = found
    let fromKeeper = Pipe()
    keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
    keeper.arguments = ["-c", TerminalMode.guardScript]
    keeper.standardInput = toKeeper
    keeper.standardOutput = fromKeeper
    keeper.standardError = FileHandle.nullDevice
    guard (try? keeper.run()) != nil else { return nil }
    guard fromKeeper.fileHandleForReading.availableData == Data("ready\n".utf8) else {
      return nil
    }
  }

  /// Every key at once, no echo, no signals; pastes are marked.
  func enter() {
    var raw = usual
    unsafe cfmakeraw(&raw)
    // What programs print still begins at the left.
    raw.c_oflag |= tcflag_t(OPOST)
    unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    Output.text("\u{1b}[?2004h")
  }

  /// As it was.
  func leave() {
    Output.text("\u{1b}[?2004l")
    var before = usual
    unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
  }

  /// As it was, for good.
  func end() {
    leave()
    try? toKeeper.fileHandleForWriting.write(contentsOf: Data("done\n".utf8))
    try? toKeeper.fileHandleForWriting.close()
  }

  /// Columns and lines.
  static var size: (columns: Int, lines: Int) {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
