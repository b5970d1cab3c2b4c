// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// The value as JSON text of many lines, for people: members sorted, two spaces a level.
  public var indented: String { indented(by: "") }

  private func indented(by margin: String) -> String {
    let inner = margin + "  "
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.indented(by: inner) }
      return "[\n" + lines.joined(separator: ",\n") + "\n" + margin + "]"
    case .object(let members) where !members.isEmpty:
      let lines = members.sorted { $0.key < $1.key }.map { name, value in
        inner + JSONValue.string(name).line + ": " + value.indented(by: inner)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n" + margin + "}"
    default: return line
    }
  }
}
