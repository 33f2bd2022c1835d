// Reading what was just written: the header zaplog-position of writes, and `waitFor` of reads.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import type { Position } from '../log/log.ts'
import { positionsIn, positionToken, waitForPosition } from '../projections/queries.ts'
import { readModelName } from '../projections/read-model/queries.ts'
import { refuseFields } from './invalid-input.ts'
import type { KeptPositions } from './kept-positions.ts'
import { Problem } from './problems.ts'

/** Of the topic events, where every change through the API goes, or of commands. null: the log did not answer in time; the change stands. */
export function setPosition(reply: FastifyReply, positions: readonly Position[] | null, topic: 'events' | 'commands' = 'events') {
  if (positions !== null) reply.header('zaplog-position', positionToken(topic, positions))
}

export const waitForQuery = {
  waitFor: z.string().min(1).max(4000).optional().describe('zaplog-position of a write: answers once that can be read'),
}

const PATIENCE_MS = 5_000

/**
 * Throws Problem `invalid-input` for what is no position, `position-expired` where the log no longer has what comes after it,
 * `position-not-reached` after 5 s.
 */
export async function awaitPosition(
  deps: { database: Database; kept: KeptPositions; stopping: AbortSignal },
  token: string | undefined,
): Promise<void> {
  if (token === undefined) return
  const signal = AbortSignal.any([deps.stopping, AbortSignal.timeout(PATIENCE_MS)])
  const { topic, positions } = positionsIn(token)
  const name = topic === 'commands' ? 'commands' : readModelName
  const outcome = await waitForPosition(deps.database, { name }, token, signal)
  if (outcome === 'invalid')
    throw refuseFields('parameter', [
      { parameter: 'waitFor', expected: 'zaplog-position of a write', received: token.slice(0, 200) },
    ])
  if (await deps.kept.isPast(topic, positions))
    throw new Problem('position-expired', 'the log no longer has what comes after the position in waitFor; read without it')
  if (outcome === 'timed-out')
    throw new Problem('position-not-reached', 'the read model has not come to the position in waitFor yet')
}
