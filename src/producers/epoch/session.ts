// One session of an account with WhatsApp, inside one epoch: what comes in goes through the gate into the log before it is acknowledged,
// what goes out leaves through the socket's `send`, and what the session says about itself is told while it lives.

import type { ContactNames } from '../../convert/contact-names.ts'
import type { OwnAddresses } from '../../convert/jid.ts'
import { watchAddresses } from '../../convert/known-addresses.ts'
import type { Database } from '../../database/database.ts'
import type { InstanceSettings } from '../../instances/instance-settings.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { type AuthState, openAuthState } from '../auth/auth-state.ts'
import type { KeyWriter } from '../auth/key-writer.ts'
import { createFindSent } from '../commands/find-sent.ts'
import { createAckGate } from '../gate/ack-gate.ts'
import { createAppendedStanzaParts } from '../gate/appended-stanza-parts.ts'
import { createIngest } from '../gate/ingest.ts'
import type { UntoldParts } from '../gate/untold-parts.ts'
import { hearChanges } from '../reads/hear-changes.ts'
import type { SocketReads } from '../reads/serve-reads.ts'
import { openSealedMessages } from '../secrets/sealed-messages.ts'
import type { SealedWatch } from '../secrets/sealed-watch.ts'
import type { SecretWriter } from '../secrets/secret-writer.ts'
import { type MessageSecrets, openMessageSecrets } from '../secrets/secrets.ts'
import { createSecretsOfPart } from '../secrets/secrets-of-part.ts'
import { type ConnectionUpdate, openSocket, type Socket } from '../socket/open-socket.ts'
import { watchAppState } from '../socket/watch-app-state.ts'
import { whilePending } from '../socket-life.ts'
import { openTold, type Told } from '../told/told.ts'
import { linkOf, openToldLists } from '../told/told-lists.ts'
import { forgetOtherAccount } from '../told/told-rows.ts'
import { createAppStateIntake } from './app-state-intake.ts'
import { createEventIntake, type EventIntake } from './event-intake.ts'
import { ownAddresses, type State } from './instance-events.ts'
import type { PairLearning } from './learn-pairs.ts'
import { createGroupList, forgetList } from './list-groups.ts'
import type { Epoch, EpochDeps } from './open-epoch.ts'
import { type OutgoingDeps, openOutgoing } from './open-outgoing.ts'
import { createPairing, type Pairing } from './pairing.ts'
import type { PairingRequests } from './pairing-requests.ts'
import { createPresenceIntake } from './presence-intake.ts'
import { showOnline } from './show-online.ts'

export type Session = Pick<Socket, 'closed' | 'idle' | 'close' | 'logout'> & {
  auth: AuthState
  /** Epoch milliseconds; null: not logged in. */
  openedAt(): number | null
  /** What of the settings takes effect on a session that is open does so now. */
  followSettings(): void
}
export type SessionDeps = EpochDeps &
  OutgoingDeps & {
    presenceTopic: string
    database: Database
    sealer: Sealer
    keyWriter: KeyWriter
    secretWriter: SecretWriter
    sealedWatch: Pick<SealedWatch, 'add'>
    pairLearning: PairLearning
    pairingRequests: Pick<PairingRequests, 'serve'>
    socketReads: Pick<SocketReads, 'serve' | 'outdate'>
    url: string | null
    cdnUrl: string | null
    version: readonly [number, number, number] | null
    /** null: as long as Baileys shows each code. */
    qrTimeoutMs: number | null
  }
export type SessionOf = {
  epoch: Epoch
  names: ContactNames
  untold: UntoldParts
  settings(): InstanceSettings
  tell(state: State, own: OwnAddresses): Promise<void>
  /** Groups, blocklist and app state, of itself at login; and works off what was asked of the account. */
  fetchesLists: boolean
}
/** Nobody waits for what is said so; what the end of the session leaves unsaid is said again by the next one. */
export type Say = (what: string, saying: Promise<unknown>) => void

