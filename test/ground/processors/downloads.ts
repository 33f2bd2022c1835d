// What the tests of download-media begin with: a world of their own for each, and messages whose file its CDN has.
import { createHash, randomBytes } from 'node:crypto'
import type { Event } from '../../../src/events/event.ts'
import type { collectLogLines } from '../log-lines.ts'
import { handle, type MessageFields, mediaMessage } from './media-world.ts'
import { worldForEach } from './world-for-each.ts'

/** The file of every message. */
export const bytes = randomBytes(50_000)
export const sha256 = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')

/** Call at the top of a test file. */
export function downloadsOf(logger: ReturnType<typeof collectLogLines>) {
  const world = worldForEach(logger)
  return {
    world,
    message: (more: MessageFields = {}) => mediaMessage(world().cdn, { bytes }, more),
    download: (event: Event, attempt = 1) => handle(world(), world().download(), event, attempt),
    fetches: () => world().cdn.hits().length,
  }
}
