// zaplog keys: how much is sealed with which key, and all of it sealed anew with the one that seals now. Every page is a call of its own, so that it
// may be ended anywhere and begun again: what is done stays done.
import { z } from 'zod'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { createReminder } from './follow-qr.ts'
import { drawnLine } from './progress-line.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { textTable } from './text-table.ts'

const page = z.looseObject({
  keyId: z.string(),
  keyIds: z.array(z.string()),
  keys: z.record(z.string(), z.number()),
  values: z.number(),
  resealed: z.number().default(0),
  next: z.string().nullable(),
})
type Page = z.infer<typeof page>
/** `others`: values that are under another key than `keyId`. */
type Sealed = {
  keyId: string
  keyIds: readonly string[]
  values: number
  resealed: number
  keys: Record<string, number>
  others: number
}

const REMIND_EVERY_MS = 2_000
/** A value that was being written at that moment is met by the next walk. */
const MOST_WALKS = 5

export const keysStatus = () => runVerb(async api => told(await walk(api, counting, say)))

export const rotateKeys = () => runVerb(api => rotate(api, say))

/** Rejects CallFailed where something is left under another key. */
export async function rotate(api: ApiSettings, tell: (line: string) => void): Promise<Result> {
  let resealed = 0
  for (let walks = 1; ; walks += 1) {
    const found = await walk(api, resealing, tell)
    resealed += found.resealed
    const all = { ...found, resealed }
    if (found.others === 0) return told(all)
    if (walks === MOST_WALKS || found.resealed === 0) throw notAll(all)
  }
}

const counting = { doing: 'counting what is sealed', method: 'GET', path: '/v1/encryption-keys' } as const
const resealing = { doing: 'sealing anew', method: 'POST', path: '/v1/encryption-keys/rotate' } as const

async function walk(api: ApiSettings, call: typeof counting | typeof resealing, tell: (line: string) => void): Promise<Sealed> {
  const isDue = createReminder(REMIND_EVERY_MS)
  const drawn = drawnLine()
  const all: Sealed = { keyId: '', keyIds: [], values: 0, resealed: 0, keys: {}, others: 0 }
  try {
    for (let from: string | null = null; ; ) {
      const one: Page = await callApi(api, { ...pageCall(call, from), answer: page })
      add(all, one)
      if (one.next === null) return all
      const said = [
        `${all.values.toLocaleString('en')} ${all.values === 1 ? 'value' : 'values'}`,
        `${all.resealed.toLocaleString('en')} sealed anew`,
      ]
      if (drawn !== null) drawn.show({ share: null, stage: call.doing, said, line: '' })
      else if (isDue('', performance.now())) tell(said.join(', '))
      from = one.next
    }
  } finally {
    drawn?.close()
  }
}

function pageCall(call: typeof counting | typeof resealing, from: string | null) {
  if (call.method === 'POST') return { ...call, body: from === null ? {} : { from } }
  return from === null ? call : { ...call, path: `${call.path}?from=${encodeURIComponent(from)}` }
}

function add(all: Sealed, { keyId, keyIds, values, resealed, keys }: Page): void {
  Object.assign(all, { keyId, keyIds, values: all.values + values, resealed: all.resealed + resealed })
  for (const [id, count] of Object.entries(keys)) all.keys[id] = (all.keys[id] ?? 0) + count
  all.others = all.values - (all.keys[keyId] ?? 0)
}

/** Every key that opens has a line, also the one that nothing is under. */
function told(all: Sealed): Result {
  const counts: Record<string, number> = { ...Object.fromEntries(all.keyIds.map(id => [id, 0])), ...all.keys }
  const json = { ...all, keys: counts }
  const rows = Object.entries(counts).map(([id, count]) => [id, count.toLocaleString('en'), roleOf(all, id)])
  return { json, text: `${textTable(['key', 'values', 'which'], rows)}\n\n${all.others} under other keys than ${all.keyId}` }
}

function roleOf({ keyId, keyIds }: Sealed, id: string): string {
  if (id === keyId) return 'ENCRYPTION_KEY'
  if (id === 'unmarked') return 'from before keys had ids'
  return keyIds.includes(id) ? 'ENCRYPTION_KEY_PREVIOUS' : 'none that is set: give it as ENCRYPTION_KEY_PREVIOUS'
}

function notAll(all: Sealed): CallFailed {
  const { keyId, keyIds, keys, others } = all
  const unknown = Object.keys(keys).filter(id => !keyIds.includes(id) && id !== 'unmarked')
  const why = [
    ...(unknown.length > 0 ? [`give the key ${unknown.join(', ')} as ENCRYPTION_KEY_PREVIOUS`] : []),
    ...(keys.unmarked === undefined ? [] : [unopened]),
  ].join('; ')
  return new CallFailed(
    `${others === 1 ? '1 value is' : `${others} values are`} not sealed with ${keyId}: ${why === '' ? besides : why}`,
    { rest: { keys: all } },
  )
}

const unopened = 'what is unmarked is of an earlier zaplog whose key is not given, or damaged: give each key that it ever had'
const besides = 'a process that runs with another ENCRYPTION_KEY seals beside, or rows are damaged'
