// A real, unmodified Baileys client with its auth in memory, for the simulator's own tests and benchmark.
import makeWASocket, {
  type AuthenticationCreds,
  type BaileysEventMap,
  BufferJSON,
  DisconnectReason,
  initAuthCreds,
  proto,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { Agent, Dispatcher1Wrapper } from 'undici'

export type Auth = { creds: AuthenticationCreds; keys: SignalKeyStore }
export type BaileysClient = {
  /** The socket of the newest connection. */
  socket(): WASocket
  auth: Auth
  /** Every event so far, in order. */
  events: readonly Partial<BaileysEventMap>[]
  /** Disconnect codes so far, in order. */
  closes: readonly number[]
  isOpen(): boolean
  /** Resolves with what `find` finds, looking now and after every event. */
  waitFor<Found>(find: () => Found | null | undefined | false): Promise<Found>
  whenQr(): Promise<string>
  close(): Promise<void>
}

/** For snapshots of the app state, which Baileys fetches by itself at WhatsApp's CDN. Node's own fetch has the handlers of undici 7. */
export function fetchingFrom(cdnUrl: string): { options: RequestInit } {
  const { origin } = new URL(cdnUrl)
  const agent = new Agent({ pipelining: 0 }).compose(dispatch => (request, handler) => dispatch({ ...request, origin }, handler))
  const options: object = { dispatcher: new Dispatcher1Wrapper(agent) }
  return { options }
}

/** Connects, and again by itself only when WhatsApp asks for a restart (515). */
export function openBaileysClient(
  url: string,
  auth: Auth = memoryAuth(),
  config: Partial<UserFacingSocketConfig> = {},
): BaileysClient {
  const events: Partial<BaileysEventMap>[] = []
  const closes: number[] = []
  const watch = createWatch()
  let seen: Seen = { qr: null, isOpen: false }
  let isClosing = false

  function connect(): WASocket {
    const opened = makeWASocket({
      auth,
      waWebSocketUrl: url,
      logger: pino({ level: 'silent' }),
      version: [2, 3000, 1043857760],
      ...config,
    })
    opened.ev.on('creds.update', update => Object.assign(auth.creds, update))
    opened.ev.process(event => {
      events.push(event)
      if (event['connection.update']) onConnection(event['connection.update'])
      watch.lookAgain()
    })
    return opened
  }

  function onConnection(update: ConnectionUpdate): void {
    seen = afterUpdate(seen, update)
    if (update.connection !== 'close') return
    const code = statusCodeOf(update.lastDisconnect?.error)
    closes.push(code)
    if (code === DisconnectReason.restartRequired && !isClosing) socket = connect()
  }

  let socket = connect()
  return {
    socket: () => socket,
    auth,
    events,
    closes,
    isOpen: () => seen.isOpen,
    waitFor: watch.waitFor,
    whenQr: () => watch.waitFor(() => seen.qr),
    async close() {
      isClosing = true
      await socket.end(undefined)
    },
  }
}

type ConnectionUpdate = BaileysEventMap['connection.update']
/** What its connections have said so far. */
type Seen = { qr: string | null; isOpen: boolean }

const afterUpdate = (seen: Seen, { connection, qr }: ConnectionUpdate): Seen => ({
  qr: qr || seen.qr,
  isOpen: connection === 'open' || (connection !== 'close' && seen.isOpen),
})

/** Whoever waits for something to be found looks at once, and whenever there is reason to look again. */
function createWatch() {
  const waiting = new Set<() => void>()
  function waitFor<Found>(find: () => Found | null | undefined | false): Promise<Found> {
    return new Promise((resolve, reject) => {
      function look(): void {
        try {
          const found = find()
          if (found === null || found === undefined || found === false) return
          resolve(found)
        } catch (error) {
          reject(error)
        }
        waiting.delete(look)
      }
      waiting.add(look)
      look()
    })
  }
  return {
    waitFor,
    lookAgain: () => {
      for (const look of waiting) look()
    },
  }
}

/** Values are kept as JSON, as a store would: what is handed out is never shared. */
export function memoryAuth(): Auth {
  const stored = new Map<string, string>()
  return {
    creds: initAuthCreds(),
    keys: {
      get: async (type, ids) => {
        const found: Record<string, SignalDataTypeMap[typeof type]> = {}
        for (const id of ids) {
          const json = stored.get(`${type}/${id}`)
          if (json !== undefined) found[id] = revive(type, json)
        }
        return found
      },
      set: async data => {
        for (const [type, values] of Object.entries(data))
          for (const [id, value] of Object.entries(values))
            if (value === null) stored.delete(`${type}/${id}`)
            else stored.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer))
      },
    },
  }
}

/** Protobuf writes its own JSON, which its own fromObject reads (lib/Utils/use-multi-file-auth-state.js). */
function revive<Type extends keyof SignalDataTypeMap>(type: Type, json: string): SignalDataTypeMap[Type] {
  const value = JSON.parse(json, BufferJSON.reviver)
  return type === 'app-state-sync-key' ? (proto.Message.AppStateSyncKeyData.fromObject(value) as unknown as typeof value) : value
}

function statusCodeOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('output' in error)) return 0
  const { output } = error
  return typeof output === 'object' && output !== null && 'statusCode' in output ? Number(output.statusCode) : 0
}
