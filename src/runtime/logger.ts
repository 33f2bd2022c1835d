// One wide line per unit of work: an event name and its fields. Never message text, keys or secrets; never a global logger.
import { type DestinationStream, pino } from 'pino'

export type Fields = Readonly<Record<string, unknown>>
export type Logger = {
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
}

export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  const out = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      serializers: { error: error => (error === null ? null : describeError(error)) },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  )
  return {
    debug: (event, fields = {}) => out.debug(fields, event),
    info: (event, fields = {}) => out.info(fields, event),
    warn: (event, fields = {}) => out.warn(fields, event),
    error: (event, fields = {}) => out.error(fields, event),
  }
}

/**
 * Messages and codes down the chain of causes, each once: a message mostly quotes its cause. No properties of drivers, which may hold
 * rows or credentials.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  let told = ''
  for (let one: unknown = error; one !== undefined; one = one instanceof Error ? one.cause : undefined) {
    const words = wordsOf(one)
    if (!told.includes(words)) told += told === '' ? words : `: ${words}`
    if (one instanceof Error && 'code' in one && typeof one.code === 'string' && !told.includes(one.code))
      told += ` (${one.code})`
  }
  return told.trim()
}

/** Its message alone, for whoever says the causes elsewhere. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
