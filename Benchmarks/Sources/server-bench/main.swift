// SPDX-License-Identifier: Apache-2.0

import Foundation

// server-bench PORT SERVER-PID LOGS WRITERS READERS WINDOW WARM-UP SECONDS: a load for a sotto-server
// in plaintext on 127.0.0.1; WRITERS and READERS are those of each log. Prints one line of JSON.
// Benchmarks/Server/bench.py runs it and says what it found.

let numbers = CommandLine.arguments.dropFirst().compactMap { Double($0) }
guard numbers.count == 8, CommandLine.arguments.count == 9 else {
  FileHandle.standardError.write(Data("server-bench: eight numbers, see main.swift\n".utf8))
  exit(2)
}
do {
  let load = try Load(
    port: UInt16(numbers[0]), logs: Int(numbers[2]), writersPerLog: Int(numbers[3]),
    readersPerLog: Int(numbers[4]))
  let figures = try load.run(
    window: Int(numbers[5]), warmUp: numbers[6], seconds: numbers[7], server: Int32(numbers[1]))
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  print(String(decoding: try encoder.encode(figures), as: UTF8.self))
} catch {
  FileHandle.standardError.write(Data("server-bench: \(error)\n".utf8))
  exit(1)
}
