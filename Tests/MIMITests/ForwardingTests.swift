// SPDX-License-Identifier: Apache-2.0

import MIMI
import Testing

@Suite struct ForwardingTests {
  @Test func fieldSaysNothingElse() throws {
    var extensions = ContentExtensions()
    #expect(!extensions.isForwarded)
    extensions.isForwarded = true
    #expect(extensions.isForwarded)
    #expect(extensions.entries.count == 1)
    #expect(extensions.entries.first?.key == .text("app.sotto.forwarded"))
    #expect(extensions.entries.first?.value == .simple(21))
    extensions[.text("app.sotto.forwarded")] = .text("bob@messenger.example")
    #expect(!extensions.isForwarded)
    extensions.isForwarded = false
    #expect(extensions.entries.isEmpty)
  }
}