export async function openSession(deps: SessionDeps, of: SessionOf): Promise<Session> {
  const { epoch, settings } = of
  const { instanceId, socketLife } = epoch
  const { clock, database, sealer, secretWriter, random, logger } = deps
  const whose = { life: socketLife, instanceId, epoch: epoch.epoch }
  const stored = { ...whose, database, sealer, timeoutMs: deps.appendTimeoutMs, random, logger }
  const secrets = openMessageSecrets({ ...stored, secretWriter })
  const auth = await openAuth({ ...deps, ...stored }, { epoch, secrets })
  const told = await openToldOf(deps, epoch, auth)
  const lists = await openToldLists(told, auth.creds)
  const own = () => ownAddresses(auth.creds)
  const known = watchAddresses(auth.keys, own)
  const say: Say = (what, saying) =>
    void saying.catch(error => logger.warn('instance.not-said', { instanceId, epoch: epoch.epoch, what, error }))
  const watch = watchAppState({ keys: known.keys, told: collections => appState.heard(collections) })
  const appState = createAppStateIntake({ ...deps, of: epoch, watch, told, lists, known, own, say })
  const events = createEventIntake(deps, { epoch, told, appState, known }, say)
  const pairing = createPairing(deps, of, { creds: auth.creds, say })
  let openedAt: number | null = null

  function connection(update: ConnectionUpdate): void {
    pairing.follow(update, socket.askForCode)
    if (update.connection !== 'open') return
    openedAt = clock()
    of.untold.loggedIn()
    say('instance.state-changed', of.tell({ state: 'open', reason: null, reasonText: null }, own()))
    if (of.fetchesLists) {
      outgoing.serve()
      deps.socketReads.serve({ ...epoch, acting: socket.send.acting, isOver: socketLife.isOver })
    }
    deps.pairLearning.serve({ instanceId, learn: socket.learnPairs, isOver: socketLife.isOver })
    followSettings()
    shown.opened()
  }

  const groups = createGroupList({ told, ask: () => socket.send.askForGroups(), tell: events.tellGroups, clock }, say)
  function followSettings(): void {
    if (openedAt === null) return
    const { markOnline, ignoreGroups } = settings()
    if (of.fetchesLists) groups.follow(ignoreGroups)
    shown.follow(markOnline)
  }

  const { gate, sealed } = openGate(deps, of, { auth, own, known, secrets, told })
  const socket = openSocket({
    ...deps,
    instanceId,
    auth: { ...auth, keys: watch.keys },
    appState: watch,
    gate,
    life: socketLife,
    settings: settings(),
    fetchesLists: of.fetchesLists,
    ...heardBy(events, pairing),
    findSent: createFindSent({ database, sealer, logger, instanceId, known }),
    acked: node => outgoing.acked(node),
    presence: createPresenceIntake(deps, { epoch, known, own }),
    connection,
    tally: epoch.tally,
  })
  const shown = showOnline(settings().markOnline, { database, instanceId, send: socket.send, life: socketLife }, say)
  const outgoing = openOutgoing(deps, { epoch, auth, own, known, secrets, send: socket.send })
  void socket.closed.then(outgoing.end)
  const idle = async () => {
    await socket.idle()
    // Pending for so long, it ends the socket, and its epoch with it: no clean end then.
    const steps = [outgoing.idle, events.idle, appState.idle, sealed.idle, told.idle]
    await whilePending(socketLife, deps.appendTimeoutMs, () => inTurn(...steps))
  }
  return { ...socket, ...endingAfter(outgoing.close, socket), idle, auth, openedAt: () => openedAt, followSettings }
}

const heardBy = ({ received }: Pick<EventIntake, 'received'>, { credsChanged }: Pick<Pairing, 'credsChanged'>) => ({
  received: (name: string, payload: unknown) => {
    if (name === 'creds.update') credsChanged()
    received(name, payload)
  },
  codeTyped: credsChanged,
})

/** What is on its way out has its answer first. */
const endingAfter = (first: () => Promise<void>, { close, logout }: Pick<Socket, 'close' | 'logout'>) => ({
  close: () => inTurn(first, close),
  logout: () => inTurn(first, logout),
})

async function inTurn(...steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step()
}

async function openToldOf(deps: SessionDeps, owned: Epoch, { creds }: AuthState): Promise<Told> {
  const { instanceId, epoch, endedCleanly, socketLife, intake } = owned
  const { pn, lid } = ownAddresses(creds)
  const account = pn ?? lid
  if (account !== null) await forgetOtherAccount(deps.database, { instanceId, epoch, account })
  const told = openTold({ ...deps, instanceId, epoch, link: linkOf(creds), life: socketLife, append: intake.append })
  if (!endedCleanly) forgetList(told)
  return told
}

type Stored = Omit<Parameters<typeof openAuthState>[0], 'appended' | 'crashFoundAt'> & Pick<SessionDeps, 'clock'>

async function openAuth({ clock, ...stored }: Stored, { epoch, secrets }: { epoch: Epoch; secrets: MessageSecrets }) {
  const auth = await openAuthState({
    ...stored,
    appended: async () => void (await Promise.all([epoch.intake.appended(), secrets.kept()])),
    ...(!epoch.endedCleanly && { crashFoundAt: clock() }),
  })
  // App-state versions run ahead of the events made of them; after an unclean end those may be missing, so they are made again.
  if (!epoch.endedCleanly) await auth.eraseAll('app-state-sync-version')
  return auth
}

type Of = {
  auth: AuthState
  own(): OwnAddresses
  known: ReturnType<typeof watchAddresses>
  secrets: MessageSecrets
  told: Told
}

function openGate(deps: SessionDeps, { epoch, names, untold }: SessionOf, { auth, own, known, secrets, told }: Of) {
  const { instanceId, socketLife, intake } = epoch
  const { clock, logger, metrics } = deps
  const stored = { ...deps, life: socketLife, instanceId, epoch: epoch.epoch, timeoutMs: deps.appendTimeoutMs }
  const sealed = openSealedMessages({ ...stored, open: one => ingest.opened(one) })
  const ofPart = createSecretsOfPart({ secrets, sealed, known, ignores: intake.ignores })
  const ingest = createIngest({ instanceId, own, known, names, secrets: ofPart, told, intake, clock, metrics })
  deps.sealedWatch.add({ instanceId, life: socketLife, sealed })
  const heard = { instanceId, own, known, socketReads: deps.socketReads }
  const notification: typeof ingest.notification = async node => {
    await hearChanges(heard, node)
    return ingest.notification(node)
  }
  const gate = createAckGate({
    ...{ ingest: { ...ingest, notification }, parts: createAppendedStanzaParts(auth), untold },
    ...{ life: socketLife, own, logger, metrics },
  })
  return { gate, sealed }
}
