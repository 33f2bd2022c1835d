// Opens sockets to addresses that somebody else names, receivers of webhooks and files to send: literals are checked before dialling, names are resolved once, every answer is checked,
// and the checked address is the one dialled. undici's `lookup` alone would let literals through (it is never called for them).
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type Allowances, refuseAddress, refuseInClear, settingsOf } from './address-guard.ts'
import { CodedError } from './coded-error.ts'

export class BlockedAddressError extends CodedError<'address-blocked'> {
  override name = 'BlockedAddressError'
  readonly port = 'connect'
  constructor(message: string, settings: readonly string[]) {
    super({ code: 'address-blocked', message, retryable: true, settings })
  }
}

/** Answers every address of a name; the system's resolver unless a test brings its own. */
export type Resolve = (hostname: string, answer: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void

const CONNECT_TIMEOUT_MS = 5_000

type GuardOptions = {
  allowances: Allowances
  resolve?: Resolve
  /** Of each socket, before anything is written to it. */
  opened?: (socket: Socket) => void
}
/** `settings`: those that open an address. */
type Guard = { refuse(address: string): string | null; resolve: Resolve; settings: readonly string[] }

export function createGuardedConnector(of: GuardOptions): buildConnector.connector {
  const { allowances, resolve = resolveBySystem, opened = () => undefined } = of
  const settings = settingsOf(allowances)
  const connectors = {
    'http:': guard({ refuse: address => refuseInClear(address, allowances), resolve, settings }),
    'https:': guard({ refuse: address => refuseAddress(address, allowances), resolve, settings }),
  }
  return (options, callback) => {
    const connect = options.protocol === 'http:' ? connectors['http:'] : connectors['https:']
    connect(options, (...[error, socket]) => {
      if (error !== null || socket == null) return callback(error ?? new Error('connecting: no socket and no reason'), null) // undici leaves it out
      opened(socket)
      callback(null, socket)
    })
  }
}

function guard({ refuse, resolve, settings }: Guard): buildConnector.connector {
  const lookup = guardedLookup({ refuse, resolve, settings })
  const connect = buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS, allowH2: false })
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '')
    const refusal = isIP(host) === 0 ? null : refuse(host)
    if (refusal !== null) callback(new BlockedAddressError(`refused to connect to ${host}: ${refusal}`, settings), null)
    else connect(options, callback)
  }
}

/** One refused address refuses the name: an honest name does not mix addresses inside and outside. */
function guardedLookup({ refuse, resolve, settings }: Guard): LookupFunction {
  return (hostname, options, answer) =>
    resolve(hostname, (error, addresses) => {
      const [first] = addresses
      if (error !== null || first === undefined) return answer(error ?? new Error(`no address for ${hostname}`), [])
      const refusal = addresses.map(({ address }) => refuse(address)).find(one => one !== null)
      if (refusal !== undefined)
        return answer(new BlockedAddressError(`refused to connect to ${hostname}: it resolves to ${refusal}`, settings), [])
      return options.all === true ? answer(null, [...addresses]) : answer(null, first.address, first.family)
    })
}

const resolveBySystem: Resolve = (hostname, answer) =>
  systemLookup(hostname, { all: true }, (error, addresses) => answer(error, addresses ?? []))
