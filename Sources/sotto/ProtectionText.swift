// SPDX-License-Identifier: Apache-2.0

import SottoClient

/// The protection report as people read it.
enum ProtectionText {
  static func lines(for report: JSONValue) -> [String] {
    var lines = [
      "conversation   \(report.shown("address"))",
      "suite          \(report.shown("suite", or: "no group yet"))",
      "post-quantum   \(report.shown("postQuantum"))",
      "epoch          \(report.shown("epoch", or: "none"))",
      "keys renewed   \(report.shown("lastOwnPathAt", or: "never"))",
      "identity       \(report.shown("standing")), "
        + "pin \(report.shown("pinnedIdentity", or: "none"))",
      "safety number  \(report.shown("verifiedAt", or: "never compared"))",
      "", "Devices that can read:",
    ]
    for device in report["devices"]?.elements ?? [] {
      let own = device["own"]?.bool == true ? ", this device" : ""
      let certified = device["certified"]?.bool == true ? "certified" : "NOT CERTIFIED"
      lines.append(
        "  \(device.shown("address")) device \(device.shown("deviceId")): \(certified)\(own)")
    }
    let server = report["server"] ?? .null
    lines.append("")
    lines.append(
      "On the server: \(server.shown("logs")) logs, at most \(server.shown("entries")) sealed "
        + "entries; \(server.shown("waitingBytes")) sealed bytes wait here.")
    lines.append("Who learns what:")
    for party in report["parties"]?.elements ?? [] {
      lines.append("  \(party.shown("name")): \(party.shown("learns"))")
    }
    lines.append("Not protected:")
    for item in report["unprotected"]?.elements ?? [] {
      lines.append("  " + TerminalText.neutralised(item.text ?? ""))
    }
    return lines
  }
}
