// SPDX-License-Identifier: Apache-2.0

/// What a typed text asks for: words to say, or a command.
package enum ChatCommand: Equatable, Sendable {
  /// Nothing was typed.
  case nothing
  /// Words for the other side.
  case say(String)
  /// A method about the message of this number, with more parameters.
  case about(Int64, String, [String: JSONValue])
  /// A poll: what is asked, and what can be voted for.
  case ask(String, [String])
  /// A file, by its path, and what is said beside it.
  case attach(String, String)
  /// The files of the message of this number, to a path.
  case save(Int64, String)
  /// What it says.
  case safetyNumber, help, quit
  /// No command; why.
  case mistake(String)

  /// What `/help` shows.
  package static let helpLines = [
    "/reply N TEXT      answer message N",
    "/react N 👍        react to message N; /unreact N 👍 takes it back",
    "/edit N TEXT       change what your message N says, for everyone",
    "/delete N          take your message N back; /forget N removes it here alone",
    "/poll WHAT? | A | B  ask something; /vote N 1 votes, /endpoll N ends it",
    "/pin N             pin message N for everybody; /unpin N takes that back",
    "/keep N            keep message N, or ask its author; /unkeep N takes that back",
    "/attach PATH TEXT  send a file; the text may be left out",
    "/save N PATH       save the file of message N; the path may be left out",
    "/safety            show the safety number",
    "//TEXT             say /TEXT",
    "/quit              end; so do Ctrl-D and Ctrl-C on an empty line",
    "Alt-Enter begins a new line, up and down call up what you sent.",
  ]

  /// Whether it says something to the other side.
  var isMessage: Bool {
    switch self {
    case .say, .about(_, "reply", _): true
    default: false
    }
  }

  /// Reads a text.
  package init(_ typed: String) {
    guard typed.hasPrefix("/") else {
      self = typed.allSatisfy(\.isWhitespace) ? .nothing : .say(typed)
      return
    }
    guard !typed.hasPrefix("//") else {
      self = .say(String(typed.dropFirst()))
      return
    }
    let parts = typed.dropFirst().split(
      maxSplits: 2, omittingEmptySubsequences: true, whereSeparator: \.isWhitespace)
    let name = parts.first.map(String.init) ?? ""
    switch name {
    case "quit" where parts.count == 1: self = .quit
    case "help" where parts.count == 1: self = .help
    case "safety" where parts.count == 1: self = .safetyNumber
    case "attach" where parts.count > 1:
      self = .attach(String(parts[1]), parts.count > 2 ? String(parts[2]) : "")
    case "save":
      guard parts.count > 1, let order = ChatCommand.number(parts[1]) else {
        self = .mistake("/save takes the number of a message.")
        return
      }
      self = .save(order, parts.count > 2 ? String(parts[2]) : "")
    case "poll":
      let lines = typed.dropFirst(5).split(separator: "|").map(ChatCommand.trimmed)
      guard lines.count > 2 else {
        self = .mistake("/poll takes a question and choices, with | between them.")
        return
      }
      self = .ask(lines[0], Array(lines.dropFirst()))
    case "reply", "edit", "react", "unreact", "delete", "forget", "vote", "endpoll", "pin",
      "unpin", "keep", "unkeep":
      self = ChatCommand.about(name, parts)
    default: self = .mistake("There is no such command; /help lists them.")
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }

  private static func number(_ word: Substring) -> Int64? {
    Int64(word.drop { $0 == "#" }).flatMap { $0 > 0 ? $0 : nil }
  }

  private static func about(_ name: String, _ parts: [Substring]) -> ChatCommand {
    let bare: Set = ["delete", "forget", "endpoll", "pin", "unpin", "keep", "unkeep"]
    let takesText = !bare.contains(name)
    guard let order = parts.dropFirst().first.flatMap(number), parts.count == (takesText ? 3 : 2)
    else {
      return .mistake(
        "/\(name) takes the number of a message\(takesText ? " and a text" : "").")
    }
    let rest = JSONValue.string(takesText ? String(parts[2]) : "")
    switch name {
    case "react": return .about(order, "react", ["reaction": rest])
    case "unreact": return .about(order, "react", ["reaction": rest, "remove": true])
    case "pin", "unpin": return .about(order, name + "-message", [:])
    case "keep", "unkeep": return .about(order, name, [:])
    case "endpoll": return .about(order, "poll-end", [:])
    case "vote":
      let choices = String(parts[2]).split(whereSeparator: \.isWhitespace)
      let list = JSONValue.array(choices.map { .string(String($0)) })
      return .about(order, "poll-vote", ["choices": list])
    case "delete": return .about(order, "delete", [:])
    case "forget": return .about(order, "delete", ["forMe": true])
    default: return .about(order, name, ["text": rest])
    }
  }
}
