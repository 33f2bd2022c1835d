// Whoever wants a code to type on a phone has asked by a row: each instance of this process that shows QR codes is asked for it, one question
// for all of them, and answers by a row. A request that comes before there is such a socket waits for one, as long as it is good.
import type { Database } from '../../database/database.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import {
  answerRequest,
  hidePairingCode,
  type PairingRequest,
  pairingRequestsChannel,
  readRequests,
} from '../../instances/pairing-codes.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { AskForCode } from '../socket/pairing-code.ts'

export type PairingRequests = {
  /** From now on, until it is over; a newer one takes its place. */
  serve(of: Served): void
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
export type Served = Owned & { ask: AskForCode; isOver(): boolean }
type Deps = { database: Database; sealer: Sealer; logger: Logger }

/** Wakes may be lost. */
const lookEveryMs = 2_000

export function createPairingRequests(deps: Deps): PairingRequests {
  const { database, logger } = deps
  const serving = new Map<string, Served>()
  const asking = new Map<string, Promise<void>>()
  const bell = createBell()

  async function lookForRequests(): Promise<void> {
    for (const { instanceId, isOver } of serving.values()) if (isOver()) serving.delete(instanceId)
    if (serving.size === 0) return
    for (const request of await readRequests(deps, [...serving.keys()])) {
      const { instanceId } = request
      const served = serving.get(instanceId)
      // One at a time: Baileys keeps one code of a socket.
      if (served === undefined || asking.has(instanceId)) continue
      asking.set(
        instanceId,
        answer(served, request).finally(() => asking.delete(instanceId)),
      )
    }
  }

  /** Without an answer it is asked again with the next look. */
  async function answer({ instanceId, epoch, ask, isOver }: Served, { requestId, phone }: PairingRequest): Promise<void> {
    try {
      const given = await ask(phone)
      if (isOver()) return
      await answerRequest(deps, { instanceId, epoch, requestId, ...given })
      // It may have ended while that was written: what can be typed no more is shown to nobody.
      if (isOver()) await hidePairingCode(database, { instanceId, epoch })
      bell.ring()
    } catch (error) {
      if (!isOver()) logger.warn('pairing-code.not-given', { instanceId, epoch, error })
    }
  }

  async function tried(doing: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await doing()
    } catch (error) {
      if (!signal.aborted) logger.warn('pairing-requests.not-read', { instances: serving.size, error })
    }
  }

  return {
    serve: served => {
      serving.set(served.instanceId, served)
      bell.ring()
    },
    follow: async signal => {
      await tried(() => database.listen(pairingRequestsChannel, bell.ring, signal), signal)
      while (!signal.aborted) {
        await tried(lookForRequests, signal)
        await bell.rung(signal, lookEveryMs)
      }
      await Promise.all(asking.values())
    },
  }
}
