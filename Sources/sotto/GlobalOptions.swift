// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
import Foundation
public import SottoClient

extension DriverLog.Level: ExpressibleByArgument {}

/// What every verb takes.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: "The folder of the account; $SOTTO_HOME or ~/.sotto by default.",
    completion: .directory)
  var home: String?

  @Option(help: "Which account of the home, name@domain; $SOTTO_ACCOUNT by default.")
  var account: String?

  @Option(
    help: "A file whose first line is the passphrase of the store.", completion: .file())
  var passphraseFile: String?

  @Option(help: "A file that holds the key of the store.", completion: .file())
  var keyFile: String?

  @Flag(help: "Print JSON, one value a line.")
  var json = false

  @Option(help: "Tell on stderr what the drivers do: none, error, info or debug.")
  var logLevel = DriverLog.Level.none

  func validate() throws {
    if passphraseFile != nil, keyFile != nil {
      throw ValidationError("Give --passphrase-file or --key-file, not both.")
    }
  }

  /// The way to the account.
  var access: LocalAccess {
    let log = DriverLog(level: logLevel) { level, text in Output.error("\(level): \(text)") }
    let passphraseFile = passphraseFile
    let keyFile = keyFile
    return LocalAccess(
      home: GlobalOptions.homePath(home), account: GlobalOptions.accountName(account), log: log
    ) { isNew throws(SottoFailure) in
      if let passphraseFile { return try .passphrase(file: passphraseFile) }
      if let keyFile { return .keyFile(keyFile) }
      return try PassphrasePrompt.ask(isNew: isNew)
    }
  }

  /// The folder that was named, or the usual one.
  static func homePath(_ home: String?) -> String {
    if let home { return home }
    if let named = ProcessInfo.processInfo.environment["SOTTO_HOME"], !named.isEmpty {
      return named
    }
    return "~/.sotto"
  }

  /// The account that was named, or the usual one.
  static func accountName(_ account: String?) -> String? {
    if let account { return account }
    let named = ProcessInfo.processInfo.environment["SOTTO_ACCOUNT"] ?? ""
    return named.isEmpty ? nil : named
  }

  /// Runs a verb, for `seconds` at most when given, and tells its failure to whoever asked, in the
  /// form that was asked for.
  func perform<Value: Sendable>(
    for seconds: Double? = nil, _ work: @escaping @Sendable (LocalAccess) async throws -> Value
  ) async throws -> Value {
    let access = access
    do {
      return try await Interruption.cancelling(after: seconds) { try await work(access) }
    } catch let failure as SottoFailure {
      if json {
        Output.error(JSONValue.object(["error": failure.json]).line)
      } else {
        Output.error("sotto: \(failure.reason) (\(failure.code))")
        for account in failure.accounts {
          Output.error("  --account \(TerminalText.neutralised(account))")
        }
      }
      throw failure
    }
  }
}
