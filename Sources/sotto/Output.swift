// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whole lines to the two outputs, without buffers in between: what was written is out.
enum Output {
  /// Writes a line to standard output.
  ///
  /// - Returns: whether it was taken; a reader that has gone takes nothing.
  @discardableResult
  static func line(_ text: String) -> Bool { write(text + "\n", to: STDOUT_FILENO) }

  /// Writes text to standard output as it is.
  static func text(_ text: String) { _ = write(text, to: STDOUT_FILENO) }

  /// Writes a line to standard error.
  static func error(_ text: String) { _ = write(text + "\n", to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: CInt) -> Bool {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let taken = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
      }
      if taken < 0, errno == EINTR { continue }
      guard taken > 0 else { return false }
      written += taken
    }
    return true
  }
}
