// What is said of commands that are put off: which of them, in which shape, and when it is said again. Pure.
import { z } from 'zod'
import { mostShown } from '../../database/bounded-count.ts'
import type { signalTypes } from '../../events/vocabulary.ts'
import type { NextCommand } from '../../instances/commands-next.ts'
import { answerOf, command, type WaitsFor } from '../commands/command-shapes.ts'
import { signalFrame } from './event-frame.ts'

export type Deferred = { instanceId: string; commandId: string; operation: string; chatId: string | null; waitsFor: WaitsFor }

const type = 'command.deferred' satisfies (typeof signalTypes.here)[number]

export const deferredBody = z.object({
  type: z.literal(type),
  timestamp: z.string().describe('when it was looked up'),
  data: z.object({
    instanceId: z.string(),
    ...command.pick({ commandId: true, operation: true, chatId: true }).shape,
    waitsFor: command.shape.waitsFor.unwrap().describe('as the command itself says it'),
    othersWaiting: z.int().describe(`how many other commands of the instance are not over; ${mostShown} and more as that`),
  }),
})

export const deferredFrame = (of: Deferred & { othersWaiting: number }, nowAt: number): Buffer => signalFrame(type, of, nowAt)

/** A turn of these is the account's: whose it is says it for all. */
const reasonsOfAccount = ['rate-limited', 'pace', 'first-contact-pace']
/** Of an account, put off each until a time of its own. */
const MOST_PUT_OFF = 10

/** `states`: of the instances that there are, as the read model has them; `next`: in the order of their turns. */
export function deferredAmong(next: readonly NextCommand[], states: ReadonlyMap<string, string>): readonly Deferred[] {
  return [...Map.groupBy(next, one => one.instanceId)].flatMap(([instanceId, some]) => {
    const state = states.get(instanceId)
    return state === undefined ? [] : saidOf(some, state).flatMap(one => deferredOf(one, state))
  })
}

/** Of one account: while it is not open the first is said, and else whoever has its next turns, and what is put off by itself. */
function saidOf(next: readonly NextCommand[], state: string): readonly NextCommand[] {
  if (state !== 'open') return next.slice(0, 1)
  const turns = reasonsOfAccount.map(reason => next.find(one => !one.isPutOff && one.waitsFor?.reason === reason && isLater(one)))
  return [...turns.filter(one => one !== undefined), ...next.filter(isByItself).slice(0, MOST_PUT_OFF)]
}

/** What may go now, and does as soon as somebody looks, is not put off. */
const isLater = ({ waitsFor }: NextCommand): boolean => waitsFor !== null && waitsFor.nextAt !== null

/** A file is brought while its command is in hand, too. */
const isByItself = ({ isPutOff, waitsFor }: NextCommand): boolean => isPutOff || waitsFor?.reason === 'media'

function deferredOf(one: NextCommand, state: string): readonly Deferred[] {
  const { commandId, operation, chatId, waitsFor } = answerOf(one, state)
  return waitsFor === null ? [] : [{ instanceId: one.instanceId, commandId, operation, chatId, waitsFor }]
}

/** A time that moved by less is the same. */
const MOVED_MS = 1_000

/** `told`: what was said of it last. A time that has passed is no news, nor is when a file is looked at again. */
export function isNews(told: WaitsFor | undefined, now: WaitsFor): boolean {
  if (told === undefined || textOf(told) !== textOf(now)) return true
  if (now.nextAt === null || now.reason === 'media') return false
  return told.nextAt === null || Math.abs(Date.parse(now.nextAt) - Date.parse(told.nextAt)) >= MOVED_MS
}

const textOf = (wait: WaitsFor): string => JSON.stringify({ ...wait, nextAt: null })
