// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Why a text is no address.
public enum AddressFailure: Error, Hashable, Sendable {
  /// There is not exactly one `@`.
  case form
  /// The handle is shorter than 3 or longer than 32 characters, does not begin with a letter a–z,
  /// or has another character than a–z, 0–9, dot, underscore and hyphen.
  case handle
  /// The domain is no lower-case domain name.
  case domain
}

/// What people call each other by: `alice@messenger.example`.
///
/// The address says where an account is found. It is no identity: contacts pin the account's number
/// and key.
public struct Address: WireValue, Hashable, Comparable, CustomStringConvertible {
  /// How long a handle is, in characters.
  public static let handleLength = 3...32
  /// The longest address, in characters.
  public static let lengthMax = handleLength.upperBound + 1 + ServiceDomain.lengthMax

  /// What stands before the `@`.
  public let handle: String
  /// The service that the account lives on.
  public let domain: ServiceDomain

  /// Takes a handle and the service it belongs to.
  ///
  /// - Throws: `AddressFailure.handle`.
  public init(handle: String, domain: ServiceDomain) throws(AddressFailure) {
    guard Address.isHandle(handle) else { throw .handle }
    self.handle = handle
    self.domain = domain
  }

  /// Takes the exact text `handle@domain`; nothing is trimmed and no letter is lowered.
  ///
  /// - Throws: an `AddressFailure`.
  public init(_ text: String) throws(AddressFailure) {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .form }
    let handle = String(decoding: parts[0], as: UTF8.self)
    guard Address.isHandle(handle) else { throw .handle }
    self.handle = handle
    domain = try ServiceDomain(String(decoding: parts[1], as: UTF8.self))
  }

  /// Takes an `opaque x<V>` with the text.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let bytes = try input.readVector(maximum: Self.lengthMax)
    do {
      self = try Address(String(decoding: bytes, as: UTF8.self))
    } catch {
      throw .invalidValue(field: "address")
    }
  }

  /// Appends the text as an `opaque x<V>`.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: Array(description.utf8))
  }

  /// The address as MIMI content names it: `mimi://messenger.example/u/alice`.
  public var uri: String { Address.scheme + domain.text + Address.userPath + handle }

  /// The address that a URI of the form of `uri` names.
  ///
  /// - Throws: `AddressFailure.form` when the text is no such URI, or what its parts are not.
  public init(uri: String) throws(AddressFailure) {
    guard uri.utf8.starts(with: Address.scheme.utf8) else { throw .form }
    let path = uri.utf8.dropFirst(Address.scheme.utf8.count)
    guard let slash = path.firstIndex(of: UInt8(ascii: "/")) else { throw .form }
    let rest = path[slash...]
    guard rest.starts(with: Address.userPath.utf8) else { throw .form }
    let domain = try ServiceDomain(String(decoding: path[..<slash], as: UTF8.self))
    let handle = String(decoding: rest.dropFirst(Address.userPath.utf8.count), as: UTF8.self)
    try self.init(handle: handle, domain: domain)
  }

  /// Order of the text's bytes.
  public static func < (left: Address, right: Address) -> Bool {
    left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
  }

  /// The address as people write it.
  public var description: String { handle + "@" + domain.text }

  private static let scheme = "mimi://"
  private static let userPath = "/u/"

  private static func isHandle(_ text: String) -> Bool {
    let bytes = text.utf8
    guard handleLength.contains(bytes.count) else { return false }
    guard let first = bytes.first, first.isLowerCaseLetter else { return false }
    return bytes.allSatisfy { byte in
      byte.isLowerCaseLetter || byte.isDigit || byte == UInt8(ascii: ".")
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
  }
}
