// SPDX-License-Identifier: Apache-2.0

import Glibc
import SottoClient

/// Asks for the passphrase on the terminal, without echo.
enum PassphrasePrompt {
  /// Asks once, or twice for a new store, because a typing error would lose it.
  ///
  /// - Throws: `locked` without a terminal, or when the two differ.
  static func ask(isNew: Bool) throws(SottoFailure) -> SottoClient.Unlock {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0, isatty(STDIN_FILENO) == 1 else {
      if terminal >= 0 { close(terminal) }
      throw .locked(
        "The store is locked: give --passphrase-file or --key-file, or run on a terminal.")
    }
    defer { close(terminal) }
    let first = try read(isNew ? "New passphrase: " : "Passphrase: ", on: terminal)
    if isNew {
      let second = try read("The same again: ", on: terminal)
      guard first.isSamePassphrase(as: second) else {
        throw .locked("The two passphrases differ.")
      }
    }
    return first
  }

  private static func read(
    _ prompt: String, on terminal: CInt
  ) throws(SottoFailure) -> SottoClient.Unlock {
    var usual = termios()
    guard unsafe tcgetattr(terminal, &usual) == 0 else {
      throw .locked("The terminal cannot be asked for a passphrase.")
    }
    var silent = usual
    silent.c_lflag &= ~tcflag_t(ECHO)
    unsafe tcsetattr(terminal, TCSAFLUSH, &silent)
    defer {
      unsafe tcsetattr(terminal, TCSAFLUSH, &usual)
      show("\n", on: terminal)
    }
    show(prompt, on: terminal)
    return .passphrase(try SottoClient.Unlock.line(from: terminal))
  }

  private static func show(_ text: String, on terminal: CInt) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(terminal, $0.baseAddress, $0.count) }
  }
}
