// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// What a program that has ended left.
struct Ended: Sendable {
  let status: Int32
  let output: String
  let errors: String

  /// The lines of standard output, each a JSON value.
  var values: [JSONValue] {
    output.split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
  }
}

/// The programs under test lie beside the test bundle.
enum TestProgram {
  static func url(_ name: String) -> URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent(name)
  }

  /// Runs a program to its end.
  static func run(
    _ name: String, _ arguments: [String], input: String? = nil, folder: URL
  ) async throws -> Ended {
    let number = UInt64.random(in: 0...UInt64.max)
    let output = folder.appendingPathComponent("\(number).out")
    let errors = folder.appendingPathComponent("\(number).err")
    let process = try make(name, arguments, output: output, errors: errors)
    if let input {
      let file = folder.appendingPathComponent("\(number).in")
      try Data(input.utf8).write(to: file)
      process.standardInput = try FileHandle(forReadingFrom: file)
    }
    try await start(process)
    defer {
      try? FileManager.default.removeItem(at: output)
      try? FileManager.default.removeItem(at: errors)
    }
    return Ended(
      status: process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// A program that is not started yet, with its outputs in files.
  static func make(
    _ name: String, _ arguments: [String], output: URL, errors: URL
  ) throws -> Process {
    for file in [output, errors] where !FileManager.default.fileExists(atPath: file.path) {
      _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    }
    let process = Process()
    process.executableURL = url(name)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    return process
  }

  /// Starts it and waits for its end.
  private static func start(_ process: Process) async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in continuation.resume() }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
  }
}

/// A program that runs until it is told to end.
final class RunningProgram {
  private let process: Process
  private let keyboard = Pipe()
  let output: URL

  /// Starts it; `isTyped` when something will be typed.
  init(
    _ name: String, _ arguments: [String], folder: URL, log: String, isTyped: Bool = false
  ) throws {
    output = folder.appendingPathComponent(log + ".out")
    try? FileManager.default.removeItem(at: output)
    process = try TestProgram.make(
      name, arguments, output: output, errors: folder.appendingPathComponent(log + ".err"))
    if isTyped { process.standardInput = keyboard }
    try process.run()
  }

  /// Types a line into it.
  func type(_ line: String) throws {
    try keyboard.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// A whole line of standard output that is JSON and begins so.
  func value(beginning start: String) async throws -> JSONValue {
    try JSONValue(parsing: Array((start + (try await line(beginning: start))).utf8))
  }

  /// Waits for a line of standard output that begins so; the rest of it is returned.
  func line(beginning start: String) async throws -> String {
    while true {
      let text = try String(contentsOf: output, encoding: .utf8)
      // The last part has no line break yet.
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      where line.hasPrefix(start) {
        return String(line.dropFirst(start.count))
      }
      try #require(process.isRunning, "the program ended before it said \(start)")
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// SIGTERM; the exit status.
  func stop() async -> Int32 {
    process.terminate()
    return await end()
  }

  /// SIGKILL.
  func kill() async {
    Foundation.kill(process.processIdentifier, SIGKILL)
    _ = await end()
  }

  /// Waits for its end; the exit status.
  func end() async -> Int32 {
    while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
    return process.terminationStatus
  }

  deinit {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
  }
}
