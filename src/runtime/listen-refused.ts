// Why an address cannot be listened on, with the setting that chooses another.
import { CodedError, type Known } from './coded-error.ts'

export type Address = { host: string; port: number }

export type ListenRefusedCode = 'in-use' | 'unavailable' | 'denied' | 'misconfigured' | 'failed'

/** The message is a whole answer, without the cause. */
export class ListenRefused extends CodedError<ListenRefusedCode> {
  override name = 'ListenRefused'
  readonly port = 'listen'
  constructor(code: ListenRefusedCode, message: string, known: Known) {
    super({ code, message, retryable: code === 'in-use' || code === 'unavailable', ...known })
  }
}

/** From what `listen` of node:net emitted. */
export function listenRefused({ host, port }: Address, cause: Error): ListenRefused {
  const errno = 'code' in cause ? String(cause.code) : ''
  const [ofPort, ofHost] = [
    { settings: ['PORT'], cause },
    { settings: ['HOST'], cause },
  ]
  switch (errno) {
    case 'EADDRINUSE':
      return new ListenRefused('in-use', `port ${port} of ${host} is taken; PORT chooses another, 0 a free one`, ofPort)
    case 'EACCES':
      return new ListenRefused(
        'denied',
        `port ${port} of ${host} is not for this user; PORT chooses another, from 1024 on they are for everybody`,
        ofPort,
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
      return new ListenRefused(
        'misconfigured',
        `${host} is not an address of this machine (${errno}); HOST chooses another: 127.0.0.1 for this machine alone, 0.0.0.0 for all that reach it`,
        ofHost,
      )
    case 'EAI_AGAIN':
      return new ListenRefused(
        'unavailable',
        `HOST ${host} cannot be looked up at the moment (${errno}); an IP address needs no look-up`,
        ofHost,
      )
    default:
      return new ListenRefused('failed', `listening on port ${port} of ${host}: ${cause.message}`, { cause })
  }
}
