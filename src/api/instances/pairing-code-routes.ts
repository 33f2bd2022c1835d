// POST /v1/instances/{id}/pairing-code: a code to type on the phone, instead of one to scan. Who asks again while it is good gets the same one.
import { z } from 'zod'
import { lockInstance } from '../../instances/instance-ids.ts'
import { type Pairing, readPairing, requestCode } from '../../instances/pairing-codes.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { phoneNumber } from '../chat-address.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { type ChangeDeps, restartInstance } from './change-instance.ts'
import type { Instance } from './instance-shapes.ts'
import type { PendingQr } from './pending-qr.ts'
import { alreadyPaired, describeState, mayBePaired } from './qr-routes.ts'

export type PairingDeps = ChangeDeps & {
  sealer: Sealer
  pendingQr: PendingQr
  /** Throws Problem `instance-not-found`. */
  readInstance(id: string): Promise<Instance>
  /** No code will come before somebody asks for a restart. */
  isParked(id: string): Promise<boolean>
  /** A phone was linked since it was logged out last. */
  isLinked(id: string): Promise<boolean>
  stopping: AbortSignal
  cut: AbortSignal
  /** How long a request is good, and waited for [20 s]. */
  pairingCodeWaitMs?: number | undefined
}
type Code = { code: string; expiresAt: number }

const body = z
  .strictObject({ phone: phoneNumber.describe('of the phone that the code is typed on, with its country') })
  .meta({ examples: [{ phone: '+55 11 90000-0001' }] })
const answer = z
  .object({ code: z.string().describe('8 letters and digits; phones show them as XXXX-XXXX'), expiresAt: z.string() })
  .meta({ examples: [{ code: 'K7WQ3XRT', expiresAt: '2026-01-05T12:02:40.000Z' }] })

export function pairingCodeRoutes(app: App, deps: PairingDeps) {
  app.route({
    method: 'POST',
    url: '/v1/instances/:id/pairing-code',
    schema: describeCall('A code that is typed on the phone to link this instance', {
      tag: 'instances',
      params: z.object({ id: z.string() }),
      body,
      answers: { 200: answer },
      problems: [404, 409],
    }),
    handler: async (request, reply) => {
      const { id } = request.params
      const { phone } = request.body
      const waitMs = deps.pairingCodeWaitMs ?? 20_000
      const until = AbortSignal.any([AbortSignal.timeout(waitMs), clientGone(reply), deps.stopping])
      const code = await pairingCodeOf(deps, { id, phone, waitMs }, until)
      reply.header('cache-control', 'no-store').header('expires', new Date(code.expiresAt).toUTCString())
      return reply.send({ code: code.code, expiresAt: new Date(code.expiresAt).toISOString() })
    },
  })
}

/** Throws Problem `instance-not-found`, `already-paired`, or `no-pairing-code` where none came. */
export async function pairingCodeOf(deps: PairingDeps, wanted: Wanted, until: AbortSignal): Promise<Code> {
  const code = await waitForCode(deps, wanted, until)
  if (code === null) throw await whyNone(deps, wanted.id, wanted.waitMs)
  return code
}

type Wanted = { id: string; phone: string; waitMs: number }

/** Throws Problem `instance-not-found`, `already-paired`, or `no-pairing-code` where WhatsApp refuses. null: none came. */
async function waitForCode(deps: PairingDeps, wanted: Wanted, until: AbortSignal): Promise<Code | null> {
  const { id, phone } = wanted
  let requestId: string | null = null
  const look = async () => {
    const code = codeIn(await readPairing(deps, id), phone)
    if (code !== null) return code
    const instance = await deps.readInstance(id)
    if (mayBePaired(instance) && (await deps.isLinked(id))) throw alreadyPaired(instance)
    requestId ??= await ask(deps, wanted)
    refuseEnded(await readPairing(deps, id), { id, phone, requestId })
    if (await deps.isParked(id)) await restartInstance(deps, id, deps.cut)
    return null
  }
  return deps.pendingQr.until(look, [id], until)
}

function codeIn({ answered }: Pairing, phone: string): Code | null {
  if (answered === null || answered.answer.phone !== phone || !('code' in answered.answer)) return null
  return { code: answered.answer.code, expiresAt: answered.expiresAt }
}

/** Requests of one instance come one after the other: those for the same phone are one. */
const ask = (deps: PairingDeps, { id, phone, waitMs }: Wanted): Promise<string> =>
  deps.database.transact(async tx => {
    if ((await lockInstance(tx, id)) === 'missing') throw instanceNotFound(id)
    return requestCode({ database: tx, sealer: deps.sealer }, { instanceId: id, phone, withinMs: waitMs })
  }, deps.cut)

function refuseEnded({ pendingId, answered }: Pairing, of: { id: string; phone: string; requestId: string }): void {
  const { id, phone, requestId } = of
  const asking = `asking for a pairing code of ${id} for ${phone}`
  if (answered?.requestId === requestId && 'refusal' in answered.answer)
    throw new Problem('no-pairing-code', `${asking}: WhatsApp refused with ${answered.answer.refusal}`)
  if (pendingId !== null && pendingId !== requestId)
    throw new Problem('no-pairing-code', `${asking}: meanwhile one for another phone was asked for`)
}

async function whyNone({ stopping, readInstance }: PairingDeps, id: string, waitMs: number): Promise<Problem> {
  if (stopping.aborted) return new Problem('stopping', `waiting for a pairing code of ${id}: this process is stopping`)
  const state = describeState(await readInstance(id))
  return new Problem('no-pairing-code', `${state}: no pairing code came within ${waitMs / 1000} s; ask again`)
}
