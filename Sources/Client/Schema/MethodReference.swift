// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The same description for people, in Markdown.
public enum MethodReference {
  /// The whole text; the same at every call.
  public static var markdown: String {
    var lines = [
      "# The methods of the local protocol", "",
      "Made by `sotto openrpc --markdown` from the table that the programs themselves use; "
        + "do not edit it here.",
      "How to reach the methods, and what they mean together, is in "
        + "[json-rpc.md](json-rpc.md). Every method may also fail with "
        + codes(MethodDescription.failuresOfAll.map(\.rawValue)) + ".", "",
      "Every method but "
        + HomeAccounts.ofHome.sorted().map { "`\($0)`" }.joined(separator: ", ")
        + " also takes `account?`, the address of one of the home's accounts; without it and with "
        + "several accounts it fails with `account-needed`.", "",
    ]
    lines.append("## Methods")
    lines.append("")
    for method in MethodTable.all { lines += section(of: method) }
    lines += ["## Objects", ""]
    for (name, members) in SchemaTable.all {
      lines += ["### \(name)", ""] + table(of: members, "Member") + [""]
    }
    lines += ["### Event", ""]
    lines += ["Every event has these, a `type`, and what its type brings:", ""]
    lines += table(of: EventTable.shared, "Member") + [""]
    lines += ["| Type | Meaning | More members |", "| --- | --- | --- |"]
    for event in EventTable.all {
      let members = event.members.map { "`\($0.name)`" + ($0.isRequired ? "" : "?") }
      lines.append(
        "| `\(event.type)` | \(event.summary) | \(members.joined(separator: ", ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(of method: MethodDescription) -> [String] {
    var lines = ["### `\(method.name)`", "", method.summary, ""]
    if !method.parameters.isEmpty { lines += table(of: method.parameters, "Parameter") + [""] }
    lines.append("Result: \(method.result.type)")
    let own = OpenRPC.failures(of: method).filter { code in
      !MethodDescription.failuresOfAll.contains(code) && code != .accountNeeded
    }
    if !own.isEmpty { lines += ["", "Failures: " + codes(own.map(\.rawValue))] }
    return lines + [""]
  }

  private static func table(of values: [NamedValue], _ title: String) -> [String] {
    ["| \(title) | Type | Meaning |", "| --- | --- | --- |"]
      + values.map { value in
        let name = "`\(value.name)`" + (value.isRequired ? "" : "?")
        let usual = value.usual.map { " (\($0.line) by default)" } ?? ""
        return "| \(name) | \(value.schema.type) | \(value.summary)\(usual) |"
      }
  }

  private static func codes(_ codes: [String]) -> String {
    codes.map { "`\($0)`" }.joined(separator: ", ")
  }
}
