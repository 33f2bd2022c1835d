// What the process's end says (docs/contract.md, Environment).

export const exitCodes = { done: 0, failed: 1, usage: 2, tryLater: 75, configuration: 78 } as const

/** By the code of an error that ended a start: what another setting mends is configuration, what time mends is worth another try. */
const byErrorCode: Readonly<Record<string, number>> = {
  'already-running': exitCodes.tryLater,
  'in-use': exitCodes.tryLater,
  unreachable: exitCodes.tryLater,
  unavailable: exitCodes.tryLater,
  throttled: exitCodes.tryLater,
  timeout: exitCodes.tryLater,
  'disk-full': exitCodes.tryLater,
  denied: exitCodes.configuration,
  refused: exitCodes.configuration,
  incompatible: exitCodes.configuration,
  damaged: exitCodes.configuration,
  misconfigured: exitCodes.configuration,
  'wrong-key': exitCodes.configuration,
  'partitions-differ': exitCodes.configuration,
  'other-log': exitCodes.configuration,
  EADDRINUSE: exitCodes.tryLater,
  EADDRNOTAVAIL: exitCodes.configuration,
  EACCES: exitCodes.configuration,
}

export function exitCodeOf(error: unknown): number {
  for (let one = error; one instanceof Error; one = one.cause)
    if ('code' in one && typeof one.code === 'string') {
      const exitCode = byErrorCode[one.code]
      if (exitCode !== undefined) return exitCode
    }
  return exitCodes.failed
}

/** What a call without an answer ended with, where zaplog may be there the next time. Everything else is about the address: no such name, no HTTP. */
const mayPass =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|EAI_AGAIN|E[MN]FILE|ENOBUFS|UND_ERR_(SOCKET|CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT))$/

/** `cause`: of what fetch rejected with, which itself says only that it failed. */
export const exitCodeOfCall = (cause: unknown): number =>
  cause instanceof Error && 'code' in cause && mayPass.test(String(cause.code)) ? exitCodes.tryLater : exitCodes.configuration

/** By the status of an answer that is a refusal; `fallback` for one that comes again as long as nothing else changes. */
export const exitCodeOfStatus = (status: number, fallback: number): number =>
  status === 408 || status === 429 || (status >= 500 && status !== 501) ? exitCodes.tryLater : fallback
