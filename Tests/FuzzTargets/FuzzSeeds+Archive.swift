// SPDX-License-Identifier: Apache-2.0

/// What an export has.
extension FuzzSeeds {
  static func archive(_ target: FuzzTarget) -> [String] {
    let id = String(repeating: "01", count: 32)
    let hash = String(repeating: "ab", count: 32)
    guard target == .archivedLine else {
      return [
        #"{"account":"alice@x.example","accountId":""# + String(repeating: "02", count: 16)
          + #"","deviceId":1,"files":[{"path":"conversations/0001.jsonl","sha256":""# + hash
          + #"","size":7},{"path":"attachments/0001/1-1-a b.png","sha256":""# + hash
          + #"","size":0}],"format":"sotto-export","madeAt":"2026-11-24T12:00:00.000Z","#
          + #""version":1}"#
      ]
    }
    return [
      #"{"at":"2026-11-24T12:00:00.000Z","from":"bob@x.example","kind":"text","messageId":""#
        + id + #"","own":false,"state":"seen","text":"<b>Hi</b>","inReplyTo":""# + id
        + #"","editedAt":"2026-11-24T12:00:01.000Z","forwarded":true,"imported":true,"#
        + #""reactions":[{"from":"alice@x.example","messageId":""# + id
        + #"","reaction":"x"}],"attachments":[{"contentType":"image/png","name":"a.png","#
        + #""path":"attachments/0001/1-1-a.png","size":3}]}"#,
      #"{"at":"2026-11-24T12:00:00.000Z","from":"","kind":"notice","own":false,"#
        + #""state":"seen","text":"Keys were renewed.","failure":"timeout"}"#,
      #"{"address":"bob@x.example","conversation":1,"lines":2}"#,
    ]
  }
}
