// SPDX-License-Identifier: Apache-2.0

/// What a typed text asks for: words to say, or a command.
package enum ChatCommand: Equatable, Sendable {
  /// Nothing was typed.
  case nothing
  /// Words for the other side.
  case say(String)
  /// A method about the message of this number, with more parameters.
  case about(Int64, String, [String: JSONValue])
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
    "/safety            show the safety number",
    "//TEXT             say /TEXT",
    "/quit              end; so do Ctrl-D and Ctrl-C on an empty line",
    "Alt-Enter begins a new line, up and down call up what you sent.",
  ]

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
    case "reply", "edit", "react", "unreact", "delete", "forget":
      self = ChatCommand.about(name, parts)
    default: self = .mistake("There is no such command; /help lists them.")
    }
  }

  private static func about(_ name: String, _ parts: [Substring]) -> ChatCommand {
    let takesText = name != "delete" && name != "forget"
    let word = parts.dropFirst().first.map { $0.drop { $0 == "#" } } ?? ""
    guard let order = Int64(word), order > 0, parts.count == (takesText ? 3 : 2) else {
      return .mistake(
        "/\(name) takes the number of a message\(takesText ? " and a text" : "").")
    }
    let rest = JSONValue.string(takesText ? String(parts[2]) : "")
    switch name {
    case "react": return .about(order, "react", ["reaction": rest])
    case "unreact": return .about(order, "react", ["reaction": rest, "remove": true])
    case "delete": return .about(order, "delete", [:])
    case "forget": return .about(order, "delete", ["forMe": true])
    default: return .about(order, name, ["text": rest])
    }
  }
}
