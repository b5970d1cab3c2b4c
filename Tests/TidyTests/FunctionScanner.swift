// SPDX-License-Identifier: Apache-2.0

/// Finds functions and measures them by their braces. It reads text, not syntax: enough for code
/// that the formatter has laid out.
enum FunctionScanner {
  struct Function: Equatable {
    let line: Int
    let lineCount: Int
  }

  static func functions(in lines: [String]) -> [Function] {
    var found: [Function] = []
    var inText = false
    let code = lines.map { strip($0, inText: &inText) }
    for (index, line) in code.enumerated() where beginsFunction(line) {
      if let end = closingLine(from: index, in: code) {
        found.append(Function(line: index + 1, lineCount: end - index + 1))
      }
    }
    return found
  }

  private static func beginsFunction(_ line: String) -> Bool {
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "?") }
    guard let keyword = words.first(where: { !modifiers.contains(String($0)) }) else {
      return false
    }
    return ["func", "init", "init?", "deinit", "subscript"].contains(String(keyword))
  }

  private static let modifiers: Set<String> = [
    "public", "package", "private", "fileprivate", "internal", "static", "mutating", "override",
    "final", "nonisolated", "consuming", "borrowing", "async", "inline", "never", "inlinable",
    "discardableResult", "Sendable", "required", "convenience", "unsafe", "class", "Test",
  ]

  /// The line on which the first brace that opens at or after `start` closes again; `nil` for a
  /// requirement of a protocol, which has no body.
  private static func closingLine(from start: Int, in code: [String]) -> Int? {
    var depth = 0
    var parentheses = 0
    var opened = false
    for index in start..<code.count {
      for character in code[index] {
        switch character {
        case "(": parentheses += 1
        case ")": parentheses -= 1
        case "{":
          depth += 1
          opened = true
        case "}":
          depth -= 1
          if depth < 0 { return nil }
          if opened, depth == 0, parentheses <= 0 { return index }
        default: break
        }
      }
      if !opened, parentheses <= 0, index > start, beginsFunction(code[index]) { return nil }
    }
    return nil
  }

  /// The line without comments and without what stands in string literals.
  private static func strip(_ line: String, inText: inout Bool) -> String {
    var output = ""
    var quoted = false
    var rest = Substring(line)
    while let character = rest.first {
      if rest.hasPrefix("\"\"\"") {
        inText.toggle()
        rest = rest.dropFirst(3)
        continue
      }
      rest = rest.dropFirst()
      if inText { continue }
      if quoted {
        if character == "\\" { rest = rest.dropFirst() }
        if character == "\"" { quoted = false }
        continue
      }
      if character == "\"" {
        quoted = true
      } else if character == "/", rest.first == "/" {
        break
      } else {
        output.append(character)
      }
    }
    return output
  }
}
