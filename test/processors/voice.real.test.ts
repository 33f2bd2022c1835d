// Voice notes by the real FFmpeg: what is audio becomes Ogg with Opus and has its shape, what lies does not, and nothing that it names is read.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFfmpeg } from '../../infra/services/ffmpeg.ts'
import { sampleVoice } from '../../simulator/media/sample-media.ts'
import { durationOf, isOpus } from '../../src/processors/uploads/durations.ts'
import { hearVoice } from '../../src/processors/uploads/hear-voice.ts'
import { makeVoice } from '../../src/processors/uploads/make-voice.ts'
import { runFfmpeg } from '../../src/processors/uploads/run-ffmpeg.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const logger = collectLogLines(['upload.voice-unheard'])
const run = promisify(execFile)
const rate = 16_000

/** A second of silence, then one of a tone: 16 bits, one channel. `saysBytes`: of its samples, as its head says. */
function wav({ seconds = 2, saysBytes = seconds * rate * 2 }: { seconds?: number; saysBytes?: number } = {}): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(Math.min(saysBytes + 36, 0xffffffff), 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [2, 32],
    [16, 34],
  ] as const)
    head.writeUInt16LE(value, at)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(saysBytes, 40)
  const samples = Buffer.alloc(seconds * rate * 2)
  for (let nth = rate; nth < seconds * rate; nth++) samples.writeInt16LE(Math.round(12_000 * Math.sin(nth / 6)), nth * 2)
  return Buffer.concat([head, samples])
}

async function* inPieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000)
}

