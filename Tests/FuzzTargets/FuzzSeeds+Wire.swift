// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SwiftProtobuf
import Wire

/// One valid frame of each request of `/v1/logs`.
extension FuzzSeeds {
  static func logsFrames() -> [[UInt8]] {
    var right = WireLogRight()
    right.logID = Data(repeating: 1, count: 32)
    right.token = Data(repeating: 2, count: 32)
    var frames: [WireLogsClientFrame] = []
    func add(_ fill: (inout WireLogsClientFrame) -> Void) {
      var frame = WireLogsClientFrame()
      frame.requestID = UInt64(frames.count + 1)
      fill(&frame)
      frames.append(frame)
    }
    add { $0.getManifest.address = "bob@x.example" }
    add { $0.takeKeyPackages.address = "bob@x.example" }
    add {
      $0.createLog.logID = Data(repeating: 1, count: 32)
      $0.createLog.tokenHash = Data(repeating: 2, count: 32)
    }
    add {
      $0.append.right = right
      $0.append.submitID = Data(repeating: 3, count: 16)
      $0.append.kind = .application
      $0.append.body = Data([1, 2, 3])
    }
    add {
      var device = WireDeviceAddress()
      device.address = "bob@x.example"
      device.deviceID = 1
      var welcome = WireWelcomeDelivery()
      welcome.devices = [device]
      welcome.body = Data([4])
      $0.commit.right = right
      $0.commit.submitID = Data(repeating: 3, count: 16)
      $0.commit.body = Data([1, 2, 3])
      $0.commit.nextTokenHash = Data(repeating: 5, count: 32)
      $0.commit.groupInfo = Data([6])
      $0.commit.welcomes = [welcome]
    }
    add {
      $0.readLog.right = right
      $0.readLog.afterSeq = 1
    }
    add {
      $0.subscribeLog.right = right
      $0.subscribeLog.fromEpoch = 1
    }
    add { $0.unsubscribeLog.subscription = 1 }
    add { $0.acknowledgeLog.seq = 1 }
    add { $0.getGroupInfo.right = right }
    add {
      $0.putPart.right = right
      $0.putPart.body = Data([7, 8])
    }
    add {
      $0.getPart.logID = Data(repeating: 1, count: 32)
      $0.getPart.partID = Data(repeating: 9, count: 32)
    }
    return frames.compactMap { frame in
      let bytes: [UInt8]? = try? frame.serializedBytes()
      return bytes
    }
  }
}
