// SPDX-License-Identifier: Apache-2.0

import Glibc

extension QRSymbol {
  /// The picture, with its quiet zone, for a terminal: two rows of modules in a line. Black upon
  /// white is asked for by colours of the fixed palette, since a terminal may have any two.
  public var terminalLines: [String] {
    let rows = -Self.quietZone..<width + Self.quietZone
    return stride(from: rows.lowerBound, to: rows.upperBound, by: 2).map { row in
      var line = "\u{1b}[38;5;16;48;5;231m"
      for column in rows {
        switch (isDark(column, row), isDark(column, row + 1)) {
        case (true, true): line += "█"
        case (true, false): line += "▀"
        case (false, true): line += "▄"
        case (false, false): line += " "
        }
      }
      return line + "\u{1b}[0m"
    }
  }

  /// The picture, if the descriptor is a terminal that is wide enough for it.
  public func terminalLines(for descriptor: CInt) -> [String]? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, Int(size.ws_col) >= columns
    else { return nil }
    return terminalLines
  }
}
