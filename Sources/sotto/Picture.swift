// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import QRCode

/// Whether a verb draws what a camera can read.
struct PictureOptions: ParsableArguments {
  @Flag(help: "No QR code: text only, as when the output is no terminal.")
  var plain = false

  /// Draws a text as a QR code, when somebody looks and the window is wide enough.
  func draw(_ text: String) {
    guard !plain, let lines = QRSymbol(text)?.terminalLines(for: STDOUT_FILENO) else { return }
    for line in lines { Output.line(line) }
  }
}
