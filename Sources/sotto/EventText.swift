// SPDX-License-Identifier: Apache-2.0

import SottoClient

/// Events as people read them.
enum EventText {
  /// Whether a person who reads messages wants to see it.
  static func isForReaders(_ event: JSONValue) -> Bool {
    switch event["type"]?.text {
    case "message-received", "undecryptable", "gap", "conversation-blocked",
      "conversation-restarted":
      true
    case "history-received", "history-given": true
    case "message-edited", "message-deleted": event["byPeer"] == true
    case "poll-changed": event["ended"] == true
    case "reaction-changed": event["from"] == event["address"]
    case "identity-notice": event["notice"] != "pinned"
    case "group-changed", "pin-changed", "keep-changed", "own-device-changed": true
    case "message-state-changed": event["state"] == "failed"
    default: false
    }
  }

  /// One line; more when the message has more, each of those set in.
  static func sentence(for event: JSONValue) -> String {
    let peer = event.shown("address")
    switch event["type"]?.text {
    case "message-received":
      let isOnce = event["timer"]?.text?.hasSuffix("once") == true
      return message(
        at: event.shown("acceptedAt"), from: event.shown("from"),
        text: isOnce ? "(shown once, by history)" : event["text"]?.text ?? "")
        + mention(event) + preview(event) + files(event)
    case "message-edited":
      return "* A message of \(peer) says now: \(body(event["text"]?.text ?? ""))"
    case "message-expired": return "* A message of the conversation with \(peer) disappeared."
    case "message-deleted": return "* \(peer) deleted a message."
    case "reaction-changed":
      let did = event["added"] == true ? "reacted" : "took back"
      return "* \(event.shown("from")) \(did) \(event.shown("reaction"))."
    case "poll-changed":
      let did = event["ended"] == true ? "ended a poll" : "voted"
      return "* \(event.shown("from")) \(did)."
    case "pin-changed":
      let did = event["pinned"] == true ? "pinned" : "unpinned"
      return "* \(event.shown("from")) \(did) a message."
    case "keep-changed": return keeping(event)
    case "own-device-changed": return ownDevice(event)
    case "message-state-changed":
      let cause = event["failure"] == nil ? "" : " (\(event.shown("failure")))"
      return "* A message to \(peer) is \(event.shown("state"))\(cause)."
    case "request-received":
      return "* \(event.shown("from")) wants to reach you: sotto requests"
    case "conversation-started": return "* The conversation with \(peer) is open."
    case "conversation-rekeyed": return "* Keys with \(peer) were renewed."
    case "conversation-restarted":
      return "* The conversation with \(peer) began anew (\(event.shown("cause")))."
    case "conversation-blocked":
      return "* The conversation with \(peer) is blocked (\(event.shown("cause")))."
    case "identity-notice": return "* \(peer): \(event.shown("notice"))."
    case "group-changed":
      return "* \(peer): \(TerminalText.neutralised(event["text"]?.text ?? ""))"
    case "history-received":
      let missing = event["missing"] == 0 ? "" : "; \(event.shown("missing")) could not be had"
      return "* \(event.shown("messages")) earlier messages came from your other device\(missing)."
    case "history-given":
      return "* Device \(event.shown("deviceId")) has \(event.shown("messages")) earlier messages."
    case "typing":
      let what = event["typing"] == true ? "is typing" : "has stopped typing"
      return "* \(event.shown("from")) \(what)."
    case "undecryptable": return "* A message of \(peer) cannot be decrypted."
    case "gap": return "* Messages of \(peer) were deleted before they could be read."
    default: return "* \(event.shown("type"))"
    }
  }

  /// A message with its time and sender; no text can pass for a line of its own.
  static func message(at time: String, from sender: String, text: String) -> String {
    "\(short(time)) \(sender): \(body(text))"
  }

  private static func ownDevice(_ event: JSONValue) -> String {
    let number = event.shown("deviceId")
    let name = event["name"]?.text.map { TerminalText.neutralised($0) }
    switch event["change"]?.text {
    case "named":
      return "* Your device \(number) \(name.map { "is called \($0)" } ?? "has no name any more")."
    case let change:
      let which = name.map { "\($0) (\(number))" } ?? number
      return "* Your device \(which) was \(change == "removed" ? "taken out" : "linked")."
    }
  }

