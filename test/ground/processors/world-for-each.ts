// A media world of its own for each test of a file. Call at the top of it.
import { afterEach, beforeEach } from 'vitest'
import type { collectLogLines } from '../log-lines.ts'
import { type MediaWorld, openMediaWorld, useHands } from './media-world.ts'

export function worldForEach(logger: ReturnType<typeof collectLogLines>): () => MediaWorld {
  useHands()
  const opened: MediaWorld[] = []
  beforeEach(async () => void opened.push(await openMediaWorld(logger)))
  afterEach(async () => void (await opened.pop()?.close()))
  return () => {
    const [one] = opened
    if (one === undefined) throw new Error('no world is open')
    return one
  }
}
