// What the process's end says (docs/contract.md, Environment).

export const exitCodes = { done: 0, failed: 1, usage: 2, tryLater: 75, configuration: 78 } as const

/** For the help and the contract: when a process ends so, and what to do then. */
export const exitMeanings: readonly { code: number; when: string; next: string }[] = [
  { code: exitCodes.done, when: 'done', next: 'nothing' },
  {
    code: exitCodes.failed,
    when: 'zaplog or WhatsApp refused it: no such instance, chat or number',
    next: 'ask for something else, as the error says',
  },
  {
    code: exitCodes.usage,
    when: 'the command line: no such verb or option, a missing argument',
    next: '--help of the verb; help WORD finds verbs',
  },
  {
    code: exitCodes.tryLater,
    when: 'zaplog or a part of it is away, or the end is not known yet',
    next: 'the same again, with the --key that the error says',
  },
  {
    code: exitCodes.configuration,
    when: 'a setting: a wrong key or none, an address where no zaplog is',
    next: 'mend the setting that the error names',
  },
]

/** By the code of an error that ended a start: what another setting mends is configuration, what time mends is worth another try. */
const byErrorCode: Readonly<Record<string, number>> = {
  'already-running': exitCodes.tryLater,
  'in-use': exitCodes.tryLater,
  'log-in-use': exitCodes.tryLater,
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
  'log-behind': exitCodes.configuration,
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
