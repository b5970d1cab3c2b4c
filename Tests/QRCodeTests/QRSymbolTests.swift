// SPDX-License-Identifier: Apache-2.0

import Foundation
import QRCode
import Testing

/// QR codes, read by another program.
@Suite struct QRSymbolTests {
  private static let lines = [
    "sotto-link:v1." + String(repeating: "A", count: 43) + "." + String(repeating: "b", count: 43)
      + "." + String(repeating: "_", count: 43),
    "sotto-safety:" + String(repeating: "x-9_", count: 48) + "Zz",
    "sotto://[2001:db8::1]:8443/messenger.example#v1.abc.def", "a",
  ]

  /// The picture as a terminal shows it, read back into pixels of a grey map.
  private func picture(_ code: QRSymbol, scale: Int) -> Data {
    var pixels: [[UInt8]] = []
    for line in code.terminalLines {
      #expect(line.hasPrefix("\u{1b}[38;5;16;48;5;231m") && line.hasSuffix("\u{1b}[0m"))
      let shown = line.dropFirst("\u{1b}[38;5;16;48;5;231m".count).dropLast("\u{1b}[0m".count)
      #expect(shown.count == code.columns)
      pixels.append(shown.map { "█▀".contains($0) ? 0 : 255 })
      pixels.append(shown.map { "█▄".contains($0) ? 0 : 255 })
    }
    var data = Data("P5 \(code.columns * scale) \(pixels.count * scale) 255\n".utf8)
    for row in pixels {
      let wide = row.flatMap { Array(repeating: $0, count: scale) }
      for _ in 0..<scale { data.append(contentsOf: wide) }
    }
    return data
  }

  @Test(arguments: lines) func anotherProgramReadsThePicture(_ text: String) throws {
    let code = try #require(QRSymbol(text))
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("qr-\(UUID().uuidString).pgm")
    try picture(code, scale: 4).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/usr/bin/zbarimg")
    reader.arguments = ["--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", file.path]
    let output = Pipe()
    reader.standardOutput = output
    reader.standardError = FileHandle.nullDevice
    try reader.run()
    let read = output.fileHandleForReading.readDataToEndOfFile()
    reader.waitUntilExit()
    #expect(String(decoding: read, as: UTF8.self) == text + "\n")
  }

  @Test func whatNoCodeHoldsIsNone() {
    #expect(QRSymbol("") == nil)
    #expect(QRSymbol(String(repeating: "x", count: 2_331)) != nil)
    #expect(QRSymbol(String(repeating: "x", count: 2_332)) == nil)
    #expect(QRSymbol(String(repeating: "x", count: 100_000)) == nil)
  }

  @Test func aCodeHasItsThreeCornersAndIsLightAround() throws {
    let code = try #require(QRSymbol("corners"))
    for (column, row) in [(0, 0), (code.width - 7, 0), (0, code.width - 7)] {
      #expect((0..<7).allSatisfy { code.isDark(column + $0, row) })
      #expect(code.isDark(column + 3, row + 3) && !code.isDark(column + 1, row + 1))
    }
    #expect(!code.isDark(-1, 0) && !code.isDark(0, code.width))
  }
}
