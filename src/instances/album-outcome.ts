// What comes of an album as a whole, which was never given to WhatsApp itself: what came of all that it is made of.
import type { Transaction } from '../database/database.ts'
import { keptBodyIn } from '../events/command-bodies.ts'
import { albumParts } from './album-parts.ts'
import type { CommandIds } from './command-ids.ts'
import type { Outcome } from './commands.ts'
import { outcomesOf } from './commands-shown.ts'

type Failure = Extract<Outcome, { type: 'command.failed' }>
/** `body`: as it is kept. */
export type WholeAlbum = { instance_id: string; command_id: string; body: unknown }

/** In their order, of one question; `at`: epoch ms. null: something of it is not over yet. */
export async function albumOutcomes(
  database: Transaction,
  albums: readonly WholeAlbum[],
  at: number,
): Promise<readonly (Outcome | null)[]> {
  const madeOf = albums.map(partsOf)
  const commandIds = madeOf.flatMap(parts => (parts ?? []).map(({ commandId }) => commandId))
  const instanceIds = [...new Set(albums.map(one => one.instance_id))]
  const came = commandIds.length === 0 ? new Map() : await outcomesOf(database, { instanceIds, commandIds })
  return madeOf.map(parts =>
    parts === null ? failed('This version cannot send what it asks for.', at) : outcomeOf(parts, came, at),
  )
}

/** Its marker, then its items. null: this version cannot read it. */
function partsOf({ instance_id: instanceId, command_id: commandId, body }: WholeAlbum): readonly CommandIds[] | null {
  const kept = keptBodyIn(body)
  return kept?.kind === 'album' ? albumParts({ instanceId, commandId, body: kept }).map(({ ids }) => ids) : null
}

/** Completed where anything of it went out; `result` names what did not. */
function outcomeOf(
  [marker, ...items]: readonly CommandIds[],
  came: ReadonlyMap<string, Outcome | null>,
  at: number,
): Outcome | null {
  if ([...items, marker].some(one => came.get(one?.commandId ?? '') === null)) return null
  const unsent = items.flatMap(({ commandId, messageId }) => {
    const failure = failureIn(came.get(commandId), at)
    return failure === null ? [] : [{ commandId, messageId, failure }]
  })
  const [first] = unsent
  if (first !== undefined && unsent.length === items.length) {
    const ofMarker = came.get(marker?.commandId ?? '')
    if (ofMarker?.type === 'command.failed') return { ...ofMarker, at }
    return { ...(ofMarker ? emptied(first.failure) : first.failure), at }
  }
  const told = unsent.map(({ failure: { reason, reasonText, code }, ...ids }) => ({ ...ids, reason, reasonText, code }))
  const result = JSON.stringify({ sent: items.length - unsent.length, failed: told })
  return { type: 'command.completed', at, saidAt: null, result }
}

/** Its marker went out ahead of them. */
const emptied = (failure: Failure): Failure => ({
  ...failure,
  reasonText: `Its marker was sent and nothing of what is in it, so that phones show an empty album. ${failure.reasonText}`,
})

/** null: it went out. Whoever wrote the record of an album by hand may have written none of what is in it. */
const failureIn = (item: Outcome | null | undefined, at: number): Failure | null =>
  item === undefined || item === null ? failed('It was never asked for.', at) : item.type === 'command.failed' ? item : null

const failed = (reasonText: string, at: number): Failure => ({
  type: 'command.failed',
  at,
  reason: 'invalid',
  reasonText,
  code: null,
})
