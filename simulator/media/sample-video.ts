// An MP4 (ISO 14496-12) with one motion-JPEG track of one frame.

type Still = { jpeg: Buffer; width: number; height: number; seconds: number }

const timescale = 1000
/** No rotation, no scaling: the unity matrix of mvhd and tkhd. */
const unityMatrix = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

export function still({ jpeg, width, height, seconds }: Still): Buffer {
  const duration = Math.round(seconds * timescale)
  const fileType = box('ftyp', ascii('isom'), uint32(512), ascii('isommp41'))
  const boxHeaderBytes = 8
  const tables = sampleTables({ jpeg, width, height, duration, offset: fileType.length + boxHeaderBytes })
  const media = box(
    'mdia',
    fullBox('mdhd', uint32(0, 0, timescale, duration), uint16(0x55c4, 0)),
    fullBox('hdlr', uint32(0), ascii('vide'), uint32(0, 0, 0), ascii('sim\0')),
    box(
      'minf',
      fullBox('vmhd', uint16(0, 0, 0, 0)),
      box('dinf', fullBox('dref', uint32(1), fullBox('url ', Buffer.alloc(0)))),
      tables,
    ),
  )
  const track = box('trak', trackHeader(width, height, duration), media)
  return Buffer.concat([fileType, box('mdat', jpeg), box('moov', movieHeader(duration), track)])
}

function movieHeader(duration: number): Buffer {
  const rateAndVolume = Buffer.concat([uint32(0x10000), uint16(0x100, 0), uint32(0, 0)])
  return fullBox('mvhd', uint32(0, 0, timescale, duration), rateAndVolume, unityMatrix, uint32(0, 0, 0, 0, 0, 0), uint32(2))
}

function trackHeader(width: number, height: number, duration: number): Buffer {
  const times = uint32(0, 0, 1, 0, duration, 0, 0)
  return fullBox('tkhd', times, uint16(0, 0, 0, 0), unityMatrix, uint32(width * 0x10000, height * 0x10000))
}

type Sample = { jpeg: Buffer; width: number; height: number; duration: number; offset: number }

/** Where the one sample is, how long it is shown, and what it is. */
function sampleTables({ jpeg, width, height, duration, offset }: Sample): Buffer {
  const compressorName = Buffer.alloc(32)
  const entry = box(
    'jpeg',
    uint16(0, 0, 0, 1),
    Buffer.alloc(16),
    uint16(width, height),
    uint32(72 * 0x10000, 72 * 0x10000, 0),
    uint16(1),
    compressorName,
    uint16(24, 0xffff),
  )
  return box(
    'stbl',
    fullBox('stsd', uint32(1), entry),
    fullBox('stts', uint32(1, 1, duration)),
    fullBox('stsc', uint32(1, 1, 1, 1)),
    fullBox('stsz', uint32(0, 1, jpeg.length)),
    fullBox('stco', uint32(1, offset)),
  )
}

function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([uint32(body.length + 8), ascii(type), body])
}

/** Version 0; the flags are 3 (enabled, in the movie) for a track, 1 (in this file, or no lean) elsewhere it matters. */
function fullBox(type: string, ...parts: readonly Buffer[]): Buffer {
  const flags = { tkhd: 3, 'url ': 1, vmhd: 1 }[type] ?? 0
  return box(type, uint32(flags), ...parts)
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

function uint16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2)
  return bytes
}
