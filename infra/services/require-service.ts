// What a service needs to run here, or one sentence how to get it.

/** `misconfigured`: a program has to be installed; `unreachable`: fetching failed, another try may do. */
export class ServiceMissing extends Error {
  override name = 'ServiceMissing'
  readonly code: 'misconfigured' | 'unreachable'
  readonly retryable: boolean
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.code = codes(cause).some(code => code === 'ENOENT' || code === 'misconfigured') ? 'misconfigured' : 'unreachable'
    this.retryable = this.code === 'unreachable'
  }
}

/** `how` begins the sentence, what failed ends it. Rejects with ServiceMissing; with an AbortError where a signal ended it. */
export async function requireService(how: string, fetch: () => Promise<unknown>): Promise<void> {
  try {
    await fetch()
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    throw new ServiceMissing(`${how} (${String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ')})`, error)
  }
}

/** null where it is not missing. */
export async function whyMissing(require: () => Promise<void>): Promise<string | null> {
  try {
    await require()
    return null
  } catch (error) {
    if (error instanceof ServiceMissing) return error.message
    throw error
  }
}

/** An error and its causes. */
function chain(error: unknown): readonly Error[] {
  return error instanceof Error ? [error, ...chain(error.cause)] : []
}

const codes = (error: unknown) => chain(error).map(one => ('code' in one ? one.code : null))
