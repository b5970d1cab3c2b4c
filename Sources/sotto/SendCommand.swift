// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SottoClient

struct Send: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send a text message.",
    discussion: """
      Without --wait the verb stays for a moment, so that a wrong address is noticed; a message \
      that has not left by then stays in the outbox and is sent as soon as that is possible.
      """)

  /// How far a sender may wait for.
  enum Goal: String, CaseIterable, ExpressibleByArgument {
    case queued, stored, delivered, read
  }

  /// How long a verb without --wait stays.
  static let moment = Duration.seconds(10)
  /// How long it looks at a time, in seconds.
  static let glance = 0.5
  /// One more than the daemon takes, so that it is the daemon who refuses.
  static let textBytesMax = 64 * 1024 + 1

  @Argument(help: "To whom, name@domain.", completion: .addresses)
  var address: String

  @Argument(help: "The text, or - to read it from standard input.")
  var text: String

  @Option(help: "It disappears this long after it was read: 5s to 4w; also exists:1w, once.")
  var expires: String?

  @Flag(help: "It is shown once; here no copy is kept.")
  var once = false

  @Option(
    name: .customLong("preview-url"), help: "A link in the text, about which you say something.")
  var previewURL: String?

  @Option(help: "With --preview-url: what is there.")
  var previewTitle: String?

  @Option(help: "With --preview-url: more about it.")
  var previewText: String?

  @Option(help: "With --preview-url: a picture of it; a small one goes along.", completion: .file())
  var previewPicture: String?

  @Option(help: "Wait until the message is queued, stored, delivered or read.")
  var wait: Goal?

  @Option(help: "With --wait: give up after this many seconds.")
  var timeout: Double = 30

  @Option(help: "Send it at a time as 2026-11-24T12:00:00Z, or after a wait as +10m.")
  var at: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    if let at {
      guard expires == nil, !once, previewURL == nil, previewTitle == nil, previewText == nil,
        previewPicture == nil
      else {
        throw SottoFailure.usage(
          "What is scheduled goes with the conversation's timer, and without a preview.")
      }
      return try await schedule(at)
    }
    var parameters: [String: JSONValue] = ["address": .string(address)]
    if let expires { parameters["expires"] = .string(expires) }
    if once { parameters["once"] = true }
    if let previewURL { parameters["previewUrl"] = .string(previewURL) }
    if let previewTitle { parameters["previewTitle"] = .string(previewTitle) }
    if let previewText { parameters["previewText"] = .string(previewText) }
    if let previewPicture {
      parameters["previewPicture"] = .string(LocalPath.absolute(previewPicture))
    }
    let given = parameters
    let (wait, timeout, json, text) = (wait, timeout, options.json, text)
    try await options.perform { access in
      var parameters = given
      parameters["text"] = .string(try text == "-" ? Send.standardInput() : text)
      let queued = parameters
      try await access.connect(settles: true) { connection in
        let result = try await Send.send("send", queued, wait, timeout, &connection)
        Output.line(json ? result.line : Send.sentence(for: result))
      }
    }
  }

  /// Leaves the message with the daemon, or with the next verb that opens the home.
  private func schedule(_ time: String) async throws {
    guard wait == nil else { throw ValidationError("Give --at or --wait, not both.") }
    let parameters: [String: JSONValue] = [
      "address": .string(address), "at": .string(time),
      "text": .string(try text == "-" ? Send.standardInput() : text),
    ]
    let json = options.json
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("send", parameters)
        Output.line(json ? result.line : ScheduleText.queued(result))
      }
    }
  }

  /// Calls a method that puts something into the outbox, and waits as far as is wished.
  static func send(
    _ method: String, _ parameters: [String: JSONValue], to address: String? = nil, _ goal: Goal?,
    _ timeout: Double, _ connection: inout SottoConnection
  ) async throws -> JSONValue {
    guard let goal else {
      let receiver = address.map { .string($0) } ?? parameters["address"] ?? .null
      return try await sendForAMoment(method, parameters, to: receiver, &connection)
    }
    var parameters = parameters
    parameters["wait"] = .string(goal.rawValue)
    parameters["timeoutSeconds"] = .number(timeout)
    return try await connection.call(method, parameters)
  }

  /// Queues the message and looks for a moment how it fares. A server that cannot be reached is no
  /// failure here: the message is safe in the outbox.
  private static func sendForAMoment(
    _ method: String, _ parameters: [String: JSONValue], to address: JSONValue,
    _ connection: inout SottoConnection
  ) async throws -> JSONValue {
    let queued = try await connection.call(method, parameters)
    let deadline = ContinuousClock.now + moment
    while ContinuousClock.now < deadline {
      let question: [String: JSONValue] = [
        "address": address, "messageId": queued["messageId"] ?? .null,
        "wait": "stored", "timeoutSeconds": .number(glance),
      ]
      do {
        let answer = try await connection.call("message-state", question)
        return .object([
          "messageId": queued["messageId"] ?? .null, "state": answer["state"] ?? .null,
        ])
      } catch let failure where failure.isTimeout {
        continue
      } catch {
        // The message itself failed, unless it is the connection that did.
        let status = try await connection.call("status")
        if status["connectionFailure"] == .string(error.code) { return queued }
        throw error
      }
    }
    return queued
  }

  static func sentence(for result: JSONValue) -> String {
    switch result["state"]?.text {
    case "stored": "Sent."
    case "delivered": "Delivered."
    case "read": "Read."
    default: "Queued; it is sent as soon as the server can be reached."
    }
  }

  /// All of standard input, without the line break that ends it.
  static func standardInput() throws -> String {
    var bytes: [UInt8] = []
    while bytes.count <= textBytesMax,
      let more = try FileHandle.standardInput.read(upToCount: textBytesMax), !more.isEmpty
    {
      bytes.append(contentsOf: more)
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SottoFailure.usage("Standard input is not UTF-8 text.")
    }
    return text
  }
}
