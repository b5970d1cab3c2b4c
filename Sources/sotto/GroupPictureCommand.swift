// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

extension Group {
  struct Picture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a group a picture, take it away, or save it.",
      discussion: """
        Of the file a small JPEG is made, which shows the same and says nothing else. All members \
        have it, and whoever comes in later.
        """)

    @OptionGroup var name: Name

    @Argument(help: "The picture: JPEG, PNG, GIF or WebP.", completion: .file())
    var file: String?

    @Flag(help: "The group has no picture any more.")
    var remove = false

    @Option(
      help: "Save the picture, a JPEG file, at this path at which nothing is.",
      completion: .file())
    var save: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
      guard [file != nil, remove, save != nil].count(where: { $0 }) == 1 else {
        throw ValidationError("Give a file, --remove or --save, one of them.")
      }
    }

    private var method: String {
      if remove { return "group-picture-remove" }
      return save == nil ? "group-picture" : "group-picture-save"
    }

    func run() async throws {
      var parameters: [String: JSONValue] = ["address": .string(name.group)]
      if let path = file ?? save { parameters["path"] = .string(LocalPath.absolute(path)) }
      let isSaved = save != nil
      try await Group.ask(method, parameters, options) { isSaved ? [$0.shown("path")] : [] }
    }
  }
}
