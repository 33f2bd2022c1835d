// Opens sockets to webhook receivers: literals are checked before dialling, names are resolved once, every answer is checked,
// and the checked address is the one dialled. undici's `lookup` alone would let literals through (it is never called for them).
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { CodedError } from '../../runtime/coded-error.ts'
import { type Allowances, refuseAddress, refuseInClear } from '../endpoints/address-guard.ts'
import { skipInterimResponses } from './interim-responses.ts'

export class BlockedAddressError extends CodedError<'address-blocked'> {
  override name = 'BlockedAddressError'
  readonly port = 'webhooks'
  constructor(message: string) {
    super({ code: 'address-blocked', message, retryable: true, settings: ['WEBHOOK_ALLOW_LOOPBACK', 'WEBHOOK_ALLOW_CIDRS'] })
  }
}

/** Answers every address of a name; the system's resolver unless a test brings its own. */
export type Resolve = (hostname: string, answer: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void

const CONNECT_TIMEOUT_MS = 5_000

export function createGuardedConnector(of: { allowances: Allowances; resolve?: Resolve }): buildConnector.connector {
  const resolve = of.resolve ?? resolveBySystem
  const connectors = {
    'http:': guard(address => refuseInClear(address, of.allowances), resolve),
    'https:': guard(address => refuseAddress(address, of.allowances), resolve),
  }
  return (options, callback) => {
    const connect = options.protocol === 'http:' ? connectors['http:'] : connectors['https:']
    connect(options, (...[error, socket]) => {
      if (error !== null || socket == null) return callback(error ?? new Error('connecting: no socket and no reason'), null) // undici leaves it out
      skipInterimResponses(socket)
      callback(null, socket)
    })
  }
}

function guard(refuse: (address: string) => string | null, resolve: Resolve): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(refuse, resolve), timeout: CONNECT_TIMEOUT_MS, allowH2: false })
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '')
    const refusal = isIP(host) === 0 ? null : refuse(host)
    if (refusal !== null) callback(new BlockedAddressError(`refused to connect to ${host}: ${refusal}`), null)
    else connect(options, callback)
  }
}

/** One refused address refuses the name: an honest name does not mix addresses inside and outside. */
function guardedLookup(refuse: (address: string) => string | null, resolve: Resolve): LookupFunction {
  return (hostname, options, answer) =>
    resolve(hostname, (error, addresses) => {
      const [first] = addresses
      if (error !== null || first === undefined) return answer(error ?? new Error(`no address for ${hostname}`), [])
      const refusal = addresses.map(({ address }) => refuse(address)).find(one => one !== null)
      if (refusal !== undefined)
        return answer(new BlockedAddressError(`refused to connect to ${hostname}: it resolves to ${refusal}`), [])
      return options.all === true ? answer(null, [...addresses]) : answer(null, first.address, first.family)
    })
}

const resolveBySystem: Resolve = (hostname, answer) =>
  systemLookup(hostname, { all: true }, (error, addresses) => answer(error, addresses ?? []))
