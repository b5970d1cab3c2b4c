// SPDX-License-Identifier: Apache-2.0

/// A conversation on a terminal, without the terminal and without the client: what comes from both
/// goes in, requests and lines to show come out. The history is what counts; events only tell that
/// there is something to look at.
package struct ChatSession: Sendable {
  /// What is to be done.
  package enum Effect: Equatable, Sendable {
    /// A request of this number.
    case call(Int64, String, [String: JSONValue])
    /// Harmless lines; one may have several rows.
    case show([String])
    /// It is over.
    case quit
  }

  private enum Purpose {
    case find, status, subscribe, history, said, saved, acknowledge, safetyNumber, typing
  }

  /// The subscription of all such conversations. Its events are acknowledged late, so that a
  /// second one on the same daemon sees them as well.
  static let subscriber = "chat"
  static let acknowledgeAfter: Int64 = 50
  private static let page: Int64 = 50

  private var text: ChatText
  private var address: String
  /// Where paths that are typed begin.
  private let folder: String
  private var numbers: Int64 = 0
  private var waiting: [Int64: Purpose] = [:]
  private var lastOrder: Int64 = 0
  private var ids: [Int64: String] = [:]
  private var orders: [String: Int64] = [:]
  /// Events up to here are older than the history that was shown.
  private var head: Int64 = 0
  private var acknowledged: Int64 = 0
  private var seen: Int64 = 0
  /// There is something to look at, and an earlier look is still on its way.
  private var looksAgain = false
  private var isClosing = false

  /// How far the last own message has come.
  private var progress: String
  /// What is being typed, here and elsewhere.
  private var typing = ChatTyping()

  /// The line above the text: how far the last own message has come, and who types.
  package var status: String {
    [progress, text.typing(typing.people)].filter { !$0.isEmpty }.joined(separator: "  ")
  }

  /// Begins a conversation; `plain` is for screen readers, `folder` the one in which it runs.
  package init(address: String, plain: Bool, folder: String = "/") {
    self.address = address
    self.folder = folder
    text = ChatText(plain: plain)
    progress = TerminalText.neutralised(address)
  }

  /// What is asked first: who is meant.
  package mutating func start() -> [Effect] { [call("conversations", [:], .find)] }

  /// Takes what somebody typed.
  package mutating func submit(_ typed: String) -> [Effect] {
    typing.submitted()
    switch ChatCommand(typed) {
    case .nothing: return []
    case .say(let words): return [say("send", ["text": .string(words)])]
    case .quit: return [.quit]
    case .help: return [.show(ChatCommand.helpLines)]
    case .safetyNumber:
      return [call("safety-number", ["address": .string(address)], .safetyNumber)]
    case .mistake(let sentence): return [.show([text.failure(sentence)])]
    case .attach(let path, let words):
      let files = JSONValue.array([.string(absolute(path))])
      return [say("attach", ["files": files, "text": .string(words)])]
    case .save(let order, let path):
      guard let id = ids[order] else { return unknown(order) }
      let parameters: [String: JSONValue] = [
        "address": .string(address), "messageId": .string(id), "path": .string(absolute(path)),
      ]
      return [call("save", parameters, .saved)]
    case .ask(let question, let choices):
      let list = JSONValue.array(choices.map { .string($0) })
      return [say("poll-create", ["question": .string(question), "choices": list])]
    case .about(let order, let method, var more):
      guard let id = ids[order] else { return unknown(order) }
      more["messageId"] = .string(id)
      return [say(method, more)]
    }
  }

  private func unknown(_ order: Int64) -> [Effect] {
    [.show([text.failure("There is no message \(order) here.")])]
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : (folder.hasSuffix("/") ? folder : folder + "/") + path
  }

  /// Nothing more will be typed: it is over when all is answered.
  package mutating func close() -> [Effect] {
    isClosing = true
    return waiting.isEmpty ? [.quit] : []
  }

  /// Takes the answer to a request.
  package mutating func receive(
    answer number: Int64, _ result: Result<JSONValue, SottoFailure>
  ) -> [Effect] {
    guard let purpose = waiting.removeValue(forKey: number) else { return [] }
    var effects: [Effect]
    switch result {
    case .success(let value): effects = succeeded(purpose, value)
    case .failure(let failure): effects = failed(purpose, failure)
    }
    if isClosing, waiting.isEmpty { effects.append(.quit) }
    return effects
  }

  /// The text that is being typed has changed. Others are told from time to time while it does.
  package mutating func edit(_ words: String, at now: ContinuousClock.Instant) -> [Effect] {
    let isMessage = ChatCommand(words).isMessage
    guard let isTyping = typing.edited(isMessage, at: now) else { return [] }
    return [
      call("typing", ["address": .string(address), "stop": .bool(!isTyping)], .typing)
    ]
  }

  /// Takes an event.
  package mutating func receive(event: JSONValue) -> [Effect] {
    var effects: [Effect] = []
    if event["type"] == "typing" {
      if event["address"] == .string(address) { typing.receive(event) }
      return []
    }
    seen = max(seen, event["seq"]?.integer ?? 0)
    if seen - acknowledged >= 2 * ChatSession.acknowledgeAfter {
      acknowledged = seen - ChatSession.acknowledgeAfter
      effects.append(
        call(
          "acknowledge",
          ["subscriber": .string(ChatSession.subscriber), "seq": .integer(acknowledged)],
          .acknowledge))
    }
    guard (event["seq"]?.integer ?? 0) > head, event["address"] == .string(address) else {
      return effects
    }
    return effects + happened(event)
  }

  private mutating func happened(_ event: JSONValue) -> [Effect] {
    let order = event["messageId"]?.text.flatMap { orders[$0] }
    switch event["type"]?.text {
    case "message-edited", "message-deleted", "reaction-changed", "poll-changed":
      guard let order else { return look() }
      return [.show([text.change(event, of: order)])]
    case "message-state-changed":
      guard let order else { return look() }
      return stateChanged(event, of: order)
    case "identity-notice", "conversation-blocked", "conversation-restarted":
      return [.show([text.notice(event)])] + look()
    default: return look()
    }
  }

  private mutating func stateChanged(_ event: JSONValue, of order: Int64) -> [Effect] {
    let state = TerminalText.neutralised(event["state"]?.text ?? "")
    progress = "\(TerminalText.neutralised(address))  #\(order) \(state)"
    // On a screen the line above the text tells it; who listens is told what matters.
    guard state == "failed" || (text.plain && ["delivered", "read"].contains(state)) else {
      return []
    }
    return [.show([text.state(state, of: order, failure: event["failure"]?.text)])]
  }

  private mutating func succeeded(_ purpose: Purpose, _ value: JSONValue) -> [Effect] {
    switch purpose {
    case .find:
      find(in: value["conversations"]?.elements ?? [])
      return [call("status", [:], .status)]
    case .status:
      head = value["eventHead"]?.integer ?? 0
      seen = head
      return [
        call(
          "subscribe",
          ["subscriber": .string(ChatSession.subscriber), "typing": .bool(!text.plain)],
          .subscribe)
      ]
    case .subscribe: return look()
    case .history: return show(value["messages"]?.elements ?? [])
    case .said: return look()
    case .saved:
      return [
        .show([text.remark("Saved \(TerminalText.neutralised(value["path"]?.text ?? "")).")])
      ]
    case .safetyNumber:
      return [.show([TerminalText.neutralised(value["safetyNumber"]?.text ?? "")])]
    case .acknowledge, .typing: return []
    }
  }

  private mutating func failed(_ purpose: Purpose, _ failure: SottoFailure) -> [Effect] {
    switch purpose {
    case .history where failure.code == "unknown-conversation":
      looksAgain = false
      return lastOrder == 0
        ? [.show([text.remark("There is no message yet. What you write begins it.")])] : []
    case .acknowledge, .typing: return []
    case .find, .status, .subscribe:
      return [.show([text.failure("\(failure.reason) (\(failure.code))")]), .quit]
    case .history, .said, .saved, .safetyNumber:
      return [.show([text.failure("\(failure.reason) (\(failure.code))")])]
    }
  }

  /// A group may be named by its name, or by the beginning of its reference.
  private mutating func find(in conversations: [JSONValue]) {
    let named = conversations.filter { item in
      item["address"] == .string(address) || item["name"] == .string(address)
        || (address.hasPrefix("group-") && item["address"]?.text?.hasPrefix(address) == true)
    }
    if named.count == 1, let found = named.first?["address"]?.text { address = found }
  }

  /// Asks for the newest lines, once at a time.
  private mutating func look() -> [Effect] {
    guard !waiting.values.contains(.history) else {
      looksAgain = true
      return []
    }
    let limit = lastOrder == 0 ? ChatSession.page : 4 * ChatSession.page
    return [
      call("history", ["address": .string(address), "limit": .integer(limit)], .history)
    ]
  }

  private mutating func show(_ lines: [JSONValue]) -> [Effect] {
    var shown: [String] = []
    for line in lines {
      guard let order = line["order"]?.integer, order > lastOrder else { continue }
      lastOrder = order
      if let id = line["messageId"]?.text {
        ids[order] = id
        orders[id] = order
      }
      shown.append(text.line(line))
      if line["own"] == true, let state = line["state"]?.text {
        progress =
          "\(TerminalText.neutralised(address))  #\(order) "
          + TerminalText.neutralised(state)
      }
    }
    var effects: [Effect] = shown.isEmpty ? [] : [.show(shown)]
    if looksAgain {
      looksAgain = false
      effects += look()
    }
    return effects
  }

  private mutating func say(_ method: String, _ more: [String: JSONValue]) -> Effect {
    call(method, more.merging(["address": .string(address)]) { $1 }, .said)
  }

  private mutating func call(
    _ method: String, _ parameters: [String: JSONValue], _ purpose: Purpose
  ) -> Effect {
    numbers += 1
    waiting[numbers] = purpose
    return .call(numbers, method, parameters)
  }
}
