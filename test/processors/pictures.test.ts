// Pictures that are made to hurt: they cost bounded memory and their own thumbnail, and no other account waits for more than one of them.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { openPictures, type Pictures, type PicturesOptions } from '../../src/processors/store/pictures.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const MiB = 1024 * 1024
/** One colour, 49 million pixels in 1,373 bytes: sharp(…).avif({ effort: 0 }). */
const bomb = await readFile(new URL('./files/7000x7000.avif', import.meta.url))
const photo = await sampleJpeg({ width: 640, height: 480 })

const opened: Pictures[] = []
afterEach(async () => void (await Promise.all(opened.splice(0).map(one => one.close()))))

function open(more: Partial<PicturesOptions> = {}): Pictures {
  const pictures = openPictures({ thumbnailPixels: 200, thumbnailQuality: 85, thumbnailMaxPixels: 50_000_000, ...more })
  opened.push(pictures)
  return pictures
}
const read = (pictures: Pictures, instanceId: string, bytes: Uint8Array, signal = never) =>
  pictures.read({ instanceId, load: async () => bytes }, signal)
/** Every AVIF decodes: as if its head told fewer pixels than it has. */
const credulous = { thumbnailMaxPixels: 1_000_000_000 }

/** Resident, in bytes, of each process that this one started and that decodes pictures. */
async function decoders(): Promise<readonly { pid: number; bytes: number }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'ppid=,pid=,rss=,args='])
  return stdout.split('\n').flatMap(line => {
    const [ppid, pid, kilobytes, ...args] = line.trim().split(/\s+/)
    const ours = ppid === String(process.pid) && args.join(' ').includes('picture-process.ts')
    return ours ? [{ pid: Number(pid), bytes: Number(kilobytes) * 1024 }] : []
  })
}

test('[C4] sixty-four small files of 49 million pixels have dimensions, no thumbnail, and nobody decodes them', async () => {
  const pictures = open()
  const all = await Promise.all(Array.from({ length: 64 }, (_, n) => read(pictures, `shop-${n % 4}`, bomb)))
  expect(new Set(all.map(one => one.problem))).toEqual(
    new Set(['Error: expected at most 5000000 pixels of heif, got 7000 x 7000']),
  )
  expect(all.every(one => one.width === 7000 && one.height === 7000 && one.thumbnail === null)).toBe(true)
  const [decoder, ...more] = await decoders()
  expect(more).toEqual([])
  expect(decoder?.bytes).toBeLessThan(150 * MiB)
})

test('[C4] a picture that needs more memory than allowed loses its thumbnail, and the next one finds a decoder', async () => {
  const pictures = open(credulous)
  let done = false
  const bombs = Promise.all([bomb, bomb].map(one => read(pictures, 'shop', one))).finally(() => {
    done = true
  })
  let most = 0
  await until('both to have been tried', async () => {
    for (const { bytes } of await decoders()) most = Math.max(most, bytes)
    return done
  })
  for (const one of await bombs) expect(one).toMatchObject({ thumbnail: null, problem: expect.stringContaining('SIGKILL') })
  expect(most).toBeLessThan(300 * MiB)
  expect(await read(pictures, 'shop', photo)).toMatchObject({ width: 640, height: 480, problem: null })
})

test('[C2] [C4] between the pictures of one account, another has its turn', async () => {
  const pictures = open(credulous)
  const order: string[] = []
  const one = (instanceId: string, bytes: Uint8Array) =>
    read(pictures, instanceId, bytes).then(picture => {
      order.push(instanceId)
      return picture
    })
  const theirs = Array.from({ length: 4 }, () => one('theirs', bomb))
  const ours = await one('ours', photo)
  expect(ours.thumbnail).not.toBeNull()
  expect(order, 'at most the one that was being decoded').toEqual(['theirs', 'ours'])
  await Promise.all(theirs)
})

test('[C4] a picture that takes too long loses its thumbnail', async () => {
  const pictures = open({ ...credulous, limitBytes: Number.MAX_SAFE_INTEGER, deadlineMs: 400 })
  expect(await read(pictures, 'shop', bomb)).toMatchObject({ thumbnail: null, problem: expect.stringMatching(/400 ms/) })
  expect(await decoders()).toEqual([])
})

test('[C4] a decoder that is idle, or closed, gives its memory back', async () => {
  const pictures = open({ idleMs: 20 })
  await read(pictures, 'shop', photo)
  await until('the decoder to be gone', async () => (await decoders()).length === 0)
  expect((await read(pictures, 'shop', photo)).thumbnail).not.toBeNull()
  await pictures.close()
  expect(await decoders()).toEqual([])
  expect(await read(pictures, 'shop', photo)).toMatchObject({ thumbnail: null, problem: 'the process is stopping' })
})

test('[H6] an assignment that ends does not wait for its picture, and takes no other’s', async () => {
  const pictures = open({ ...credulous, limitBytes: Number.MAX_SAFE_INTEGER })
  const ends = new AbortController()
  const theirs = read(pictures, 'shop', bomb, ends.signal)
  const ours = read(pictures, 'shop', photo)
  await until('a decoder', async () => (await decoders()).length === 1)
  ends.abort(new Error('over'))
  await expect(theirs).rejects.toThrow('over')
  expect((await ours).thumbnail).not.toBeNull()
})

test('[I2] the decoder knows nothing of our environment', async () => {
  const pictures = open()
  await read(pictures, 'shop', photo)
  const [decoder] = await decoders()
  const { stdout } = await promisify(execFile)('ps', ['eww', '-o', 'args=', '-p', String(decoder?.pid)])
  expect(stdout).not.toMatch(/\b(PATH|HOME|VITEST)=/)
})
