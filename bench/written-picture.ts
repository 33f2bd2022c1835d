// The pictures that a bench has people send: each is a file of its own, so that none is fetched or stored for another.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { sampleJpeg } from '../simulator/media/sample-media.ts'

/** `hostile`: 49 million pixels in 1,373 bytes, more than any program should decode. */
export type PictureKind = 'photo' | 'hostile'

const files = {
  photo: async () => ({ bytes: await sampleJpeg({ width: 640, height: 480 }), mimetype: 'image/jpeg' }),
  hostile: async () => ({
    bytes: await readFile(new URL('../test/processors/files/7000x7000.avif', import.meta.url)),
    mimetype: 'image/avif',
  }),
}

export async function writtenPicture(kind: PictureKind): Promise<{ bytes: Uint8Array; mimetype: string }> {
  const { bytes, mimetype } = await files[kind]()
  return { bytes: Buffer.concat([bytes, freeBox()]), mimetype }
}

/** ISO 14496-12, 8.1.2: readers pass over it; behind the end of a JPEG it is nothing. */
const freeBox = (): Buffer => Buffer.concat([Buffer.of(0, 0, 0, 24), Buffer.from('free'), randomBytes(16)])
