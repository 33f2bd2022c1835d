// Other audio becomes a voice note by the program that is named for it: what fails, hangs or floods there ends that file alone.
import { chmod, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleVoice } from '../../simulator/media/sample-media.ts'
import { only } from '../../src/processors/store/whole-object.ts'
import { makeVoice } from '../../src/processors/uploads/make-voice.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/processors/media-world.ts'
import {
  ask,
  here,
  KiB,
  openUploadsWorld,
  prepared,
  settled,
  start,
  type UploadsWorld,
} from '../ground/processors/uploads-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['upload.picture-unread', 'upload.voice-unheard'])
let world: UploadsWorld

beforeAll(async () => {
  world = await openUploadsWorld('uploads voice', logger)
  start(world)
})

afterAll(() => world.close())

describe('a voice note of other audio', () => {
  const withProgram = async (script: string) => {
    const ffmpegPath = join(world.directory, `ffmpeg-${world.made}`)
    await writeFile(ffmpegPath, `#!${process.execPath}\n${script}`)
    await chmod(ffmpegPath, 0o700)
    return ffmpegPath
  }
  const mp3 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), Buffer.from('fffb9064', 'hex'), Buffer.alloc(2000)])

  async function startWith(script: string) {
    const role = world.roles.splice(0)
    await Promise.all(role.map(one => one.close()))
    start(world, { ffmpegPath: await withProgram(script), maxAudioBytes: 64 * KiB })
  }

  async function voiceWith(script: string) {
    await startWith(script)
    return prepared(world, mp3, { kind: 'voice', mimetype: 'audio/mpeg' })
  }

  test('[C13] is what the named program makes of it', async () => {
    const ogg = sampleVoice({ seconds: 2 }).toString('base64')
    const { file, reasonText } = await voiceWith(
      `const heard = process.argv.includes('s16le')
       const made = heard ? Buffer.alloc(3 * 8000 * 2, 1) : Buffer.from('${ogg}', 'base64')
       process.stdin.resume().on('end', () => process.stdout.write(made))`,
    )
    expect(reasonText).toBeNull()
    // As long as it was heard to be.
    expect(file).toMatchObject({ mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3, waveform: Array(64).fill(100) })
  })

  test('[C13] that cannot be heard is sent all the same, without its shape and as long as it says', async () => {
    const ogg = sampleVoice({ seconds: 2 }).toString('base64')
    const { file } = await voiceWith(
      `if (process.argv.includes('s16le')) process.exit(1)
       process.stdin.resume().on('end', () => process.stdout.write(Buffer.from('${ogg}', 'base64')))`,
    )
    expect(file).toMatchObject({ durationSeconds: 2, waveform: null })
  })

  test('[C13] has no shape where there is no program that hears it', async () => {
    await Promise.all(world.roles.splice(0).map(one => one.close()))
    start(world)
    const { file } = await prepared(world, sampleVoice({ seconds: 2 }), { kind: 'voice', mimetype: 'audio/ogg' })
    expect(file).toMatchObject({ durationSeconds: 2, waveform: null })
  })

  test.each<[string, RequestListener, string]>([
    [
      'breaks off',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-length': 40 * KiB })
          .write(Buffer.concat([mp3, Buffer.alloc(20 * KiB)]), () => response.destroy()),
      'connection',
    ],
    ['is too large', (_request, response) => void response.end(Buffer.concat([mp3, Buffer.alloc(90 * KiB)])), 'too-large'],
  ])('[C13] fails where its audio %s, whatever that makes of the half it got', async (_what, listener, reason) => {
    world.outside.answer = listener
    const ogg = sampleVoice({ seconds: 2 }).toString('base64')
    await startWith(
      `process.stdout.write(Buffer.from('${ogg}', 'base64')); process.stdin.resume().on('end', () => process.exit(0))`,
    )
    const row = await ask(world, { source: { from: 'url', url: here(world, '/a.mp3') }, kind: 'voice', mimetype: 'audio/mpeg' })
    expect(await settled(world, row)).toMatchObject({ state: 'failed', reason })
  })

  test('[C13] fails where that does', async () => {
    expect(await voiceWith('process.exit(3)')).toMatchObject({ state: 'failed', reason: 'not-convertible' })
  })

  test('[C13] is made again where the machine ended that, be it out of memory', async () => {
    const [ogg, killed] = [sampleVoice({ seconds: 2 }).toString('base64'), join(world.directory, 'killed-once')]
    const { state, reasonText } = await voiceWith(
      `const fs = require('node:fs')
       if (!fs.existsSync('${killed}')) { fs.writeFileSync('${killed}', ''); process.kill(process.pid, 'SIGKILL') }
       process.stdin.resume().on('end', () => process.stdout.write(Buffer.from('${ogg}', 'base64')))`,
    )
    expect([state, reasonText]).toEqual(['ready', null])
  })

  test.each([
    ['there is no such program', 'nothing', true],
    ['nobody may run it', 'not-to-run', true],
    ['the machine ended it', 'kill -9 $$', true],
    ['it was asked to end', 'kill -15 $$', true],
    ['it fell over the file', 'kill -11 $$', false],
    ['it did not like the file', 'exit 1', false],
  ])(
    '[C13] where %s: that is of the machine, or of the file, and closes what was to be read',
    async (what, script, retryable) => {
      const ffmpegPath = join(world.directory, what)
      if (script !== 'nothing') await writeFile(ffmpegPath, `#!/bin/sh\n${script}`)
      if (script !== 'nothing' && script !== 'not-to-run') await chmod(ffmpegPath, 0o700)
      let isClosed = false
      async function* body() {
        try {
          yield mp3
        } finally {
          isClosed = true
        }
      }
      const making = Array.fromAsync(makeVoice({ ffmpegPath }, { mimetype: 'audio/mpeg', body: body() }, never))
      await expect(making).rejects.toMatchObject({ code: 'not-convertible', retryable })
      await until('its input is closed', () => isClosed)
    },
  )

  test.each([
    ['a playlist', 'audio/x-mpegurl', '#EXTM3U\nfile:///etc/passwd\n', 'type-not-allowed'],
    ['a list that says it is sound', 'audio/mpeg', '#EXTM3U\nfile:///etc/passwd\n', 'type-mismatch'],
    ['notes to be played', 'audio/midi', 'MThd\0\0\0\x06\0\0\0\x01\0\x60', 'type-not-allowed'],
  ])('[C13] [I3] is made of no %s: no program sees it', async (_what, mimetype, text, reason) => {
    await startWith(`process.stdin.resume().on('end', () => process.stdout.write('seen'))`)
    const { state, reason: why } = await prepared(world, Buffer.from(text, 'latin1'), { kind: 'voice', mimetype })
    expect([state, why]).toEqual(['failed', reason])
  })

  test('[C13] fails where that writes without end', async () => {
    const { state, reason } = await voiceWith(
      `const more = () => { while (process.stdout.write(Buffer.alloc(8192))); process.stdout.once('drain', more) }; more()`,
    )
    expect([state, reason]).toEqual(['failed', 'too-large'])
  })

  test('[C13] fails where that is not there, and says which setting names it', async () => {
    await Promise.all(world.roles.splice(0).map(one => one.close()))
    start(world, { ffmpegPath: join(world.directory, 'nothing') })
    expect(await prepared(world, mp3, { kind: 'voice', mimetype: 'audio/mpeg' })).toMatchObject({
      ...{ state: 'failed', reason: 'not-convertible', reasonText: expect.stringMatching(/FFMPEG_PATH.*ENOENT/) },
    })
    const doubts = logger.lines.filter(({ event }) => event === 'config.doubtful')
    expect(doubts.at(-1)).toMatchObject({ fields: { setting: 'FFMPEG_PATH', doubt: expect.stringContaining('ENOENT') } })
  })

  test.each([
    ['does nothing', 'sleep 600 & wait', { silentMs: 200, wholeMs: 600_000 }, 'it did nothing for 200 ms'],
    [
      'is never done',
      'sleep 600 & while true; do echo more; sleep 0.05; done',
      { silentMs: 600_000, wholeMs: 200 },
      'it was not done after 200 ms',
    ],
  ])('[C13] whose program %s is ended with all that it has begun', async (_what, script, bounds, words) => {
    const ffmpegPath = join(world.directory, 'hangs')
    await writeFile(ffmpegPath, `#!/bin/sh\n${script}`)
    await chmod(ffmpegPath, 0o700)
    // What it has begun keeps its output open: while any of it lives, this is not over.
    const making = Array.fromAsync(makeVoice({ ffmpegPath, bounds }, { mimetype: 'audio/mpeg', body: only(mp3) }, never))
    await expect(making).rejects.toMatchObject({ code: 'not-convertible', message: expect.stringContaining(words) })
  })

  test('[C13] is no longer made once nobody wants it', async () => {
    const stop = new AbortController()
    const ffmpegPath = await withProgram(`process.stdout.write('begun'); setInterval(() => undefined, 1000)`)
    const making = makeVoice({ ffmpegPath }, { mimetype: 'audio/mpeg', body: only(mp3) }, stop.signal)
    expect(String((await making.next()).value)).toBe('begun')
    stop.abort()
    await expect(making.next()).rejects.toBe(stop.signal.reason)
  })
})
