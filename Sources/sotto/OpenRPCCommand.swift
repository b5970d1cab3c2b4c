// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct DescribeMethods: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openrpc",
    abstract: "Print the description of the local protocol (OpenRPC 1.3).",
    discussion: "A daemon gives the same to the method rpc.discover.")

  @Flag(help: "Print it for people, as Markdown.")
  var markdown = false

  @Flag(help: "Print the JSON on one line.")
  var json = false

  func validate() throws {
    if markdown, json { throw ValidationError("Give --markdown or --json, not both.") }
  }

  func run() {
    if markdown {
      Output.line(String(MethodReference.markdown.dropLast()))
    } else {
      Output.line(json ? OpenRPC.document.line : OpenRPC.document.indented)
    }
  }
}
