// Ogg pages (RFC 3533) with silent Opus packets (RFC 7845).

const sampleRateHz = 48_000
const packetMs = 20
/** One 20 ms mono CELT frame of silence. */
const silentPacket = Buffer.from([0xf8, 0xff, 0xfe])
const serial = 0x5a41504c
const packetsPerPage = 50
const preSkipSamples = 312

export function silence(seconds: number): Buffer {
  const packets = Math.max(1, Math.round((seconds * 1000) / packetMs))
  const pages = [
    page({ sequence: 0, flags: 2, granule: 0, packets: [head()] }),
    page({ sequence: 1, flags: 0, granule: 0, packets: [tags()] }),
  ]
  for (let done = 0; done < packets; done += packetsPerPage) {
    const count = Math.min(packetsPerPage, packets - done)
    const isLast = done + count === packets
    const granule = ((done + count) * packetMs * sampleRateHz) / 1000
    pages.push(page({ sequence: pages.length, flags: isLast ? 4 : 0, granule, packets: Array(count).fill(silentPacket) }))
  }
  return Buffer.concat(pages)
}

function head(): Buffer {
  const header = Buffer.alloc(19)
  header.write('OpusHead', 0, 'latin1')
  header.writeUInt8(1, 8) // version
  header.writeUInt8(1, 9) // channels
  header.writeUInt16LE(preSkipSamples, 10)
  header.writeUInt32LE(sampleRateHz, 12)
  return header
}

/** Vendor `sim`, no comments. */
function tags(): Buffer {
  const body = Buffer.alloc(19)
  body.write('OpusTags', 0, 'latin1')
  body.writeUInt32LE(3, 8)
  body.write('sim', 12, 'latin1')
  return body
}

type Page = { sequence: number; flags: number; granule: number; packets: readonly Buffer[] }

/** Packets here are shorter than 255 bytes: one segment each. */
function page({ sequence, flags, granule, packets }: Page): Buffer {
  const header = Buffer.alloc(27)
  header.write('OggS', 0, 'latin1')
  header.writeUInt8(flags, 5)
  header.writeBigUInt64LE(BigInt(granule), 6)
  header.writeUInt32LE(serial, 14)
  header.writeUInt32LE(sequence, 18)
  header.writeUInt8(packets.length, 26)
  const whole = Buffer.concat([header, Buffer.from(packets.map(packet => packet.length)), ...packets])
  whole.writeUInt32LE(checksum(whole), 22)
  return whole
}

/** CRC-32 with polynomial 0x04c11db7, not reflected, no final xor; the checksum field counts as zero. */
function checksum(bytes: Buffer): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  }
  return crc >>> 0
}
