// A shortcut that fails, by what shortcut.ts promises of it.
import { describe, expect, it } from 'vitest'
import { createShortcut } from '../../src/webhooks/bridge/shortcut.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()

function shortcutAt(clock: { now: number }, event: string) {
  const shortcut = createShortcut({ clock: () => clock.now, logger, what: 'it is not taken', event })
  /** How long it is left alone after one more failure. */
  const leftAloneMs = () => {
    shortcut.failed(new Error('refused for the test'))
    const failedAt = clock.now
    while (!shortcut.isOpen()) clock.now += 500
    return clock.now - failedAt
  }
  return { ...shortcut, leftAloneMs, warnings: () => logger.lines.filter(line => line.event === event) }
}

describe('a shortcut', () => {
  it('[E4] that fails is left alone, longer each time, a minute at most, and tried again after that', () => {
    const { isOpen, leftAloneMs, worked } = shortcutAt({ now: 0 }, 'one')
    expect(isOpen()).toBe(true)
    expect(Array.from({ length: 8 }, leftAloneMs)).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map(seconds => seconds * 1_000))
    worked()
    expect(leftAloneMs()).toBe(1_000)
  })

  it('[E4] says why for as long as it is left alone, and warns once until it works again', () => {
    const { failed, worked, trouble, warnings } = shortcutAt({ now: 0 }, 'two')
    expect(trouble()).toBeNull()
    for (let nth = 0; nth < 3; nth += 1) failed(new Error('refused for the test'))
    expect(trouble()).toBe('it is not taken: refused for the test')
    expect(warnings()).toHaveLength(1)
    worked()
    expect(trouble()).toBeNull()
    failed(new Error('refused again'))
    expect(warnings()).toHaveLength(2)
  })
})
