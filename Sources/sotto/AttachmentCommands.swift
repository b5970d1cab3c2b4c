// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SottoClient

struct Attach: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send files: pictures, documents, anything.",
    discussion: """
      Files are sealed here, and the key goes inside the message. Pictures go with their size \
      and a small picture of them, without what they tell beside what they show; voice notes \
      with their length and how loud they are. The verb stays until the message has left, unless \
      --no-wait; what was brought by then is not brought again.
      """)

  @Argument(help: "To whom, name@domain, or a group.", completion: .addresses)
  var address: String

  @Argument(help: "Which files, 1 to 10, of 2 GiB at most.", completion: .file())
  var files: [String]

  @Option(help: "What is said beside them.")
  var text: String?

  @Option(help: "The messageId of the message that it answers.")
  var replyTo: String?

  @Option(help: "It disappears this long after it was read: 5s to 4w; also exists:1w.")
  var expires: String?

  @Flag(help: "Its files can be saved once.")
  var once = false

  @Flag(help: "Pictures go as they are, with places, cameras and comments in them.")
  var asFile = false

  @Flag(help: "The one file is a voice note, in Ogg Opus.")
  var voice = false

  @Flag(help: "Leave the message with the daemon, or the next verb that opens the home.")
  var noWait = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = [
      "address": .string(address), "files": .array(files.map { .string(LocalPath.absolute($0)) }),
    ]
    if let text { parameters["text"] = .string(text) }
    if let replyTo { parameters["messageId"] = .string(replyTo) }
    if let expires { parameters["expires"] = .string(expires) }
    if once { parameters["once"] = true }
    if asFile { parameters["asFile"] = true }
    if voice { parameters["voice"] = true }
    let (question, json, noWait) = (parameters, options.json, noWait)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        var result = try await connection.call("attach", question)
        if !noWait { result = try await Attach.wait(for: result, question, &connection) }
        Output.line(json ? result.line : Send.sentence(for: result))
      }
    }
  }

  /// Stays until the message has left, and tells on the terminal how far its files are. Without a
  /// server it stays for a moment.
  private static func wait(
    for queued: JSONValue, _ question: [String: JSONValue], _ connection: inout SottoConnection
  ) async throws -> JSONValue {
    let meter = ProgressMeter()
    defer { meter.end() }
    var reachable = ContinuousClock.now
    while true {
      do {
        let answer = try await connection.call(
          "message-state",
          [
            "address": question["address"] ?? .null, "messageId": queued["messageId"] ?? .null,
            "wait": "stored", "timeoutSeconds": .number(Send.glance),
          ])
        return .object([
          "messageId": queued["messageId"] ?? .null, "state": answer["state"] ?? .null,
        ])
      } catch let failure where failure.isTimeout {
        reachable = ContinuousClock.now
      } catch {
        let status = try await connection.call("status")
        guard status["connectionFailure"] == .string(error.code) else { throw error }
      }
      if ContinuousClock.now - reachable > Send.moment { return queued }
      meter.show(try await connection.call("transfers"), "bringing")
    }
  }
}

struct Save: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fetch a file of a message and save it.",
    discussion: """
      The server keeps a file for 30 days. It is saved when it has proved to be the one that the \
      message names; nothing that is there already is replaced.
      """)

  @OptionGroup var message: MessageArguments

  @Argument(help: "A folder, or a path at which nothing is.", completion: .file())
  var path = "."

  @Option(help: "Which of its files.")
  var number = 1

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (message, json, number) = (message, options.json, number)
    let path = LocalPath.absolute(path)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        var parameters = try await message.parameters(&connection)
        parameters["path"] = .string(path)
        parameters["number"] = .integer(Int64(number))
        let result = try await Save.save(parameters, &connection)
        Output.line(json ? result.line : result.shown("path"))
      }
    }
  }

  /// Asks again and again, and tells on the terminal how far the file is.
  private static func save(
    _ parameters: [String: JSONValue], _ connection: inout SottoConnection
  ) async throws -> JSONValue {
    var question = parameters
    question["timeoutSeconds"] = .number(Send.glance)
    let meter = ProgressMeter()
    defer { meter.end() }
    while true {
      do {
        return try await connection.call("save", question)
      } catch {
        guard error.isTimeout else { throw error }
        meter.show(try await connection.call("transfers"), "fetching")
      }
    }
  }
}

struct Thumbnail: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Save the small picture that came with a picture or a link.",
    discussion: "It came inside the message: no server is needed. It is a JPEG file.")

  @OptionGroup var message: MessageArguments

  @Argument(help: "A path at which nothing is.", completion: .file())
  var path: String

  @Option(help: "Which of its files.")
  var number = 1

  @Flag(help: "That of the link in its text.")
  var preview = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (message, json, number, preview) = (message, options.json, number, preview)
    let path = LocalPath.absolute(path)
    try await options.perform { access in
      try await access.connect { connection in
        var parameters = try await message.parameters(&connection)
        parameters["path"] = .string(path)
        parameters["number"] = .integer(Int64(number))
        if preview { parameters["preview"] = true }
        let result = try await connection.call("thumbnail", parameters)
        Output.line(json ? result.line : result.shown("path"))
      }
    }
  }
}

struct Transfers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The files that are on their way now.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("transfers")
        let items = result["transfers"]?.elements ?? []
        if json { Output.line(result.line) }
        for item in items where !json {
          Output.line("\(item.shown("direction"))  \(ProgressMeter.text(item))")
        }
      }
    }
  }
}

/// Paths as they are typed, for a daemon that has another working folder.
enum LocalPath {
  static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: NSString(string: path).expandingTildeInPath).path
  }
}

/// One line on the terminal that says how far files are; nothing where there is no terminal.
struct ProgressMeter {
  private let draws = isatty(STDERR_FILENO) == 1

  func show(_ transfers: JSONValue, _ direction: String) {
    guard draws else { return }
    let items = transfers["transfers"]?.elements ?? []
    guard let item = items.first(where: { $0["direction"]?.text == direction }) else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(ProgressMeter.text(item))".utf8))
  }

  func end() {
    if draws { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
  }

  static func text(_ item: JSONValue) -> String {
    guard case .integer(let done)? = item["done"], case .integer(let total)? = item["total"],
      total > 0
    else { return "" }
    return "\(done * 100 / total) %  \(done / 1_048_576) of \(total / 1_048_576) MiB"
  }
}
