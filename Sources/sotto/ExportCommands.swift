// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write conversations into a folder, signed, and check such a folder.",
    subcommands: [MakeExport.self, VerifyExport.self], defaultSubcommand: MakeExport.self)
}

struct MakeExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make",
    abstract: "Write conversations into a new folder, and sign all of it.",
    discussion: """
      What disappears, was deleted, was not accepted or has not left is not in it. The folder is \
      not encrypted: whoever has it can read it.
      """)

  @Argument(help: "A path at which nothing is.", completion: .directory)
  var folder: String

  @Option(name: .customLong("in"), help: "This conversation alone.", completion: .addresses)
  var conversation: String?

  @Option(help: "Only from this time on: a date, or a time as 2026-11-24T12:00:00Z.")
  var since: String?

  @Option(help: "Only before this time; a date alone counts whole.")
  var until: String?

  @Flag(help: "With a page for each conversation that a browser shows.")
  var html = false

  @Flag(help: "With the files of messages, as far as they can still be had.")
  var attachments = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = ["path": .string(LocalPath.absolute(folder))]
    for (name, value) in [("in", conversation), ("since", since), ("until", until)] {
      if let value { parameters[name] = .string(value) }
    }
    if html { parameters["html"] = true }
    if attachments { parameters["attachments"] = true }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("export", question)
        guard !json else {
          Output.line(result.line)
          return
        }
        Output.line(
          "\(result.shown("lines")) lines of \(result.shown("conversations")) conversations, "
            + "\(result.shown("attachments")) files.")
        if let count = result["leftOut"]?.integer, count > 0 {
          Output.line("\(count) lines that disappear, or have not left, are not in it.")
        }
        if let count = result["missing"]?.integer, count > 0 {
          Output.line("\(count) files could not be had.")
        }
      }
    }
  }
}

struct VerifyExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check who made an export, and that nothing of it was changed.",
    discussion: """
      No home is needed. Compare the identity key with the one that sotto protect show prints for \
      that person.
      """)

  @Argument(help: "The folder of the export.", completion: .directory)
  var folder: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (json, path) = (options.json, LocalPath.absolute(folder))
    try await options.perform { _ in
      let proof = try ExportProof(verifying: path).json
      guard !json else {
        Output.line(proof.line)
        return
      }
      Output.line("The export is whole: \(proof.shown("files")) files, none changed.")
      Output.line("account       \(proof.shown("address"))")
      Output.line("identity key  \(proof.shown("identityKey"))")
      Output.line("device        \(proof.shown("deviceId"))")
      Output.line("made at       \(proof.shown("madeAt"))")
    }
  }
}

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take the messages of an export that this account made.",
    discussion: """
      Messages that are here already, or were deleted here, are passed over. Nobody becomes a \
      contact by it, nothing is marked as verified, and nothing leaves this device.
      """)

  @Argument(help: "The folder of the export.", completion: .directory)
  var folder: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (json, path) = (options.json, LocalPath.absolute(folder))
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("import", ["path": .string(path)])
        guard !json else {
          Output.line(result.line)
          return
        }
        Output.line(
          "\(result.shown("lines")) messages came, \(result.shown("known")) were known, "
            + "\(result.shown("passedOver")) lines were passed over.")
        if result["deviceListed"] == false {
          Output.line("The device that made the export is no device of this account any more.")
        }
      }
    }
  }
}
