// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A JSON value (RFC 8259) as the local protocol carries it.
public enum JSONValue: Hashable, Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A whole number that fits 64 bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object. Members have no order; they are written sorted by name.
  case object([String: JSONValue])

  /// How deep arrays and objects may nest; the protocol itself needs five levels.
  public static let depthMax = 16

  /// The member of an object; `nil` when this is no object or has no such member.
  public subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }

  /// The text of a string.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value of an integer.
  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The value of a boolean.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements of an array; empty for everything else.
  public var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// Parses one JSON text.
  ///
  /// - Throws: `JSONFailure`.
  public init(parsing bytes: [UInt8]) throws(JSONFailure) {
    do {
      self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    } catch let failure as JSONFailure {
      throw failure
    } catch {
      throw .syntax
    }
  }

  /// The value as one line of JSON text, without a line break.
  ///
  /// Members are sorted. Characters that a terminal could take for a command, or that reorder
  /// text, are written as escapes, so that a line can be shown as it is.
  public var line: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { return "null" }
    var text = ""
    for scalar in String(decoding: data, as: UTF8.self).unicodeScalars {
      if TerminalText.isHarmless(scalar) {
        text.unicodeScalars.append(scalar)
      } else {
        for unit in String(scalar).utf16 {
          text += "\\u" + hexadecimal(unit)
        }
      }
    }
    return text
  }

  private func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// Why a text is not acceptable JSON.
public enum JSONFailure: Error, Hashable, Sendable {
  /// It is not JSON.
  case syntax
  /// Arrays and objects nest deeper than `JSONValue.depthMax`.
  case tooDeep
}

extension JSONValue: Codable {
  /// Takes whatever value the decoder stands at.
  public init(from decoder: any Decoder) throws {
    guard decoder.codingPath.count <= JSONValue.depthMax else { throw JSONFailure.tooDeep }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let text = try? container.decode(String.self) {
      self = .string(text)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      // A whole one is an integer however it was written, so that it is read as it was printed.
      self = Int64(exactly: value).map { .integer($0) } ?? .number(value)
    } else if var elements = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !elements.isAtEnd { values.append(try elements.decode(JSONValue.self)) }
      self = .array(values)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let text): try container.encode(text)
    case .array(let elements): try container.encode(elements)
    case .object(let members): try container.encode(members)
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An object; of members of one name the last stays.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}
