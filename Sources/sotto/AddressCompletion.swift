// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

extension CompletionKind {
  /// The addresses of the conversations, when the daemon of the home can be asked. A store is not
  /// opened for this: nobody wants to wait, or to give a passphrase, for the tabulator key.
  static let addresses = CompletionKind.custom { words, _, _ async in
    await AddressCompletion.addresses(for: words)
  }
}

/// What the shell offers in place of an address.
enum AddressCompletion {
  /// How long a daemon may take, in seconds.
  private static let patience = 1.0

  static func addresses(for words: [String]) async -> [String] {
    let access = LocalAccess(
      home: GlobalOptions.homePath(value(of: "--home", in: words)),
      account: GlobalOptions.accountName(value(of: "--account", in: words))
    ) { _ throws(SottoFailure) in throw SottoFailure.locked("No daemon answers.")
    }
    let found = try? await Interruption.cancelling(after: patience) {
      try await access.connect { connection in
        try await connection.call("conversations")["conversations"]?.elements ?? []
      }
    }
    // What would need quoting, or is no address, is nothing to type by a key.
    return (found ?? []).compactMap { $0["address"]?.text }.filter { address in
      address.wholeMatch(of: /[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+/) != nil
    }.sorted()
  }

  /// What the words say after an option.
  private static func value(of option: String, in words: [String]) -> String? {
    for (index, word) in words.enumerated() {
      if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
      if word == option, index + 1 < words.count { return words[index + 1] }
    }
    return nil
  }
}
