// SPDX-License-Identifier: Apache-2.0

/// The lines of a conversation on a terminal. Nothing that others wrote leaves it unneutralised,
/// and no row of a message can pass for a line of its own.
struct ChatText: Sendable {
  /// For somebody who listens: sentences instead of signs.
  let plain: Bool

  func line(_ line: JSONValue) -> String {
    let order = line["order"]?.integer ?? 0
    let who = line["own"] == true ? (plain ? "You" : "you") : safe(line["from"])
    let time = String(safe(line["at"]).prefix(16)).split(separator: "T").joined(separator: " ")
    var words = body(line["text"]?.text ?? "")
    if line["kind"] == "deleted" { words = plain ? "a deleted message" : "(deleted)" }
    if line["kind"] == "undecryptable" { words = "(cannot be decrypted)" }
    if line["kind"] == "gap" { words = "(messages were deleted before they could be read)" }
    if let poll = line["poll"] { words = choices(poll) }
    words += preview(line["preview"])
    words += files(line["attachments"]?.elements ?? [])
    if line["mentionsMe"] == true { words += plain ? ", mentions you" : " (mentions you)" }
    let about = quote(line["quote"])
    let edited = line["editedAt"] == nil ? "" : (plain ? ", edited" : " (edited)")
    let reactions = (line["reactions"]?.elements ?? []).map { safe($0["reaction"]) }
    guard plain else {
      let after = reactions.isEmpty ? "" : "  [" + reactions.joined(separator: " ") + "]"
      let start = who.isEmpty ? "\(time) #\(order) *" : "\(time) #\(order) \(who):"
      return "\(start) \(about)\(words)\(edited)\(after)"
    }
    let after = reactions.isEmpty ? "" : ", reactions " + reactions.joined(separator: ", ")
    return "\(who.isEmpty ? "Note" : who), message \(order)\(edited)\(after): \(about)\(words)"
  }

  func change(_ event: JSONValue, of order: Int64) -> String {
    let message = plain ? "Message \(order)" : "* #\(order)"
    switch event["type"]?.text {
    case "message-edited": return "\(message) now says: \(body(event["text"]?.text ?? ""))"
    case "message-deleted": return "\(message) was deleted."
    case "poll-changed":
      let did = event["ended"] == true ? "ended the poll" : "voted in"
      return "\(plain ? "" : "* ")\(safe(event["from"])) \(did) "
        + (plain ? "message \(order)." : "#\(order).")
    default:
      let reaction = safe(event["reaction"])
      let did = event["added"] == true ? "reacted \(reaction)" : "took back \(reaction)"
      return "\(plain ? "" : "* ")\(safe(event["from"])) \(did) "
        + (plain ? "to message \(order)." : "to #\(order).")
    }
  }

  func state(_ state: String, of order: Int64, failure: String?) -> String {
    let cause = failure.map { " (\(TerminalText.neutralised($0)))" } ?? ""
    return plain
      ? "Message \(order) is \(state)\(cause)." : "* #\(order) is \(state)\(cause)."
  }

  func notice(_ event: JSONValue) -> String {
    let what = event["notice"] ?? event["cause"]
    return remark("\(safe(event["type"])): \(safe(what)).")
  }

  /// Who types; nothing for those who listen.
  func typing(_ people: [String]) -> String {
    guard !plain, !people.isEmpty else { return "" }
    let names = people.map { TerminalText.neutralised($0) }.joined(separator: ", ")
    return "\(names) \(people.count == 1 ? "is" : "are") typing"
  }

  func remark(_ sentence: String) -> String { plain ? sentence : "* \(sentence)" }

  func failure(_ sentence: String) -> String {
    (plain ? "Error: " : "! ") + TerminalText.neutralised(sentence)
  }

  /// The files of a message, each on a row of its own.
  private func files(_ files: [JSONValue]) -> String {
    files.enumerated().map { index, file in
      let look = MediaText.prefix(file, plain: plain)
      let what = "\(look)\(safe(file["name"])), \(file["size"]?.integer ?? 0) bytes"
      return plain ? ", file \(index + 1): \(what)" : "\n    + file \(index + 1): \(what)"
    }.joined()
  }

  /// A poll with its choices, each on a row of its own.
  private func choices(_ poll: JSONValue) -> String {
    var text = safe(poll["question"])
    for (index, choice) in (poll["choices"]?.elements ?? []).enumerated() {
      let votes = choice["votes"]?.integer ?? 0
      let own = choice["own"] == true
      text +=
        plain
        ? ", choice \(index + 1): \(safe(choice["text"])), \(votes) votes\(own ? ", yours" : "")"
        : "\n    \(own ? "*" : "-") \(index + 1): \(safe(choice["text"])) (\(votes))"
    }
    if poll["ended"] == true { text += plain ? ", ended" : "\n    (ended)" }
    return text
  }

  /// What the sender says about a link.
  private func preview(_ preview: JSONValue?) -> String {
    guard let preview else { return "" }
    let words = [preview["title"], preview["text"]].compactMap { $0?.text }
    let what = TerminalText.neutralised(words.joined(separator: ": "))
    return plain ? ", about the link: \(what)" : "\n    ~ \(what)"
  }

  private func quote(_ quote: JSONValue?) -> String {
    guard let quote else { return "" }
    let words = TerminalText.neutralised(String((quote["text"]?.text ?? "").prefix(40)))
    let what = words.isEmpty ? "a message that is not here" : "\"\(words)\""
    return plain ? "answering \(what), " : "(answers \(what)) "
  }

  private func safe(_ value: JSONValue?) -> String {
    TerminalText.neutralised(value?.text ?? "")
  }

  private func body(_ text: String) -> String {
    TerminalText.neutralised(text, keepingLines: true)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\n    | ")
  }
}
