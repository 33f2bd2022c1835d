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
      serializers: { error: describeError },
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

/** Message and codes down the chain of causes; no properties of drivers, which may hold rows or credentials. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `${error.message}${code}${error.cause === undefined ? '' : `: ${describeError(error.cause)}`}`
}
