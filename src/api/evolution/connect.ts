// Links an instance with a phone: the QR code as text and picture, and, for a number, the code that is typed there.
import type { FastifyReply } from 'fastify'
import { toDataURL } from 'qrcode'
import { isParked } from '../../instances/instance-ids.ts'
import { waitingFor } from '../dialect.ts'
import { restartInstance } from '../instances/change-instance.ts'
import { pairingCodeOf } from '../instances/pairing-code-routes.ts'
import { waitForQr, whyNoQr } from '../instances/qr-routes.ts'
import { isLinked, readInstance } from '../instances/read-instances.ts'
import { Problem } from '../problems.ts'
import type { EvolutionDeps } from './evolution-call.ts'
import { stateOf } from './instances-shown.ts'

/** `number`: in digits. */
type Wanted = { id: string; number: string | null; reply: FastifyReply }
/** `code`: what the QR code says. */
type Link = { pairingCode: string | null; code: string; base64: string }

const WAIT_MS = 20_000

/** One that is linked answers how it is; one that shows no code any more begins anew. */
export async function connect(deps: EvolutionDeps, wanted: Wanted): Promise<unknown> {
  const { id } = wanted
  const instance = await readInstance(deps.database, id)
  if (instance.state === 'open') return stateOf(instance)
  if (await isParked(deps.database, id)) await restartInstance(deps, id, deps.cut)
  return linkOf(deps, wanted)
}

/** Throws Problem `no-qr-pending`, `no-pairing-code`, `already-paired`. */
export async function linkOf(deps: EvolutionDeps, { id, number, reply }: Wanted): Promise<Link> {
  const reading = {
    ...deps,
    readInstance: (one: string) => readInstance(deps.database, one),
    isParked: (one: string) => isParked(deps.database, one),
    isLinked: (one: string) => isLinked(deps.database, one),
  }
  const waitMs = deps.pairingCodeWaitMs ?? WAIT_MS
  const until = waitingFor(reply, deps, waitMs)
  const typed = number === null ? null : await pairingCodeOf(reading, { id, phone: number, waitMs }, until)
  const qr = await waitForQr(reading, id, until)
  if (qr === null) throw new Problem('no-qr-pending', whyNoQr(await reading.readInstance(id), { parked: false }))
  return { pairingCode: typed?.code ?? null, code: qr.qr, base64: await toDataURL(qr.qr, { width: 400 }) }
}

/** Of one that is made, whichever way its linking goes. null: no code came in time. */
export const linkIfAny = (deps: EvolutionDeps, wanted: Wanted): Promise<Link | null> =>
  linkOf(deps, wanted).catch((error: unknown) => {
    if (error instanceof Problem && (error.code === 'no-qr-pending' || error.code === 'no-pairing-code')) return null
    throw error
  })
