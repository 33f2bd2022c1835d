// One socket inside one epoch: its auth state, its gate, and what it says about itself while it lives.
import type { Database } from '../../database/database.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { type AuthState, openAuthState } from '../auth/auth-state.ts'
import type { WriteKeys } from '../auth/key-writer.ts'
import type { ContactNames } from '../convert/contact-names.ts'
import { convertBaileysEvent } from '../convert/convert-baileys-event.ts'
import { treatEvent } from '../convert/event-sources.ts'
import { type GroupNames, groupsListed, type NamedGroup } from '../convert/group-names.ts'
import type { OwnAddresses } from '../convert/jid.ts'
import { createAckGate } from '../gate/ack-gate.ts'
import { createAppendedParts } from '../gate/appended-parts.ts'
import { createIngest } from '../gate/ingest.ts'
import { type ConnectionUpdate, openSocket, type Socket } from '../socket/open-socket.ts'
import { ownAddresses, paired, type State } from './instance-events.ts'
import type { InstanceSettings } from './instance-settings.ts'
import { watchAddresses } from './known-addresses.ts'
import type { Epoch, EpochDeps } from './open-epoch.ts'

export type Connection = Pick<Socket, 'closed' | 'idle' | 'close' | 'logout'> & {
  auth: AuthState
  /** Epoch milliseconds; null: not logged in. */
  openedAt(): number | null
  /** What of the settings takes effect on a connection that is open does so now. */
  settingsChanged(): void
}
export type ConnectionDeps = EpochDeps & {
  database: Database
  sealer: Sealer
  writeKeys: WriteKeys
  url: string | null
  version: readonly [number, number, number] | null
  /** null: as long as Baileys shows each code. */
  qrTimeoutMs: number | null
}
export type ConnectionOf = {
  epoch: Epoch
  names: ContactNames
  groupNames: GroupNames
  settings(): InstanceSettings
  tell(state: State, own: OwnAddresses): Promise<void>
}

/** How long WhatsApp keeps the first code of a round, and each later one (lib/Socket/socket.js). */
const qrLife = { firstMs: 60_000, laterMs: 20_000 }

export async function openConnection(deps: ConnectionDeps, of: ConnectionOf): Promise<Connection> {
  const { epoch, settings } = of
  const { instanceId, life, intake } = epoch
  const { clock, rows, logger, metrics } = deps
  const auth = await openAuthState({ ...deps, life, instanceId, epoch: epoch.epoch, timeoutMs: deps.appendTimeoutMs })
  // App-state versions run ahead of the events made of them; after an unclean end those may be missing, so they are made again.
  if (!epoch.endedCleanly) await auth.eraseAll('app-state-sync-version')
  const own = () => ownAddresses(auth.creds)
  const known = watchAddresses(auth.keys, own)
  const { names, groupNames } = of
  const ingest = createIngest({ instanceId, own, known, names, groupNames, intake, clock, metrics })
  const gate = createAckGate({ ingest, parts: createAppendedParts(auth), life, own, logger, metrics })
  let openedAt: number | null = null
  let codes = 0

  function connection(update: ConnectionUpdate): void {
    if (update.qr) showQr(update.qr)
    if (update.isNewLogin) {
      say('instance.paired', intake.append([paired({ instanceId, occurredAt: clock() }, auth.creds)]))
      hideQr()
    }
    if (update.connection !== 'open') return
    openedAt = clock()
    hideQr()
    say('instance.state-changed', of.tell({ state: 'open', reason: null, reasonText: null }, own()))
    settingsChanged()
  }

  function showQr(qr: string): void {
    const expiresAt = clock() + (deps.qrTimeoutMs ?? (codes++ === 0 ? qrLife.firstMs : qrLife.laterMs))
    say('qr', rows.showQr({ instanceId, epoch: epoch.epoch, qr, expiresAt }))
    say(
      'instance.state-changed',
      of.tell({ state: 'qr', reason: null, reasonText: 'Waiting for a phone to scan the code.' }, own()),
    )
  }
  const hideQr = () => say('qr', rows.hideQr({ instanceId, epoch: epoch.epoch }))

  function received(name: string, payload: unknown): void {
    const treatment = treatEvent(name, payload)
    if (treatment.kind === 'append-unlisted') metrics.unlisted.inc()
    if (treatment.kind === 'ignore') metrics.ignored.inc({ name: `baileys ${name}` })
    else appendPayload(name, treatment.payload)
  }

  function appendPayload(name: string, payload: unknown): void {
    const { ignores } = intake
    const { offer, isCut } = convertBaileysEvent({ instanceId, name, payload, occurredAt: clock(), ignores })
    if (isCut) metrics.ignored.inc({ name: 'settings, in an event of Baileys' })
    if (offer !== null) say(name, intake.append([offer]))
    const renamed = groupsListed(name, payload).filter(group => groupNames.isNew(group) && !ignores(group.groupId))
    if (renamed.length > 0) say('group.updated', tellNames(renamed))
  }

  async function tellNames(groups: readonly NamedGroup[]): Promise<void> {
    const about = { eventId: null, type: 'group.updated', instanceId, occurredAt: clock() } as const
    await intake.append(groups.map(group => ({ ...about, chatId: group.groupId, ...group })))
    for (const group of groups) groupNames.remember(group)
  }

  /** Nobody waits for these; what the end of the socket leaves unsaid is said again by the next one. */
  function say(what: string, saying: Promise<void>): void {
    saying.catch(error => logger.warn('instance.not-said', { instanceId, epoch: epoch.epoch, what, error }))
  }

  /** What Baileys says at login, and what was said since. */
  let isShownOnline = settings().markOnline
  function settingsChanged(): void {
    const { markOnline } = settings()
    if (openedAt === null || markOnline === isShownOnline) return
    isShownOnline = markOnline
    say('presence', socket.showOnline(markOnline))
  }

  const { url, version, qrTimeoutMs } = deps
  const socket = openSocket({
    instanceId,
    auth: { ...auth, keys: known.keys },
    gate,
    life,
    url,
    version,
    qrTimeoutMs,
    settings: settings(),
    received,
    connection,
    clock,
    logger,
    metrics,
  })
  return { ...socket, auth, openedAt: () => openedAt, settingsChanged }
}
