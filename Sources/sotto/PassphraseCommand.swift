// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Passphrase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the passphrase of the store.",
    discussion: """
      The old one comes from --passphrase-file or the terminal, the new one from \
      --new-passphrase-file or, twice, from the terminal. A daemon may be running and goes on. \
      Whoever copied the home before can still open the copy with the old passphrase.
      """)

  @Option(
    help: "A file whose first line is the new passphrase.", completion: .file())
  var newPassphraseFile: String?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard options.keyFile == nil else {
      throw ValidationError("A store that a key file opens has no passphrase.")
    }
  }

  func run() async throws {
    let (oldFile, newFile, json) = (options.passphraseFile, newPassphraseFile, options.json)
    let home = GlobalOptions.homePath(options.home)
    try await options.perform { _ in
      let old = try Passphrase.read(oldFile, isNew: false)
      let new = try Passphrase.read(newFile, isNew: true)
      try SottoClient.changePassphrase(home: home, from: old, to: new)
      Output.line(json ? JSONValue.object([:]).line : "The passphrase is changed.")
    }
  }

  private static func read(
    _ file: String?, isNew: Bool
  ) throws(SottoFailure) -> SottoClient.Unlock {
    if let file { return try .passphrase(file: file) }
    return try PassphrasePrompt.ask(isNew: isNew)
  }
}
