// What the tests of download-media begin with: a world of their own for each, and messages whose file its CDN has.
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import type { collectLogLines } from '../log-lines.ts'
import { handle, type MediaWorld, type MessageFields, mediaMessage, openMediaWorld } from './media-world.ts'

/** The file of every message. */
export const bytes = randomBytes(50_000)
export const sha256 = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')

/** Call at the top of a test file. */
export function downloadsOf(logger: ReturnType<typeof collectLogLines>) {
  const opened: MediaWorld[] = []
  beforeEach(async () => void opened.push(await openMediaWorld(logger)))
  afterEach(async () => void (await opened.pop()?.close()))
  const world = (): MediaWorld => {
    const [one] = opened
    if (one === undefined) throw new Error('no world is open')
    return one
  }
  return {
    world,
    message: (more: MessageFields = {}) => mediaMessage(world().cdn, { bytes }, more),
    download: (event: Event, attempt = 1) => handle(world(), world().download(), event, attempt),
    fetches: () => world().cdn.hits().length,
  }
}
