// The process that decodes pictures, one at a time, and ends itself where one needs more memory than `limitBytes`. It knows no secret,
// and outlives whoever started it by no picture.
import { type Picture, type PictureOptions, readPicture } from './picture.ts'

export type PictureRequest = { bytes: Uint8Array; options: PictureOptions; limitBytes: number }
export type PictureAnswer = { picture: Picture /** Of the whole process, afterwards. */; usedBytes: number }

/** How fast memory is had: some 20 MB between two looks. */
const LOOK_EVERY_MS = 10
let limitBytes = Number.POSITIVE_INFINITY

/** SIGKILL: an exit would wait for the decoder, which nothing else can interrupt. */
const end = () => process.kill(process.pid, 'SIGKILL')

setInterval(() => process.memoryUsage.rss() > limitBytes && end(), LOOK_EVERY_MS)
process.on('disconnect', end)
process.on('message', (request: PictureRequest) => {
  limitBytes = request.limitBytes
  void readPicture(request.bytes, request.options).then(answer)
})

function answer(picture: Picture): void {
  const sent: PictureAnswer = { picture, usedBytes: process.memoryUsage.rss() }
  process.send?.(sent)
}
