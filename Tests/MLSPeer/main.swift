// SPDX-License-Identifier: Apache-2.0

import Foundation
import MLS

// mls-peer: clients of the MLS library for `make interop`. One command a line on standard input,
// one answer a line: `ok NAME=VALUE ...` or `failed WHY`. Only what MLS makes public is used.

var world = PeerWorld()
while let line = readLine() {
  var answer: String
  do {
    let values = try world.answer(try Command(line: line))
    answer = (["ok"] + values.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
  } catch {
    answer = "failed \(error)"
  }
  FileHandle.standardOutput.write(Data((answer + "\n").utf8))
}
