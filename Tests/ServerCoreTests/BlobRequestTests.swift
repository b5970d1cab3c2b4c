// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ServerCore

/// What an HTTP head about a blob says, and how each wrong form of it is refused.
@Suite struct BlobRequestTests {
  private static let name = String(repeating: "0a", count: 32)
  private static let token = (name: "authorization", value: "Bearer \(name)")

  private static func patch(
    _ changes: [String: String?] = [:]
  ) throws(BlobRefusal) -> BlobRequest {
    var fields = [
      "authorization": "Bearer \(name)", "content-type": "application/partial-upload",
      "content-length": "7", "upload-offset": "3", "upload-complete": "?1",
    ]
    for (key, value) in changes { fields[key] = value }
    return try BlobRequest(
      method: "PATCH", path: "/v1/uploads/\(name)", fields: fields.map { ($0.key, $0.value) })
  }

  private static func get(_ range: String?) throws -> BlobRequest.Range? {
    let fields = range.map { [(name: "range", value: $0)] } ?? []
    let request = try BlobRequest(method: "GET", path: "/v1/blobs/\(name)", fields: fields)
    guard case .download(_, let range, false) = request else { return nil }
    return range
  }

  @Test func readsAnUpload() throws {
    guard case .upload(let id, let hash, let upload) = try Self.patch() else {
      Issue.record("no upload")
      return
    }
    #expect(id.bytes == Array(repeating: 10, count: 32))
    #expect(hash == BlobTokenHash(hashing: id.bytes))
    #expect(upload == .append(offset: 3, count: 7, isLast: true))
  }

  @Test func refusesWhatIsNoUpload() {
    let wrong: [([String: String?], BlobRefusal)] = [
      (["authorization": nil], .notFound),
      (["authorization": "Basic \(Self.name)"], .notFound),
      (["authorization": "Bearer \(Self.name)0a"], .notFound),
      (["authorization": "Bearer \(Self.name.uppercased())"], .notFound),
      (["content-type": "application/octet-stream"], .mediaType),
      (["content-length": nil], .lengthRequired),
      (["content-length": "-1"], .lengthRequired),
      (["content-length": "2214592513"], .malformed),
      (["upload-offset": nil], .malformed),
      (["upload-offset": "0x1"], .malformed),
      (["upload-offset": "9999999999999999"], .malformed),
      (["upload-complete": "1"], .malformed),
    ]
    for (change, refusal) in wrong {
      #expect(throws: refusal) { try Self.patch(change) }
    }
    let paths: [(String, String, BlobRefusal)] = [
      ("PATCH", "/v1/uploads/\(Self.name)0", .notFound),
      ("PATCH", "/v1/uploads/\(Self.name)/x", .notFound),
      ("PUT", "/v1/uploads/\(Self.name)", .methodNotAllowed),
      ("POST", "/v1/blobs/\(Self.name)", .methodNotAllowed),
      ("GET", "/v1/blobs/../\(Self.name)", .notFound),
    ]
    for (method, path, refusal) in paths {
      #expect(throws: refusal) {
        try BlobRequest(method: method, path: path, fields: [Self.token])
      }
    }
  }

  /// A field that stands there twice says nothing that holds.
  @Test func refusesDoubledFields() {
    #expect(throws: BlobRefusal.notFound) {
      try BlobRequest(
        method: "HEAD", path: "/v1/uploads/\(Self.name)", fields: [Self.token, Self.token])
    }
  }

  @Test func readsRanges() throws {
    let cases: [(String?, Range<UInt64>?)] = [
      (nil, 0..<10), ("bytes=0-", 0..<10), ("bytes=3-5", 3..<6), ("bytes=3-99", 3..<10),
      ("bytes=-4", 6..<10), ("bytes=-99", 0..<10), ("bytes=10-", nil), ("bytes=-0", nil),
      // What cannot be read stands for no field.
      ("bytes=5-3", 0..<10), ("lines=1-2", 0..<10), ("bytes=1-2,4-5", 0..<10), ("bytes=x-", 0..<10),
    ]
    for (field, expected) in cases {
      #expect(try Self.get(field)?.offsets(in: 10) == expected, "\(field ?? "none")")
    }
  }
}
