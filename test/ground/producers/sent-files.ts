// Files that an account sends, for tests: an account that is open, people whom nobody has written to, and what WhatsApp was given for each.
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { EventOf, EventType } from '../../../src/events/event.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { until } from '../until.ts'
import { type Asked, askFor } from './commands.ts'
import { openRig, type Rig } from './rig.ts'

export type SentFiles = {
  rig: Rig
  device: SimDevice
  /** So many were made. */
  people: number
  /** Requests to WhatsApp's stores before this test. */
  seen: number
}

export async function openSentFiles(name: string, logger: Logger): Promise<SentFiles> {
  const rig = await openRig(name, logger)
  await rig.start({ commandTimes: { retryMs: 30, fileMs: 3_600_000 }, uploadTimes: { idleMs: 300 } })
  return { rig, device: await rig.pair('first'), people: 0, seen: 0 }
}

export function beginAnew(files: SentFiles): void {
  files.seen = files.rig.simulator.cdn.hits().length
  files.rig.simulator.cdn.faultUploads(null)
}

/** To be asked once all tests of a file are over. */
export function expectShownOnce({ device }: SentFiles): void {
  expect(device.conflicts()).toEqual([])
  expect(new Set(device.stanzasSent().map(({ count }) => count))).toEqual(new Set([1]))
}

/** One whom no other test writes to. */
export const aPerson = (files: SentFiles) =>
  files.rig.simulator.contact({ pn: `55119000001${String(++files.people).padStart(2, '0')}`, name: `Person ${files.people}` })

/** Of this test. */
export const posts = (files: SentFiles) =>
  files.rig.simulator.cdn
    .hits()
    .slice(files.seen)
    .filter(({ method }) => method === 'POST')

export const statuses = (files: SentFiles) => posts(files).map(({ status }) => status)

export const eventOf = <Type extends EventType>(files: SentFiles, type: Type, { commandId }: Asked) =>
  until(`${type} of the command`, async () => {
    const found = (await files.rig.eventsOf(type)).find(event => 'commandId' in event && event.commandId === commandId)
    return found as EventOf<Type> | undefined
  })

export const done = (files: SentFiles, asked: Asked) => eventOf(files, 'command.completed', asked)

export const contentOf = (files: SentFiles, { messageId }: Asked) =>
  files.device.shown().find(one => one.messageId === messageId)?.content

/** Longer than a block of a hundred kilobytes, and no multiple of anything. */
export const someBytes = () => randomBytes(123_457)

export const sendImage = async (files: SentFiles, uploadId: string, more: object = {}, chatId: string = aPerson(files).lidJid) =>
  askFor(files.rig, { chatId, kind: 'image', media: { uploadId }, ...more })