  private static func keeping(_ event: JSONValue) -> String {
    let from = event.shown("from")
    switch event["change"]?.text {
    case "asked":
      return "* \(from) asks to keep a message: sotto keep ADDRESS MESSAGE accept, or refuse"
    case "withdrawn": return "* \(from) no longer asks to keep a message."
    case "kept": return "* \(from) lets a message be kept."
    case "refused": return "* \(from) does not let a message be kept."
    default: return "* \(from) no longer lets a message be kept."
    }
  }

  /// What can be voted for in a poll, and how many are for it.
  static func choices(_ poll: JSONValue, withVoters: Bool) -> [String] {
    (poll["choices"]?.elements ?? []).enumerated().map { index, choice in
      let mark = choice["own"] == true ? "*" : "-"
      let words = TerminalText.neutralised(choice["text"]?.text ?? "")
      let line = "\(mark) \(index + 1): \(words) (\(choice.shown("votes")))"
      let voters = choice["from"]?.elements.compactMap(\.text) ?? []
      guard withVoters, !voters.isEmpty else { return line }
      return line + " " + TerminalText.neutralised(voters.joined(separator: ", "))
    }
  }

  /// What the sender says about a link, on a line of its own.
  private static func preview(_ message: JSONValue) -> String {
    guard let preview = message["preview"] else { return "" }
    let words = [preview["title"], preview["text"]].compactMap { $0?.text }
    return "\n    ~ " + TerminalText.neutralised(words.joined(separator: ": "))
  }

  private static func mention(_ message: JSONValue) -> String {
    message["mentionsMe"] == true ? " (mentions you)" : ""
  }

  /// The files of a message, each on a line of its own.
  private static func files(_ message: JSONValue) -> String {
    let files = message["attachments"]?.elements ?? []
    return files.enumerated().map { index, file in
      let name = TerminalText.neutralised(file["name"]?.text ?? "")
      let look = MediaText.prefix(file)
      return "\n    + file \(index + 1): \(look)\(name), \(file.shown("contentType")), "
        + "\(file.shown("size")) bytes\(file["here"]?.bool == true ? ", here" : "")"
    }.joined()
  }

  /// A text of which every line but the first is set in.
  static func body(_ text: String) -> String {
    let safe = TerminalText.neutralised(text, keepingLines: true)
    let lines = safe.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.joined(separator: "\n    | ")
  }

  /// A line of history: what it answers, what it says, its state, its reactions and its number.
  static func history(_ line: JSONValue) -> String {
    var text = message(
      at: line.shown("at"), from: line.shown("from"),
      text: line["kind"] == "deleted" ? "(deleted)" : line["text"]?.text ?? "")
    if let poll = line["poll"] {
      text = message(
        at: line.shown("at"), from: line.shown("from"), text: poll["question"]?.text ?? "")
      for choice in choices(poll, withVoters: false) { text += "\n    " + choice }
      if poll["ended"] == true { text += "\n    (ended)" }
    }
    text += mention(line) + preview(line) + files(line)
    if let quote = line["quote"] {
      let quoted = TerminalText.neutralised(String((quote["text"]?.text ?? "").prefix(60)))
      let of = quote["from"] == nil ? "a message that is not here" : quote.shown("from")
      text += "\n    > answers \(of)\(quoted.isEmpty ? "" : ": \(quoted)")"
    }
    if line["kind"] == "once" { text += line["own"] == true ? "(shown once)" : once(line) }
    text += "  [\(line.shown("state"))\(line["editedAt"] == nil ? "" : ", edited")"
    text += line["imported"] == true ? ", imported" : ""
    text += line["forwarded"] == true ? ", forwarded" : ""
    if line["origin"] == "own-history" { text += ", copied" }
    if let giver = line["grantedBy"]?.text { text += ", handed over by \(giver), not verified" }
    text += "]"
    if line["starred"] == true { text += " ★" }
    if let end = line["expiresAt"]?.text {
      text += " (until \(end.prefix(19).split(separator: "T").joined(separator: " ")))"
    }
    if line["kept"] == true { text += " (kept)" }
    if let asking = line["keepAskedBy"]?.elements.compactMap(\.text) {
      text += " (asked to be kept by \(TerminalText.neutralised(asking.joined(separator: ", "))))"
    }
    for reaction in line["reactions"]?.elements ?? [] {
      text += " \(reaction.shown("reaction"))"
    }
    return text + " #\(line.shown("order"))"
  }

  private static func once(_ line: JSONValue) -> String {
    line["attachments"] == nil ? " (gone now)" : " (its files can be saved once)"
  }

  /// A time without its fraction.
  static func short(_ time: String) -> String {
    time.prefix(16).split(separator: "T").joined(separator: " ")
  }
}
