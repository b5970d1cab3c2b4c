// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Timer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show or set when messages of a conversation disappear.",
    discussion: """
      5s, 30s, 5m, 1h, 24h, 1w, 4w and every length between count from reading, for the own copy \
      from sending; exists:1w counts from when the server took it; once is shown once; off ends \
      it. Several are joined by a plus sign. It holds for what everybody sends from then on. With \
      a person a shorter timer holds at once; a longer one, or off, is proposed, and holds when \
      the person accepts it. --accept and --decline answer a proposal; --decline takes back an \
      own one. For new conversations: sotto settings set timer 1w.
      """)

  @Argument(help: "With whom, name@domain, or a group.")
  var address: String?

  @Argument(help: "The timer, or off.")
  var timer: String?

  @Flag(help: "Agree to the timer that the person proposes.")
  var accept = false

  @Flag(help: "Turn it down, or take back an own proposal.")
  var decline = false

  @Flag(help: "List the timers to offer first.")
  var presets = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if presets {
      guard address == nil, !accept, !decline else {
        throw ValidationError("--presets stands alone.")
      }
    } else if address == nil {
      throw ValidationError("Missing expected argument '<address>'")
    }
    guard [timer != nil, accept, decline].count(where: { $0 }) <= 1 else {
      throw ValidationError("Give a timer, --accept or --decline.")
    }
  }

  func run() async throws {
    guard let address else {
      let presets = SottoClient.timerPresets
      let list = JSONValue.object(["presets": .array(presets.map { .string($0) })])
      Output.line(options.json ? list.line : presets.joined(separator: "\n"))
      return
    }
    var parameters: [String: JSONValue] = ["address": .string(address)]
    if let timer { parameters["timer"] = .string(timer) }
    let method = accept ? "timer-accept" : decline ? "timer-decline" : "timer"
    let (given, json) = (parameters, options.json)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call(method, given)
        Output.line(json ? result.line : Timer.text(result))
      }
    }
  }

  private static func text(_ result: JSONValue) -> String {
    let timer = result["timer"]?.text ?? "off"
    guard let proposed = result["proposed"]?.text else { return timer }
    return result["proposedBy"] == "you"
      ? "\(timer) (you propose \(proposed); it holds when the other side accepts it)"
      : "\(timer) (the other side proposes \(proposed): sotto timer ADDRESS --accept, or --decline)"
  }
}