describe.runIf(await runsHere('ffmpeg'))('FFmpeg', () => {
  let ffmpegPath: string
  let directory: string
  const at = (name: string) => join(directory, name)
  beforeAll(async () => {
    ffmpegPath = await findFfmpeg()
    directory = await mkdtemp(join(tmpdir(), 'zaplog-voice-'))
    await writeFile(at('a.wav'), wav())
    await run(ffmpegPath, ['-v', 'error', '-i', at('a.wav'), at('a.mp3')])
  })
  afterAll(() => rm(directory, { recursive: true }))

  const voiceOf = async (bytes: Buffer, mimetype: string) =>
    Buffer.concat(await Array.fromAsync(makeVoice({ ffmpegPath }, { mimetype, body: inPieces(bytes) }, never)))
  const heard = (bytes: Buffer) => {
    const head = { key: 'k', sizeBytes: bytes.length, contentType: '', metadata: {}, etag: '', modifiedAt: 0 }
    const objects = { get: async () => ({ head, body: inPieces(bytes) }) }
    return hearVoice({ objects, ffmpegPath, logger }, { objectKey: 'k', instanceId: 'shop' }, never)
  }

  test.each([
    ['WAV', 'audio/wav', 'b.wav', []],
    ['MP3', 'audio/mpeg', 'b.mp3', []],
    ['M4A', 'audio/mp4', 'b.m4a', ['-c:a', 'aac']],
    ['FLAC', 'audio/flac', 'b.flac', []],
    ['Ogg with Vorbis', 'audio/ogg', 'b.ogg', ['-c:a', 'libvorbis']],
  ])('[C13] makes a voice note of %s, which lasts as long and has its shape', async (_what, mimetype, name, how) => {
    await run(ffmpegPath, ['-v', 'error', '-y', '-i', at('a.wav'), ...how, at(name)])
    const voice = await voiceOf(await readFile(at(name)), mimetype)
    expect(isOpus(voice)).toBe(true)
    expect(durationOf('audio/ogg', { head: voice, tail: voice })).toBe(2)
    const { durationSeconds, waveform = [] } = (await heard(voice)) ?? {}
    expect([durationSeconds, waveform.length]).toEqual([2, 64])
    expect(Math.max(...waveform.slice(0, 28))).toBeLessThan(5)
    expect(Math.min(...waveform.slice(36, 60))).toBeGreaterThan(60)
  })

  test('[C13] makes one of M4A that says at its end what is before, far back', async () => {
    await run(ffmpegPath, ['-v', 'error', '-f', 'lavfi', '-i', 'anoisesrc=duration=30', '-c:a', 'aac', at('long.m4a')])
    const voice = await voiceOf(await readFile(at('long.m4a')), 'audio/mp4')
    expect(durationOf('audio/ogg', { head: voice, tail: voice })).toBe(30)
  })

  test.each([
    ['is text', Buffer.from('no audio at all'), 'audio/mpeg'],
    ['is another type than it was judged to be', wav(), 'audio/flac'],
    ['is a head alone', wav().subarray(0, 44), 'audio/wav'],
    ['is of a type that none is made of', wav(), 'audio/midi'],
  ])('[C13] makes nothing of what %s', async (_what, bytes, mimetype) => {
    await expect(voiceOf(bytes, mimetype)).rejects.toMatchObject({ code: 'not-convertible' })
  })

  test('[C13] believes its sound, and not what a file says of its length', async () => {
    const voice = await voiceOf(wav({ seconds: 1, saysBytes: 0xfffffff0 }), 'audio/wav')
    expect(durationOf('audio/ogg', { head: voice, tail: voice })).toBe(1)
  })

  test('[C13] hears silence as such, and nothing where nothing can be decoded, which is said once', async () => {
    expect(await heard(sampleVoice({ seconds: 3 }))).toEqual({ durationSeconds: 3, waveform: Array(64).fill(0) })
    expect(logger.lines.filter(({ event }) => event === 'upload.voice-unheard')).toEqual([])
    expect(await heard(Buffer.from('OggS and no more'))).toBeNull()
    expect(logger.lines.filter(({ event }) => event === 'upload.voice-unheard')).toHaveLength(1)
  })

  test('[C13] [I3] reads no file that its input names, whatever that was judged to be', async () => {
    const lists = [
      `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\nfile://${at('a.mp3')}\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile 'file:${at('a.wav')}'\n`,
    ]
    const [hls = '', concat = ''] = lists
    // What would be read of them: the same without our arguments.
    const open = async (list: string, ...how: string[]) => {
      await writeFile(at('list.m3u8'), list)
      await run(ffmpegPath, ['-v', 'error', '-y', ...how, '-i', at('list.m3u8'), at('leaked.wav')])
      return (await readFile(at('leaked.wav'))).length
    }
    expect(await open(hls)).toBeGreaterThan(rate)
    expect(await open(concat, '-safe', '0')).toBeGreaterThan(rate)
    for (const mimetype of ['audio/mpeg', 'audio/mp4'])
      for (const list of lists)
        await expect(voiceOf(Buffer.from(list), mimetype)).rejects.toMatchObject({ code: 'not-convertible' })
    // And were it taken for a list: it opens no file.
    for (const [demuxer, list] of [
      ['hls', hls],
      ['concat', concat],
    ] as const) {
      const task = { doing: 'trying', input: { demuxer, seeks: false }, output: ['-f', 's16le'] }
      const making = Array.fromAsync(runFfmpeg({ ffmpegPath }, task, inPieces(Buffer.from(list)), never))
      await expect(making).rejects.toMatchObject({ code: 'not-convertible' })
    }
  })

  test('[C13] is ended with what never ends, and takes no more of it', async () => {
    async function* forEver() {
      yield wav({ saysBytes: 0xfffffff0 })
      for (;;) yield Buffer.alloc(64 * 1024)
    }
    const by = { ffmpegPath, bounds: { silentMs: 60_000, wholeMs: 500 } }
    const making = Array.fromAsync(makeVoice(by, { mimetype: 'audio/wav', body: forEver() }, never))
    await expect(making).rejects.toMatchObject({
      ...{ code: 'not-convertible', message: expect.stringContaining('it was not done after 500 ms') },
    })
  })
})
